"""The assessment of an uploaded clip. `registry.matching.assessment` has the assessment of a picture."""

from typing import Final

from index.clips import ClipFingerprinter, Progress
from index.sandbox import ClipSource
from index.verdict import Context
from registry.matching.assessment import Assessment, one_kind_each
from registry.matching.seen_clips import see_clip
from registry.ports import Candidates, Faces, Index

_REFUSAL: Final = "no frame of the clip shows enough to be told from others"


def assess_clip(
    source: ClipSource,
    *,
    index: Index,
    candidates: Candidates,
    clips: ClipFingerprinter,
    faces: Faces | None = None,
    context: Context = Context.GENERAL,
    progress: Progress | None = None,
) -> Assessment:
    """Find out what a clip matches (`see_clip`), without writing anything.

    Args:
        source: the clip.
        index: the index, which proposes codes.
        candidates: the database, which confirms the proposals.
        clips: the decoder and fingerprinter of the clip.
        faces: the face engines; None if faces are switched off for the deployment or the platform.
        context: the platform's statement about the place of the clip.
        progress: called for each query frame; its exceptions end the work.

    Raises:
        IndexBehind: the index cannot answer exactly now.
        MediaError: the clip cannot be decoded.
        StorageUnavailable: the database could not confirm the proposals.
        SealBroken: stored windows or templates cannot be opened.
    """
    position = index.ready_position()
    seen = see_clip(source, index=index, candidates=candidates, clips=clips, faces=faces, progress=progress)
    return Assessment(
        asked=seen.matcher,
        context=context,
        position=position,
        found=one_kind_each(seen.found),
        is_flood=seen.is_flood,
        is_finished=seen.is_finished,
        refusal=None if seen.is_informative else _REFUSAL,
        faces=seen.faces,
    )
