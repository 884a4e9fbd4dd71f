"""Code families: kinds of codes that are searched apart, each in an index of its own."""

import re
from dataclasses import dataclass
from typing import ClassVar, Final, Self

from index.arrays import I64
from index.faces import ID_LENGTH
from index.search import CODE_BYTES, FLOAT_BYTES
from index.windows import MAX_WINDOWS, all_index_ids

FACES_PREFIX: Final = "faces:"
"""What names of families of face templates begin with; the engine's id follows."""

_ENGINE_ID: Final = re.compile(rf"[a-z0-9][a-z0-9-]{{0,{ID_LENGTH - 1}}}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """A kind of searched codes with its version; codes of two families are never compared.

    Every stored code and every entry of the change log names its family, and each family has an index folder of that
    name. What makes other codes of the same media is another family, never a change of an old one: old references
    keep their codes, are searched beside the new ones, and the new family's index is built and sized alone.

    Attributes:
        value: its name, 40 ASCII letters at most.
        row_bytes: length of one searched code.
        most_codes: searched codes that one entry of the change log stands for, at most. Where there can be several, the
            log names them together; a single one is named by its index id.
    """

    value: str
    row_bytes: int = CODE_BYTES
    most_codes: int = 1

    WHOLE: ClassVar["Family"]
    """PDQ of whole pictures. The change log names a code by its own id."""
    ANCHORED: ClassVar["Family"]
    """Windows anchored in a picture's content. The change log names those of a reference together, by its key."""
    FRAMES: ClassVar["Family"]
    """The same of the frames of clips. The change log names those of a frame together, by its key (`clips`)."""

    def __str__(self) -> str:
        return self.value

    @classmethod
    def faces(cls, engine_id: str, dimension: int) -> Self:
        """Returns the family of an engine's face templates, float32 [dimension] each, named by their own keys.

        Raises:
            ValueError: no engine is called so, or has vectors without a dimension.
        """
        if _ENGINE_ID.fullmatch(engine_id) is None or dimension < 1:
            raise ValueError("an engine has an id of small letters, digits and hyphens, and a dimension")
        return cls(value=f"{FACES_PREFIX}{engine_id}", row_bytes=dimension * FLOAT_BYTES)

    @property
    def engine_id(self) -> str | None:
        """The engine whose face templates these are, or None."""
        return engine_of(self.value)


Family.WHOLE = Family(value="pdq-1")
Family.ANCHORED = Family(value="anchored-1", most_codes=MAX_WINDOWS)
Family.FRAMES = Family(value="frames-1", most_codes=MAX_WINDOWS)

CODE_FAMILIES: Final = (Family.WHOLE, Family.ANCHORED, Family.FRAMES)
"""Families that every deployment searches; those of faces depend on the engines that are switched on."""


def engine_of(name: str) -> str | None:
    """Returns the engine whose face templates the family of this name holds, or None."""
    return name.removeprefix(FACES_PREFIX) if name.startswith(FACES_PREFIX) else None


def removed_ids(family: Family, code_ids: I64) -> I64:
    """Names everything that an index may hold of what the change log names so."""
    return code_ids if family.most_codes == 1 else all_index_ids(code_ids)
