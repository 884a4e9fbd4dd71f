"""Verify the ledger: its chain from the first entry, its checkpoints and the tiles of its tree."""

from registry.domain import Actor, LedgerReport, verify
from registry.permissions import Permission
from registry.ports import CheckpointSigning, Units
from registry.usecases.ledger.checkpointing import read_published


def verify_ledger(
    *, actor: Actor, units: Units, signing: CheckpointSigning | None = None, published: str = ""
) -> LedgerReport:
    """Recompute every digest, and report all that does not fit.

    `signing` is the key of the checkpoints; without it no signature is verified. `published` is the text of a file of
    published checkpoints, which are compared too.

    Raises:
        NotPermitted: the actor may not verify the ledger.
        NotPublished: `published` holds something else than checkpoints of this deployment.
    """
    actor.require(Permission.LEDGER_VERIFY)
    outside = [] if signing is None else read_published(published, signing)
    with units.read() as unit:
        return verify(
            unit.ledger.entries(),
            checkpoints=unit.checkpoints.after(),
            published=outside,
            tiles=unit.checkpoints.tiles(),
            is_signed=(lambda _: True) if signing is None else signing.is_signed,
        )
