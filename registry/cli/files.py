"""The files of a command, named as arguments or on standard input, and processed in parallel with a progress bar."""

import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final, TypeVar

import click

from registry.cli.bar import Bar, Told

STANDARD_INPUT: Final = "-"
AT_ONCE: Final = 4
"""Number of files processed at the same time: enough for the decoders of two servers, and few enough for memory."""

Result = TypeVar("Result")


def file_names(arguments: Sequence[str]) -> list[str]:
    """Return the given file names. `-` stands for the names on standard input, terminated by NUL or newline."""
    names: list[str] = []
    for argument in arguments:
        names.extend(_names_on_input() if argument == STANDARD_INPUT else [argument])
    if not names:
        raise click.UsageError("There are no files.")
    return names


def shown(name: str) -> str:
    """Return a file's name on one line, safe to print: unprintable characters are escaped."""
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in name
    )


def in_order(
    names: Sequence[str], work: Callable[[str, Told], Result], *, label: str, quiet: bool
) -> Iterator[Result]:
    """Yield `work(name, told)` for each name in the order given, several at a time, with a bar on a terminal.

    The progress of clips moves the bar. If the caller stops iterating, the work stops: `told` then raises.
    """
    with (
        Bar(len(names), label=label, quiet=quiet) as bar,
        ThreadPoolExecutor(max_workers=AT_ONCE) as pool,
    ):
        waiting: deque[Future[Result]] = deque()
        try:
            for number, name in enumerate(names):
                waiting.append(pool.submit(work, name, bar.of_one(number)))
                if len(waiting) >= 2 * AT_ONCE:
                    yield _next(waiting, bar)
            while waiting:
                yield _next(waiting, bar)
        except BaseException:
            bar.stop()
            for future in waiting:
                future.cancel()
            raise


def _next(waiting: deque[Future[Result]], bar: Bar) -> Result:
    result = waiting.popleft().result()
    bar.advance()
    return result


def _names_on_input() -> list[str]:
    data = sys.stdin.buffer.read()
    separator = b"\0" if b"\0" in data else b"\n"
    return [name.decode("utf-8", "surrogateescape") for name in data.split(separator) if name]
