"""Match whole codes of each frame in its dihedral, inverted and median-filtered variants, and the exact digest.

1. The index proposes codes near any variant. It only proposes. Of a crowd, few stand for all (`crowds`).
2. One indexed read confirms the active references of these codes, and those with the file's exact digest.
3. Distances are computed again from the database's own codes, because an index may be out of date, in all variants of
   the frames for which the index proposed the code. dHash-128 is compared in the variant whose PDQ is nearest.
4. A region may be replaced although the codes are near: a face swap changes few bits of PDQ. So the frame is compared
   with the regional signatures of `MAX_SEEN` references, highest levels first, then the nearest. This never changes
   how strong a match is. The very same file is not looked at.
5. An official release excuses other matches only if the upload shows nothing else. So releases that somebody stands for
   (`registry.matching.links`) are compared first, and only in uploads of one frame without a clip in their file.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Final, Self

import numpy as np

from index.arrays import U8, Plane
from index.comparison import has_few_tones
from index.frames import MEDIAN_FILTERED, QueryFrame
from index.hashing import Code
from index.regions import altered_in_whole
from index.search import Hits
from index.stages import Stage, stage
from index.verdict import (
    MAX_DRAWN_PDQ_BITS,
    MAX_PROPOSED_PDQ_BITS,
    TIGHT_PDQ_BITS,
    WHOLE,
    Band,
    Box,
    Evidence,
    ExactEvidence,
    MatchKind,
    ReferenceFacts,
    WholeEvidence,
)
from registry.domain import Candidate, CodeCandidate, ExactCandidate, Family
from registry.matching.crowds import MIN_CROWD, blocking_level, representatives
from registry.matching.decoys import NO_CODES, NO_DHASH, NO_PDQ, NOBODY
from registry.matching.links import may_excuse, told_facts
from registry.matching.question import CodeQuestion, MediaQuestion, Question
from registry.ports import Candidates, Index

MAX_CONFIRMED: Final = 20_000
"""Maximum number of codes confirmed for one upload. More are a flood: the upload is held, even if the first ones do not
match."""

MAX_RANKED: Final = 100_000
"""Maximum number of proposed codes whose levels are looked up for one upload, in about 2 µs each."""

MAX_SEEN: Final = 4
"""Maximum number of references in which one upload is compared for replaced regions; one takes up to 70 ms."""

MAX_SEEN_RELEASES: Final = 2
"""Number of official releases among them that come before nearer references."""

MIN_SEEN_SIDE: Final = 96
"""Minimum longer side of the frame's plane, in pixels, for that. Planes of frames without windows are smaller."""

Found = tuple[str, Evidence]
"""A reference's id, and the evidence about it."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NearPicture:
    """A registered picture whose whole codes are near a frame of the upload, but not near enough to match.

    Attributes:
        key: key of the reference.
        luma: matching plane of the frame, uint8 [height, width].
        variant: row of `QueryFrame.searched_codes` that is near.
        evidence: evidence of the whole codes.
    """

    key: int
    luma: Plane = field(repr=False)
    variant: int
    evidence: WholeEvidence


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeMatches:
    """The matches of whole codes and of the exact digest.

    Attributes:
        by_code: pairs of a reference's id and evidence of whole codes.
        by_digest: pairs of a reference's id and evidence of the exact digest.
        is_flood: whether more codes were proposed than are ever confirmed.
        near: registered pictures that are near and do not match by codes alone: highest levels first, then the nearest.
    """

    by_code: list[tuple[str, WholeEvidence]] = field(repr=False)
    by_digest: list[tuple[str, ExactEvidence]] = field(repr=False)
    is_flood: bool
    near: tuple[NearPicture, ...] = field(default=(), repr=False)

    @property
    def found(self) -> list[Found]:
        """All evidence."""
        return [*self.by_code, *self.by_digest]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AskedCodes:
    """The codes of one frame, with the other facts that its evidence needs.

    Attributes:
        pdqs: PDQ of each variant, uint8 [f, 32].
        dhashes: dHash-128 of each variant, uint8 [f, 16]; None if unknown.
        template_share: measures the frame's flat share, 1 for a graphic; returns None if unknown.
        median_filtered: row of the median-filtered variant; None for codes that came without media.
        luma: the frame's matching plane; None for codes that came without media.
    """

    pdqs: U8
    dhashes: U8 | None
    quality: int | None
    template_share: Callable[[], float | None] = field(repr=False)
    median_filtered: int | None = None
    luma: Plane | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredCodes:
    """The whole codes of a registered picture or key frame, with the other facts that its evidence needs."""

    reference: ReferenceFacts
    pdq: Code = field(repr=False)
    dhash: Code | None = field(repr=False)
    flat_share: float | None

    @classmethod
    def of(cls, one: CodeCandidate, facts: Mapping[str, ReferenceFacts]) -> Self:
        """Return the codes of a registered picture."""
        return cls(reference=facts[one.reference_id], pdq=one.pdq, dhash=one.dhash, flat_share=one.flat_share)


def match_whole(question: Question, index: Index, candidates: Candidates) -> WholeMatches:
    """Find references by whole codes and digest; raise `IndexBehind`, `StorageUnavailable` or `SealBroken`."""
    match question:
        case CodeQuestion():
            return _match(_asked_of_codes(question), question.sha256, index, candidates, decoys=NO_CODES)
        case MediaQuestion():
            asked = asked_of_frames(question.query_frames)
            is_alone = sum(one.part == WHOLE for one in question.query_frames) == 1 and not question.clips
            return _match(asked, question.sha256, index, candidates, is_alone=is_alone)


def match_frame_codes(query_frame: QueryFrame, index: Index, candidates: Candidates) -> WholeMatches:
    """Find references by the whole codes of one frame of a clip; raise as `match_whole`.

    The frame's windows tell replaced regions, as few frames are seen as one picture. Every frame may match whole codes.
    """
    asked = [replace(one, luma=None) for one in asked_of_frames([query_frame])]
    return _match(asked, None, index, candidates)


def match_digest(sha256: bytes, candidates: Candidates) -> list[tuple[str, ExactEvidence]]:
    """Find the references of an identical file; raise `StorageUnavailable`."""
    confirmed = candidates.confirm((), sha256)
    return _exact(confirmed, told_facts(confirmed, candidates))


def _match(
    asked: list[AskedCodes],
    sha256: bytes | None,
    index: Index,
    candidates: Candidates,
    *,
    is_alone: bool = False,
    decoys: Sequence[int] = (),
) -> WholeMatches:
    proposed: list[int] = []
    near: dict[int, list[AskedCodes]] = {}
    if asked:
        codes = np.concatenate([one.pdqs for one in asked])
        with stage(Stage.PROPOSAL, Family.WHOLE.value):
            hits = index.propose(Family.WHOLE, codes, _radius(asked))  # 1.
        nearest = hits.ids[np.argsort(hits.distances, kind="stable")]
        proposed = list(dict.fromkeys(nearest.tolist()))
        near = _frames_by_id(asked, hits)
    wanted, is_flood = proposed[:MAX_CONFIRMED], len(proposed) > MAX_CONFIRMED
    if len(proposed) > MIN_CROWD:
        with stage(Stage.CONFIRMATION, Family.WHOLE.value):
            wanted, is_flood = _of_crowd(proposed, near, candidates)
    wanted = wanted or list(decoys)
    confirmed: tuple[Candidate, ...] = ()
    if wanted or sha256 is not None:
        with stage(Stage.CONFIRMATION, Family.WHOLE.value):
            confirmed = candidates.confirm(wanted, sha256)  # 2.
    facts = told_facts(confirmed, candidates)
    by_digest = _exact(confirmed, facts)
    proposals = [
        (one, compared(near.get(one.code_id, asked), RegisteredCodes.of(one, facts)))  # 3.
        for one in confirmed
        if isinstance(one, CodeCandidate)
    ]
    if decoys and asked and not proposals:
        compared(asked, RegisteredCodes(reference=NOBODY, pdq=NO_PDQ, dhash=NO_DHASH, flat_share=None))
    by_code = [(one, evidence) for one, evidence in proposals if evidence.pdq_bits <= MAX_PROPOSED_PDQ_BITS]
    altered = _altered(by_code, asked, near, {name for name, _ in by_digest}, candidates)  # 4.
    return WholeMatches(
        by_code=[
            (one.reference_id, _told(evidence, altered.get(one.reference_id), is_alone=is_alone))
            for one, evidence in by_code
        ],
        by_digest=by_digest,
        is_flood=is_flood,
        near=tuple(_near_pictures(proposals, asked, near)),
    )


def _of_crowd(
    proposed: Sequence[int], near: dict[int, list[AskedCodes]], candidates: Candidates
) -> tuple[list[int], bool]:
    """Return the codes of a crowd that are confirmed, and whether some were left out."""
    kept, is_short = representatives(
        proposed[:MAX_RANKED], candidates, lambda code_id: id(near[code_id][0]) if code_id in near else None
    )
    return kept[:MAX_CONFIRMED], is_short or len(proposed) > MAX_RANKED or len(kept) > MAX_CONFIRMED


def _radius(asked: Sequence[AskedCodes]) -> int:
    """Return the radius within which codes are proposed: larger for an upload in few tones."""
    is_drawn = any(one.luma is not None and has_few_tones(one.luma) for one in asked)
    return MAX_DRAWN_PDQ_BITS if is_drawn else MAX_PROPOSED_PDQ_BITS


def _told(evidence: WholeEvidence, altered: tuple[Box, ...] | None, *, is_alone: bool) -> WholeEvidence:
    """Return evidence with the regions that were replaced; None where the upload was not compared."""
    if altered:
        return replace(evidence, match=MatchKind.ALTERED_COPY, altered=altered)
    return replace(evidence, is_whole_upload=True) if is_alone and altered is not None else evidence


def _altered(
    by_code: Sequence[tuple[CodeCandidate, WholeEvidence]],
    asked: Sequence[AskedCodes],
    near: dict[int, list[AskedCodes]],
    exact: Collection[str],
    candidates: Candidates,
) -> dict[str, tuple[Box, ...]]:
    """Return, by reference id, the regions that were replaced in the nearest matches (4.)."""
    matched = [
        (one, evidence)
        for one, evidence in by_code
        if one.reference_id not in exact and evidence.grade().band is not Band.NONE
    ]
    ordered = _nearest_codes(matched)
    released = [one.key for one, evidence in ordered if may_excuse(evidence.reference)][
        :MAX_SEEN_RELEASES
    ]  # 5.
    nearest = {one.key: one for one, _ in ordered}
    keys = list(dict.fromkeys([*released, *nearest]))[:MAX_SEEN]
    if not keys or not any(_is_seen(one) for one in asked):
        return {}
    held = {one.key: one.regions for one in candidates.confirm_pictures(keys, Family.ANCHORED)}
    altered: dict[str, tuple[Box, ...]] = {}
    for key in keys:
        one = nearest[key]
        frame, variant, _ = _nearest(near.get(one.code_id, asked), one.pdq)
        regions = held.get(key)
        if regions is not None and frame.luma is not None and _is_seen(frame):
            with stage(Stage.REGIONS):
                altered[one.reference_id] = altered_in_whole(frame.luma, variant, regions)
    return altered


def _is_seen(frame: AskedCodes) -> bool:
    return frame.luma is not None and max(frame.luma.shape) >= MIN_SEEN_SIDE


def _near_pictures(
    by_code: Sequence[tuple[CodeCandidate, WholeEvidence]],
    asked: Sequence[AskedCodes],
    near: dict[int, list[AskedCodes]],
) -> Iterator[NearPicture]:
    """Yield the references that are near and do not match by codes alone, in the order of `_nearest_codes`."""
    matched = {one.key for one, evidence in by_code if evidence.grade().band is not Band.NONE}
    for one, evidence in _nearest_codes([pair for pair in by_code if pair[0].key not in matched]):
        frame, variant, _ = _nearest(near.get(one.code_id, asked), one.pdq)
        if frame.luma is not None:
            yield NearPicture(key=one.key, luma=frame.luma, variant=variant, evidence=evidence)


def _nearest_codes(
    by_code: Iterable[tuple[CodeCandidate, WholeEvidence]],
) -> list[tuple[CodeCandidate, WholeEvidence]]:
    """Return the nearer code of each reference, which may have two: highest levels first, then the nearest."""
    nearest: dict[int, tuple[CodeCandidate, WholeEvidence]] = {}
    for one, evidence in sorted(by_code, key=lambda pair: (pair[1].pdq_bits, pair[0].key)):
        nearest.setdefault(one.key, (one, evidence))
    return sorted(nearest.values(), key=lambda pair: -blocking_level(pair[0]))


def _frames_by_id(asked: Sequence[AskedCodes], hits: Hits) -> dict[int, list[AskedCodes]]:
    """Return the frames of which a variant lies near the code of each proposed id, in their order."""
    frames = np.repeat(np.arange(len(asked)), [len(one.pdqs) for one in asked])[hits.queries]
    by_id: dict[int, dict[int, AskedCodes]] = defaultdict(dict)
    for code_id, place in zip(hits.ids.tolist(), frames.tolist(), strict=True):
        by_id[code_id][place] = asked[place]
    return {code_id: list(places.values()) for code_id, places in by_id.items()}


def _exact(
    confirmed: Iterable[Candidate], facts: Mapping[str, ReferenceFacts]
) -> list[tuple[str, ExactEvidence]]:
    return [
        (one.reference_id, ExactEvidence(reference=facts[one.reference_id]))
        for one in confirmed
        if isinstance(one, ExactCandidate)
    ]


def _asked_of_codes(question: CodeQuestion) -> list[AskedCodes]:
    if question.pdq is None or not question.is_informative:
        return []
    return [
        AskedCodes(
            pdqs=_row(question.pdq),
            dhashes=None if question.dhash is None else _row(question.dhash),
            quality=question.pdq.quality,
            template_share=_unknown,
        )
    ]


def _unknown() -> None:
    """Return no share, for codes that came without media."""


def asked_of_frames(query_frames: Sequence[QueryFrame]) -> list[AskedCodes]:
    """Return the codes of each informative frame in all its variants."""
    asked = []
    for query_frame in query_frames:
        if query_frame.is_informative and query_frame.part == WHOLE:
            pdqs, dhashes = query_frame.searched_codes()
            asked.append(
                AskedCodes(
                    pdqs=pdqs,
                    dhashes=dhashes,
                    quality=query_frame.quality,
                    template_share=cache(query_frame.template_share),
                    median_filtered=MEDIAN_FILTERED,
                    luma=query_frame.luma,
                )
            )
    return asked


def compared(asked: Sequence[AskedCodes], held: RegisteredCodes) -> WholeEvidence:
    """Compare the upload's nearest frame and variant with one registered picture or key frame (3.)."""
    frame, variant, pdq_bits = _nearest(asked, held.pdq)
    dhash_bits = None
    if frame.dhashes is not None and held.dhash is not None:
        dhash_bits = int(_bits(frame.dhashes[variant : variant + 1], held.dhash)[0])
    shares = [share for share in (frame.template_share(), held.flat_share) if share is not None]
    known = frame.quality is not None and held.pdq.quality is not None
    return WholeEvidence(
        reference=held.reference,
        pdq_bits=pdq_bits,
        dhash_bits=dhash_bits,
        quality=min(frame.quality or 0, held.pdq.quality or 0) if known else None,
        flat_share=max(shares) if shares else None,
        is_median_filtered=frame.median_filtered == variant,
    )


def _nearest(asked: Sequence[AskedCodes], held: Code) -> tuple[AskedCodes, int, int]:
    """Return the frame and variant whose PDQ is nearest to a registered PDQ, with the distance.

    The median-filtered variant proves less, so it is chosen only if no other variant is within the tight radius.
    """
    variants = [
        (int(bits), one.median_filtered == variant, place, variant)
        for place, one in enumerate(asked)
        for variant, bits in enumerate(_bits(one.pdqs, held).tolist())
    ]
    plain = min(one for one in variants if not one[1])
    bits, _, place, variant = plain if plain[0] <= TIGHT_PDQ_BITS else min(variants)
    return asked[place], variant, bits


def _row(code: Code) -> U8:
    return np.frombuffer(code.value, np.uint8)[None]


def _bits(codes: U8, held: Code) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    counts: np.ndarray[tuple[int], np.dtype[np.int64]] = np.bitwise_count(codes ^ _row(held)).sum(
        axis=1, dtype=np.int64
    )
    return counts
