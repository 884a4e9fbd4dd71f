"""A worker of its own for each clip, which asks for what it reads and tells what it finds as it goes along.

A clip may have gigabytes, so it is not handed over: the worker asks for ranges of bytes, and its parent answers. What
the worker has to tell comes in parts, and it goes on only when the parts before were taken. Whatever goes wrong (a
crash, a hang, a limit, a message that breaks the protocol) ends in the same way: the worker is killed, and the caller
gets `DecoderFailed`. Nothing of the clip touches the disk here, and nothing that a worker sends is executed.
"""

import time
from collections.abc import Generator
from typing import Final, Protocol

from index.errors import DecoderFailed
from index.limits import MEBIBYTE, ClipLimits
from index.sandbox import pipes
from index.sandbox.conversation import BLOCK_BYTES
from index.sandbox.pipes import PipeFailure
from index.sandbox.process import WorkerProcess
from index.sandbox.worker import Orders

READS_SLACK_BYTES: Final = 64 * MEBIBYTE  # what even a small clip may be asked for again
CPU_SLACK_SECONDS: Final = 60  # between stopping by itself and being ended by the kernel


class ClipSource(Protocol):
    """Where a clip's bytes are. Used by one thread at a time; its bytes do not change.

    Its errors pass through to whoever asked for the clip to be looked at; the worker is killed first.
    """

    @property
    def size(self) -> int:
        """Length, in bytes."""
        ...

    def read(self, offset: int, length: int) -> bytes:
        """Give exactly `length` bytes from `offset` on; both lie within `size`."""
        ...


class BytesSource:
    """A clip that lies in memory."""

    def __init__(self, data: bytes | memoryview) -> None:
        self._data = memoryview(data).cast("B")

    @property
    def size(self) -> int:
        """Length, in bytes."""
        return self._data.nbytes

    def read(self, offset: int, length: int) -> bytes:
        """Give bytes of the clip."""
        return bytes(self._data[offset : offset + length])


class _StreamingWorker(WorkerProcess):
    """A worker whose task is a `StreamingTask`; does one task."""

    def hand(self, data: bytes, deadline: float) -> None:
        """Write a request, or the bytes that the worker asked for, before `deadline` (`time.monotonic`)."""
        pipes.send(self._to, (data,), deadline)

    def next_message(self, deadline: float) -> tuple[bytes, bytes]:
        """Read a part, a wish or the answer: its kind and its body."""
        longest = dict.fromkeys((pipes.PART, pipes.ANSWER), self._limits.max_reply_bytes)
        return pipes.receive_any(self._from, {**longest, pipes.WANTED: pipes.RANGE.size}, deadline)


class _Patience:
    """Counts the time that is spent on waiting for a worker; what the caller does between is not the worker's."""

    def __init__(self, limits: ClipLimits) -> None:
        self._left = limits.total_wall_seconds
        self._longest = limits.decoder.wall_seconds
        self._began = 0.0

    def deadline(self) -> float:
        """Begin to wait, until this time at most (`time.monotonic`)."""
        self._began = time.monotonic()
        return self._began + min(self._left, self._longest)

    def end(self) -> None:
        """End waiting."""
        self._left -= time.monotonic() - self._began


def stream(
    task: str,
    request: bytes,
    source: ClipSource,
    limits: ClipLimits,
    *,
    import_paths: tuple[str, ...] = (),
    file_bytes: int = 0,
) -> Generator[bytes, None, bytes]:
    """Have a new worker run a streaming task on a source: yields its parts, returns its answer.

    The worker starts with the first part, is gone after the last or when the generator is closed, and is killed by the
    kernel when the thread that asked for the first part ends.

    Args:
        task: `module:function`, a `StreamingTask`, imported by the worker.
        request: What it is called with.
        source: What it may read.
        limits: What it may cost.
        import_paths: Folders in which the worker looks for the task before the installed packages.
        file_bytes: Length of a file that the worker may write, in bytes; 0 where it may write none.

    Raises:
        DecoderFailed: The worker crashed, hung, went over a limit or broke the protocol.
    """
    orders = Orders(
        task=task,
        warm_up=None,
        import_paths=import_paths,
        cpu_seconds=limits.decoder.cpu_seconds,
        memory_bytes=limits.decoder.memory_bytes,
        open_files=limits.decoder.open_files,
        max_request_bytes=limits.decoder.max_bytes,
        streams=True,
        total_cpu_seconds=limits.total_cpu_seconds + CPU_SLACK_SECONDS,
        file_bytes=file_bytes,
    )
    try:
        worker = _StreamingWorker(orders, limits.decoder)
    except OSError:
        raise DecoderFailed("a decoder could not be started") from None
    try:
        worker.await_ready()
        return (yield from _served(worker, request, source, limits))
    except PipeFailure:
        raise DecoderFailed("the decoder crashed, hung or went over its limits") from None
    finally:
        worker.close()


def _served(
    worker: _StreamingWorker, request: bytes, source: ClipSource, limits: ClipLimits
) -> Generator[bytes, None, bytes]:
    """Answer a worker's wishes and yield its parts until it answers."""
    patience = _Patience(limits)
    bytes_left = limits.reads * source.size + READS_SLACK_BYTES
    worker.hand(request, patience.deadline())
    while True:
        kind, body = worker.next_message(patience.deadline())
        patience.end()
        if kind == pipes.ANSWER:
            return body
        if kind == pipes.PART:
            yield body
            continue
        offset, length = _range(body, source.size)
        bytes_left -= length
        if bytes_left < 0:
            raise PipeFailure("the worker reads without end")
        data = source.read(offset, length)
        if len(data) != length:
            raise PipeFailure("the source has ended")
        worker.hand(data, patience.deadline())
        patience.end()


def _range(body: bytes, size: int) -> tuple[int, int]:
    """Read a worker's wish: offset and length, in bytes."""
    if len(body) != pipes.RANGE.size:
        raise PipeFailure("the worker broke the protocol")
    offset, length = pipes.RANGE.unpack(body)
    if not 0 < length <= BLOCK_BYTES or offset + length > size:
        raise PipeFailure("the worker broke the protocol")
    return offset, length
