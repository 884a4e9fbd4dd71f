"""A second set of kinds of re-upload, harder than the first. They were chosen before anything was tuned on them."""

from typing import Final

from benchmarks.reuploads.hard.covered import COVERED
from benchmarks.reuploads.hard.photographed import PHOTOGRAPHED
from benchmarks.reuploads.hard.shaped import SHAPED
from benchmarks.reuploads.hard.toned import TONED
from benchmarks.reuploads.kind import Kind

__all__ = ["HARD_KINDS"]

HARD_KINDS: Final[tuple[Kind, ...]] = (*PHOTOGRAPHED, *SHAPED, *TONED, *COVERED)
