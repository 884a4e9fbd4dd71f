"""Prove receipts, and that a checkpoint is the beginning of a later one."""

from dataclasses import dataclass

from registry.domain import (
    GENESIS,
    Actor,
    Checkpoint,
    LedgerReceipt,
    TileTree,
    consistency_proof,
    inclusion_proof,
    root_of,
)
from registry.errors import LedgerBroken, NotFound
from registry.permissions import Permission
from registry.ports import UnitOfWork, Units


@dataclass(frozen=True, slots=True, kw_only=True)
class Consistency:
    """The proof that an older tree is the beginning of the newest checkpoint's.

    Attributes:
        size: number of entries of the newest checkpoint.
        proof: consistency proof of RFC 9162.
    """

    size: int
    proof: tuple[bytes, ...]


def prove_receipt(
    digest: bytes, *, actor: Actor, units: Units, is_of_any_tenant: bool = False
) -> LedgerReceipt:
    """Return the receipt of the entry with a digest, which the acknowledgement told.

    The entry has to be one of the actor's tenant, unless the operator asks for those `is_of_any_tenant`.

    Raises:
        NotPermitted: the actor may not read receipts, or not those of other tenants.
        NotFound: there is no such entry.
        LedgerBroken: the stored tree is not that of its checkpoint.
    """
    actor.require(Permission.LEDGER_VERIFY if is_of_any_tenant else Permission.RECEIPT_READ)
    with units.read() as unit:
        entry = unit.ledger.find(digest)
        if entry is None or not (is_of_any_tenant or entry.act.tenant_id == actor.tenant_id):
            raise NotFound
        before = unit.ledger.entry(entry.number - 1)
        previous = GENESIS if before is None else before.digest
        newest = unit.checkpoints.newest()
        if newest is None or newest.size < entry.number:
            return LedgerReceipt(entry=entry, previous=previous, checkpoint=None)
        tree = stored_tree(unit, newest)
        proof = inclusion_proof(entry.number - 1, newest.size, tree.node)
        return LedgerReceipt(entry=entry, previous=previous, checkpoint=newest, proof=tuple(proof))


def prove_consistency(size: int, *, actor: Actor, units: Units) -> Consistency:
    """Return the proof that the tree of the first `size` entries is the beginning of the newest checkpoint's.

    Raises:
        NotPermitted: the actor may not verify the ledger.
        NotFound: the newest checkpoint has fewer entries.
        LedgerBroken: the stored tree is not that of its checkpoint.
    """
    actor.require(Permission.LEDGER_VERIFY)
    with units.read() as unit:
        newest = unit.checkpoints.newest()
        if newest is None or newest.size < size:
            raise NotFound(f"No checkpoint has {size} entries. Make one by `takedown ledger checkpoint`.")
        proof = consistency_proof(size, newest.size, stored_tree(unit, newest).node)
    return Consistency(size=newest.size, proof=tuple(proof))


def stored_tree(unit: UnitOfWork, newest: Checkpoint) -> TileTree:
    """Return the tree of the newest checkpoint; raise `LedgerBroken` if its tiles have another root."""
    tree = TileTree(newest.size, unit.checkpoints.tile)
    try:
        is_whole = root_of(newest.size, tree.node) == newest.root
    except LookupError:
        is_whole = False
    if not is_whole:
        raise LedgerBroken(newest.size)
    return tree
