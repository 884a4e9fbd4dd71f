"""Evidence for the tests of the verdict: short names, matches at every threshold, answers, strategies."""

import math
from dataclasses import replace

from hypothesis import strategies as st

from index.verdict.boxes import STEPS, WHOLE, Box
from index.verdict.grading import DEFAULT_PROFILE, MIN_NATS, Evidence, Profile
from index.verdict.ladder import Verdict
from index.verdict.segments import Segment
from index.verdict.vocabulary import Band, Level, MatchKind, Outcome, Reason, ReferenceKind

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


def tight(kind=INTIMATE, level=Level.V1, **changes):
    """A PDQ match that stands on every edge from the inside: one bit or point more and a gate fails."""
    edge = Evidence(kind=kind, level=level, pdq_bits=31, second_family_bits=20, quality=50, flat_share=0.60)
    return replace(edge, **changes)


def loose(kind=INTIMATE, level=Level.V1, **changes):
    """A PDQ match on the last bit that is still worth a look."""
    return replace(tight(kind, level), **{"pdq_bits": 40, **changes})


def nothing(kind=INTIMATE, level=Level.V1, **changes):
    """A PDQ distance one bit past every threshold."""
    return replace(tight(kind, level), **{"pdq_bits": 41, **changes})


def framed(kind=INTIMATE, level=Level.V1, **changes):
    """A match by anchored windows, in a part of the upload, that stands on every edge from the inside."""
    return replace(tight(kind, level, nats=NATS, cover=0.9, box=PART), **changes)


def cut(kind=INTIMATE, level=Level.V1, **changes):
    """A match by anchored windows of which the upload shows half."""
    return replace(framed(kind, level), **{"match": CROP, "cover": 0.5, **changes})


def faint(kind=INTIMATE, level=Level.V1, **changes):
    """Windows that agree by a hair less than a registered picture must."""
    return replace(framed(kind, level), **{"nats": math.nextafter(NATS, 0), **changes})


def clip(kind=INTIMATE, level=Level.V1, **changes):
    """A match with a registered clip that stands on every edge of a tight one from the inside."""
    edge = Evidence(
        kind=kind,
        level=level,
        nats=NATS,
        pieces=3,
        tight_support=3,
        cover=0.5,
        segments=(SECONDS,),
        box=PART,
    )
    return replace(edge, **changes)


def face(kind=LIKENESS, level=Level.V2, **changes):
    """A likeness on the threshold of its engine, which has no measure of a copy."""
    return replace(Evidence(kind=kind, level=level, match=FACE, likeness=0.0), **changes)


def answer(outcome, band, kinds, *reasons, boxes=(WHOLE,), segments=()):
    """A verdict as it is to be: kinds and reasons in the order of their names, boxes unless it allows."""
    return Verdict(
        outcome=outcome,
        band=band,
        kinds=tuple(sorted(kinds)),
        reasons=tuple(sorted(reasons)),
        boxes=() if outcome is ALLOW else boxes,
        segments=segments,
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
anything = st.builds(
    Evidence,
    kind=st.sampled_from(ReferenceKind),
    level=st.sampled_from(Level),
    match=st.sampled_from(MatchKind),
    exact=st.booleans(),
    pdq_bits=st.none() | st.integers(0, 256),
    second_family_bits=st.none() | st.integers(0, 128),
    quality=st.none() | st.integers(0, 100),
    flat_share=st.none() | st.floats(0, 1) | st.just(math.nan),
    nats=st.none() | st.floats(),
    cover=st.none() | st.floats(0, 1) | st.just(math.nan),
    box=measured_boxes,
    disputed=st.booleans(),
    segments=segments,
    pieces=st.none() | st.integers(0, 5),
    tight_support=st.integers(0, 5),
    is_fully_supported=st.booleans(),
    likeness=st.none() | st.floats(),
)
# Copies near the edges: of `anything` hardly one in a thousand passes all gates without an equal digest.
_near_edges = {
    "kind": st.sampled_from([INTIMATE, INTIMATE, RELEASE, ORIGINAL]),
    "level": st.sampled_from(Level),
    "pdq_bits": st.integers(0, 31) | st.integers(30, 42),
    "second_family_bits": st.integers(0, 20) | st.integers(19, 22),
    "quality": st.integers(50, 100) | st.integers(48, 51),
    "flat_share": st.floats(0, 0.60) | st.sampled_from([0.60, math.nextafter(0.60, 1), 0.61, math.nan]),
    "disputed": st.sampled_from([False, False, True]),
}
# By windows; `windows` hold what `near_edges` do, and the edges of evidence and cover.
windows = st.builds(
    Evidence,
    **_near_edges,
    match=st.sampled_from([COPY, COPY, CROP, ALTERED]),
    nats=st.floats(NATS, 400.0) | st.sampled_from([NATS, math.nextafter(NATS, 0), NATS - 1, -20.0, math.nan]),
    cover=st.floats(0.9, 1.0) | st.sampled_from([0.9, math.nextafter(0.9, 0), 0.0, math.nan, None]),
    box=measured_boxes,
)
near_edges = st.builds(Evidence, **_near_edges) | windows
# A registered clip's; about half of them on an edge.
clips = st.builds(
    Evidence,
    kind=st.sampled_from([INTIMATE, INTIMATE, RELEASE, ORIGINAL]),
    level=st.sampled_from(Level),
    match=st.sampled_from([COPY, CROP, ALTERED]),
    nats=st.floats(NATS, 400.0)
    | st.sampled_from([NATS, math.nextafter(NATS, 0), 59.0, 60.0, math.nan, None]),
    pieces=st.integers(0, 5),
    tight_support=st.integers(0, 5),
    is_fully_supported=st.booleans(),
    cover=st.floats(0.5, 1.0) | st.sampled_from([0.5, math.nextafter(0.5, 0), 0.0, math.nan, None]),
    segments=segments,
    box=measured_boxes,
    disputed=st.booleans(),
)
# Copies that pass every gate of the default policy, so that claims meet often enough to conflict.
_standing = {
    "kind": st.sampled_from([INTIMATE, RELEASE]),
    "level": st.sampled_from(VERIFIED),
    "pdq_bits": st.integers(0, 31),
    "second_family_bits": st.integers(0, 20),
    "quality": st.integers(50, 100),
    "flat_share": st.floats(0, 0.60),
}
standing_windows = st.builds(
    Evidence, **_standing, nats=st.floats(NATS, 400.0), cover=st.floats(0.9, 1.0), box=measured_boxes
)
standing = st.builds(Evidence, **_standing, exact=st.booleans()) | standing_windows
evidences = anything | near_edges | standing | clips


@st.composite
def _own_profiles(draw):
    """Profiles that exist: every threshold on the mild side, and the loose radius no smaller than the tight."""
    tight_bits = draw(st.integers(25, 31) | st.integers(0, 31))
    return Profile(
        name="own",
        tight_pdq_bits=tight_bits,
        loose_pdq_bits=draw(st.integers(31, 64) | st.integers(tight_bits, 64)),
        second_family_bits=draw(st.integers(15, 20) | st.integers(0, 20)),
        min_quality=draw(st.integers(50, 60) | st.integers(50, 100)),
        max_flat_share=draw(st.floats(0.5, 0.60) | st.floats(0, 0.60)),
        min_cover=draw(st.floats(0.9, 0.95) | st.floats(0.9, 1.0)),
        min_nats=draw(st.floats(NATS, NATS + 8) | st.floats(NATS)),
        min_block_level=draw(st.sampled_from([Level.V1, *VERIFIED])),
        min_support=draw(st.integers(2, 4)),
        min_tight_support=draw(st.integers(3, 5)),
        min_clip_share=draw(st.floats(0.5, 1.0)),
        min_likeness=draw(st.floats(0.0, 0.1)),
        min_likeness_level=draw(st.sampled_from([Level.V2, Level.V4])),
        min_face_looks=draw(st.integers(2, 4)),
    )


own_profiles = _own_profiles()
profiles = st.just(DEFAULT_PROFILE) | own_profiles
many = st.lists(evidences, max_size=5)
releases = evidences.map(lambda item: replace(item, kind=RELEASE))
# Likenesses, half of them near the threshold, with whatever else evidence may hold.
_likenesses = (
    st.floats(0, 1) | st.sampled_from([0.0, math.nextafter(0, -1), -0.05, math.nan, None]) | st.floats()
)
faces = st.builds(lambda item, likeness: replace(item, match=FACE, likeness=likeness), evidences, _likenesses)
harmless = evidences.filter(lambda item: item.kind is not INTIMATE or item.match is FACE)
