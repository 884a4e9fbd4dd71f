"""Verification of the whole ledger: its chain, its checkpoints and the stored tiles of its tree."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from registry.domain.ledger.chain import GENESIS, LedgerEntry, link
from registry.domain.ledger.checkpoints import Checkpoint
from registry.domain.ledger.tiles import TilePlace, TileTree
from registry.domain.ledger.tree import leaf_hash, root_of


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerFault:
    """What does not fit, as the end of the sentence "the ledger is broken at ..."."""

    where: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerReport:
    """The result of a verification.

    Attributes:
        entries: number of valid entries.
        head: digest of the last valid entry.
        checkpoints: number of valid checkpoints.
        first_broken: number of the first entry that does not fit the chain; None if all fit.
        faults: everything that does not fit. After a broken entry nothing further is compared.
    """

    entries: int
    head: bytes
    checkpoints: int = 0
    first_broken: int | None = None
    faults: tuple[LedgerFault, ...] = ()


def verify(
    entries: Iterable[LedgerEntry],
    *,
    checkpoints: Iterable[Checkpoint] = (),
    published: Iterable[Checkpoint] = (),
    tiles: Mapping[TilePlace, bytes] | None = None,
    is_signed: Callable[[Checkpoint], bool] = lambda _: True,
) -> LedgerReport:
    """Recompute the chain and the tree from the first entry.

    Args:
        entries: all entries in order.
        checkpoints: the stored checkpoints, in any order.
        published: checkpoints from outside.
        tiles: the stored tiles, which are those of the greatest stored checkpoint; None if they are not compared.
        is_signed: tells whether the signature of a checkpoint is valid.
    """
    stored = list(checkpoints)
    waiting = sorted([*stored, *published], key=lambda checkpoint: checkpoint.size, reverse=True)
    tiled = max((checkpoint.size for checkpoint in stored), default=0)
    previous, tree, valid, faults = GENESIS, TileTree(0), 0, list[LedgerFault]()
    grown: Mapping[TilePlace, bytes] = {}
    for entry in entries:
        expected = link(tree.size + 1, entry.act, previous)
        if entry.number != expected.number or entry.digest != expected.digest:
            faults.append(LedgerFault(where=f"entry {expected.number}"))
            return LedgerReport(
                entries=tree.size,
                head=previous,
                checkpoints=valid,
                first_broken=expected.number,
                faults=tuple(faults),
            )
        previous = entry.digest
        tree.append(leaf_hash(entry.digest))
        while waiting and waiting[-1].size <= tree.size:
            checkpoint = waiting.pop()
            if _is_valid(checkpoint, tree) and is_signed(checkpoint):
                valid += 1
            else:
                faults.append(LedgerFault(where=f"the checkpoint of {checkpoint.size} entries"))
        if tree.size == tiled:
            grown = tree.changed
    faults += [
        LedgerFault(where=f"the checkpoint of {checkpoint.size} entries, of which {tree.size} are left")
        for checkpoint in reversed(waiting)
    ]
    if tiles is not None and tree.size >= tiled:
        faults += [
            LedgerFault(where=f"tile {place.position} of level {place.level}")
            for place in sorted(grown.keys() | tiles.keys())
            if grown.get(place) != tiles.get(place)
        ]
    return LedgerReport(
        entries=tree.size, head=previous, checkpoints=valid, first_broken=None, faults=tuple(faults)
    )


def _is_valid(checkpoint: Checkpoint, tree: TileTree) -> bool:
    return checkpoint.size == tree.size and checkpoint.root == root_of(tree.size, tree.node)
