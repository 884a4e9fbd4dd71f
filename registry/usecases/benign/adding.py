"""Add a picture to the operator's list of benign pictures. Only codes are kept."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from index.errors import LowInformation
from index.verdict import WHOLE
from registry.domain import CODE_BYTES, MAX_BENIGN, Act, Actor, BenignPicture, ids
from registry.errors import Refused
from registry.events import LedgerEvent
from registry.matching import MediaQuestion
from registry.permissions import Permission
from registry.ports import Environment, Units

MAX_LABEL: Final = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class BenignAdded:
    """The entry that stands for the picture.

    Attributes:
        is_new: False if a near picture was on the list already, so that nothing was added.
    """

    picture_id: str
    is_new: bool


def add_benign(
    question: MediaQuestion, label: str, *, actor: Actor, units: Units, environment: Environment
) -> BenignAdded:
    """Add a picture; a picture near an entry changes nothing.

    References that are registered already stay as they are.

    Args:
        question: the picture, described as an upload is, in all the variants as which uploads are searched.
        label: the operator's name for it, at most `MAX_LABEL` characters.
        actor: who adds it.
        units: the registry's database.
        environment: clock and randomness.

    Raises:
        NotPermitted: the actor may not do this.
        LowInformation: the picture shows too little: its codes would match other pictures.
        Refused: the label is too long, or the list is full.
    """
    actor.require(Permission.BENIGN_MANAGE)
    if len(label) > MAX_LABEL:
        raise Refused(f"A label has at most {MAX_LABEL} characters.")
    frames = [one for one in question.query_frames if one.part == WHOLE and one.is_informative]
    if not frames:
        raise LowInformation("the picture is flat or empty, and is not registered anyway")
    with units.write() as unit:
        entries = unit.benign.all()
        upright = np.stack([frame.pdq_codes[0] for frame in frames])
        if unit.benign.codes().near(upright).all():
            return BenignAdded(picture_id=_nearest(entries, upright[0].tobytes()), is_new=False)
        if len(entries) >= MAX_BENIGN:
            raise Refused(f"The list has {MAX_BENIGN} entries: remove some that nobody shows any more.")
        picture = BenignPicture(
            id=ids.new_id(ids.BENIGN, environment.random),
            label=label,
            pdqs=b"".join(frame.searched_codes()[0].tobytes() for frame in frames),
            sha256=question.sha256,
            added_at=environment.now(),
        )
        unit.benign.add(picture)
        unit.ledger.append(Act.by(actor, LedgerEvent.BENIGN_ADDED, at=picture.added_at, detail=picture.id))
        unit.commit()
    return BenignAdded(picture_id=picture.id, is_new=True)


def _nearest(entries: tuple[BenignPicture, ...], pdq: bytes) -> str:
    def distance(one: BenignPicture) -> int:
        held = np.frombuffer(one.pdqs, np.uint8).reshape(-1, CODE_BYTES)
        bits = np.bitwise_count(held ^ np.frombuffer(pdq, np.uint8)).sum(axis=1, dtype=np.int64)
        return int(bits.min())

    return min(entries, key=distance).id
