"""The worker process: it warms up, gives up its rights, then answers one request after another.

It is run as `python -m index.sandbox.worker ORDERS`, with pipes as its standard input and output. It ends when its
input ends, and so when its parent dies. In this order:

1. The pipes move to other descriptors; 0, 1 and 2 become /dev/null (libtiff prints file contents).
2. The kernel is asked to kill this process when its parent ends, and never to grant it new privileges.
3. The task is imported and warmed up, without limits and before any foreign byte is read.
4. Memory, files and core dumps are limited permanently.
5. "Ready" is sent. For each request a new limit for the processor time is set; then the task runs.

A streaming task also gets a `Conversation`, through which it requests bytes of its source and sends its results in
parts. It may set a new limit for its processor time, within a total limit that applies from step 4.

An exception in a task ends the process: the parent sees the end of the pipe and starts another worker.
"""

import importlib
import json
import os
import resource
import sys
from collections.abc import Callable
from functools import partial

from index.sandbox.conversation import Conversation, read_exactly, write_all
from index.sandbox.orders import Orders, tie_to_parent
from index.sandbox.pipes import ANSWER, READY, REPLY_HEADER, REQUEST_HEADER

Task = Callable[[bytes], bytes]
StreamingTask = Callable[[bytes, Conversation], bytes]


def main(argument: str) -> None:
    """Serve requests until the input ends."""
    orders = Orders(**json.loads(argument))
    source, sink = _take_pipes()  # 1
    tie_to_parent()  # 2
    task = _warm(orders, source, sink)  # 3
    _limit(orders)  # 4
    write_all(sink, REPLY_HEADER.pack(READY, 0))  # 5
    while (request := _request(source, orders.max_request_bytes)) is not None:
        _limit_processor_time(orders.cpu_seconds)
        reply = task(request)
        write_all(sink, REPLY_HEADER.pack(ANSWER, len(reply)), reply)


def _take_pipes() -> tuple[int, int]:
    source, sink = os.dup(0), os.dup(1)
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    os.close(null)
    return source, sink


def _warm(orders: Orders, source: int, sink: int) -> Task:
    sys.path[:0] = orders.import_paths
    if orders.warm_up is not None:
        arguments = () if orders.warm_up_argument is None else (orders.warm_up_argument,)
        _named(orders.warm_up)(*arguments)
    if not orders.streams:
        task: Task = _named(orders.task)
        return task
    streaming: StreamingTask = _named(orders.task)
    conversation = Conversation(source, sink, renew=partial(_limit_processor_time, orders.cpu_seconds))
    return partial(_streamed, streaming, conversation)


def _streamed(task: StreamingTask, conversation: Conversation, request: bytes) -> bytes:
    return task(request, conversation)


def _named(name: str) -> Callable[..., bytes]:
    module, _, function = name.partition(":")
    found: Callable[..., bytes] = getattr(importlib.import_module(module), function)
    return found


def _limit(orders: Orders) -> None:
    for kind, value in (
        (resource.RLIMIT_AS, orders.memory_bytes),
        (resource.RLIMIT_NOFILE, orders.open_files),
        (resource.RLIMIT_FSIZE, orders.file_bytes),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(kind)
        lowered = _at_most(value, hard)
        resource.setrlimit(kind, (lowered, lowered))
    if orders.total_cpu_seconds is not None:
        soft, hard = resource.getrlimit(resource.RLIMIT_CPU)
        most = _at_most(_used_seconds() + orders.total_cpu_seconds, hard)
        resource.setrlimit(resource.RLIMIT_CPU, (_at_most(most, soft), most))


def _limit_processor_time(seconds: int) -> None:
    """Let SIGXCPU end the process after another `seconds` of processor time, rounded up by at most one second."""
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (_at_most(_used_seconds() + seconds, hard), hard))


def _at_most(value: int, bound: int) -> int:
    return value if bound == resource.RLIM_INFINITY else min(value, bound)


def _used_seconds() -> int:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return int(usage.ru_utime + usage.ru_stime) + 1


def _request(source: int, max_bytes: int) -> bytes | None:
    header = read_exactly(source, REQUEST_HEADER.size)
    if header is None:
        return None
    (length,) = REQUEST_HEADER.unpack(header)
    if length > max_bytes:
        raise ValueError("the request is longer than was agreed")
    return read_exactly(source, length)


if __name__ == "__main__":
    main(sys.argv[1])
