"""Query frames of an upload, pictures within a picture, and pages, whose windows are not evidence."""

from index.frames.layout import MAX_PICTURES
from index.frames.pages import inner_boxes, pictures_within, without_page
from index.frames.query_frame import (
    LOW_INFORMATION_QUALITY,
    MEDIAN_FILTERED,
    QueryFrame,
    look,
    negative_of,
    pack,
    unpack,
    unstretched,
    without_luma,
)

__all__ = [
    "LOW_INFORMATION_QUALITY",
    "MAX_PICTURES",
    "MEDIAN_FILTERED",
    "QueryFrame",
    "inner_boxes",
    "look",
    "negative_of",
    "pack",
    "pictures_within",
    "unpack",
    "unstretched",
    "without_luma",
    "without_page",
]
