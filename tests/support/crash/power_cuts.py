"""Replay a log of system calls up to any moment, and build the files that a power cut at that moment leaves.

What was written and not synced may be there or not, each write for itself, in part or whole, in any order: disks and
file systems promise no more. What was synced is there.
"""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

_CALL = re.compile(
    r"^\d+ +(?P<name>pwrite64|write|ftruncate|fdatasync|fsync)\((?P<fd>\d+)<(?P<path>[^>]*)>"
    r"(?:, (?P<rest>.*))?\) += (?P<result>-?\d+)"
)
_PWRITE = re.compile(r'^"(?P<data>(?:\\x[0-9a-f]{2})*)", \d+, (?P<offset>\d+)$')
_WRITE = re.compile(r'^"(?P<data>(?:\\x[0-9a-f]{2})*)", \d+$')


@dataclass(frozen=True)
class Call:
    """One system call that counts: `data` is None for a truncation, at `offset`, and for a sync."""

    name: str
    file: str
    offset: int = 0
    data: bytes | None = None


def parse(log: Path) -> Iterator[Call]:
    """Reads what `strace -y -xx` wrote; an acknowledgement is a `write` to descriptor 1."""
    for line in log.read_text().splitlines():
        found = _CALL.match(line)
        if found is None or found["result"].startswith("-"):
            continue
        file, rest = Path(bytes.fromhex(found["path"].replace("\\x", "")).decode()).name, found["rest"]
        if found["name"] == "pwrite64":
            parts = _PWRITE.match(rest)
            yield Call("pwrite64", file, int(parts["offset"]), _bytes(parts["data"]))
        elif found["name"] == "ftruncate":
            yield Call("ftruncate", file, int(rest))
        elif found["name"] == "write" and found["fd"] == "1":
            yield Call("tell", "", data=_bytes(_WRITE.match(rest)["data"]))
        elif found["name"] in {"fsync", "fdatasync"}:
            yield Call("sync", file)


def _bytes(shown: str) -> bytes:
    return bytes.fromhex(shown.replace("\\x", ""))


@dataclass
class Disk:
    """What is on the disk for certain, and what may be."""

    synced: dict[str, bytearray]
    waiting: list[Call] = field(default_factory=list)

    def take(self, call: Call) -> None:
        """Takes one more call."""
        if call.name == "sync":
            for waiting in [other for other in self.waiting if other.file == call.file]:
                _apply(self.synced, waiting)
            self.waiting = [other for other in self.waiting if other.file != call.file]
        elif call.name != "tell" and call.file in self.synced:
            self.waiting.append(call)

    def cut(self, folder: Path, chance: random.Random | None) -> None:
        """Writes the files as a cut leaves them: all that waited lost, or, by chance, each write for itself."""
        files = {name: bytearray(content) for name, content in self.synced.items()}
        waiting = list(self.waiting) if chance else []
        if chance:
            chance.shuffle(waiting)
        for call in waiting:
            fate = chance.random()
            if fate < 1 / 3:
                _apply(files, call)
            elif fate < 2 / 3 and call.data is not None:
                torn = call.data[: chance.randint(0, len(call.data))]
                _apply(files, Call(call.name, call.file, call.offset, torn))
        folder.mkdir(parents=True)
        for name, content in files.items():
            (folder / name).write_bytes(content)


def _apply(files: dict[str, bytearray], call: Call) -> None:
    content = files[call.file]
    if call.data is None:
        del content[call.offset :]
        content.extend(bytes(call.offset - len(content)))
    else:
        content.extend(bytes(max(0, call.offset - len(content))))
        content[call.offset : call.offset + len(call.data)] = call.data
