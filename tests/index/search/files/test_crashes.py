"""The end of the process, and a failing disk, at every single file operation."""

import errno
import os
import random
import tempfile
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from index.errors import SnapshotNotWritten
from index.search.codes.engines import ExactCodeEngine
from index.search.codes.permutation import Permutation
from index.search.codes.plans import M16, SCAN, CodeProfile
from index.search.contract import Changes, Role, id_checksum
from index.search.files.disk import Disk

KEY = b"crash tests"
PROFILE = CodeProfile(plans=((40, SCAN), (1 << 32, M16)), compact_after=16, merge_ratio=2)


class Crash(BaseException):
    """The process ended here."""


class _FaultyDisk(Disk):
    """Fails at one operation: with an error, or as a power cut that loses everything not synced.

    A cut undoes a random part of the patches and renames that no sync covered and shortens unsynced files.
    Whatever the process would do after its end is refused, so that no clean-up hides a trace.
    """

    def __init__(self, fail_at: int | None = None, *, error: int | None = None, seed: int = 0) -> None:
        self.operations = 0
        self.fail_at = fail_at
        self.error = error
        self.dead = False
        self._random = random.Random(seed)
        self._patched: dict[int, list[tuple[Path, int, bytes]]] = {}
        self._appended: dict[int, int] = {}
        self._renamed: list[tuple[Path, Path, bytes | None]] = []

    def create(self, path):
        self._step()
        return super().create(path)

    def append(self, descriptor, data):
        self._step(
            torn=lambda: super(_FaultyDisk, self).append(descriptor, memoryview(data)[: len(data) // 2])
        )
        if os.fstat(descriptor).st_ino not in self._appended:
            self._appended[os.fstat(descriptor).st_ino] = os.dup(descriptor)
        super().append(descriptor, data)

    def patch(self, descriptor, offset, data):
        self._step()
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        old = os.pread(descriptor, len(data), offset)
        self._patched.setdefault(os.fstat(descriptor).st_ino, []).append((path, offset, old))
        super().patch(descriptor, offset, data)

    def sync(self, descriptor):
        self._step()
        inode = os.fstat(descriptor).st_ino
        self._patched.pop(inode, None)
        if inode in self._appended:
            os.close(self._appended.pop(inode))

    def replace(self, old, new):
        self._step()
        self._renamed.append((old, new, new.read_bytes() if new.exists() else None))
        super().replace(old, new)

    def remove(self, path):
        self._step()
        super().remove(path)

    def sync_folder(self, folder):
        self._step()
        self._renamed.clear()

    def _step(self, torn=lambda: None) -> None:
        if self.dead:
            raise Crash
        self.operations += 1
        if self.operations == self.fail_at:
            if self.error is not None:
                torn()
                raise OSError(self.error, os.strerror(self.error))
            torn()
            self._cut()
            raise Crash

    def _cut(self) -> None:
        self.dead = True
        for writes in self._patched.values():
            for path, offset, old in writes:
                if path.exists() and self._random.random() < 0.5:
                    with path.open("r+b") as file:
                        file.seek(offset)
                        file.write(old)
        for _ in range(self._random.randint(0, len(self._renamed))):
            old_path, new_path, previous = self._renamed.pop()
            if new_path.exists():
                new_path.replace(old_path)
                if previous is not None:
                    new_path.write_bytes(previous)
        for descriptor in self._appended.values():
            os.ftruncate(descriptor, self._random.randint(0, os.fstat(descriptor).st_size))
            os.close(descriptor)
        self._appended.clear()


def open_engine(folder, disk=None, *, role=Role.WRITER) -> ExactCodeEngine:
    return ExactCodeEngine.open(
        folder, role=role, family="pdq-1", epoch="e1", key=KEY, profile=PROFILE, disk=disk
    )


class _Twin:
    """An engine beside a plain dict and a change log, which hold the answers expected at any time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.codes: dict[int, np.ndarray] = {}
        self.log: list[Changes] = []
        self.erased: dict[int, np.ndarray] = {}
        self.dropped: set[bytes] = set()
        self.next_id = 0
        self.engine = open_engine(folder, _FaultyDisk())

    def change(self, add: dict[int, np.ndarray], remove: list[int]) -> None:
        changes = Changes(
            sequence=len(self.log) + 1,
            add_ids=np.array(list(add), np.int64),
            add_codes=np.array(list(add.values()), np.uint8).reshape(-1, 32),
            remove_ids=np.array(remove, np.int64),
        )
        self.log.append(changes)
        gone = [*add, *(i for i in remove if i not in self.erased)]
        self.dropped |= {self.codes[i].tobytes() for i in gone if i in self.codes}
        self.codes |= add
        for removed in remove:
            self.codes.pop(removed, None)
        self.engine.apply(changes)

    def add(self, codes: np.ndarray) -> None:
        self.change({self.next_id + i: code for i, code in enumerate(codes)}, [])
        self.next_id += len(codes)

    def withdraw(self, ids: list[int]) -> None:
        """Remove by the log, then erase from the files, as a withdrawal does."""
        self.erased |= {i: self.codes[i] for i in ids if i in self.codes}
        self.change({}, ids)
        self.engine.erase(np.array(ids, np.int64))

    def crash(self) -> None:
        """End the engine as the end of the process does: nothing but the kernel's lock is released."""
        self.engine._maintenance.writer.release()

    def reopen(self) -> None:
        """Open again, follow the log from the files' sequence, and repeat the erasures of the log."""
        self.engine = open_engine(self.folder, _FaultyDisk())
        self.follow(self.engine)
        self.engine.erase(np.array(list(self.erased), np.int64))

    def follow(self, engine) -> None:
        for changes in self.log[engine.status().sequence :]:
            engine.apply(changes)

    def check(self, engine=None) -> None:
        """Compare status and answers with the dict."""
        engine = engine or self.engine
        ids = np.array(sorted(self.codes), np.int64)
        status = engine.status()
        assert (status.size, status.checksum) == (len(ids), id_checksum(ids))
        assert status.sequence == len(self.log)
        if not len(ids):
            return
        codes = np.array([self.codes[i] for i in ids.tolist()])
        queries = codes[:: max(1, len(codes) // 8)]
        distances = np.bitwise_count(queries[:, None, :] ^ codes[None]).sum(axis=2, dtype=int)
        expected = sorted(
            (int(q), int(distances[q, row]), int(ids[row]))
            for q, row in zip(*np.nonzero(distances <= 31), strict=True)
        )
        hits = engine.search(queries, 31)
        found = list(zip(hits.queries.tolist(), hits.distances.tolist(), hits.ids.tolist(), strict=True))
        assert found == expected

    def check_erased(self) -> None:
        """Search all bytes of the folder for every erased code, in both bit orders.

        But for codes that another id has or had: what is removed without an erasure stays until a compaction.
        """
        held = {code.tobytes() for code in self.codes.values()} | self.dropped
        everything = b"\0".join(path.read_bytes() for path in self.folder.iterdir())
        for code in self.erased.values():
            if code.tobytes() not in held:
                assert code.tobytes() not in everything
                assert Permutation(KEY).apply(code[None]).tobytes() not in everything


def some_codes(seed: int, count: int) -> np.ndarray:
    """Codes around few centres, so that searches have near and far neighbours."""
    rng = np.random.default_rng(seed)
    centres = np.random.default_rng(7).integers(0, 256, (6, 32), dtype=np.uint8)
    bits = np.unpackbits(centres[rng.integers(0, 6, count)], axis=1)
    for row in bits:
        row[rng.permutation(256)[: rng.integers(0, 50)]] ^= 1
    return np.packbits(bits, axis=1)


def prepared(folder: Path) -> _Twin:
    """Two snapshots of different plans and an overlay with additions, replacements and removals."""
    twin = _Twin(folder)
    twin.add(some_codes(1, 80))
    twin.engine.compact()
    twin.add(some_codes(2, 20))
    twin.engine.compact()
    twin.add(some_codes(3, 10))
    twin.change({5: some_codes(4, 1)[0], 90: some_codes(5, 1)[0]}, [6, 91, 101])
    return twin


def work(twin: _Twin) -> None:
    """Do the work that is interrupted: an erasure in several snapshots, then a compaction."""
    twin.withdraw([7, 8, 92, 102])
    twin.engine.compact(everything=True)


def operations_of(folder: Path) -> int:
    twin = prepared(folder)
    twin.engine.close()
    disk = _FaultyDisk()
    twin.engine = open_engine(folder, disk)
    twin.follow(twin.engine)
    work(twin)
    return disk.operations


def test_a_crash_at_any_operation_loses_and_revives_nothing(tmp_path):
    """After a power cut at each operation of erasure and compaction the next writer answers exactly."""
    for fail_at in range(1, operations_of(tmp_path / "count") + 1):
        twin = prepared(tmp_path / str(fail_at))
        twin.engine.close()
        try:
            twin.engine = open_engine(twin.folder, _FaultyDisk(fail_at, seed=fail_at))
            twin.follow(twin.engine)
            work(twin)
        except Crash:
            pass
        if twin.engine._maintenance is not None:
            twin.crash()
        twin.reopen()
        twin.engine.verify()
        twin.check()
        twin.check_erased()
        assert twin.engine.compact(everything=True)
        twin.check()
        twin.engine.close()


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EIO, errno.EROFS])
def test_a_refusing_disk_leaves_the_old_files_and_exact_answers(tmp_path, error):
    """An error at each operation is `SnapshotNotWritten`; the engine goes on and works when the disk does."""
    count = operations_of(tmp_path / "count")
    for fail_at in range(1, count + 1, 1 if error == errno.ENOSPC else 7):
        twin = prepared(tmp_path / str(fail_at))
        twin.engine.close()
        disk = _FaultyDisk(fail_at, error=error)
        try:
            twin.engine = open_engine(twin.folder, disk)
        except SnapshotNotWritten:
            twin.engine = open_engine(twin.folder, disk)
        twin.follow(twin.engine)
        for step in (partial(twin.withdraw, [7, 8, 92, 102]), partial(twin.engine.compact, everything=True)):
            try:
                step()
            except SnapshotNotWritten:
                twin.check()
                step()
        twin.check()
        twin.check_erased()
        twin.engine.verify()
        assert sum(path.suffix == ".snapshot" for path in twin.folder.iterdir()) == 1
        twin.engine.close()


class _Life(RuleBasedStateMachine):
    """Adds, removes, withdraws, compacts, crashes and reopens, beside a reader, against a dict."""

    @initialize()
    def begin(self) -> None:
        self.temporary = tempfile.TemporaryDirectory()
        self.twin = _Twin(Path(self.temporary.name))
        self.reader = open_engine(self.twin.folder, role=Role.READER)

    @rule(seed=st.integers(0, 1 << 30), count=st.integers(1, 30))
    def add(self, seed, count) -> None:
        self.twin.add(some_codes(seed, count))

    @precondition(lambda self: self.twin.codes)
    @rule(data=st.data(), seed=st.integers(0, 1 << 30))
    def replace(self, data, seed) -> None:
        ids = data.draw(st.lists(st.sampled_from(sorted(self.twin.codes)), max_size=5, unique=True))
        self.twin.change(dict(zip(ids, some_codes(seed, len(ids)), strict=True)), [])

    @precondition(lambda self: self.twin.codes)
    @rule(data=st.data())
    def remove(self, data) -> None:
        ids = data.draw(st.lists(st.sampled_from(sorted(self.twin.codes)), max_size=10, unique=True))
        self.twin.change({}, ids)

    @precondition(lambda self: self.twin.codes)
    @rule(data=st.data())
    def withdraw(self, data) -> None:
        ids = data.draw(st.lists(st.sampled_from(sorted(self.twin.codes)), max_size=5, unique=True))
        self.twin.withdraw(ids)
        self.twin.check_erased()

    @rule(everything=st.booleans())
    def compact(self, everything) -> None:
        self.twin.engine.compact(everything=everything)

    @rule()
    def read(self) -> None:
        self.reader.refresh()
        self.twin.follow(self.reader)
        self.twin.check(self.reader)

    @rule()
    def restart(self) -> None:
        self.twin.engine.close()
        self.twin.reopen()

    @rule(fail_at=st.integers(1, 60), seed=st.integers(0, 1000), erase=st.booleans(), data=st.data())
    def crash(self, fail_at, seed, erase, data) -> None:
        self.twin.engine._maintenance.writer._disk = _FaultyDisk(fail_at, seed=seed)
        ids = sorted(self.twin.codes)
        try:
            if erase and ids:
                self.twin.withdraw(data.draw(st.lists(st.sampled_from(ids), max_size=5, unique=True)))
            self.twin.engine.compact(everything=True)
        except Crash:
            pass
        self.twin.crash()
        self.twin.reopen()
        self.twin.check_erased()

    @invariant()
    def answers_are_exact(self) -> None:
        if hasattr(self, "twin"):
            self.twin.check()

    def teardown(self) -> None:
        if hasattr(self, "twin"):
            self.twin.engine.verify()
            self.twin.engine.close()
            self.reader.close()
            self.temporary.cleanup()


def _settings(examples: int) -> settings:
    return settings(
        max_examples=examples,
        stateful_step_count=40,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )


class TestLife(_Life.TestCase):
    """Any order of these acts leaves exact answers and no erased code in the files."""

    settings = _settings(40)


@pytest.mark.slow
class TestLongLife(_Life.TestCase):
    """The same over 250 lives."""

    settings = _settings(250)
