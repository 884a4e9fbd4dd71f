"""Codes in the database: sealed rows, the change log, what feeds an index and what confirms its proposals."""

from registry.storage.codes.candidates import SqlCandidates
from registry.storage.codes.change_feed import EPOCH, EPOCH_BYTES, SqlChangeFeed, number_changes
from registry.storage.codes.change_log import ChangeLog
from registry.storage.codes.faces import SqlFaces
from registry.storage.codes.index_machines import SqlIndexMachines
from registry.storage.codes.sealed_frames import clip_row, frame_rows
from registry.storage.codes.sealed_windows import window_row
from registry.storage.codes.searched_codes import AnchoredCodes, FrameCodes, SearchedCodes, WholeCodes
from registry.storage.codes.searched_faces import FaceTemplates

__all__ = [
    "EPOCH",
    "EPOCH_BYTES",
    "AnchoredCodes",
    "ChangeLog",
    "FaceTemplates",
    "FrameCodes",
    "SearchedCodes",
    "SqlCandidates",
    "SqlChangeFeed",
    "SqlFaces",
    "SqlIndexMachines",
    "WholeCodes",
    "clip_row",
    "frame_rows",
    "number_changes",
    "window_row",
]
