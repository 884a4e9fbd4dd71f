"""The traces of an erased code in the files."""

import numpy as np
import pytest

from index.search.codes.engines import ExactCodeEngine
from index.search.codes.plans import M16, CodeProfile, slots_of
from index.search.contract import Role
from index.search.files.format import BLOCK_BYTES

ERASED = np.array([11, 500, 1999])


@pytest.fixture
def erased(tmp_path):
    """An engine of 2,000 codes of which three were erased, with the codes as they were."""
    engine = ExactCodeEngine.open(
        tmp_path,
        role=Role.WRITER,
        family="f",
        epoch="e",
        key=b"k",
        profile=CodeProfile(plans=((1 << 32, M16),)),
    )
    codes = np.random.default_rng(3).integers(0, 256, (2000, 32), dtype=np.uint8)
    engine.rebuild(1, np.arange(2000), codes)
    engine.erase(ERASED)
    snapshot = engine._holder.current().base.snapshots[0].snapshot
    yield engine, snapshot, engine._settings.row_format.permutation.apply(codes)
    engine.close()


def entries_by_slot(snapshot):
    """Return the slot of every entry, read from the tables as a holder of the file can."""
    counts = np.diff(snapshot.offsets.astype(np.int64))
    return np.repeat(np.arange(len(counts)), counts)


def test_codes_are_zero_and_rows_dead(erased):
    """The rows of erased ids hold zeros and do not count as alive; the others are as they were."""
    _, snapshot, words = erased
    assert not snapshot.words[ERASED].any()
    assert np.flatnonzero(snapshot.alive == 0).tolist() == ERASED.tolist()
    kept = np.setdiff1d(np.arange(2000), ERASED)
    assert (snapshot.words[kept] == words[kept]).all()


def test_no_table_names_an_erased_row_where_its_code_lay(erased):
    """No bucket of an erased code holds its row any more."""
    _, snapshot, words = erased
    for row in ERASED.tolist():
        for slot in slots_of(M16, words[row : row + 1])[0].tolist():
            bucket = snapshot.entries[snapshot.offsets[slot] : snapshot.offsets[slot + 1]]
            assert row not in bucket


def test_the_holes_hide_among_decoys(erased):
    """Entries outside their own bucket include a thousand decoys in every chunk, connected to no row."""
    _, snapshot, words = erased
    slots = entries_by_slot(snapshot)
    chunks = slots >> 16
    belongs = slots_of(M16, snapshot.words)[snapshot.entries, chunks] == slots
    holes = ~belongs
    per_chunk = np.bincount(chunks[holes], minlength=16)
    assert (per_chunk >= 1000).all()
    own = slots_of(M16, words[ERASED])
    for chunk in range(16):
        there = slots[holes & (chunks == chunk)]
        assert np.isin(own[:, chunk], there).all(), "this is what remains: the holes themselves"
    # The rows in the holes are unrelated from chunk to chunk: almost none is shared.
    rows = [set(snapshot.entries[holes & np.isin(slots, own[:, c])].tolist()) for c in range(16)]
    shared = max(len(a & b) for i, a in enumerate(rows) for b in rows[:i])
    assert shared <= 2


def test_the_next_full_compaction_leaves_nothing(erased):
    """After a rewrite the tables hold the kept codes and new decoys only, no hole of the erased codes."""
    engine, _, words = erased
    engine.compact(everything=True)
    snapshot = engine._holder.current().base.snapshots[0].snapshot
    assert snapshot.header.count == 1997
    assert not np.isin(snapshot.words, words[ERASED]).any()


def test_only_touched_blocks_change(tmp_path):
    """One erasure rewrites its code, its 16 entries, its `alive` byte and their checksums, and nothing else."""
    engine = ExactCodeEngine.open(
        tmp_path,
        role=Role.WRITER,
        family="f",
        epoch="e",
        key=b"k",
        profile=CodeProfile(plans=((1 << 32, M16),)),
    )
    codes = np.random.default_rng(3).integers(0, 256, (3000, 32), dtype=np.uint8)
    engine.rebuild(1, np.arange(3000), codes)
    path = next(tmp_path.glob("*.snapshot"))
    before = np.frombuffer(path.read_bytes(), np.uint8)
    engine.erase(np.array([77]))
    after = np.frombuffer(path.read_bytes(), np.uint8)
    changed = np.flatnonzero(before != after)
    assert len(before) == len(after)
    assert len(changed) <= 32 + 16 * 4 + 1 + 18 * 4
    assert len(np.unique(changed // BLOCK_BYTES)) <= 19
    engine.close()


def test_erasing_again_or_the_absent_changes_nothing(erased, tmp_path):
    """Erasure is idempotent, and an id that no file holds is no error."""
    engine, _, _ = erased
    path = next(tmp_path.glob("*.snapshot"))
    before = path.read_bytes()
    engine.erase(np.concatenate([ERASED, [123456]]))
    assert path.read_bytes() == before
