"""Indexing: each code family's index follows the change log; its files are written, merged and erased."""

from registry.indexing.absent_faces import AbsentFaces
from registry.indexing.follower import IndexFollower
from registry.indexing.indexes import Indexes, begin_or_follow
from registry.indexing.keeper import IndexKeeper

__all__ = [
    "AbsentFaces",
    "IndexFollower",
    "IndexKeeper",
    "Indexes",
    "begin_or_follow",
]
