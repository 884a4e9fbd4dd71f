"""Gives every subject a fresh key, and seals all that is kept of their faces anew under it.

1. Cases are taken in the order of their ids, those whose keys were made before a time; each is one transaction of
   seals, key and ledger entry, so that an interruption leaves every case under its old key or its new one.
2. Who goes on after an interruption names the same time, and meets the cases that are left.
3. A case whose seals do not open is left as it is and told; the others are not kept waiting.
4. At last the database's own files lose what the old seals were written over with (its write-ahead log).

Templates keep their keys in the index, which holds them as it did.
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
    """What became of the cases whose keys were old.

    Attributes:
        rotated: how many have a fresh key now.
        broken: ids of those whose seals do not open.
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
        StorageUnavailable: the database cannot take more now, or its files could not be purged; go on with the same
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
