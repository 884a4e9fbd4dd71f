"""Search of 256-bit codes by Hamming distance.

- `engines`: the engines over files; `flat`: the engine in memory, the reference for all others.
- `permutation`, `plans` and `hamming`: how a query runs, and why it is exact.
- `format` and `snapshot`: a snapshot of codes, on the disk and mapped.
"""

from index.search.codes.engines import CodeEngine, ExactCodeEngine
from index.search.codes.flat import FlatEngine
from index.search.codes.format import CodeHeader, decode, encode
from index.search.codes.permutation import Permutation
from index.search.codes.plans import BANDED, BANDED_PLANS, EXACT, EXACT_PLANS, CodeProfile, Plan

__all__ = [
    "BANDED",
    "BANDED_PLANS",
    "EXACT",
    "EXACT_PLANS",
    "CodeEngine",
    "CodeHeader",
    "CodeProfile",
    "ExactCodeEngine",
    "FlatEngine",
    "Permutation",
    "Plan",
    "decode",
    "encode",
]
