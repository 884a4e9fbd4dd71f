"""Checkpoints, receipts and verification on both databases: what is changed anywhere is named."""

import json
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, insert, update

from registry.domain.ledger import receipt_document
from registry.domain.ledger.chain import Act
from registry.errors import LedgerBroken, NotFound, NotPermitted, NotPublished
from registry.events import LedgerEvent
from registry.security.keys import Keys
from registry.security.signing import CheckpointSigner
from registry.storage.publication import CheckpointFile
from registry.storage.schema import ledger_checkpoints, ledger_entries, ledger_tiles
from registry.usecases.ledger import (
    Checkpointer,
    prove_consistency,
    prove_receipt,
    publish_checkpoint,
    verify_ledger,
)
from tests.support import merkle
from tests.support.databases.registry_parts import ALICE, BOB, FRANK, NOW, Clock, environment

SCRIPT = Path(__file__).parents[4] / "scripts" / "verify_receipt"
SIGNER = CheckpointSigner(Keys(bytes(32)))


def _append(units, count, actor=ALICE):
    with units.write() as unit:
        entries = [
            unit.ledger.append(
                Act.by(actor, LedgerEvent.CASE_OPENED, at=NOW + timedelta(seconds=number), case_id="case_1")
            )
            for number in range(count)
        ]
        unit.commit()
    return entries


@pytest.fixture
def clock():
    return Clock()


def _checkpointer(units, file, clock):
    return Checkpointer(
        units=units,
        signing=SIGNER,
        environment=environment(clock),
        publication=CheckpointFile(file),
        interval=timedelta(hours=24),
    )


@pytest.fixture
def checkpointer(units, clock, tmp_path):
    return _checkpointer(units, tmp_path / "published", clock)


def _faults(units, published=""):
    report = verify_ledger(actor=FRANK, units=units, signing=SIGNER, published=published)
    return [fault.where for fault in report.faults]


def _sizes(units):
    with units.read() as unit:
        return [checkpoint.size for checkpoint in unit.checkpoints.after()]


def _change(databases, statement):
    with databases.registry.write() as connection:
        connection.execute(statement)
        connection.commit()


def _verify_offline(tmp_path, document, published, *options):
    receipt = tmp_path / "receipt.json"
    receipt.write_text(json.dumps(document))
    return subprocess.run(
        [sys.executable, "-I", SCRIPT, receipt, published, *options],
        capture_output=True,
        text=True,
        check=False,
        env={},
    )


def test_an_empty_ledger_has_no_checkpoint(units, checkpointer, tmp_path):
    """Where nothing was acknowledged, nothing is signed or published."""
    assert checkpointer.make() is None
    checkpointer.make_due()
    assert not (tmp_path / "published").exists()
    assert _faults(units) == []


def test_checkpoints_are_made_when_due(units, checkpointer, clock):
    """The first at once, the next after the interval, and none without a new entry."""
    _append(units, 3)
    checkpointer.make_due()
    _append(units, 2)
    clock.advance(hours=23)
    checkpointer.make_due()
    assert _sizes(units) == [3]
    clock.advance(hours=1)
    checkpointer.make_due()
    clock.advance(hours=100)
    checkpointer.make_due()
    assert _sizes(units) == [3, 5]
    assert _faults(units) == []


def test_the_file_gets_what_it_lacks(units, checkpointer, tmp_path):
    """A checkpoint that could not be published is published with the next one, and nothing twice."""
    published = tmp_path / "published"
    published.mkdir()
    _append(units, 3)
    checkpointer.make()
    with pytest.raises(NotPublished):
        checkpointer.publish()
    published.rmdir()
    _append(units, 300)
    checkpointer.make()
    checkpointer.publish()
    text = published.read_text()
    checkpointer.publish()
    assert published.read_text() == text
    assert [line for line in text.splitlines() if line.isdecimal()] == ["3", "303"]
    report = verify_ledger(actor=FRANK, units=units, signing=SIGNER, published=text)
    assert (report.faults, report.checkpoints) == ((), 4)


def test_a_torn_checkpoint_is_completed(sqlite, clock, tmp_path):
    """Wherever a power cut ended the file, the next publication completes it, byte for byte or by empty lines more."""
    published = tmp_path / "published"
    checkpointer = _checkpointer(sqlite.units, published, clock)
    for count in (3, 2):
        _append(sqlite.units, count)
        publish_checkpoint(actor=FRANK, checkpointer=checkpointer)
    whole = published.read_text()
    lines = [line for line in whole.splitlines() if line]
    for length in range(len(whole)):
        published.write_text(whole[:length])
        checkpointer.publish()
        assert [line for line in published.read_text().splitlines() if line] == lines, length
        assert _faults(sqlite.units, published.read_text()) == []


def test_a_damaged_file_is_not_appended_to(units, checkpointer, tmp_path):
    """What is no file of checkpoints is neither overwritten nor extended."""
    published = tmp_path / "published"
    published.write_text("something else\n")
    _append(units, 1)
    with pytest.raises(NotPublished, match="line 1"):
        checkpointer.make_due()
    assert published.read_text() == "something else\n"


def test_a_receipt_is_proven_and_verified_offline(units, checkpointer, tmp_path):
    """The script proves an entry with the published file alone; whatever is changed, it refuses."""
    entries = _append(units, 258)
    checkpointer.make()
    checkpointer.publish()
    for number in (1, 2, 256, 257, 258):
        receipt = prove_receipt(entries[number - 1].digest, actor=ALICE, units=units)
        leaf = merkle.leaf(receipt.entry.digest)
        assert merkle.inclusion_holds(leaf, number - 1, 258, receipt.proof, receipt.checkpoint.root)
    document = receipt_document(receipt, SIGNER.key)
    published = tmp_path / "published"
    done = _verify_offline(tmp_path, document, published)
    assert (done.returncode, done.stderr) == (0, "")
    assert "entry 258 of 258" in done.stdout


@pytest.mark.parametrize(
    "change",
    [
        {"receipt": "00" * 32},
        {"size": 6},
        {"size": None},
        {"proof": []},
        {"proof": ["00" * 32] * 3},
        {"proof": ["00" * 32] * 4},
        {"event": "case.withdrawn"},
        {"number": 4},
        {"entry": {}},
    ],
    ids=str,
)
def test_a_changed_receipt_is_refused_offline(sqlite, clock, tmp_path, change):
    """Whatever of a receipt is changed, the script says that it does not hold."""
    entries = _append(sqlite.units, 7)
    published = tmp_path / "published"
    publish_checkpoint(actor=FRANK, checkpointer=_checkpointer(sqlite.units, published, clock))
    receipt = prove_receipt(entries[2].digest, actor=ALICE, units=sqlite.units)
    document = receipt_document(receipt, SIGNER.key)
    in_entry = {name: value for name, value in change.items() if name in document["entry"]}
    changed = document | (change if not in_entry else {"entry": document["entry"] | in_entry})
    assert _verify_offline(tmp_path, changed, published).returncode == 1


def test_the_script_knows_who_signed(units, checkpointer, tmp_path):
    """With a key the checkpoint's signature is verified too."""
    (entry,) = _append(units, 1)
    checkpointer.make()
    checkpointer.publish()
    document = receipt_document(prove_receipt(entry.digest, actor=ALICE, units=units), SIGNER.key)
    published = tmp_path / "published"
    assert _verify_offline(tmp_path, document, published, "--key", str(SIGNER.key)).returncode == 0
    stranger = CheckpointSigner(Keys(b"x" * 32)).key
    assert _verify_offline(tmp_path, document, published, "--key", str(stranger)).returncode == 1
    published.write_text(published.read_text().replace("2026-", "2027-"))
    done = _verify_offline(tmp_path, document, published, "--key", str(SIGNER.key))
    assert (done.returncode, done.stdout) == (1, "")
    assert _verify_offline(tmp_path, document, tmp_path / "absent").returncode == 2


def test_a_receipt_waits_for_its_checkpoint(units, checkpointer):
    """Before a checkpoint covers it, a receipt tells its entry without a proof."""
    _append(units, 1)
    checkpointer.make()
    (entry,) = _append(units, 1)
    receipt = prove_receipt(entry.digest, actor=ALICE, units=units)
    assert (receipt.entry, receipt.checkpoint, receipt.proof) == (entry, None, ())


def test_receipts_are_the_tenants_own(units, checkpointer):
    """Another tenant's receipt is as absent as one that never was; only the operator reads any."""
    (entry,) = _append(units, 1)
    for digest in (entry.digest, bytes(32)):
        with pytest.raises(NotFound):
            prove_receipt(digest, actor=BOB, units=units)
    assert prove_receipt(entry.digest, actor=FRANK, units=units, is_of_any_tenant=True).entry == entry
    with pytest.raises(NotPermitted):
        prove_receipt(entry.digest, actor=ALICE, units=units, is_of_any_tenant=True)


def test_a_checkpoint_is_proven_to_be_the_beginning_of_the_next(units, checkpointer):
    """An observer who kept an old checkpoint verifies that nothing before it was rewritten."""
    _append(units, 100)
    old = checkpointer.make()
    _append(units, 257)
    new = checkpointer.make()
    proven = prove_consistency(100, actor=FRANK, units=units)
    assert proven.size == 357
    assert merkle.consistency_holds(100, 357, old.root, new.root, proven.proof)
    with pytest.raises(NotFound):
        prove_consistency(358, actor=FRANK, units=units)


def test_a_rewritten_ledger_does_not_fit_what_was_published(databases, units, checkpointer, tmp_path):
    """A chain that was rewritten with all its digests and checkpoints is told by the outside file."""
    _append(units, 5)
    checkpointer.make()
    checkpointer.publish()
    published = (tmp_path / "published").read_text()
    _change(databases, delete(ledger_entries).where(ledger_entries.c.number > 3))
    for table in (ledger_checkpoints, ledger_tiles):
        _change(databases, delete(table))
    _append(units, 2, actor=BOB)
    checkpointer.make()
    assert _faults(units) == []
    assert _faults(units, published) == ["the checkpoint of 5 entries"]


def test_a_ledger_that_lost_its_end_is_noticed(databases, units, checkpointer):
    """Entries that a checkpoint covers cannot be taken away."""
    _append(units, 5)
    checkpointer.make()
    _change(databases, delete(ledger_entries).where(ledger_entries.c.number > 3))
    assert _faults(units) == ["the checkpoint of 5 entries, of which 3 are left"]
    with pytest.raises(LedgerBroken):
        checkpointer.make()


@pytest.mark.parametrize("column", [column.name for column in ledger_checkpoints.c])
def test_every_field_of_a_checkpoint_is_covered(databases, units, checkpointer, column):
    """Whichever field of a checkpoint is changed, the report names it."""
    _append(units, 4)
    checkpointer.make()
    _append(units, 4)
    checkpointer.make()
    changed = {"size": 5, "root": bytes(32), "at": NOW + timedelta(microseconds=1), "signature": bytes(64)}
    _change(
        databases,
        update(ledger_checkpoints).where(ledger_checkpoints.c.size == 4).values({column: changed[column]}),
    )
    assert _faults(units) == [f"the checkpoint of {5 if column == 'size' else 4} entries"]


def test_every_byte_of_a_tile_is_covered(databases, units, checkpointer):
    """A flipped or missing tile is named, and neither a proof nor a checkpoint stands on it."""
    entries = _append(units, 258)
    checkpointer.make()
    _append(units, 1)
    with units.read() as unit:
        tiles = dict(unit.checkpoints.tiles())
    assert sorted(tiles) == [(0, 0), (0, 1), (1, 0)]
    for place, tile in tiles.items():
        at = (ledger_tiles.c.level == place.level) & (ledger_tiles.c.position == place.position)
        flipped = tile[:-1] + bytes([tile[-1] ^ 1])
        _change(databases, update(ledger_tiles).where(at).values(hashes=flipped))
        assert _faults(units) == [f"tile {place.position} of level {place.level}"]
        if place != (0, 0):  # as long as its root is stored above, the first tile of leaves is not read
            with pytest.raises(LedgerBroken):
                checkpointer.make()
            with pytest.raises(LedgerBroken):
                prove_receipt(entries[-1].digest, actor=ALICE, units=units)
        _change(databases, delete(ledger_tiles).where(at))
        assert _faults(units) == [f"tile {place.position} of level {place.level}"]
        _change(
            databases,
            insert(ledger_tiles).values(level=place.level, position=place.position, hashes=tile),
        )
    assert _faults(units) == []


def test_two_processes_make_one_checkpoint(databases, units, checkpointer, monkeypatch):
    """Whoever comes second finds that the checkpoint is there, and writes nothing."""
    _append(units, 3)
    another = databases.another()
    rival = replace(checkpointer, units=another.units)
    sign = SIGNER.sign
    monkeypatch.setattr(
        CheckpointSigner,
        "sign",
        lambda _, checkpoint: (monkeypatch.undo(), rival.make(), sign(checkpoint))[2],
    )
    made = checkpointer.make()
    another.close()
    assert made.size == 3
    assert _sizes(units) == [3]
    assert _faults(units) == []
