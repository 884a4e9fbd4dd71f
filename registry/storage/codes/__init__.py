"""Codes in the database: one module for each code family, the change log, and the confirmation of proposals."""

from registry.storage.codes.anchored import ANCHORED, window_row
from registry.storage.codes.candidates import SqlCandidates
from registry.storage.codes.case_faces import SqlFaces
from registry.storage.codes.change_feed import EPOCH, EPOCH_BYTES, SqlChangeFeed, number_changes
from registry.storage.codes.change_log import ChangeLog
from registry.storage.codes.faces import FACES
from registry.storage.codes.families import FAMILIES, searched_codes
from registry.storage.codes.family import Added, CodeFamily, Writing
from registry.storage.codes.index_machines import SqlIndexMachines
from registry.storage.codes.searched import SearchedCodes
from registry.storage.codes.versions import count_versions
from registry.storage.codes.whole import WHOLE

__all__ = [
    "ANCHORED",
    "EPOCH",
    "EPOCH_BYTES",
    "FACES",
    "FAMILIES",
    "WHOLE",
    "Added",
    "ChangeLog",
    "CodeFamily",
    "SearchedCodes",
    "SqlCandidates",
    "SqlChangeFeed",
    "SqlFaces",
    "SqlIndexMachines",
    "Writing",
    "count_versions",
    "number_changes",
    "searched_codes",
    "window_row",
]
