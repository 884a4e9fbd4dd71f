"""Code families: kinds of codes that are searched apart, each in an index of its own."""

from enum import StrEnum, unique

from index.hashing.windows import MOST_WINDOWS, all_index_ids
from index.search.engine import I64


@unique
class Family(StrEnum):
    """A kind of searched codes with its version; codes of two families are never compared.

    Every stored code and every entry of the change log names its family, and each family has an index folder of that
    name. What makes other codes of the same media is another member here, never a change of an old one: old references
    keep their codes, are searched beside the new ones, and the new family's index is built and sized alone.
    """

    WHOLE = "pdq-1"
    """PDQ of whole pictures. The change log names a code by its own id."""
    ANCHORED = "anchored-1"
    """Windows anchored in a picture's content. The change log names those of a reference together, by its key."""
    FRAMES = "frames-1"
    """The same of the frames of clips. The change log names those of a frame together, by its key (`clips`)."""

    @property
    def most_codes(self) -> int:
        """Searched codes that one entry of the change log stands for, at most."""
        return 1 if self is Family.WHOLE else MOST_WINDOWS


def removed_ids(family: Family, code_ids: I64) -> I64:
    """Names everything that an index may hold of what the change log names so."""
    return code_ids if family is Family.WHOLE else all_index_ids(code_ids)
