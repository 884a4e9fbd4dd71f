"""Every code family in files of its own: each is damaged, rebuilt, erased and taken over alone."""

import sqlite3

import numpy as np
import pytest

from index.errors import SnapshotNotWritten
from index.search.codes.engines import CodeEngine, ExactCodeEngine
from index.search.codes.permutation import Permutation
from index.search.contract import Role
from registry.domain.family import CODE_FAMILIES, Family
from registry.errors import IndexBehind
from registry.security.keys import KeyPurpose
from tests.support.made_up_codes import FRAME_WINDOWS, FRAMES, WINDOWS, made_up_codes, new_value

WHOLE, ANCHORED = Family.WHOLE, Family.ANCHORED
HELD = {ANCHORED: WINDOWS, Family.FRAMES: FRAMES * FRAME_WINDOWS, Family.FRAME_WHOLE: FRAMES}
"""Codes of each of these families that are registered with one value."""


def files_of(settings, family):
    return sorted((settings.data / "index" / family.value).glob("*.snap*"))


def engines_of(process):
    return {family: process.container.indexes.follower(family).current_engine() for family in CODE_FAMILIES}


def finds_all(process, value):
    """Tells whether a value is found in every family."""
    return (
        process.matches(value)
        and process.finds_windows(value)
        and process.finds_frames(value)
        and process.finds_whole_frames(value)
    )


def codes_in_files(settings, family, value, keys):
    """Counts the window codes of a value that any file of the data folder holds, in plain or permuted order."""
    permutation = Permutation(keys.derive(KeyPurpose.INDEX_BIT_ORDER))
    codes = made_up_codes(family, value)
    permuted = permutation.apply(codes).astype("<u8")
    content = b"".join(path.read_bytes() for path in settings.data.rglob("*") if path.is_file())
    pairs = zip(codes, permuted, strict=True)
    return sum(plain.tobytes() in content or other.tobytes() in content for plain, other in pairs)


def test_each_family_has_its_folder_and_its_engine(start, filled, settings):
    """Whole codes are searched exactly, windows by bands, each in a folder named for its family."""
    exact = {WHOLE, Family.FRAME_WHOLE}
    process = start()
    engines = engines_of(process)
    assert all(
        type(engines[family]) is (ExactCodeEngine if family in exact else CodeEngine)
        for family in CODE_FAMILIES
    )
    assert all(files_of(settings, family) for family in CODE_FAMILIES)
    sizes = {family: process.container.indexes.size(family) for family in CODE_FAMILIES}
    assert sizes == {WHOLE: 20} | {family: 20 * count for family, count in HELD.items()}
    assert all(finds_all(process, value) for value in filled)


@pytest.mark.parametrize("family", HELD)
def test_added_windows_are_found_at_once_by_another_process(start, filled, family):
    """What one process registers the other finds by its windows, before and after the files are merged."""
    first, second = start(), start()
    added = new_value()
    first.enrol(added)
    assert finds_all(second, added)
    first.container.indexes.follow()
    first.container.keepers[family].compact()
    second.container.keepers[family].maintain()
    assert second.container.indexes.statuses()[family].engine.delta_size == 0
    assert all(finds_all(second, value) for value in [*filled, added])


@pytest.mark.parametrize("family", CODE_FAMILIES, ids=str)
@pytest.mark.parametrize("damage", ["flip", "truncate", "gone"])
def test_damaged_files_of_one_family_are_built_anew_alone(start, filled, settings, family, damage):
    """Damage in one family's folder leaves the others' files as they are, byte for byte."""
    path = files_of(settings, family)[0]
    content = bytearray(path.read_bytes())
    if damage == "gone":
        path.unlink()
    else:
        content[len(content) // 2] ^= 1
        path.write_bytes(content if damage == "flip" else content[:-100])
    others = [path for other in CODE_FAMILIES if other is not family for path in files_of(settings, other)]
    kept = {path: path.read_bytes() for path in others}
    process = start()
    assert process.events.count("index.discarded") == 1
    assert {path: path.read_bytes() for path in others} == kept
    assert all(finds_all(process, value) for value in filled)
    assert process.container.indexes.reconcile() == frozenset()


def test_a_restart_opens_no_seal(start, filled, monkeypatch):
    """A restart reads windows from files, and only what came later from the database."""
    process = start(begin=False)
    added = new_value()
    process.enrol(added)

    def refuse():
        raise AssertionError("everything was read")

    for feed in process.container.feeds.values():
        monkeypatch.setattr(feed, "everything", refuse)
    process.container.upkeep.once()
    assert all(finds_all(process, value) for value in [*filled, added])


@pytest.mark.parametrize("family", HELD)
def test_a_withdrawn_cases_windows_leave_the_files_before_it_is_called_erased(
    start, filled, settings, family
):
    """`erased_at` waits for every family: no file then holds a code of any window."""
    process = start()
    value, case = next(iter(filled.items()))
    keys = process.container.keys
    assert codes_in_files(settings, family, value, keys) == HELD[family]
    process.withdraw(case)
    assert not process.finds_windows(value)
    assert not process.finds_frames(value)
    assert not process.finds_whole_frames(value)
    process.container.indexes.follow()
    for other in set(CODE_FAMILIES) - {family}:
        process.container.keepers[other].maintain()
    process.container.eraser.erase()
    assert process.erased_at(case) is None  # the files of this family still hold it
    process.container.upkeep.once()
    assert process.erased_at(case) is not None
    assert codes_in_files(settings, family, value, keys) == 0
    assert all(finds_all(process, kept) for kept in filled if kept != value)


def test_windows_whose_erasure_a_crash_prevented_are_erased_later(start, filled, settings):
    """A withdrawal without a living writer is made up for in all families by the next process."""
    process = start(begin=False)
    value, case = next(iter(filled.items()))
    process.withdraw(case)
    process.container.close()
    later = start()
    assert later.erased_at(case) is not None
    assert [codes_in_files(settings, family, value, later.container.keys) for family in HELD] == [0, 0, 0]


def test_a_disk_that_refuses_one_family_keeps_the_other_going(start, filled, monkeypatch):
    """Where windows cannot be erased, whole codes are, and the case waits."""
    process = start()
    value, case = next(iter(filled.items()))

    def refuse(_ids):
        raise SnapshotNotWritten("the disk refused")

    with monkeypatch.context() as patch:
        patch.setattr(engines_of(process)[ANCHORED], "erase", refuse)
        process.withdraw(case)
        process.container.indexes.follow()
        process.container.upkeep._keep_files(tuple(CODE_FAMILIES))
        assert process.erased_at(case) is None
        assert process.container.keepers[WHOLE]._erased_until == process.container.follower.position
        assert process.events.count("index.upkeep_failed") == 1
        assert not process.matches(value)
    process.container.upkeep.once()
    assert process.erased_at(case) is not None


def test_the_roles_of_two_families_may_lie_with_two_processes(start, filled):
    """One process may write one family and another the other; both answer, and both are taken over."""
    first, second = start(), start()
    assert {engine.role for engine in engines_of(first).values()} == {Role.WRITER}
    assert {engine.role for engine in engines_of(second).values()} == {Role.READER}
    engines_of(first)[ANCHORED]._maintenance.writer.release()  # as if that part alone had died
    engines_of(first)[ANCHORED]._maintenance = None
    assert second.container.keepers[ANCHORED].maintain()
    assert not second.container.keepers[WHOLE].maintain()
    added = new_value()
    case = first.enrol(added)
    assert first.finds_windows(added)
    assert second.finds_windows(added)
    second.withdraw(case)
    for process in (first, second):
        process.container.upkeep.once()
    assert first.erased_at(case) is not None
    assert not first.finds_windows(added)


def test_a_family_of_a_newer_program_stops_every_answer(start, filled, settings):
    """Where another program stored codes of a family that is not known here, checks are refused, loudly."""
    process = start()
    with sqlite3.connect(settings.data / "registry.sqlite") as connection:
        connection.execute("INSERT INTO code_families (name) VALUES ('anchored-9')")
    connection.close()
    with pytest.raises(IndexBehind):
        process.matches(next(iter(filled)))
    assert "index.unknown_family" in process.events


def test_windows_near_the_query_are_proposed(start, filled):
    """Windows with a few bits flipped lead to their references by the banded plan."""
    process = start()
    process.container.indexes.ready_position()
    found = 0
    chance = np.random.default_rng(5)
    for value in filled:
        codes = made_up_codes(ANCHORED, value).copy()
        for code in codes:
            for place in chance.choice(256, 16, replace=False):
                code[place // 8] ^= 1 << place % 8
        hits = process.container.indexes.propose(ANCHORED, codes, 31)
        found += len(set(hits.queries.tolist()))
    least = engines_of(process)[ANCHORED].recall_at(16)
    assert found / (len(filled) * WINDOWS) > least - 0.2
