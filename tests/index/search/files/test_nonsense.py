"""Nonsense in files of the index whose checksums fit, and files that change while they are in use: damage, and no more.

Each case is refused as `DamagedSnapshot` (or `NotReady`, for files of another index), before or at its first use. No
other error, no crash, and no file that is used for ever.
"""

import hashlib
import json
import os
import random
import shutil
import struct
import zlib

import numpy as np
import pytest

from index.errors import DamagedSnapshot, NotReady, SearchError
from index.search.codes.engines import ExactCodeEngine
from index.search.codes.format import decode
from index.search.codes.plans import SCAN, CodeProfile, Plan
from index.search.contract import Changes, Role
from index.search.files.format import BLOCK_BYTES, FORMAT
from index.search.files.manifest import JOURNAL, MANIFEST, seal
from index.search.vectors.engine import VectorEngine
from index.search.vectors.format import decode_vectors
from index.search.vectors.snapshot import VectorProfile

ROWS = 300
DIMENSION = 16
IDENTITY = {"family": "some-1", "epoch": "e1", "key": b"k"}
SMALL = Plan(name="small", widths=(8,) * 32, radii=(0,) * 32)
SKETCHED = VectorProfile(bits=64, scan_up_to=0)

NUMBERS = (
    -1,
    0,
    1,
    63,
    64,
    2**31,
    2**32,
    2**63,
    2**64 - 1,
    2**64,
    10**30,
    1.5,
    True,
    None,
    "1",
    [],
    {},
    [10**9],
)
TEXTS = ("", "..", "../a.snapshot", "/etc/passwd", "a\0b", "x" * 10_000, "ä", 5, None, [], {})


class Kind:
    """One kind of index: how it is opened, and codes for it."""

    def __init__(self, name):
        self.name = name
        chance = np.random.default_rng(7)
        if name == "vectors":
            vectors = chance.normal(size=(ROWS, DIMENSION)).astype(np.float32)
            vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
            self.codes, self.decode = vectors.view(np.uint8), decode_vectors
        else:
            self.codes, self.decode = chance.integers(0, 256, (ROWS, 32), dtype=np.uint8), decode

    def open(self, folder, role=Role.WRITER, *, discard=False):
        """Opens the index in a folder."""
        if self.name == "vectors":
            return VectorEngine.open(
                folder, role=role, dimension=DIMENSION, profile=SKETCHED, discard=discard, **IDENTITY
            )
        profile = CodeProfile(plans=((1 << 32, SCAN if self.name == "scan" else SMALL),))
        return ExactCodeEngine.open(folder, role=role, profile=profile, discard=discard, **IDENTITY)

    def use(self, engine):
        """Searches, changes and verifies; returns the ids that are found at their own codes."""
        found = engine.propose(self.codes, 3).ids.tolist()
        engine.apply(Changes(sequence=2, add_ids=np.array([ROWS]), add_codes=self.codes[:1]))
        engine.verify()
        engine.check_files()
        return found


@pytest.fixture(scope="module", params=["scan", "tables", "vectors"])
def kind(request):
    return Kind(request.param)


@pytest.fixture(scope="module")
def sound(kind, tmp_path_factory):
    """The folder of an index in order."""
    folder = tmp_path_factory.mktemp("sound") / "index"
    engine = kind.open(folder)
    engine.rebuild(1, np.arange(ROWS), kind.codes)
    engine.close()
    return folder


@pytest.fixture
def folder(sound, tmp_path):
    return shutil.copytree(sound, tmp_path / "index")


def snapshot_of(folder):
    return next(folder.glob("*.snapshot"))


def fields_of(path):
    return json.loads(path.read_bytes().partition(b"\n")[2])


def sealed(path, fields):
    path.write_bytes(seal(fields))


def repinned(folder, content):
    """Writes a snapshot with all checksums made to fit, and a manifest that names exactly this file."""
    sums_at = len(content) - 4 * (len(content) // BLOCK_BYTES)
    path = snapshot_of(folder)
    path.write_bytes(content)
    manifest = fields_of(folder / MANIFEST)
    manifest["entries"][0]["pin"] = {
        "length": len(content),
        "header": hashlib.sha256(content[:BLOCK_BYTES]).hexdigest(),
        "sums": hashlib.sha256(content[sums_at:]).hexdigest(),
    }
    sealed(folder / MANIFEST, manifest)


def refused(kind, folder, roles=tuple(Role)):
    """Returns whether the files are refused by each role; any other error than ours, or a crash, fails the test."""
    for role in roles:
        try:
            engine = kind.open(folder, role)
        except (DamagedSnapshot, NotReady):
            continue
        try:
            kind.use(engine)
        except (DamagedSnapshot, NotReady):
            continue
        finally:
            engine.close()
        return False
    begun = kind.open(folder, discard=True)
    assert (begun.status().size, list(folder.glob("*.snapshot"))) == (0, [])
    begun.close()
    return True


def with_front(content, fields):
    body = json.dumps(fields).encode()
    if len(body) > BLOCK_BYTES - 100:
        return None
    front = bytes(content[:8]) + struct.pack("<II", FORMAT, len(body)) + body
    block = (front + hashlib.sha256(front).digest()).ljust(BLOCK_BYTES, b"\0")
    return block + content[BLOCK_BYTES:]


def header_fields(content):
    size = struct.unpack_from("<I", content, 12)[0]
    return json.loads(content[16 : 16 + size])


def leaves(value, path=()):
    """Names every field of a JSON value, also the first of each list."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    yield from ((*path, key) for key, _ in inner)
    for key, one in inner if not isinstance(value, list) else list(inner)[:1]:
        yield from leaves(one, (*path, key))


def replaced(value, path, new):
    copy = json.loads(json.dumps(value))
    place = copy
    for key in path[:-1]:
        place = place[key]
    old, place[path[-1]] = place[path[-1]], new
    return None if type(old) is type(new) and old == new else copy


def test_every_field_of_a_header_is_doubted(kind, folder, sound):
    """A header in which one field is nonsense, under a checksum and a manifest that fit, is refused."""
    content = snapshot_of(sound).read_bytes()
    fields = header_fields(content)
    for path in leaves(fields):
        for nonsense in random.Random(repr(path)).sample((*NUMBERS, *TEXTS), 2):
            if (changed := replaced(fields, path, nonsense)) is None:
                continue
            if path in {("sequence",), ("plan", "name")} and type(nonsense) is type(
                replaced_type(fields, path)
            ):
                continue  # as good as any other
            if (written := with_front(content, changed)) is None:
                continue
            shutil.rmtree(folder)
            shutil.copytree(sound, folder)
            repinned(folder, written)
            assert refused(kind, folder), (path, nonsense)


def replaced_type(fields, path):
    for key in path:
        fields = fields[key]
    return fields


def test_every_field_of_a_manifest_is_doubted(kind, folder, sound):
    """A manifest in which one field is nonsense, under a checksum that fits, is refused."""
    fields = fields_of(sound / MANIFEST)
    every = [(path, nonsense) for path in leaves(fields) for nonsense in (*NUMBERS, *TEXTS)]
    for path, nonsense in random.Random(2).sample(every, 24):
        changed = replaced(fields, path, nonsense)
        if changed is None or (path == ("sequence",) and type(nonsense) is int and 0 <= nonsense < 2**64):
            continue  # the registry compares it with its own
        if path == ("entries",) and nonsense in ([], {}):
            continue  # an index in order, and empty
        shutil.rmtree(folder)
        shutil.copytree(sound, folder)
        sealed(folder / MANIFEST, changed)
        assert refused(kind, folder), (path, nonsense)


def test_every_field_of_a_journal_is_doubted(kind, folder, sound):
    """The journal of an erasure in which one field is nonsense writes nothing, and the files begin anew."""
    pin = fields_of(sound / MANIFEST)["entries"][0]["pin"]
    patch = {
        "name": snapshot_of(sound).name,
        "writes": [[BLOCK_BYTES, "00"]],
        "zeros": [[BLOCK_BYTES, 8]],
        "sums": [[BLOCK_BYTES, 5]],
        "pin": pin,
    }
    fields = {"format": FORMAT, "patches": [patch]}
    every = [
        (path, nonsense)
        for path in leaves(fields)
        for nonsense in (-1, 2**70, 1 << 40, None, "zz", "../x", 1.5)
    ]
    for path, nonsense in random.Random(3).sample(every, min(20, len(every))):
        changed = replaced(fields, path, nonsense)
        if changed is None or path[-1] in {"writes", "zeros", "sums", "patches"}:
            continue
        shutil.rmtree(folder)
        shutil.copytree(sound, folder)
        sealed(folder / JOURNAL, changed)
        assert refused(kind, folder, (Role.WRITER,)), (path, nonsense)


def test_random_bytes_are_refused(kind, folder, sound):
    """Each file of random bytes, of any length, also where the other files are in order, is refused."""
    for number in range(12):
        chance = random.Random(number)
        name = (MANIFEST, JOURNAL, snapshot_of(sound).name)[number % 3]
        length = chance.choice([0, 1, 65, BLOCK_BYTES, 3 * BLOCK_BYTES, snapshot_of(sound).stat().st_size])
        shutil.rmtree(folder)
        shutil.copytree(sound, folder)
        (folder / name).write_bytes(chance.randbytes(length))
        assert refused(kind, folder, (Role.WRITER,) if name == JOURNAL else tuple(Role)), (name, length)


def test_numbers_that_lead_beyond_their_section_are_refused(kind, folder, sound):
    """A section of nonsense, under checksums that fit, is refused when it is verified, whatever it holds."""
    content = snapshot_of(sound).read_bytes()
    header = kind.decode(content[:BLOCK_BYTES])
    sections = header.sections
    for name in {"ids", "offsets", "entries", "alive", "strays", "planes", "centre"} & set(sections):
        section = sections[name]
        if not section.length or (kind.name == "scan" and name == "offsets"):
            continue
        for filling in (b"\xff", b"\x7f"):
            changed = bytearray(content)
            changed[section.offset : section.offset + section.length] = filling * section.length
            for block in section.blocks:
                data = changed[block * BLOCK_BYTES : (block + 1) * BLOCK_BYTES]
                at = sections["sums"].offset + 4 * block
                changed[at : at + 4] = struct.pack(
                    "<I", zlib.crc32(data, (header.nonce + block) & 0xFFFFFFFF)
                )
            if name in {"planes", "centre"} and filling == b"\x7f":
                continue  # numbers that are large and finite
            shutil.rmtree(folder)
            shutil.copytree(sound, folder)
            repinned(folder, bytes(changed))
            assert refused(kind, folder), (name, filling)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("filling", [b"\0", b"\xff", b"\x7f", None])
def test_files_that_are_overwritten_in_use_are_damage(kind, folder, role, filling):
    """Bytes that change under a verified map: searches answer or raise our error, and the next look finds it."""
    engine = kind.open(folder, role)
    engine.verify()
    engine.check_files()
    path = snapshot_of(folder)
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.write(random.Random(3).randbytes(size) if filling is None else filling * size)
    for _ in range(2):
        try:
            engine.propose(kind.codes, 3)
        except SearchError as error:
            assert isinstance(error, DamagedSnapshot | NotReady)  # noqa: PT017  other errors fail as they are
    if role is Role.READER:  # It looks once the writer has thrown the files away.
        engine.check_files()
        path.unlink()
    with pytest.raises(DamagedSnapshot):
        engine.check_files()
    engine.close()


def replace_by_a_copy(path):
    copy = path.with_name("copy")
    shutil.copy(path, copy)
    copy.replace(path)


@pytest.mark.parametrize("name", ["snapshot", MANIFEST, JOURNAL])
@pytest.mark.parametrize("change", ["removed", "replaced", "random"])
def test_the_writer_notices_files_that_are_exchanged(kind, folder, name, change):
    """A file that was removed, exchanged or overwritten is noticed, and one that another file merely touched is not."""
    engine = kind.open(folder)
    engine.verify()
    path = snapshot_of(folder) if name == "snapshot" else folder / name
    os.utime(snapshot_of(folder))
    engine.check_files()
    if change == "removed":
        path.unlink(missing_ok=True)
    elif change == "random":
        path.write_bytes(os.urandom(500))
    elif path.exists():
        replace_by_a_copy(path)
    is_harmless = (name == JOURNAL and change != "random") or (name == MANIFEST and change == "replaced")
    if is_harmless:
        engine.check_files()
    else:
        with pytest.raises(DamagedSnapshot):
            engine.check_files()
    engine.close()


def test_the_writers_own_changes_are_none(kind, folder, monkeypatch):
    """Erasures and merges of the writer itself are no damage, and nothing is verified a second time for them."""
    engine = kind.open(folder)
    engine.verify()
    engine.check_files()
    engine.erase(np.arange(5))
    [held] = engine._holder.current().base.snapshots
    monkeypatch.setattr(held.snapshot.verifier, "verify_all", pytest.fail)
    engine.check_files()
    monkeypatch.undo()
    engine.apply(Changes(sequence=2, add_ids=np.array([ROWS]), add_codes=kind.codes[:1]))
    assert engine.compact(everything=True)
    engine.check_files()
    assert engine.status().size == ROWS - 4
    engine.close()
