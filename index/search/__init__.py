"""Searching codes by Hamming distance: one contract, several engines."""

from index.search.engine import Changes, EngineStatus, HashEngine, Hits, ProposingEngine, id_checksum
from index.search.flat import FlatEngine
from index.search.segments import Role, SegmentedEngine, SegmentedProposer
from index.search.state import SegmentProfile

__all__ = [
    "Changes",
    "EngineStatus",
    "FlatEngine",
    "HashEngine",
    "Hits",
    "ProposingEngine",
    "Role",
    "SegmentProfile",
    "SegmentedEngine",
    "SegmentedProposer",
    "id_checksum",
]
