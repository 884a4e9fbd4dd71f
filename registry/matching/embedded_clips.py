"""Clips within a picture's file, as in motion photos: looked at in the same check, within a small bound.

Whoever sees the picture can play the clip, so what the clip shows is found in the upload. A clip that cannot be
decoded, or is longer than `index.limits.EMBEDDED_CLIP` allows, may show anything: the check is not finished.
"""

from dataclasses import dataclass, field
from typing import Final

from index.clips import ClipFingerprinter
from index.errors import BudgetSpent, DecodersBusy, MediaError, NoTurn, SoundOnly
from index.limits import STANDARD
from index.sandbox import BytesSource
from index.shares import Places
from index.verdict import Evidence, ReferenceKind
from registry.matching.likeness import LikenessMatches
from registry.matching.seen_clips import SeenClip, see_clip
from registry.matching.whole_codes import Found
from registry.ports import Candidates, Faces, Index

INITIAL_S: Final = 0.5
"""CPU time for comparisons at the beginning of a clip, in seconds. Each query frame earns more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddedMatches:
    """The matches of all clips of one file.

    Attributes:
        found: pairs of a reference's id and evidence about it.
        is_flood: whether more codes were proposed than are ever confirmed.
        is_finished: whether all clips were seen and compared.
        faces: the matches of the clips' faces, of which `found` has the evidence too.
    """

    found: list[Found] = field(default_factory=list, repr=False)
    is_flood: bool = False
    is_finished: bool = True
    faces: LikenessMatches = field(default_factory=LikenessMatches)


def _is_of_release(item: Evidence) -> bool:
    """Return whether evidence is about an official release, which excuses nothing: its clip is not all of the file."""
    return item.reference.kind is ReferenceKind.OFFICIAL_RELEASE


class EmbeddedClips:
    """Looking at clips within pictures. Thread safe: a bounded number of decoders runs at the same time.

    Args:
        clips: the decoder, whose limits are those of clips within pictures.
        places: places of decoders, for which tenants take turns.
        wait_s: time to wait for a free one, in seconds.
    """

    def __init__(
        self, clips: ClipFingerprinter, *, places: Places, wait_s: float = STANDARD.queue_seconds
    ) -> None:
        self._clips = clips
        self._places = places
        self._wait_s = wait_s

    def matches(
        self, sources: tuple[BytesSource, ...], index: Index, candidates: Candidates, faces: Faces | None
    ) -> EmbeddedMatches:
        """Look at all clips of a file.

        Raises:
            DecodersBusy: no decoder became free in time.
            BudgetSpent: the same, of a tenant that has spent its budget of processor time.
            IndexBehind, StorageUnavailable, SealBroken: as `see_clip`.
        """
        seen, is_finished = list[SeenClip](), True
        for source in sources:
            try:
                seen.append(self._seen(source, index, candidates, faces))
            except SoundOnly:
                continue  # a sound recording shows nothing
            except DecodersBusy:
                raise
            except MediaError:
                is_finished = False
        return EmbeddedMatches(
            found=[(name, item) for one in seen for name, item in one.found if not _is_of_release(item)],
            is_flood=any(one.is_flood for one in seen),
            is_finished=is_finished and all(one.is_finished for one in seen),
            faces=LikenessMatches(
                has_fit=any(one.faces.has_fit for one in seen),
                has_unfit=any(one.faces.has_unfit for one in seen),
                is_finished=all(one.faces.is_finished for one in seen),
            ),
        )

    def _seen(
        self, source: BytesSource, index: Index, candidates: Candidates, faces: Faces | None
    ) -> SeenClip:
        try:
            with self._places.place(self._wait_s):
                return see_clip(
                    source,
                    index=index,
                    candidates=candidates,
                    clips=self._clips,
                    faces=faces,
                    initial_s=INITIAL_S,
                )
        except BudgetSpent:
            raise
        except NoTurn:
            raise DecodersBusy("no decoder of clips became free in time") from None
