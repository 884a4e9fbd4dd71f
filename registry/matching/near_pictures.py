"""Match an upload as a whole with registered pictures whose whole codes are near, but not near enough to match.

The whole codes say how the upload is to be turned; all windows of the registered picture are compared there
(`index.comparison.whole_nats`). Such evidence is never tight: the whole codes differ by more than the loose radius.
A region may have been replaced, which moves the codes so far. So matches are compared with the regional signature.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from index.comparison import Known, whole_nats
from index.regions import altered_in_whole
from index.stages import Stage, stage
from index.verdict import MIN_NATS, Box, FrameView, MatchKind, WholeEvidence, WindowEvidence
from registry.domain import Family, PictureCandidate
from registry.matching.frames import NEAR_NATS
from registry.matching.whole_codes import MAX_SEEN, Found, NearPicture
from registry.ports import Candidates

MAX_NEAR: Final = 48
"""Maximum number of registered pictures compared so, highest levels first, then the nearest. One takes about 1 ms
of CPU time. Unrelated photographs are never so near; only pages of one layout could be more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NearMatches:
    """The matches.

    Attributes:
        found: pairs of a reference's id and evidence, down to `NEAR_NATS` below the threshold.
        is_finished: whether all pictures were compared.
    """

    found: list[Found] = field(default_factory=list, repr=False)
    is_finished: bool = True


def match_near(near: Sequence[NearPicture], candidates: Candidates) -> NearMatches:
    """Compare an upload with near pictures in the given order; raise `StorageUnavailable` or `SealBroken`."""
    if not near:
        return NearMatches()
    asked = {one.key: one for one in near[:MAX_NEAR]}
    confirmed = candidates.confirm_pictures(list(asked), Family.ANCHORED)
    shown: list[tuple[PictureCandidate, float]] = []
    for candidate in confirmed:
        one = asked[candidate.key]
        known = Known(
            windows=candidate.windows,
            pdq=candidate.pdq,
            regions=candidate.regions,
            flat_share=candidate.flat_share,
        )
        nats = whole_nats(one.luma, one.variant, known, one.evidence.pdq_bits)
        if nats >= MIN_NATS - NEAR_NATS:
            shown.append((candidate, nats))
    shown.sort(key=lambda pair: -pair[1])
    found: list[Found] = []
    for place, (candidate, nats) in enumerate(shown):
        one = asked[candidate.key]
        altered = _altered(one, candidate) if place < MAX_SEEN and nats >= MIN_NATS else ()
        evidence = WindowEvidence(
            reference=candidate.facts,
            nats=nats,
            match=MatchKind.ALTERED_COPY if altered else MatchKind.COPY,
            view=view_of(one.evidence),
            altered=altered,
        )
        found.append((candidate.reference_id, evidence))
    return NearMatches(found=found, is_finished=len(near) <= MAX_NEAR)


def _altered(near: NearPicture, candidate: PictureCandidate) -> tuple[Box, ...]:
    if candidate.regions is None:
        return ()
    with stage(Stage.REGIONS):
        return altered_in_whole(near.luma, near.variant, candidate.regions)


def view_of(whole: WholeEvidence) -> FrameView:
    """Return whole codes as those of a frame seen in the registered picture's frame, all of it."""
    return FrameView(
        pdq_bits=whole.pdq_bits,
        dhash_bits=whole.dhash_bits,
        quality=whole.quality,
        flat_share=1.0 if whole.flat_share is None else whole.flat_share,
        cover=1.0,
    )
