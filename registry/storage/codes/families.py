"""The code families of the database, in the order in which their changes are logged."""

from collections.abc import Sequence
from typing import Final

from registry.domain import KeyFrameCandidate, PictureCandidate
from registry.ports import SearchedEngine, SubjectSealing
from registry.storage.codes.anchored import ANCHORED
from registry.storage.codes.faces import FACES
from registry.storage.codes.family import CodeFamily
from registry.storage.codes.key_frames import KEY_FRAMES
from registry.storage.codes.searched import SearchedCodes
from registry.storage.codes.whole import WHOLE
from registry.storage.codes.window_family import WindowFamily

PICTURE_FAMILIES: Final[tuple[WindowFamily[PictureCandidate], ...]] = (ANCHORED,)
"""The families of windows of registered pictures."""

KEY_FRAME_FAMILIES: Final[tuple[WindowFamily[KeyFrameCandidate], ...]] = (KEY_FRAMES,)
"""The families of windows of key frames. The whole codes of key frames are a family of the same rows."""

FAMILIES: Final[tuple[CodeFamily, ...]] = (WHOLE, *PICTURE_FAMILIES, *KEY_FRAME_FAMILIES, FACES)


def searched_codes(
    sealing: SubjectSealing, engines: Sequence[SearchedEngine] = ()
) -> tuple[SearchedCodes, ...]:
    """Return the sources of all indexes that a deployment with these face engines searches."""
    return tuple(codes for family in FAMILIES for codes in family.searched(sealing, engines))
