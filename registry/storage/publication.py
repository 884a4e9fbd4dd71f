"""The file to which checkpoints are published: appended to, never rewritten."""

import os
from pathlib import Path

from index.resources import sync_folder
from registry.errors import NotPublished


class CheckpointFile:
    """A file of signed notes. Implements `registry.ports.Publication`."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> str:
        """Return the file's text."""
        try:
            return self._path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return ""
        except (OSError, UnicodeDecodeError) as error:
            raise NotPublished("The file of checkpoints cannot be read.") from error

    def append(self, text: str) -> None:
        """Append text, and wait for the disk."""
        try:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            sync_folder(self._path.parent)
        except OSError as error:
            raise NotPublished("The file of checkpoints cannot be written.") from error
