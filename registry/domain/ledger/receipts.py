"""Receipts: an entry, and the proof that a published checkpoint covers it. They are verified without this registry."""

from dataclasses import dataclass

from registry.domain.ledger.chain import LedgerEntry, fields_of
from registry.domain.ledger.checkpoints import Checkpoint, VerifierKey, note_of


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerReceipt:
    """The receipt of an entry.

    Attributes:
        previous: digest of the entry before it, 32 bytes.
        checkpoint: the newest checkpoint, which covers the entry; None if none covers it yet.
        proof: inclusion proof of the entry in that checkpoint, from the leaf to the root; empty without a checkpoint.
    """

    entry: LedgerEntry
    previous: bytes
    checkpoint: Checkpoint | None
    proof: tuple[bytes, ...] = ()


def receipt_document(receipt: LedgerReceipt, key: VerifierKey) -> dict[str, object]:
    """Return a receipt as the JSON document that `scripts/verify_receipt` reads."""
    checkpoint = receipt.checkpoint
    return {
        "receipt": receipt.entry.digest.hex(),
        "entry": fields_of(receipt.entry.number, receipt.entry.act, receipt.previous),
        "size": None if checkpoint is None else checkpoint.size,
        "proof": [step.hex() for step in receipt.proof],
        "checkpoint": None if checkpoint is None else note_of(checkpoint, key),
    }
