"""Checkpoints as signed notes."""

from datetime import UTC, datetime

import pytest

from registry.domain.ledger.checkpoints import Checkpoint, VerifierKey, note_of, parse_notes
from registry.security.keys import Keys
from registry.security.signing import CheckpointSigner

SIGNER = CheckpointSigner(Keys(bytes(range(32))))
AT = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
NOTES = [SIGNER.sign(Checkpoint(size=size, root=bytes([size]) * 32, at=AT)) for size in (3, 70)]


def test_a_published_file_reads_back():
    """Notes one after another are the checkpoints that were written, with signatures that hold."""
    text = "\n".join(note_of(checkpoint, SIGNER.key) for checkpoint in NOTES)
    assert list(parse_notes(text, SIGNER.key)) == NOTES
    assert all(map(SIGNER.is_signed, NOTES))
    assert list(parse_notes("", SIGNER.key)) == []


def test_a_note_has_the_form_of_the_standard():
    """Origin, size, root and time; an empty line; the key's name, and its id before the signature."""
    lines = note_of(NOTES[0], SIGNER.key).splitlines()
    name = SIGNER.key.name
    assert lines[:5] == [
        name,
        "3",
        "AwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwM=",
        "2026-03-01T12:30:00.000000+00:00",
        "",
    ]
    assert lines[5].startswith(f"\N{EM DASH} {name} ")
    assert str(SIGNER.key).startswith(f"{name}+{SIGNER.key.id.hex()}+A")


@pytest.mark.parametrize("change", ["size", "root", "at", "signature"])
def test_whatever_is_changed_the_signature_breaks(change):
    """No field can be changed under the signature, and no other key signs it."""
    values = {"size": 4, "root": bytes(32), "at": datetime(2026, 3, 2, tzinfo=UTC), "signature": bytes(64)}
    fields = {name: getattr(NOTES[0], name) for name in values} | {change: values[change]}
    assert not SIGNER.is_signed(Checkpoint(**fields))
    assert not CheckpointSigner(Keys(bytes(32))).is_signed(NOTES[0])


@pytest.mark.parametrize(
    "text",
    ["nonsense\n", note_of(NOTES[0], SIGNER.key) + "more\n", note_of(NOTES[0], SIGNER.key)[:-20]],
)
def test_something_else_is_no_checkpoint(text):
    """A file that holds anything else is refused, with the line."""
    with pytest.raises(ValueError, match="line"):
        list(parse_notes(text, SIGNER.key))


def test_another_deployments_checkpoint_is_refused():
    """A file that was mixed up is told by its origin."""
    with pytest.raises(ValueError, match="not one of"):
        list(parse_notes(note_of(NOTES[0], SIGNER.key), VerifierKey(public=bytes(32))))
