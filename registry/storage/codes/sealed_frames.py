"""A clip's frames as rows: its whole codes and windows sealed together, when it is shown in the clear.

Whole codes of frames are compared and never searched, so they are sealed too: a PDQ gives back a thumbnail, and all
those of a clip a film.
"""

from typing import Any, Final

from index.hashing import Algorithm, Code
from index.windows import Windows
from registry.domain import Family, StoredClip, frame_key
from registry.ports import Sealing
from registry.storage.codes.sealed_windows import open_row, sealed_columns

_PDQ_BYTES: Final = Algorithm.PDQ.bits // 8


def clip_row(reference_key: int, clip: StoredClip) -> dict[str, Any]:
    """Makes the row of what is known of a clip without its frames."""
    facts = clip.facts
    return {
        "reference_key": reference_key,
        "profile": facts.profile,
        "duration_ms": facts.duration_ms,
        "is_whole": facts.is_whole,
        "frame_count": facts.frame_count,
        "found_frames": facts.found_frames,
    }


def frame_rows(reference_key: int, clip: StoredClip, sealing: Sealing) -> list[dict[str, Any]]:
    """Makes the rows of a clip's frames."""
    rows = []
    for number, frame in enumerate(clip.frames):
        key = frame_key(reference_key, number)
        whole = frame.pdq.value + frame.dhash.value
        rows.append(
            {
                "key": key,
                "reference_key": reference_key,
                "start_ms": frame.start_ms,
                "end_ms": frame.end_ms,
                "quality": frame.pdq.quality,
                "flat_share": frame.flat_share,
                **sealed_columns(clip.family, key, frame.windows, sealing, whole),
            }
        )
    return rows


def open_frame(
    family: Family, key: int, sealed: bytes, quality: int | None, sealing: Sealing
) -> tuple[Code, Code, Windows]:
    """Returns a frame's PDQ, dHash-128 and windows; raises `SealBroken`."""
    whole, windows = open_row(family, key, sealed, sealing)
    pdq = Code(algorithm=Algorithm.PDQ, value=whole[:_PDQ_BYTES], quality=quality)
    return pdq, Code(algorithm=Algorithm.DHASH128, value=whole[_PDQ_BYTES:]), windows
