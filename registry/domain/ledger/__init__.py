"""The ledger of acknowledged acts: its chain, its Merkle tree, and the checkpoints that are published."""

from registry.domain.ledger.chain import GENESIS, Act, LedgerEntry, fields_of, link
from registry.domain.ledger.checkpoints import (
    Checkpoint,
    VerifierKey,
    checkpoint_text,
    note_of,
    parse_notes,
    whole_length,
)
from registry.domain.ledger.receipts import LedgerReceipt, receipt_document
from registry.domain.ledger.tiles import TilePlace, TileTree
from registry.domain.ledger.tree import Nodes, consistency_proof, inclusion_proof, leaf_hash, root_of
from registry.domain.ledger.verifying import LedgerFault, LedgerReport, verify

__all__ = [
    "GENESIS",
    "Act",
    "Checkpoint",
    "LedgerEntry",
    "LedgerFault",
    "LedgerReceipt",
    "LedgerReport",
    "Nodes",
    "TilePlace",
    "TileTree",
    "VerifierKey",
    "checkpoint_text",
    "consistency_proof",
    "fields_of",
    "inclusion_proof",
    "leaf_hash",
    "link",
    "note_of",
    "parse_notes",
    "receipt_document",
    "root_of",
    "verify",
    "whole_length",
]
