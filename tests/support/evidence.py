"""Evidence for the tests of the verdict: short names, matches at every threshold, answers, strategies."""

import math
from dataclasses import replace

from hypothesis import strategies as st

from index.verdict.boxes import STEPS, WHOLE, Box
from index.verdict.evidence import (
    ClipEvidence,
    ExactEvidence,
    FaceEvidence,
    FaceVotes,
    FrameView,
    ReferenceFacts,
    WholeEvidence,
    WindowEvidence,
)
from index.verdict.ladder import Verdict
from index.verdict.reasons import Reason
from index.verdict.segments import Segment
from index.verdict.thresholds import MIN_NATS
from index.verdict.vocabulary import Band, Level, MatchKind, Outcome, ReferenceKind

INTIMATE, ORIGINAL, LIKENESS = (
    ReferenceKind.INTIMATE_ITEM, ReferenceKind.SOURCE_ORIGINAL, ReferenceKind.LIKENESS
)  # fmt: skip
RELEASE, EXCLUDED = ReferenceKind.OFFICIAL_RELEASE, ReferenceKind.EXCLUDED_INTERVAL
NONE, LOOSE, TIGHT = Band.NONE, Band.LOOSE, Band.TIGHT
ALLOW, REVIEW, BLOCK = Outcome.ALLOW, Outcome.REVIEW, Outcome.BLOCK
COPY, FACE = MatchKind.COPY, MatchKind.LIKENESS
CROP, ALTERED = MatchKind.PARTIAL_COPY, MatchKind.ALTERED_COPY
NATS = MIN_NATS  # the one threshold that is not written out: it is calibrated with the windows
PART = Box.of_steps(8, 16, 40, 64)
SECONDS = Segment(start_ms=2_000, end_ms=7_500)

VERIFIED = [level for level in Level if level >= Level.V1]


FACTS = ("kind", "level", "is_disputed", "case_id", "number", "linked", "is_verified")
SEEN = ("pdq_bits", "dhash_bits", "quality", "flat_share", "cover")


def grade(item):
    """Grades a piece of evidence."""
    return item.grade()


def changed(item, **changes):
    """Replaces fields of evidence, of its reference and of its view, by their names."""
    facts = {name: changes.pop(name) for name in FACTS if name in changes}
    if facts:
        item = replace(item, reference=replace(item.reference, **facts))
    if isinstance(item, WindowEvidence):
        seen = {name: changes.pop(name) for name in SEEN if name in changes}
        if seen:
            item = replace(item, view=replace(item.view, **seen))
    return replace(item, **changes)


def facts(kind=INTIMATE, level=Level.V1):
    """The facts about a reference of one subject's case, which a verifier has seen."""
    return ReferenceFacts(kind=kind, level=level, case_id="case_1", number=1, is_verified=True)


def exact(kind=INTIMATE, level=Level.V1, **changes):
    """The very same file."""
    return changed(ExactEvidence(reference=facts(kind, level)), **changes)


def tight(kind=INTIMATE, level=Level.V1, **changes):
    """A PDQ match that stands on every edge from the inside: one bit or point more and a gate fails."""
    edge = WholeEvidence(
        reference=facts(kind, level),
        pdq_bits=31,
        dhash_bits=12,
        quality=50,
        flat_share=0.60,
        is_whole_upload=True,
    )
    return changed(edge, **changes)


def loose(kind=INTIMATE, level=Level.V1, **changes):
    """A PDQ match on the last bit that is still worth a look."""
    return tight(kind, level, **{"pdq_bits": 40, **changes})


def nothing(kind=INTIMATE, level=Level.V1, **changes):
    """A PDQ distance one bit past every threshold."""
    return tight(kind, level, **{"pdq_bits": 41, **changes})


def framed(kind=INTIMATE, level=Level.V1, **changes):
    """A match by anchored windows, in a part of the upload, that stands on every edge from the inside."""
    view = FrameView(pdq_bits=31, dhash_bits=12, quality=50, flat_share=0.60, cover=0.9)
    edge = WindowEvidence(reference=facts(kind, level), nats=NATS, view=view, box=PART)
    return changed(edge, **changes)


def cut(kind=INTIMATE, level=Level.V1, **changes):
    """A match by anchored windows of which the upload shows half."""
    return framed(kind, level, **{"match": CROP, "cover": 0.5, **changes})


def faint(kind=INTIMATE, level=Level.V1, **changes):
    """Windows that agree by a hair less than a registered picture must."""
    return framed(kind, level, **{"nats": math.nextafter(NATS, 0), **changes})


def clip(kind=INTIMATE, level=Level.V1, **changes):
    """A match with a registered clip that stands on every edge of a tight one from the inside."""
    edge = ClipEvidence(
        reference=facts(kind, level),
        match=COPY,
        nats=NATS,
        support=3,
        tight_support=3,
        cover=0.5,
        segments=(SECONDS,),
        box=PART,
    )
    return changed(edge, **changes)


def face(kind=LIKENESS, level=Level.V2, **changes):
    """A likeness on the threshold of its engine."""
    return changed(FaceEvidence(reference=facts(kind, level), likeness=0.0), **changes)


def answer(outcome, band, kinds, *reasons, boxes=(WHOLE,), segments=(), altered=()):
    """A verdict as it is to be: kinds and reasons in the order of their names, boxes unless it allows."""
    return Verdict(
        outcome=outcome,
        band=band,
        kinds=tuple(sorted(kinds)),
        reasons=tuple(sorted(reasons)),
        boxes=() if outcome is ALLOW else boxes,
        segments=segments,
        altered=altered,
    )


NO_MATCH = answer(ALLOW, NONE, (), Reason.NO_MATCH)
RELEASED = answer(ALLOW, NONE, (), Reason.OFFICIAL_RELEASE)
BLOCKED = answer(BLOCK, TIGHT, (COPY,), Reason.TIGHT_MATCH)
HELD_LOOSE = answer(REVIEW, LOOSE, (COPY,), Reason.LOOSE_MATCH)
HELD_CUT = answer(REVIEW, LOOSE, (CROP,), Reason.WINDOWS_AGREE, Reason.FRAME_CUT, boxes=(PART,))
HELD_UNVERIFIED = answer(REVIEW, TIGHT, (COPY,), Reason.TIGHT_MATCH, Reason.CASE_NOT_VERIFIED)
HELD_ORIGINAL = answer(REVIEW, TIGHT, (COPY,), Reason.TIGHT_MATCH, Reason.SOURCE_ORIGINAL)
HELD_DISPUTED = answer(REVIEW, TIGHT, (COPY,), Reason.TIGHT_MATCH, Reason.REFERENCE_DISPUTED)
HELD_LIKENESS = answer(REVIEW, TIGHT, (COPY,), Reason.TIGHT_MATCH)
HELD_CONFLICT = answer(REVIEW, TIGHT, (COPY,), Reason.TIGHT_MATCH, Reason.CONFLICTING_CLAIMS)
HELD_FACE = answer(REVIEW, LOOSE, (FACE,), Reason.LIKENESS_ALONE)

# ---------------------------------------------------------------- all evidence


def _box(left, top, width, height):
    return Box.of_steps(left, top, min(left + width, STEPS), min(top + height, STEPS))


_first, _size = st.integers(0, STEPS - 1), st.integers(1, STEPS)
boxes = st.builds(_box, _first, _first, _size, _size)
# As something may have measured them: a verdict must not depend on who made them coarse.
_shares = st.floats(0, 1)
measured_boxes = boxes | st.builds(Box, left=_shares, top=_shares, right=_shares, bottom=_shares)
_times, _lengths = st.integers(0, 10_800_000), st.integers(1, 60_000)
_segment = st.builds(lambda start, length: Segment(start_ms=start, end_ms=start + length), _times, _lengths)
segments = st.lists(_segment, max_size=4).map(tuple)
CASES = (None, "case_1", "case_2", "case_3")
# Who stands behind a reference: few cases, so that they are often the same, linked, or registered in either order.
_behind = {
    "case_id": st.sampled_from(CASES),
    "number": st.integers(0, 3),
    "linked": st.frozensets(st.sampled_from(CASES[1:]), max_size=2),
    "is_verified": st.booleans(),
}
_any_facts = st.builds(
    ReferenceFacts,
    kind=st.sampled_from(ReferenceKind),
    level=st.sampled_from(Level),
    is_disputed=st.booleans(),
    **_behind,
)
_any_bits = {
    "pdq_bits": st.integers(0, 256),
    "dhash_bits": st.none() | st.integers(0, 128),
    "quality": st.none() | st.integers(0, 100),
    "flat_share": st.none() | st.floats(0, 1) | st.just(math.nan),
}
_copies = st.sampled_from([COPY, CROP, ALTERED])
# Mostly none, so that releases count often enough.
_altered = st.just(()) | st.just(()) | st.lists(measured_boxes, max_size=12).map(tuple)
_covers = st.floats(0, 1) | st.just(math.nan)
_exact = st.builds(ExactEvidence, reference=_any_facts, segments=segments)
_any_view = st.builds(
    FrameView,
    **{
        **_any_bits,
        "pdq_bits": st.none() | st.integers(0, 256),
        "flat_share": st.floats(0, 1) | st.just(math.nan),
    },
    cover=_covers,
)
_votes = st.builds(FaceVotes, looks=st.integers(0, 5), is_every_look=st.booleans())
anything = (
    _exact
    | st.builds(
        WholeEvidence,
        reference=_any_facts,
        **_any_bits,
        is_median_filtered=st.booleans(),
        segments=segments,
        match=_copies,
        altered=_altered,
        is_whole_upload=st.booleans(),
    )
    | st.builds(
        WindowEvidence,
        reference=_any_facts,
        nats=st.floats(),
        match=_copies,
        view=st.none() | _any_view,
        box=measured_boxes,
        segments=segments,
        altered=_altered,
        is_excerpt=st.booleans(),
    )
    | st.builds(
        ClipEvidence,
        reference=_any_facts,
        match=_copies,
        nats=st.floats(),
        support=st.integers(0, 5),
        tight_support=st.integers(0, 5),
        is_fully_supported=st.booleans(),
        cover=st.none() | _covers,
        box=measured_boxes,
        segments=segments,
        altered=_altered,
    )
    | st.builds(
        FaceEvidence,
        reference=_any_facts,
        likeness=st.floats(),
        box=measured_boxes,
        votes=st.none() | _votes,
        segments=segments,
    )
)
# Copies near the edges: of `anything` hardly one in a thousand passes all gates without an equal digest.
_near_facts = st.builds(
    ReferenceFacts,
    kind=st.sampled_from([INTIMATE, INTIMATE, RELEASE, ORIGINAL]),
    level=st.sampled_from(Level),
    is_disputed=st.sampled_from([False, False, True]),
    **_behind,
)
_near_edges = {
    "pdq_bits": st.integers(0, 31) | st.integers(30, 42),
    "dhash_bits": st.integers(0, 20) | st.integers(19, 22) | st.integers(11, 14),
    "quality": st.integers(50, 100) | st.integers(48, 51),
    "flat_share": st.floats(0, 0.60)
    | st.sampled_from([0.45, math.nextafter(0.45, 1), 0.60, math.nextafter(0.60, 1), 0.61, math.nan]),
}
# By windows; `windows` hold what `near_edges` do, and the edges of evidence and cover.
windows = st.builds(
    WindowEvidence,
    reference=_near_facts,
    match=st.sampled_from([COPY, COPY, CROP, ALTERED]),
    nats=st.floats(NATS, 400.0) | st.sampled_from([NATS, math.nextafter(NATS, 0), NATS - 1, -20.0, math.nan]),
    view=st.none()
    | st.builds(
        FrameView,
        **_near_edges,
        cover=st.floats(0.9, 1.0) | st.sampled_from([0.9, math.nextafter(0.9, 0), 0.0, math.nan]),
    ),
    box=measured_boxes,
    altered=_altered,
    is_excerpt=st.sampled_from([False, False, True]),
)
near_edges = (
    st.builds(
        WholeEvidence,
        reference=_near_facts,
        **_near_edges,
        altered=_altered,
        is_whole_upload=st.sampled_from([True, True, False]),
    )
    | windows
)
# A registered clip's; about half of them on an edge.
clips = st.builds(
    ClipEvidence,
    reference=_near_facts,
    match=_copies,
    nats=st.floats(NATS, 400.0) | st.sampled_from([NATS, math.nextafter(NATS, 0), 59.0, 60.0, math.nan]),
    support=st.integers(0, 5),
    tight_support=st.integers(0, 5),
    is_fully_supported=st.booleans(),
    cover=st.floats(0.5, 1.0) | st.sampled_from([0.5, math.nextafter(0.5, 0), 0.0, math.nan, None]),
    segments=segments,
    box=measured_boxes,
)
# Copies that pass every gate, so that claims meet often enough to conflict.
_standing_facts = st.builds(
    ReferenceFacts, kind=st.sampled_from([INTIMATE, RELEASE]), level=st.sampled_from(VERIFIED), **_behind
)
_standing = {
    "pdq_bits": st.integers(0, 31),
    "dhash_bits": st.integers(0, 12),
    "quality": st.integers(50, 100),
    "flat_share": st.floats(0, 0.60),
}
standing_windows = st.builds(
    WindowEvidence,
    reference=_standing_facts,
    nats=st.floats(NATS, 400.0),
    view=st.builds(FrameView, **_standing, cover=st.floats(0.9, 1.0)),
    box=measured_boxes,
)
standing = (
    st.builds(WholeEvidence, reference=_standing_facts, **_standing, is_whole_upload=st.just(value=True))
    | st.builds(ExactEvidence, reference=_standing_facts)
    | standing_windows
)
evidences = anything | near_edges | standing | clips
many = st.lists(evidences, max_size=5)
releases = evidences.map(lambda item: changed(item, kind=RELEASE))
# Likenesses, half of them near the threshold.
faces = st.builds(
    FaceEvidence,
    reference=_any_facts,
    likeness=st.floats(0, 1) | st.sampled_from([0.0, math.nextafter(0, -1), -0.05, math.nan]) | st.floats(),
    box=measured_boxes,
    votes=st.none() | _votes,
    segments=segments,
)
harmless = evidences.filter(
    lambda item: item.reference.kind is not INTIMATE or isinstance(item, FaceEvidence)
)
