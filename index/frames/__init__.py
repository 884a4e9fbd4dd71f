"""One frame of an upload: how matching sees it, how it is compared with references, and pages that prove nothing."""

from index.frames.layout import MAX_PICTURES
from index.frames.pages import inner_boxes, pictures_within, without_page
from index.frames.query_frame import LOW_INFORMATION_QUALITY, MEDIAN_FILTERED, QueryFrame, look, pack, unpack

__all__ = [
    "LOW_INFORMATION_QUALITY",
    "MAX_PICTURES",
    "MEDIAN_FILTERED",
    "QueryFrame",
    "inner_boxes",
    "look",
    "pack",
    "pictures_within",
    "unpack",
    "without_page",
]
