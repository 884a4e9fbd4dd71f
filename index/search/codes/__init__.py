"""Search of 256-bit codes by Hamming distance."""

from index.search.codes.engines import SegmentedEngine, SegmentedProposer
from index.search.codes.flat import FlatEngine
from index.search.codes.format import Header, decode, encode
from index.search.codes.permutation import Permutation
from index.search.codes.plans import BANDED, BANDED_PLANS, EXACT, EXACT_PLANS, Plan, SegmentProfile

__all__ = [
    "BANDED",
    "BANDED_PLANS",
    "EXACT",
    "EXACT_PLANS",
    "FlatEngine",
    "Header",
    "Permutation",
    "Plan",
    "SegmentProfile",
    "SegmentedEngine",
    "SegmentedProposer",
    "decode",
    "encode",
]
