"""The index's files between processes: who writes, what is erased, what happens to damage."""

import shutil
import sqlite3
import time

import numpy as np
import pytest

from index.errors import DamagedSnapshot
from index.search.codes.permutation import Permutation
from index.search.contract import Role
from registry.domain.family import CODE_FAMILIES, Family
from registry.errors import IndexBehind
from registry.security.keys import KeyPurpose
from tests.support.made_up_codes import FRAMES, new_value


def role(process):
    return process.container.follower.current_engine().role


def files_hold(settings, value, keys):
    """Tells whether any file of the data folder holds a code, in plain or permuted order."""
    permutation = Permutation(keys.derive(KeyPurpose.INDEX_BIT_ORDER))
    permuted = permutation.apply(np.frombuffer(value, np.uint8)[None]).astype("<u8").tobytes()
    files = [path.read_bytes() for path in settings.data.rglob("*") if path.is_file()]
    return any(value in content or permuted in content for content in files)


def snapshots(settings):
    return sorted((settings.data / "index" / "pdq-1").glob("*.snap*"))


def test_one_process_writes_and_another_takes_its_place(start, filled):
    """Of two processes one writes; when it ends the other does, and both match all the time."""
    first, second = start(), start()
    assert (role(first), role(second)) == (Role.WRITER, Role.READER)
    added = new_value()
    case = first.enrol(added)
    assert all(process.matches(value) for process in (first, second) for value in [*filled, added])
    first.container.close()
    assert second.container.keepers[Family.WHOLE].maintain()
    assert role(second) is Role.WRITER
    assert "index.writer" in second.events
    second.container.keepers[Family.WHOLE].compact()
    assert all(second.matches(value) for value in [*filled, added])
    second.withdraw(case)
    assert not second.matches(added)


def test_merged_files_are_taken_up_by_readers(start, filled):
    """What the writer merges the readers take up, without an answer changing."""
    first, second = start(), start()
    added = [new_value() for _ in range(5)]
    cases = [first.enrol(value) for value in added]
    assert all(second.matches(value) for value in added)
    assert second.container.follower.status().engine.delta_size == 5
    assert first.container.follower.ready_position() == 25 * (2 + 2 * FRAMES)
    first.container.keepers[Family.WHOLE].compact()
    second.container.keepers[Family.WHOLE].maintain()
    assert second.container.follower.status().engine.delta_size == 0
    assert all(second.matches(value) for value in [*filled, *added])
    first.withdraw(cases[0])
    assert not second.matches(added[0])


def test_a_withdrawn_code_leaves_the_files_before_the_case_is_called_erased(start, filled, settings):
    """`erased_at` is told only when no file holds the code, in plain or permuted order."""
    process = start()
    value, case = next(iter(filled.items()))
    keys = process.container.keys
    assert files_hold(settings, value, keys)
    process.withdraw(case)
    process.container.eraser.erase()
    assert process.erased_at(case) is None  # the index's files still hold it
    process.container.upkeep.once()
    assert process.erased_at(case) is not None
    assert not files_hold(settings, value, keys)


def test_an_erasure_that_a_crash_prevented_is_made_up_for(start, filled, settings):
    """A withdrawal without a living writer is erased by the next process that starts."""
    process = start(begin=False)
    value, case = next(iter(filled.items()))
    process.withdraw(case)
    assert files_hold(settings, value, process.container.keys)
    process.container.close()
    later = start()
    assert later.erased_at(case) is not None
    assert not files_hold(settings, value, later.container.keys)
    assert not later.matches(value)


@pytest.mark.parametrize("damage", ["flip", "truncate", "empty", "gone"])
def test_damaged_files_are_built_anew(start, filled, settings, damage):
    """Damage is noticed at the start, said loudly, and the database makes the files whole."""
    path = snapshots(settings)[0]
    content = bytearray(path.read_bytes())
    if damage == "gone":
        path.unlink()
    else:
        content[len(content) // 2] ^= 1
        path.write_bytes({"flip": content, "truncate": content[:-100], "empty": b""}[damage])
    process = start()
    assert "index.discarded" in process.events
    assert all(process.matches(value) for value in filled)
    assert process.container.follower.reconcile()


def test_a_reader_without_usable_files_is_not_ready(start, filled, settings):
    """While another process owns damaged files a reader answers nothing."""
    start()
    path = snapshots(settings)[0]
    path.write_bytes(path.read_bytes()[:-100])
    process = start(begin=False)
    with pytest.raises(IndexBehind):
        process.container.indexes.begin()
    with pytest.raises(IndexBehind):
        process.matches(next(iter(filled)))


def test_an_older_database_is_not_answered_from_newer_files(start, filled, settings):
    """Where the database was replaced by an older copy of itself the files are thrown away."""
    old = settings.data.parent / "old.sqlite"
    with sqlite3.connect(settings.data / "registry.sqlite") as source, sqlite3.connect(old) as copy:
        source.backup(copy)
    source.close()
    copy.close()
    process = start()
    added = [new_value() for _ in range(12)]
    for value in added:
        process.enrol(value)
    process.container.upkeep.once()
    process.container.keepers[Family.WHOLE].compact()
    process.container.close()
    for name in ("registry.sqlite-wal", "registry.sqlite-shm"):
        (settings.data / name).unlink(missing_ok=True)
    shutil.copy(old, settings.data / "registry.sqlite")
    process = start()
    assert "index.discarded" in process.events
    assert all(process.matches(value) for value in filled)
    assert not any(process.matches(value) for value in added)


def test_a_new_epoch_begins_again_everywhere(start, filled):
    """`index rebuild` gives a new epoch; a process that serves begins again by itself."""
    process = start()
    process.container.feed.begin_epoch(bytes)
    assert all(process.matches(value) for value in filled)
    assert process.events.count("index.ready") == 2 * len(CODE_FAMILIES)
    assert process.container.follower.reconcile()


def test_restarting_opens_the_files_instead_of_reading_everything(start, filled, monkeypatch):
    """A restart reads only what came after the files."""
    process = start(begin=False)
    added = new_value()
    process.enrol(added)

    def refuse():
        raise AssertionError("everything was read")

    monkeypatch.setattr(process.container.feed, "everything", refuse)
    process.container.upkeep.once()
    assert process.matches(added)
    assert all(process.matches(value) for value in filled)


def test_a_position_of_another_life_does_not_hide_removals(start, filled, settings):
    """A machine whose position is beyond the end of the log reads it again, and erases."""
    process = start()
    value, case = next(iter(filled.items()))
    process.container.keepers[Family.WHOLE]._erased_until = 10**9
    process.withdraw(case)
    process.container.upkeep.once()
    assert process.erased_at(case) is not None
    assert not files_hold(settings, value, process.container.keys)


def test_damage_met_by_a_search_is_an_error_and_then_mended(start, filled, monkeypatch):
    """A search that meets a damaged block answers nothing; the next look builds the files anew."""
    process = start()
    engine = process.container.follower.current_engine()

    def fail(*_):
        raise DamagedSnapshot("a block is bad")

    monkeypatch.setattr(engine, "propose", fail)
    with pytest.raises(IndexBehind):
        process.matches(next(iter(filled)))
    assert "index.damaged" in process.events
    process.container.upkeep.once()
    assert all(process.matches(value) for value in filled)


def test_upkeep_outlives_what_nobody_foresaw(start, filled, monkeypatch):
    """A fault in one look is a line in the log, and the next look erases."""
    process = start(begin=False)
    keeper, real, calls = (
        process.container.keepers[Family.WHOLE],
        process.container.keepers[Family.WHOLE].maintain,
        [],
    )

    def fail_once():
        calls.append(None)
        if len(calls) == 1:
            raise ZeroDivisionError
        return real()

    monkeypatch.setattr(keeper, "maintain", fail_once)
    case = next(iter(filled.values()))
    process.withdraw(case)
    process.container.upkeep.start()
    deadline = time.monotonic() + 30
    while process.erased_at(case) is None and time.monotonic() < deadline:
        process.container.upkeep.withdrawal()
    assert process.erased_at(case) is not None
    assert "index.upkeep_failed" in process.events
