"""Evidence as the tests of the verdict speak of it: short names, matches on every edge, answers, strategies."""

import math
from dataclasses import replace

from hypothesis import strategies as st

from index.verdict import (
    DEFAULT_PROFILE,
    Band,
    Evidence,
    Level,
    MatchKind,
    Outcome,
    Profile,
    Reason,
    ReferenceKind,
    Verdict,
)

INTIMATE, ORIGINAL, LIKENESS = (
    ReferenceKind.INTIMATE_ITEM, ReferenceKind.SOURCE_ORIGINAL, ReferenceKind.LIKENESS
)  # fmt: skip
RELEASE, EXCLUDED = ReferenceKind.OFFICIAL_RELEASE, ReferenceKind.EXCLUDED_INTERVAL
NONE, LOOSE, TIGHT = Band.NONE, Band.LOOSE, Band.TIGHT
ALLOW, REVIEW, BLOCK = Outcome.ALLOW, Outcome.REVIEW, Outcome.BLOCK
COPY, FACE = MatchKind.COPY, MatchKind.LIKENESS

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


def face(kind=LIKENESS, level=Level.V1, **changes):
    """A likeness, which has no measure of a copy."""
    return replace(Evidence(kind=kind, level=level, match=FACE), **changes)


def answer(outcome, band, kinds, *reasons):
    """A verdict as it is to be: kinds and reasons in the order of their names."""
    return Verdict(outcome=outcome, band=band, kinds=kinds, reasons=tuple(sorted(reasons)))


NO_MATCH = answer(ALLOW, NONE, (), Reason.NO_MATCH)
RELEASED = answer(ALLOW, NONE, (), Reason.OFFICIAL_RELEASE)
BLOCKED = answer(BLOCK, TIGHT, (COPY,), Reason.TIGHT_MATCH)
HELD_LOOSE = answer(REVIEW, LOOSE, (COPY,), Reason.LOOSE_MATCH)
HELD_UNVERIFIED = answer(REVIEW, TIGHT, (COPY,), Reason.TIGHT_MATCH, Reason.CASE_NOT_VERIFIED)
HELD_ORIGINAL = answer(REVIEW, TIGHT, (COPY,), Reason.TIGHT_MATCH, Reason.SOURCE_ORIGINAL)
HELD_DISPUTED = answer(REVIEW, TIGHT, (COPY,), Reason.TIGHT_MATCH, Reason.REFERENCE_DISPUTED)
HELD_LIKENESS = answer(REVIEW, TIGHT, (COPY,), Reason.TIGHT_MATCH)
HELD_CONFLICT = answer(REVIEW, TIGHT, (COPY,), Reason.TIGHT_MATCH, Reason.CONFLICTING_CLAIMS)
HELD_FACE = answer(REVIEW, LOOSE, (FACE,), Reason.LIKENESS_ALONE)

# ---------------------------------------------------------------- all evidence

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
    disputed=st.booleans(),
)
# Copies near the edges: of `anything` hardly one in a thousand passes all gates without an equal digest.
near_edges = st.builds(
    Evidence,
    kind=st.sampled_from([INTIMATE, INTIMATE, RELEASE, ORIGINAL]),
    level=st.sampled_from(Level),
    pdq_bits=st.integers(0, 31) | st.integers(30, 42),
    second_family_bits=st.integers(0, 20) | st.integers(19, 22),
    quality=st.integers(50, 100) | st.integers(48, 51),
    flat_share=st.floats(0, 0.60) | st.sampled_from([0.60, math.nextafter(0.60, 1), 0.61, math.nan]),
    disputed=st.sampled_from([False, False, True]),
)
# Copies that pass every gate of the default policy, so that claims meet often enough to conflict.
standing = st.builds(
    Evidence,
    kind=st.sampled_from([INTIMATE, RELEASE]),
    level=st.sampled_from(VERIFIED),
    exact=st.booleans(),
    pdq_bits=st.integers(0, 31),
    second_family_bits=st.integers(0, 20),
    quality=st.integers(50, 100),
    flat_share=st.floats(0, 0.60),
)
evidences = anything | near_edges | standing


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
        min_block_level=draw(st.sampled_from([Level.V1, *VERIFIED])),
    )


own_profiles = _own_profiles()
profiles = st.just(DEFAULT_PROFILE) | own_profiles
many = st.lists(evidences, max_size=5)
releases = evidences.map(lambda item: replace(item, kind=RELEASE))
harmless = evidences.filter(lambda item: item.kind is not INTIMATE or item.match is FACE)
