"""Searching codes by Hamming distance and vectors by angle: one contract, several engines."""

from index.search.engine import Changes, EngineStatus, HashEngine, Hits, ProposingEngine, Role, id_checksum
from index.search.filed import FiledIndex
from index.search.flat import FlatEngine
from index.search.segments import SegmentedEngine, SegmentedProposer
from index.search.state import SegmentProfile
from index.search.vectors import VectorEngine
from index.search.vectors_snapshot import VectorProfile

__all__ = [
    "Changes",
    "EngineStatus",
    "FiledIndex",
    "FlatEngine",
    "HashEngine",
    "Hits",
    "ProposingEngine",
    "Role",
    "SegmentProfile",
    "SegmentedEngine",
    "SegmentedProposer",
    "VectorEngine",
    "VectorProfile",
    "id_checksum",
]
