"""A progress bar on a terminal. It counts finished files, and clips by their processed part."""

import threading
from collections.abc import Callable
from typing import Final, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from registry.client import ProgressReply

Told = Callable[[ProgressReply], None]
"""Progress callback of a clip. It raises `Stopped` after the command has ended."""

_MAX_OF_ONE: Final = 0.99
"""Maximum progress of a file before its answer. The length in a clip's header may be wrong."""


class Stopped(BaseException):
    """The command has ended, and unfinished files are given up. A BaseException, because no file has failed."""


class Bar:
    """Progress bar over files; clips count in parts. Threads: any. A single file has a bar only if it is a clip."""

    def __init__(self, total: int, *, label: str, quiet: bool) -> None:
        console = Console(stderr=True)
        columns = (TextColumn(label), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        self._is_hidden = quiet or not console.is_terminal
        self._progress = Progress(*columns, console=console)
        self._task = self._progress.add_task(label, total=total)
        self._total = total
        self._lock = threading.Lock()
        self._whole = 0
        self._parts: dict[int, float] = {}
        self._is_started = False
        self._is_stopped = False

    def __enter__(self) -> Self:
        if self._total > 1:
            self._show()
        return self

    def __exit__(self, *_error: object) -> None:
        with self._lock:
            self._is_hidden = True
            if self._is_started:
                self._progress.stop()

    def of_one(self, number: int) -> Told:
        """Return the progress callback of a file by its number, from 0."""

        def told(progress: ProgressReply) -> None:
            if self._is_stopped:
                raise Stopped
            share = progress.seen_s / progress.of_s if progress.of_s else 0.0
            with self._lock:
                self._parts[number] = min(share, _MAX_OF_ONE)
                self._show()

        return told

    def advance(self) -> None:
        """Count the next file in the order given as done."""
        with self._lock:
            self._parts.pop(self._whole, None)
            self._whole += 1
            if self._is_started:
                self._show()

    @property
    def done(self) -> float:
        """The number of finished files, including parts of clips."""
        return self._whole + sum(self._parts.values())

    def stop(self) -> None:
        """Give up the files that are still being processed."""
        self._is_stopped = True

    def _show(self) -> None:
        if self._is_hidden:
            return
        if not self._is_started:
            self._progress.start()
            self._is_started = True
        self._progress.update(self._task, completed=self.done)
