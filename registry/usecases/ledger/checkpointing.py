"""Make checkpoints of the ledger, and publish them.

1. The tree grows by the entries since the newest checkpoint, outside of any writing transaction.
2. The checkpoint and its tiles are written at once, unless another process was faster.
3. What the outside file lacks is appended to it: also what an earlier failure left out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Self

from registry.domain import (
    GENESIS,
    Actor,
    Checkpoint,
    TilePlace,
    TileTree,
    leaf_hash,
    link,
    note_of,
    parse_notes,
    root_of,
    whole_length,
)
from registry.errors import LedgerBroken, NotPublished
from registry.permissions import Permission
from registry.ports import CheckpointSigning, Environment, Publication, UnitOfWork, Units
from registry.usecases.ledger.proving import stored_tree


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpointer:
    """The parts that checkpoints are made of.

    Attributes:
        publication: the outside file; None if the deployment has none.
        interval: time between two checkpoints that are made by themselves.
    """

    units: Units
    signing: CheckpointSigning
    environment: Environment
    publication: Publication | None
    interval: timedelta

    def make_due(self) -> None:
        """Make and publish a checkpoint, if the newest one is older than the interval.

        Raises:
            LedgerBroken, NotPublished, StorageUnavailable: nothing was made, or it was not published. Call again.
        """
        with self.units.read() as unit:
            newest = unit.checkpoints.newest()
        if newest is None or self.environment.now() - newest.at >= self.interval:
            self.make()
        self.publish()

    def make(self) -> Checkpoint | None:
        """Make a checkpoint of all entries, and return the newest one; None if the ledger has no entry.

        Raises:
            LedgerBroken: an entry since the newest checkpoint does not fit.
            StorageUnavailable: the database cannot take it now.
        """
        with self.units.read() as unit:
            newest = unit.checkpoints.newest()
            made, tiles = self._grown(unit, newest)
        if not tiles:
            return newest
        with self.units.write() as unit:
            if unit.checkpoints.newest() == newest:
                unit.checkpoints.add(made, tiles)
                unit.commit()
            return unit.checkpoints.newest()

    def publishing_to(self, publication: Publication) -> Self:
        """Return the same with another outside file."""
        return replace(self, publication=publication)

    def publish(self) -> None:
        """Append to the outside file all checkpoints that it lacks; raise `NotPublished`.

        A part of one at its end, which a power cut left, is completed: signatures are the same every time.
        """
        if self.publication is None:
            return
        text = self.publication.read()
        whole = read_published(text[: whole_length(text)], self.signing)
        torn = text[whole_length(text) :]
        published = max((checkpoint.size for checkpoint in whole), default=0)
        with self.units.read() as unit:
            lacking = [
                note_of(checkpoint, self.signing.key) for checkpoint in unit.checkpoints.after(published)
            ]
        expected = "\n".join(lacking)
        if not expected.startswith(torn):
            read_published(text, self.signing)  # raises, with the line
        if expected and not torn and text:
            expected = "\n" + expected if text.endswith("\n") else "\n\n" + expected
        if expected:
            self.publication.append(expected[len(torn) :])

    def _grown(
        self, unit: UnitOfWork, newest: Checkpoint | None
    ) -> tuple[Checkpoint, Mapping[TilePlace, bytes]]:
        """Return the checkpoint of all entries, and the tiles that changed: none if there is no new entry."""
        size, previous = 0, GENESIS
        if newest is not None:
            last = unit.ledger.entry(newest.size)
            if last is None:
                raise LedgerBroken(newest.size)
            size, previous = newest.size, last.digest
        tree = TileTree(0) if newest is None else stored_tree(unit, newest)
        for entry in unit.ledger.entries(after=size):
            if entry != link(tree.size + 1, entry.act, previous):
                raise LedgerBroken(tree.size + 1)
            tree.append(leaf_hash(entry.digest))
            previous = entry.digest
        made = Checkpoint(size=tree.size, root=root_of(tree.size, tree.node), at=self.environment.now())
        return self.signing.sign(made), tree.changed


def read_published(text: str, signing: CheckpointSigning) -> Sequence[Checkpoint]:
    """Return the checkpoints of a published file; raise `NotPublished` if it holds something else."""
    try:
        return list(parse_notes(text, signing.key))
    except ValueError as error:
        raise NotPublished(f"The file of checkpoints is damaged: {error}.") from error


def publish_checkpoint(*, actor: Actor, checkpointer: Checkpointer) -> Checkpoint | None:
    """Make a checkpoint now and publish it; return the newest one.

    Raises:
        NotPermitted: the actor may not make checkpoints.
        LedgerBroken, NotPublished, StorageUnavailable: as `Checkpointer.make` and `Checkpointer.publish`.
    """
    actor.require(Permission.LEDGER_CHECKPOINT)
    checkpoint = checkpointer.make()
    checkpointer.publish()
    return checkpoint
