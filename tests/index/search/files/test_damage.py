"""Damaged, exchanged and missing files: an exact answer or one of our errors, never another answer."""

import random
import shutil
import struct

import numpy as np
import pytest

from index.errors import DamagedSnapshot, NotReady
from index.search.codes.engines import ExactCodeEngine
from index.search.codes.plans import M16, SCAN, CodeProfile
from index.search.contract import Changes, Role
from index.search.files.format import BLOCK_BYTES

PROFILES = {
    "scan": CodeProfile(plans=((1 << 32, SCAN),)),
    "m16": CodeProfile(plans=((1 << 32, M16),)),
}


def open_engine(folder, profile, role=Role.WRITER, **identity) -> ExactCodeEngine:
    identity = {"family": "pdq-1", "epoch": "e1", "key": b"k"} | identity
    return ExactCodeEngine.open(folder, role=role, profile=profile, **identity)


@pytest.fixture(scope="module", params=list(PROFILES))
def sound(request, tmp_path_factory):
    """An intact folder, its codes, and a copy of its snapshot from before an erasure."""
    folder = tmp_path_factory.mktemp("sound") / "index"
    rng = np.random.default_rng(5)
    codes = rng.integers(0, 256, (900, 32), dtype=np.uint8)
    profile = PROFILES[request.param]
    engine = open_engine(folder, profile)
    engine.rebuild(3, np.arange(900), codes)
    older = next(folder.glob("*.snapshot")).read_bytes()
    engine.erase(np.arange(600, 900))
    engine.close()
    return folder, profile, codes[:600], older


def flip(data, rng, _older):
    place = rng.randrange(len(data) * 8)
    data[place // 8] ^= 1 << place % 8
    return data


def truncate(data, rng, _older):
    return data[: rng.randrange(len(data))]


def zero(data, rng, _older):
    """Zero 4 KB that are not all zero already."""
    while True:
        start = rng.randrange(0, len(data) - 4096, 512)
        if any(data[start : start + 4096]):
            data[start : start + 4096] = bytes(4096)
            return data


def swap(_data, _rng, older):
    return bytearray(older)


def move_block(data, rng, _older):
    """Copy the bytes of one block over another."""
    while True:
        one, other = (BLOCK_BYTES * rng.randrange(1, len(data) // BLOCK_BYTES - 1) for _ in "ab")
        if data[one : one + BLOCK_BYTES] != data[other : other + BLOCK_BYTES]:
            data[one : one + BLOCK_BYTES] = data[other : other + BLOCK_BYTES]
            return data


def newer_format(data, _rng, _older):
    struct.pack_into("<I", data, 8, 2)
    return data


def lengthen(data, rng, _older):
    return data + bytes(rng.randrange(1, 100_000))


DAMAGES = [flip, truncate, zero, swap, move_block, newer_format, lengthen]


def detected(folder, profile, codes) -> bool:
    """Return whether damage was reported, and assert that no answer before the report was wrong."""
    try:
        engine = open_engine(folder, profile, Role.READER)
        for start in range(0, len(codes), 150):
            hits = engine.search(codes[start : start + 150], 31)
            assert hits.ids.tolist() == list(range(start, start + 150))
        engine.verify()
    except DamagedSnapshot:
        return True
    return False


def damage_many(sound, scratch, count) -> None:
    folder, profile, codes, older = sound
    shutil.copytree(folder, scratch)
    snapshot = next(scratch.glob("*.snapshot"))
    sound_bytes = snapshot.read_bytes()
    assert not detected(scratch, profile, codes)
    for number in range(count):
        rng = random.Random(number)
        # Replaced by rename, as real files are: an old map keeps its own bytes.
        snapshot.unlink()
        damage = DAMAGES[number % len(DAMAGES)]
        snapshot.write_bytes(damage(bytearray(sound_bytes), rng, older))
        assert detected(scratch, profile, codes), (number, damage.__name__)


def test_every_damage_is_detected(sound, tmp_path):
    """Each of 150 damaged snapshots a plan is refused at open, at first use or by `verify`."""
    damage_many(sound, tmp_path / "index", 150)


@pytest.mark.slow
def test_many_more_damages_are_detected(sound, tmp_path):
    """The same for 400 damaged snapshots a plan."""
    damage_many(sound, tmp_path / "index", 400)


@pytest.mark.parametrize("name", ["manifest.json"])
def test_a_damaged_manifest_is_detected(sound, tmp_path, name):
    """A manifest with a flipped bit, a shortened manifest and a missing manifest are refused."""
    folder, profile, _, _ = sound
    scratch = tmp_path / "index"
    shutil.copytree(folder, scratch)
    data = (folder / name).read_bytes()
    for number in range(100):
        rng = random.Random(number)
        damage = (flip, truncate)[number % 2]
        (scratch / name).write_bytes(damage(bytearray(data), rng, None))
        with pytest.raises(DamagedSnapshot):
            open_engine(scratch, profile, Role.READER)
    (scratch / name).unlink()
    for role in Role:
        with pytest.raises(DamagedSnapshot):
            open_engine(scratch, profile, role)


def test_a_missing_snapshot_is_damage(sound, tmp_path):
    """A manifest that names a file that is not there is refused, by readers and by the writer."""
    folder, profile, _, _ = sound
    scratch = tmp_path / "index"
    shutil.copytree(folder, scratch)
    next(scratch.glob("*.snapshot")).unlink()
    for role in Role:
        with pytest.raises(DamagedSnapshot):
            open_engine(scratch, profile, role)


@pytest.mark.parametrize("other", [{"family": "dhash-1"}, {"epoch": "e2"}, {"key": b"another"}])
def test_files_of_another_index_are_not_used(sound, tmp_path, other):
    """Another family, epoch or key is `NotReady`; only a writer that discards the files begins again."""
    folder, profile, codes, _ = sound
    scratch = tmp_path / "index"
    shutil.copytree(folder, scratch)
    for role in Role:
        with pytest.raises(NotReady):
            open_engine(scratch, profile, role, **other)
    engine = ExactCodeEngine.open(
        scratch,
        role=Role.WRITER,
        profile=profile,
        discard=True,
        **({"family": "pdq-1", "epoch": "e1", "key": b"k"} | other),
    )
    assert (engine.status().sequence, engine.status().size) == (0, 0)
    assert not list(scratch.glob("*.snapshot"))
    engine.rebuild(9, np.arange(len(codes)), codes)
    assert len(engine.search(codes, 31)) == len(codes)
    engine.close()


def test_a_file_cut_short_while_open_is_an_error_and_no_crash(sound, tmp_path):
    """A snapshot truncated under a running process is `DamagedSnapshot`, not a bus error."""
    folder, profile, codes, _ = sound
    scratch = tmp_path / "index"
    shutil.copytree(folder, scratch)
    engine = open_engine(scratch, profile, Role.READER)
    with next(scratch.glob("*.snapshot")).open("r+b") as file:
        file.truncate(BLOCK_BYTES)
    with pytest.raises(DamagedSnapshot):
        engine.search(codes, 31)


def test_compaction_does_not_launder_damage(sound, tmp_path):
    """A block that went bad after it was verified stops the compaction that would copy it."""
    folder, profile, codes, _ = sound
    scratch = tmp_path / "index"
    shutil.copytree(folder, scratch)
    engine = open_engine(scratch, profile)
    engine.verify()
    with next(scratch.glob("*.snapshot")).open("r+b") as file:
        file.seek(BLOCK_BYTES + 100)
        file.write(b"\xa5\x5a\xa5")
    engine.apply(Changes(sequence=4, add_ids=np.array([5000]), add_codes=codes[:1]))
    with pytest.raises(DamagedSnapshot):
        engine.compact(everything=True)
    engine.close()
