"""Use cases of the ledger: verify it, publish checkpoints of it, and prove receipts."""

from registry.usecases.ledger.checkpointing import Checkpointer, publish_checkpoint
from registry.usecases.ledger.proving import Consistency, prove_consistency, prove_receipt
from registry.usecases.ledger.verifying import verify_ledger

__all__ = [
    "Checkpointer",
    "Consistency",
    "prove_consistency",
    "prove_receipt",
    "publish_checkpoint",
    "verify_ledger",
]
