"""Key frames of clips: one row for each, with sealed whole codes and windows. Its times are stored in the clear.

Whole codes are sealed, because a thumbnail can be reconstructed from a PDQ, and a film from the PDQs of all key frames.
Their PDQ is nevertheless searched: the source of the index opens the rows (`frame_codes`).

One row thus belongs to two code families, windows and whole codes, and the change log names it once for each.
"""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import bindparam, delete, insert, select

from index.hashing import Algorithm, Code
from index.verdict import Level, ReferenceKind
from registry.domain import (
    Family,
    FramePlace,
    KeyFrameCandidate,
    StoredClip,
    frame_key,
    number_of,
    reference_of,
)
from registry.ports import Sealing, SearchedEngine, SubjectSealing
from registry.storage.codes.family import Added, Writing, keys_of_case
from registry.storage.codes.frame_codes import LOGGED_FRAME_CODES, SearchedFrameCodes
from registry.storage.codes.sealed_windows import WindowSeal
from registry.storage.codes.searched import SearchedCodes
from registry.storage.codes.window_family import WindowFamily
from registry.storage.schema import active_references, clip_frames, clips

_PDQ_BYTES: Final = Algorithm.PDQ.bits // 8
_SEAL: Final = WindowSeal(family=Family.FRAMES, whole_bytes=_PDQ_BYTES + Algorithm.DHASH128.bits // 8)

_CONFIRMING: Final = (
    select(
        clip_frames.c.key,
        active_references.c.id,
        active_references.c.case_id,
        active_references.c.tenant_id,
        active_references.c.kind,
        active_references.c.level,
        active_references.c.is_disputed,
        clip_frames.c.flat_share,
        clip_frames.c.quality,
        clip_frames.c.start_ms,
        clip_frames.c.end_ms,
        clips.c.frame_count,
        clips.c.duration_ms,
        clip_frames.c.sealed,
        clip_frames.c.regions,
        clip_frames.c.sealed_regions,
    )
    .join_from(clip_frames, clips, clips.c.reference_key == clip_frames.c.reference_key)
    .join(active_references, active_references.c.key == clips.c.reference_key)
    .where(
        clip_frames.c.key.in_(bindparam("keys", expanding=True)),
        clip_frames.c.family == bindparam("family"),
    )
)


class KeyFrameFamily(WindowFamily[KeyFrameCandidate]):
    """The key frames of registered clips."""

    def __init__(self) -> None:
        super().__init__(_SEAL, key=clip_frames.c.key, confirming=_CONFIRMING)

    def add(self, writing: Writing, added: Added) -> None:
        """Store new clips and their key frames, and log the key frames in both families."""
        found = [(key, clip) for key, new in added.by_key.items() if (clip := new.draft.clip) is not None]
        if not found:
            return
        writing.connection.execute(insert(clips), [_clip_row(key, clip) for key, clip in found])
        rows = [row for key, clip in found for row in _frame_rows(key, clip, writing.sealing)]
        if rows:
            writing.connection.execute(insert(clip_frames), rows)
            self.log(writing, added)
            writing.log.add(
                LOGGED_FRAME_CODES, clip_frames.c.reference_key.in_(added.keys), Family.FRAME_WHOLE
            )

    def erase(self, writing: Writing, case_id: str) -> None:
        """Log the removal of a case's key frames in both families, and delete them with their clips."""
        which = clip_frames.c.reference_key.in_(keys_of_case(case_id))
        writing.log.remove(LOGGED_FRAME_CODES, which)
        super().erase(writing, case_id)
        writing.connection.execute(delete(clips).where(clips.c.reference_key.in_(keys_of_case(case_id))))

    def searched(
        self, sealing: SubjectSealing, engines: Sequence[SearchedEngine]
    ) -> tuple[SearchedCodes, ...]:
        """Return the sources of both indexes: windows and whole codes."""
        return (*super().searched(sealing, engines), SearchedFrameCodes(self.seal, sealing))

    def candidate(self, row: Any, sealing: Sealing) -> KeyFrameCandidate:
        """Return the candidate of a row that was read; raise `SealBroken`."""
        key, reference_id, case_id, tenant_id, kind, level, is_disputed, *held = row
        flat_share, quality, start_ms, end_ms, of_frames, duration_ms, sealed, version, regions = held
        whole, windows = self.seal.open(key, sealed, sealing)
        return KeyFrameCandidate(
            key=key,
            reference_id=reference_id,
            case_id=case_id,
            tenant_id=tenant_id,
            number=reference_of(key),
            kind=ReferenceKind(kind),
            level=Level(level),
            is_disputed=bool(is_disputed),
            flat_share=flat_share,
            pdq=Code(algorithm=Algorithm.PDQ, value=whole[:_PDQ_BYTES], quality=quality),
            dhash=Code(algorithm=Algorithm.DHASH128, value=whole[_PDQ_BYTES:]),
            windows=windows,
            regions=self.seal.open_regions(key, version, regions, sealing),
            place=FramePlace(
                number=number_of(key),
                start_ms=start_ms,
                end_ms=end_ms,
                of_frames=of_frames,
                duration_ms=duration_ms,
            ),
        )


KEY_FRAMES: Final = KeyFrameFamily()


def _clip_row(reference_key: int, clip: StoredClip) -> dict[str, Any]:
    """Return the row with the facts of a clip."""
    facts = clip.facts
    return {
        "reference_key": reference_key,
        "profile": facts.profile,
        "duration_ms": facts.duration_ms,
        "is_whole": facts.is_whole,
        "frame_count": facts.frame_count,
        "found_frames": facts.found_frames,
    }


def _frame_rows(reference_key: int, clip: StoredClip, sealing: Sealing) -> list[dict[str, Any]]:
    """Return the rows of a clip's key frames."""
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
                **_SEAL.columns(key, frame.windows, sealing, whole=whole, regions=frame.regions),
            }
        )
    return rows
