"""Files of vectors: ends of the process, damage, and the traces of an erased template."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from index.errors import DamagedSnapshot, NotReady
from index.search.contract import Changes, Role, id_checksum
from index.search.files.disk import Disk
from index.search.files.format import BLOCK_BYTES
from index.search.vectors.engine import VectorEngine
from index.search.vectors.snapshot import VectorProfile

DIMENSION = 96
"""384 bytes a vector and 24 of sketch: neither divides a block, so that rows lie across two."""

PROFILE = VectorProfile(bits=192, scan_up_to=0, miss_probability=1e-12, compact_after=16, merge_ratio=1)
ERASED = [7, 42, 250, 305]


def open_engine(folder, disk=None, *, role=Role.WRITER, **identity) -> VectorEngine:
    identity = {"family": "faces", "epoch": "e1", "key": b"k", "dimension": DIMENSION} | identity
    return VectorEngine.open(folder, role=role, profile=PROFILE, disk=disk, **identity)


def faces(seed: int, count: int) -> np.ndarray:
    vectors = np.random.default_rng(seed).standard_normal((count, DIMENSION)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


FACES = faces(1, 320)


def change(sequence: int, ids: range) -> Changes:
    codes = FACES[ids.start : ids.stop].view(np.uint8)
    return Changes(sequence=sequence, add_ids=np.arange(ids.start, ids.stop), add_codes=codes)


LOG = [
    change(1, range(200)),
    change(2, range(200, 300)),
    change(3, range(300, 320)),
    Changes(sequence=4, remove_ids=np.array(ERASED)),
]


def prepared(folder) -> None:
    """Two snapshots; the third change is in no file yet."""
    engine = open_engine(folder)
    engine.apply(LOG[0])
    engine.compact()
    engine.apply(LOG[1])
    engine.compact()
    assert engine.status().snapshots == 2
    engine.close()


def work(engine) -> None:
    """Do the work that is interrupted: following, an erasure in both snapshots and the overlay, a compaction of all."""
    for batch in LOG[engine.status().sequence :]:
        engine.apply(batch)
    engine.erase(np.array(ERASED))
    engine.compact(everything=True)


class _Crash(BaseException):
    """The process ended here."""


class _EndingDisk(Disk):
    """Ends the process before its n-th operation: by an exception, or for good."""

    def __init__(self, end_at: int | None, *, kill: bool = False) -> None:
        self.operations = 0
        self._end_at = end_at
        self._kill = kill

    def create(self, path):
        self._step()
        return super().create(path)

    def append(self, descriptor, data):
        self._step()
        super().append(descriptor, data)

    def patch(self, descriptor, offset, data):
        self._step()
        super().patch(descriptor, offset, data)

    def sync(self, descriptor):
        self._step()
        super().sync(descriptor)

    def replace(self, old, new):
        self._step()
        super().replace(old, new)

    def remove(self, path):
        self._step()
        super().remove(path)

    def sync_folder(self, folder):
        self._step()
        super().sync_folder(folder)

    def _step(self) -> None:
        self.operations += 1
        if self._end_at is not None and self.operations >= self._end_at:
            if self._kill:
                os.kill(os.getpid(), signal.SIGKILL)
            raise _Crash


def check_all(folder) -> None:
    """The next writer answers exactly, after repeating the erasures of the log, and nothing erased is left."""
    engine = open_engine(folder)
    for batch in LOG[engine.status().sequence :]:
        engine.apply(batch)
    engine.erase(np.array(ERASED))
    engine.verify()
    held = np.setdiff1d(np.arange(320), ERASED)
    status = engine.status()
    assert (status.sequence, status.size, status.checksum) == (4, len(held), id_checksum(held))
    hits = engine.propose(FACES.view(np.uint8), 10)
    assert hits.ids.tolist() == held.tolist()
    check_gone(folder)
    engine.close()


def check_gone(folder) -> None:
    everything = b"\0".join(path.read_bytes() for path in folder.iterdir())
    assert FACES[0].tobytes() in everything
    for number in ERASED:
        assert FACES[number].tobytes() not in everything
        assert FACES[number, :8].tobytes() not in everything
        assert FACES[number, -8:].tobytes() not in everything


def live(folder, disk) -> None:
    """Open and work; at the end nothing but the kernel's lock is released, as at the end of a process."""
    engine = open_engine(folder, disk)
    try:
        work(engine)
    finally:
        engine._maintenance.writer.release()


def operations(folder) -> int:
    prepared(folder)
    disk = _EndingDisk(None)
    live(folder, disk)
    return disk.operations


def test_an_end_at_any_operation_loses_and_revives_nothing(tmp_path):
    """Ended before each single file operation of an erasure and a compaction, the files open and answer exactly."""
    count = operations(tmp_path / "count")
    assert count > 40
    prepared(tmp_path / "whole")
    for end_at in range(1, count + 1):
        folder = tmp_path / str(end_at)
        shutil.copytree(tmp_path / "whole", folder)
        disk = _EndingDisk(end_at)
        with pytest.raises(_Crash):
            live(folder, disk)
        check_all(folder)


def test_killed_for_good_the_next_writer_goes_on(tmp_path):
    """A process that is killed in the midst of an erasure, and of a compaction, leaves files that open."""
    count = operations(tmp_path / "count")
    for end_at in (count // 4, count // 2, 3 * count // 4):
        folder = tmp_path / str(end_at)
        prepared(folder)
        ended = subprocess.run([sys.executable, __file__, folder, str(end_at)], check=False)
        assert ended.returncode == -9
        check_all(folder)


def test_an_erasure_is_seen_by_every_process_at_once(tmp_path):
    """A reader that has the files mapped stops finding what the writer erased, and its map holds zeros there."""
    prepared(tmp_path)
    reader = open_engine(tmp_path, role=Role.READER)
    writer = open_engine(tmp_path)
    assert reader.propose(FACES[42:43].view(np.uint8), 10).ids.tolist() == [42]
    writer.erase(np.array([42, 250]))
    assert not len(reader.propose(FACES[[42, 250]].view(np.uint8), 10))
    for segment in reader._holder.current().base.snapshots:
        _, rows = segment.snapshot.rows_of(np.array([42, 250]))
        assert len(rows) == 1
        assert not segment.snapshot._vectors[rows].any()
        assert not segment.snapshot._sketches[rows].any()
    reader.verify()
    writer.close()


def test_only_the_erased_rows_change(tmp_path):
    """An erasure rewrites its vector, its sketch, its `alive` byte and their blocks' checksums, and nothing else."""
    engine = open_engine(tmp_path)
    engine.rebuild(1, np.arange(320), FACES.view(np.uint8))
    path = next(tmp_path.glob("*.snapshot"))
    before = np.frombuffer(path.read_bytes(), np.uint8)
    engine.erase(np.array([42]))
    after = np.frombuffer(path.read_bytes(), np.uint8)
    changed = np.flatnonzero(before != after)
    assert len(before) == len(after)
    assert 384 - 8 < len(changed) <= 384 + 24 + 1 + 5 * 4
    assert len(np.unique(changed // BLOCK_BYTES)) <= 6
    engine.close()


def test_every_damage_is_detected(tmp_path):
    """Each of 120 flipped bits, cut ends, and inverted spans is refused, at open, at first use or by `verify`."""
    prepared(tmp_path)
    path = max(tmp_path.glob("*.snapshot"), key=lambda path: path.stat().st_size)
    sound = path.read_bytes()
    for number in range(120):
        rng = np.random.default_rng(number)
        data = bytearray(sound)
        place = int(rng.integers(0, len(data)))
        if number % 3 == 0:
            data[place] ^= 1 << int(rng.integers(0, 8))
        elif number % 3 == 1:
            del data[place:]
        else:
            start = place // BLOCK_BYTES * BLOCK_BYTES
            data[start : start + 64] = bytes(255 - byte for byte in data[start : start + 64])
        path.unlink()
        path.write_bytes(data)
        with pytest.raises(DamagedSnapshot):
            use_all(tmp_path)
    path.unlink()
    path.write_bytes(sound)
    use_all(tmp_path)


def use_all(folder) -> None:
    engine = open_engine(folder, role=Role.READER)
    try:
        hits = engine.propose(FACES[:300].view(np.uint8), 10)
        assert hits.ids.tolist() == list(range(300))
        engine.verify()
    finally:
        engine.close()


@pytest.mark.parametrize("other", [{"family": "x"}, {"epoch": "e2"}, {"key": b"other"}, {"dimension": 128}])
def test_files_of_another_index_are_not_used(tmp_path, other):
    """Another engine, epoch, secret or dimension is `NotReady`; only a writer that discards the files begins again."""
    prepared(tmp_path)
    for role in Role:
        with pytest.raises(NotReady):
            open_engine(tmp_path, role=role, **other)
    engine = VectorEngine.open(
        tmp_path,
        role=Role.WRITER,
        discard=True,
        **({"family": "faces", "epoch": "e1", "key": b"k", "dimension": DIMENSION} | other),
    )
    assert (engine.status().sequence, engine.status().size) == (0, 0)
    assert not list(tmp_path.glob("*.snapshot"))
    engine.close()


def test_files_of_codes_are_no_files_of_vectors(tmp_path):
    """A snapshot of another kind under a name that the manifest gives is damage."""
    prepared(tmp_path)
    path = next(tmp_path.glob("*.snapshot"))
    data = bytearray(path.read_bytes())
    data[:8] = b"TKDNSNAP"
    path.write_bytes(data)
    with pytest.raises(DamagedSnapshot):
        open_engine(tmp_path, role=Role.READER)


if __name__ == "__main__":
    work(open_engine(Path(sys.argv[1]), _EndingDisk(int(sys.argv[2]), kill=True)))
