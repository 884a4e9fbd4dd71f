"""Indexing: each code family's index follows the change log, and its files are written, merged and erased.

- `follower`: one family's index; `opening` opens its engine, `batches` turns the change log into its batches.
- `families`: which families of the database this process searches.
- `indexes`: the indexes of all families together.
- `keeper`: the files of one family's index.
- `disabled_engines`: families whose face engine is disabled on this machine.
"""

from registry.indexing.disabled_engines import DisabledFaceEngines
from registry.indexing.follower import IndexFollower, IndexStatus
from registry.indexing.indexes import Indexes
from registry.indexing.keeper import IndexKeeper

__all__ = [
    "DisabledFaceEngines",
    "IndexFollower",
    "IndexKeeper",
    "IndexStatus",
    "Indexes",
]
