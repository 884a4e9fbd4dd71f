"""The files that a command is given: by name or on standard input, read one by one, worked on side by side."""

import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Final, TypeVar

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from index.limits import STANDARD
from registry.client import Problem

STANDARD_INPUT: Final = "-"
AT_ONCE: Final = 4
"""Files worked on at the same time: enough to keep two servers' decoders busy, small enough to stay in memory."""

Result = TypeVar("Result")


def file_names(arguments: Sequence[str]) -> list[str]:
    """Returns the names given; `-` stands for those on standard input, ended by NUL or by newline."""
    names: list[str] = []
    for argument in arguments:
        names.extend(_names_on_input() if argument == STANDARD_INPUT else [argument])
    if not names:
        raise click.UsageError("There are no files.")
    return names


def read_media(name: str) -> bytes:
    """Reads a file of bounded size; raises `Problem` with the code `file-unreadable` or `media-too-many-bytes`."""
    try:
        with Path(name).open("rb") as file:
            media = file.read(STANDARD.max_bytes + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a file name"
        raise Problem("file-unreadable", f"The file cannot be read: {reason}.") from error
    if len(media) > STANDARD.max_bytes:
        raise Problem("media-too-many-bytes", f"A file has at most {STANDARD.max_bytes} bytes.")
    return media


def in_order(
    names: Sequence[str], work: Callable[[str], Result], *, label: str, quiet: bool
) -> Iterator[Result]:
    """Yields `work(name)` for each name in the order given, several at a time, with a bar on a terminal."""
    console = Console(stderr=True)
    columns = (TextColumn(label), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    hidden = quiet or len(names) == 1 or not console.is_terminal
    with (
        ThreadPoolExecutor(max_workers=AT_ONCE) as pool,
        Progress(*columns, console=console, disable=hidden) as progress,
    ):
        task = progress.add_task(label, total=len(names))
        for result in _windowed(pool, names, work):
            progress.advance(task)
            yield result


def _windowed(
    pool: ThreadPoolExecutor, names: Iterable[str], work: Callable[[str], Result]
) -> Iterator[Result]:
    waiting: deque[Future[Result]] = deque()
    for name in names:
        waiting.append(pool.submit(work, name))
        if len(waiting) >= 2 * AT_ONCE:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def _names_on_input() -> list[str]:
    data = sys.stdin.buffer.read()
    separator = b"\0" if b"\0" in data else b"\n"
    return [name.decode("utf-8", "surrogateescape") for name in data.split(separator) if name]
