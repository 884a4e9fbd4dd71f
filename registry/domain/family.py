"""Code families: kinds of codes that are searched separately, each in an index of its own."""

import re
from dataclasses import dataclass
from typing import ClassVar, Final, Self

from index.arrays import I64
from index.faces import ID_LENGTH
from index.search import CODE_BYTES, FLOAT_BYTES
from index.windows import MAX_WINDOWS, all_index_ids

FACES_PREFIX: Final = "faces:"
"""Prefix of the names of face families; the engine's id follows."""

_ENGINE_ID: Final = re.compile(rf"[a-z0-9][a-z0-9-]{{0,{ID_LENGTH - 1}}}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """A kind of searched codes with its version. Codes of two families are never compared.

    Every stored code and every entry of the change log names its family, and each family has an index folder of that
    name. A procedure that makes different codes of the same media is a new family, never a change of an old one. Old
    references keep their codes and are searched beside the new ones. The new family's index is built and sized on its
    own.

    Attributes:
        value: the family's name, at most 40 ASCII characters.
        row_bytes: length of one searched code, in bytes.
        most_codes: maximum number of searched codes behind one entry of the change log. If it is 1, an entry names a
            code by its index id; otherwise an entry names all codes of one reference or key frame by its key.
    """

    value: str
    row_bytes: int = CODE_BYTES
    most_codes: int = 1

    WHOLE: ClassVar["Family"]
    """PDQ of whole pictures. The change log names a code by its id."""
    ANCHORED: ClassVar["Family"]
    """Anchored windows of pictures. The change log names all windows of a reference by the reference's key."""
    FRAMES: ClassVar["Family"]
    """Anchored windows of key frames. The change log names all windows of a key frame by its key (`frame_key`)."""
    FRAME_WHOLE: ClassVar["Family"]
    """PDQ of key frames that show enough. The change log names a code by the key frame's key, which is its index id."""

    def __str__(self) -> str:
        return self.value

    @classmethod
    def faces(cls, engine_id: str, dimension: int) -> Self:
        """Return the family of an engine's face templates, float32 [dimension] each. Their keys are their index ids.

        Raises:
            ValueError: the engine id is not valid, or the dimension is less than 1.
        """
        if _ENGINE_ID.fullmatch(engine_id) is None or dimension < 1:
            raise ValueError("an engine has an id of small letters, digits and hyphens, and a dimension")
        return cls(value=f"{FACES_PREFIX}{engine_id}", row_bytes=dimension * FLOAT_BYTES)

    @property
    def engine_id(self) -> str | None:
        """The id of the engine that made these face templates; None for other families."""
        return engine_of(self.value)


Family.WHOLE = Family(value="pdq-1")
Family.ANCHORED = Family(value="anchored-1", most_codes=MAX_WINDOWS)
Family.FRAMES = Family(value="frames-1", most_codes=MAX_WINDOWS)
Family.FRAME_WHOLE = Family(value="frame-pdq-1")

CODE_FAMILIES: Final = (Family.WHOLE, Family.ANCHORED, Family.FRAMES, Family.FRAME_WHOLE)
"""The families that every deployment searches. Face families depend on the enabled engines."""


def engine_of(name: str) -> str | None:
    """Return the id of the engine whose face templates belong to the family of this name, or None."""
    return name.removeprefix(FACES_PREFIX) if name.startswith(FACES_PREFIX) else None


def removed_ids(family: Family, code_ids: I64) -> I64:
    """Return all index ids that an index may hold for these ids of removals in the change log."""
    return code_ids if family.most_codes == 1 else all_index_ids(code_ids)
