"""The code families of the database, in the order in which their changes are logged."""

from collections.abc import Sequence
from typing import Final

from registry.ports import SearchedEngine, SubjectSealing
from registry.storage.codes.anchored import ANCHORED
from registry.storage.codes.faces import FACES
from registry.storage.codes.family import CodeFamily
from registry.storage.codes.key_frames import KEY_FRAMES
from registry.storage.codes.searched import SearchedCodes
from registry.storage.codes.whole import WHOLE
from registry.storage.codes.window_family import WindowFamily

WINDOW_FAMILIES: Final[tuple[WindowFamily, ...]] = (ANCHORED, KEY_FRAMES)
"""The families of anchored windows, which are confirmed in the same way."""

FAMILIES: Final[tuple[CodeFamily, ...]] = (WHOLE, *WINDOW_FAMILIES, FACES)


def searched_codes(
    sealing: SubjectSealing, engines: Sequence[SearchedEngine] = ()
) -> tuple[SearchedCodes, ...]:
    """Return the sources of all indexes that a deployment with these face engines searches."""
    return tuple(codes for family in FAMILIES for codes in family.searched(sealing, engines))
