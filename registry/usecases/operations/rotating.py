"""Give every subject a new key, and seal all their stored face data under it.

1. The cases whose keys were made before a given time are rotated in the order of their ids. Each case is one
   transaction of seals, key and ledger entry. After an interruption, every case is under its old key or its new key.
2. To continue after an interruption, call again with the same time. Only the remaining cases are rotated.
3. A case whose seals do not open stays unchanged and is reported. The other cases are still rotated.
4. At the end, the old seals are purged from the database's own files (its write-ahead log).

The index ids of templates do not change, so the indexes need no update.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from registry.domain import Act, Actor
from registry.errors import SealBroken
from registry.events import LedgerEvent
from registry.permissions import Permission
from registry.ports import Environment, Units

_AT_ONCE: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceKeysRotated:
    """The result of a rotation.

    Attributes:
        rotated: number of cases with a new key.
        broken: ids of the cases whose seals do not open.
    """

    rotated: int
    broken: tuple[str, ...] = ()


def rotate_face_keys(
    made_before: datetime,
    *,
    actor: Actor,
    units: Units,
    purge_files: Callable[[], None],
    environment: Environment,
) -> FaceKeysRotated:
    """Replace the keys of all subjects that were made before a time.

    Raises:
        NotPermitted: the actor may not manage faces.
        StorageUnavailable: the database is unavailable, or its files could not be purged; call again with the same
            time.
    """
    actor.require(Permission.FACE_MANAGE)
    rotated = 0
    broken: list[str] = []
    last = ""
    while page := _page(units, made_before, last):  # 1., 2.
        for case_id in page:
            try:
                rotated += _rotate(case_id, made_before, actor, units, environment)
            except SealBroken:
                broken.append(case_id)  # 3.
        last = page[-1]
    purge_files()  # 4.
    return FaceKeysRotated(rotated=rotated, broken=tuple(broken))


def _page(units: Units, made_before: datetime, after: str) -> tuple[str, ...]:
    with units.read() as unit:
        return tuple(unit.templates.cases_with_keys(made_before, after, _AT_ONCE))


def _rotate(
    case_id: str, made_before: datetime, actor: Actor, units: Units, environment: Environment
) -> bool:
    with units.write() as unit:
        now = environment.now()
        if not unit.templates.reseal(case_id, made_before, now):
            return False
        unit.ledger.append(Act.by(actor, LedgerEvent.FACE_KEY_ROTATED, at=now, case_id=case_id))
        unit.commit()
    return True
