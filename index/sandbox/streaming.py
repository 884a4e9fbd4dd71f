"""A worker of its own for each clip. It requests the bytes that it reads, and sends its results in parts.

A clip may have gigabytes, so it is not sent as a whole: the worker requests ranges of bytes, and its parent sends them.
The worker continues only when its parts have been read. Every failure (a crash, a hang, an exceeded limit, a message
that breaks the protocol) has the same result: the worker is killed, and the caller gets `DecoderFailed`. No part of the
clip is written to a disk here, and nothing that a worker sends is executed.
"""

import time
from collections.abc import Generator
from typing import Final, Protocol

from index.errors import DecoderFailed
from index.limits import MEBIBYTE, ClipLimits
from index.sandbox import pipes
from index.sandbox.conversation import BLOCK_BYTES
from index.sandbox.orders import Orders
from index.sandbox.pipes import PipeFailure
from index.sandbox.process import WorkerProcess
from index.shares import CpuBudget

READS_SLACK_BYTES: Final = 64 * MEBIBYTE  # bytes that may be requested repeatedly even from a small clip
CPU_SLACK_SECONDS: Final = 60  # from the worker's own limit to the one at which the kernel kills it


class ClipSource(Protocol):
    """The bytes of a clip. Used by one thread at a time; the bytes do not change.

    Errors that it raises pass through to the caller, after the worker is killed.
    """

    @property
    def size(self) -> int:
        """Length, in bytes."""
        ...

    def read(self, offset: int, length: int) -> bytes:
        """Return exactly `length` bytes from `offset`; the range lies within `size`."""
        ...


class BytesSource:
    """A clip in memory."""

    def __init__(self, data: bytes | memoryview) -> None:
        self._data = memoryview(data).cast("B")

    @property
    def size(self) -> int:
        """Length, in bytes."""
        return self._data.nbytes

    def read(self, offset: int, length: int) -> bytes:
        """Return bytes of the clip."""
        return bytes(self._data[offset : offset + length])


class _StreamingWorker(WorkerProcess):
    """A worker whose task is a `StreamingTask`. It does one task."""

    def send(self, data: bytes, deadline: float) -> None:
        """Send a request, or bytes that the worker requested, before `deadline` (seconds, `time.monotonic`)."""
        pipes.send(self._to, (data,), deadline)

    def next_message(self, deadline: float) -> tuple[bytes, bytes]:
        """Read a part, a request for bytes or the answer. Return kind and body."""
        longest = dict.fromkeys((pipes.PART, pipes.ANSWER), self._limits.max_reply_bytes)
        return pipes.receive_any(self._from, {**longest, pipes.WANTED: pipes.RANGE.size}, deadline)


class CpuMeter:
    """The processor time of a streaming worker.

    Attributes:
        spent_s: processor time up to the worker's last part, in seconds.
    """

    def __init__(self) -> None:
        self.spent_s = 0.0

    def read(self, worker: WorkerProcess) -> None:
        """Read the processor time of a worker."""
        self.spent_s = worker.cpu_seconds()


class _WaitingTime:
    """Measures the time spent waiting for a worker. Time that the caller takes in between does not count."""

    def __init__(self, limits: ClipLimits) -> None:
        self._left = limits.total_wall_seconds
        self._longest = limits.decoder.wall_seconds
        self._began = 0.0

    def deadline(self) -> float:
        """Begin to wait. Return the deadline (seconds, `time.monotonic`)."""
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
    meter: CpuMeter | None = None,
    budget: CpuBudget | None = None,
) -> Generator[bytes, None, bytes]:
    """Run a streaming task on a source in a new worker. Yield its parts, and return its answer.

    The worker starts when the first part is requested and ends after the last, or when the generator is closed. The
    kernel kills it when the thread that requested the first part ends.

    Args:
        task: `module:function`, a `StreamingTask`, imported by the worker.
        request: Argument of the task.
        source: The source that the task reads.
        limits: Bounds on the cost.
        import_paths: Folders that the worker searches for the task before the installed packages.
        file_bytes: Maximum length of a file that the worker may write, in bytes; 0 if it may write none.
        meter: Told the worker's processor time with each part.
        budget: Budget against which the processor time of the worker counts, or None.

    Raises:
        DecoderFailed: The worker crashed, hung, exceeded a limit or broke the protocol.
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
        return (yield from _served(worker, request, source, limits, meter or CpuMeter()))
    except PipeFailure:
        raise DecoderFailed("the decoder crashed, hung or went over its limits") from None
    finally:
        if budget is not None:
            budget.charge(worker.cpu_seconds())
        worker.close()


def _served(
    worker: _StreamingWorker, request: bytes, source: ClipSource, limits: ClipLimits, meter: CpuMeter
) -> Generator[bytes, None, bytes]:
    """Send the bytes that a worker requests and yield its parts, until it sends the answer."""
    waiting = _WaitingTime(limits)
    bytes_left = limits.reads * source.size + READS_SLACK_BYTES
    worker.send(request, waiting.deadline())
    while True:
        kind, body = worker.next_message(waiting.deadline())
        waiting.end()
        if kind == pipes.ANSWER:
            return body
        if kind == pipes.PART:
            meter.read(worker)
            yield body
            continue
        offset, length = _range(body, source.size)
        bytes_left -= length
        if bytes_left < 0:
            raise PipeFailure("the worker reads without end")
        data = source.read(offset, length)
        if len(data) != length:
            raise PipeFailure("the source has ended")
        worker.send(data, waiting.deadline())
        waiting.end()


def _range(body: bytes, size: int) -> tuple[int, int]:
    """Read a worker's request for bytes. Return offset and length."""
    if len(body) != pipes.RANGE.size:
        raise PipeFailure("the worker broke the protocol")
    offset, length = pipes.RANGE.unpack(body)
    if not 0 < length <= BLOCK_BYTES or offset + length > size:
        raise PipeFailure("the worker broke the protocol")
    return offset, length
