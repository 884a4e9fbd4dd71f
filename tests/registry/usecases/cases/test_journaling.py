"""The withdrawal journal: what was withdrawn stays so, whatever backup of the database is restored."""

import shutil
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from registry.domain.case_states import CaseState
from registry.domain.consent import ConsentPurpose
from registry.domain.journal import JournalKind, Withdrawal
from registry.errors import JournalUnfit
from registry.storage.rows.units import SqlUnits
from registry.storage.schema.face_tables import face_templates
from registry.usecases.cases.withdrawing_consent import withdraw_consent
from registry.usecases.ledger.verifying import verify_ledger
from tests.support.databases.journals import Journaled
from tests.support.databases.registry_parts import ALICE, FRANK, NOW, Location, environment, migrated
from tests.support.faces.stored import enrol_faces


@pytest.fixture
def journaled(sqlite, tmp_path):
    made = Journaled(sqlite, tmp_path / "data.withdrawals")
    made.keeper.start()
    return made


def restored(journaled, folder, acts):
    """Saves the database, acts, and returns the registry as it is with the saved database and the same journal."""
    shutil.copytree(journaled.databases.registry.path.parent, folder)
    acts()
    return Journaled(Location.folder(folder).open(), journaled.path)


def test_a_withdrawal_is_in_the_journal(journaled):
    """A withdrawn case is named with its time, once, however often it is withdrawn; the file is private."""
    case = journaled.opens(1)
    assert journaled.journaled() == []
    for _ in range(2):
        journaled.withdraws(case)
    [line] = journaled.journal.read()[2]
    assert line.withdrawal == Withdrawal(kind=JournalKind.CASE, id=case, at=NOW)
    assert journaled.path.stat().st_mode & 0o777 == 0o600
    assert len(journaled.path.read_text().splitlines()) == 2


def test_a_restored_backup_revives_nothing(journaled, tmp_path):
    """A case that was withdrawn after the backup is withdrawn again before anything else, with its own time."""
    gone, stays = journaled.opens("gone"), journaled.opens("stays")
    old = restored(journaled, tmp_path / "old", lambda: journaled.withdraws(gone))
    assert old.case(gone).withdrawn_at is None
    assert list(old.keeper.start()) == [gone]
    assert (old.case(gone).state, old.case(gone).withdrawn_at) == (CaseState.WITHDRAWN, NOW)
    with old.units.read() as unit:
        assert [code for one in unit.references.of_case(gone) for code in one.codes] == []
        assert unit.references.of_case(stays)[0].codes
        [act] = [entry.act for entry in unit.ledger.of_case(gone) if entry.act.detail == "replayed"]
    assert act.credential_id == "crd_0000000000000000"
    assert verify_ledger(actor=FRANK, units=old.units).first_broken is None
    assert list(old.keeper.start()) == []
    old.databases.close()


def test_a_start_writes_nothing_that_the_database_has(journaled, tmp_path, monkeypatch):
    """However long the journal is, a start opens no transaction for a line that the database knows."""
    for number in range(5):
        journaled.withdraws(journaled.opens(number))
    missed = journaled.opens("missed")
    old = restored(journaled, tmp_path / "old", lambda: journaled.withdraws(missed))
    begun = []
    write = SqlUnits.write
    monkeypatch.setattr(SqlUnits, "write", lambda units: begun.append(units) or write(units))
    assert list(old.keeper.start()) == [missed]
    assert len(begun) == 2  # the missed one, and the journal's new length
    assert list(old.keeper.start()) == []
    assert len(begun) == 2


def test_a_journal_without_the_database_is_begun_from_it(journaled, tmp_path):
    """A registry that is older than journals starts, and its journal names all that was withdrawn before."""
    case = journaled.opens(1)
    with journaled.units.write() as unit:
        unit.journals.forget()
        unit.commit()
    journaled.withdraws(case)
    later = Journaled(journaled.databases, tmp_path / "another.withdrawals")
    assert list(later.keeper.start()) == []
    assert later.journaled() == [case]


def test_a_missing_journal_stops_the_start(journaled):
    """Without its journal nothing starts, in words; once accepted, a new one begins from the database."""
    case = journaled.opens(1)
    journaled.withdraws(case)
    journaled.path.unlink()
    with pytest.raises(JournalUnfit, match=r"missing.*beside the data folder.*--accept-revived-withdrawals"):
        journaled.keeper.start()
    journaled.keeper.start(accept=True)
    assert journaled.journaled() == [case]
    journaled.keeper.start()


def test_an_older_copy_stops_the_start(journaled):
    """A journal that is shorter than the database remembers may lack withdrawals: nothing starts."""
    old = journaled.path.read_bytes()
    case = journaled.opens(1)
    journaled.withdraws(case)
    journaled.keeper.keep()
    journaled.path.write_bytes(old)
    with pytest.raises(JournalUnfit, match="older than the database"):
        Journaled(journaled.databases, journaled.path).keeper.start()


@pytest.mark.parametrize("damage", ["flip", "swap", "drop", "forge"])
def test_a_damaged_journal_stops_the_start(journaled, damage):
    """A changed, moved, missing or invented line is noticed."""
    for seed in range(3):
        journaled.withdraws(journaled.opens(seed))
    lines = journaled.path.read_text().splitlines()
    if damage == "flip":
        lines[2] = lines[2].replace(" case case_", " faces case_")
    elif damage == "swap":
        lines[1], lines[2] = lines[2], lines[1]
    elif damage == "drop":
        del lines[2]
    else:
        lines.append(f"4 {NOW.isoformat()} case case_0000000000000000 {'00' * 32}")
    journaled.path.write_text("\n".join(lines) + "\n")
    with pytest.raises(JournalUnfit, match="damaged"):
        Journaled(journaled.databases, journaled.path).keeper.start()


def test_another_registrys_journal(journaled, tmp_path):
    """A new registry sets another one's journal aside, and one that holds cases does not start with it."""
    (tmp_path / "new").mkdir()
    location = Location.folder(tmp_path / "new")
    migrated(location)
    new = Journaled(location.open(), journaled.path)
    new.keeper.start()
    assert len(list(tmp_path.glob("data.withdrawals.old-*"))) == 1
    journaled.opens(1)
    with pytest.raises(JournalUnfit, match="another registry's"):
        journaled.keeper.start()
    new.databases.close()


def test_a_journal_that_cannot_be_written_refuses_nothing(journaled, monkeypatch):
    """A withdrawal succeeds without its journal, which is reported, and completed once it can be written."""
    case = journaled.opens(1)

    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("registry.storage.journal_file.os.pwrite", full)
        journaled.withdraws(case)
        assert journaled.case(case).state is CaseState.WITHDRAWN
        assert not journaled.keeper.keep()
    assert (journaled.journaled(), journaled.failures) == ([], ["OSError", "OSError"])
    assert journaled.keeper.keep()
    assert journaled.journaled() == [case]


def test_a_journal_that_is_deleted_begins_again(journaled):
    """A journal that vanishes while its server runs is written again whole: the server knows the newest state."""
    first, second = journaled.opens(1), journaled.opens(2)
    journaled.withdraws(first)
    journaled.path.unlink()
    journaled.withdraws(second)
    journaled.keeper.keep()
    assert sorted(journaled.journaled()) == sorted([first, second])


def test_machines_with_a_journal_each(journaled, tmp_path):
    """What another machine withdrew comes into this one's journal; a new machine is started once with a word."""
    other = Journaled(journaled.databases, tmp_path / "other.withdrawals")
    with pytest.raises(JournalUnfit, match="new to the database"):
        other.keeper.start()
    other.keeper.start(accept=True)
    journaled.keeper.start()
    case = journaled.opens(1)
    journaled.withdraws(case)
    assert other.journaled() == []
    other.keeper.keep()
    assert other.journaled() == [case]
    other.keeper.start()


def test_a_torn_line_is_cut_off(journaled):
    """A part of a line, which a power cut left, was never acknowledged: the next line replaces it."""
    first, second = journaled.opens(1), journaled.opens(2)
    journaled.withdraws(first)
    with journaled.path.open("a") as file:
        file.write("2 2026-03-01T12:30")
    later = Journaled(journaled.databases, journaled.path)
    later.keeper.start()
    later.withdraws(second)
    assert later.journaled() == [first, second]


def test_a_kind_that_nobody_replays_changes_nothing(journaled):
    """A line of another kind, and one of a case that is not there, stay in the journal without effect."""
    for kind, name in (
        (JournalKind.REFERENCE, "ref_0000000000000001"),
        (JournalKind.CASE, "case_0000000000000002"),
    ):
        assert journaled.journal.add(Withdrawal(kind=kind, id=name, at=NOW))
    assert list(journaled.keeper.start()) == []
    assert len(journaled.journaled()) == 2


def faces_of(journaled, case_id):
    """Counts the templates of a case."""
    with journaled.databases.registry.read() as connection:
        query = select(func.count()).select_from(face_templates).where(face_templates.c.case_id == case_id)
        return connection.execute(query).scalar_one()


def test_faces_that_were_withdrawn_alone_stay_so(journaled, tmp_path):
    """A restored backup has the faces again until it starts; a consent that is given later is not touched."""
    case = enrol_faces(journaled.units, "somebody")
    around = {"actor": ALICE, "environment": environment(journaled.clock)}
    journaled.clock.advance(minutes=1)
    old = restored(
        journaled,
        tmp_path / "old",
        lambda: withdraw_consent(case.id, ConsentPurpose.LIKENESS, units=journaled.units, **around),
    )
    assert faces_of(old, case.id) == 2
    assert list(old.keeper.start()) == [case.id]
    assert (faces_of(old, case.id), old.case(case.id).withdrawn_at) == (0, None)
    journaled.clock.advance(minutes=1)
    with journaled.units.write() as unit:
        given = replace(unit.consents.of_case(case.id)[-1], id="con_0000000000000009", withdrawn_at=None)
        unit.consents.add(replace(given, given_at=journaled.clock()))
        unit.commit()
    assert list(journaled.keeper.start()) == []
    old.databases.close()
