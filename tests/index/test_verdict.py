"""The ladder: every row, every gate at both sides of its edge, and what holds for all evidence there is."""

import math
from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.errors import InvalidQuery
from index.verdict import (
    DEFAULT_PROFILE,
    LADDER,
    POLICY_VERSION,
    Band,
    Evidence,
    Grade,
    Level,
    MatchKind,
    Outcome,
    Profile,
    Reason,
    ReferenceKind,
    Verdict,
    decide,
    grade,
    hold,
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
    return replace(tight(kind, level), **{"pdq_bits": 40, **changes})


def nothing(kind=INTIMATE, level=Level.V1, **changes):
    return replace(tight(kind, level), **{"pdq_bits": 41, **changes})


def face(kind=LIKENESS, level=Level.V1, **changes):
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
HELD_FACE = answer(REVIEW, LOOSE, (FACE,), Reason.LIKENESS_ALONE)

# ---------------------------------------------------------------- the rows

EVIDENCE_OF_BAND = {TIGHT: tight, LOOSE: loose, NONE: nothing}

ROWS = [
    # kind, band, verified, answer
    (INTIMATE, TIGHT, True, BLOCKED),
    (INTIMATE, TIGHT, False, HELD_UNVERIFIED),
    (INTIMATE, LOOSE, True, HELD_LOOSE),
    (INTIMATE, LOOSE, False, HELD_LOOSE),
    (INTIMATE, NONE, True, NO_MATCH),
    (INTIMATE, NONE, False, NO_MATCH),
    (ORIGINAL, TIGHT, True, HELD_ORIGINAL),
    (ORIGINAL, TIGHT, False, HELD_ORIGINAL),
    (ORIGINAL, LOOSE, True, HELD_LOOSE),
    (ORIGINAL, LOOSE, False, HELD_LOOSE),
    (ORIGINAL, NONE, True, NO_MATCH),
    (ORIGINAL, NONE, False, NO_MATCH),
    (LIKENESS, TIGHT, True, NO_MATCH),
    (LIKENESS, TIGHT, False, NO_MATCH),
    (LIKENESS, LOOSE, True, HELD_LOOSE),
    (LIKENESS, LOOSE, False, HELD_LOOSE),
    (LIKENESS, NONE, True, NO_MATCH),
    (LIKENESS, NONE, False, NO_MATCH),
    (RELEASE, TIGHT, True, RELEASED),
    (RELEASE, TIGHT, False, NO_MATCH),
    (RELEASE, LOOSE, True, NO_MATCH),
    (RELEASE, LOOSE, False, NO_MATCH),
    (RELEASE, NONE, True, NO_MATCH),
    (RELEASE, NONE, False, NO_MATCH),
    (EXCLUDED, TIGHT, True, NO_MATCH),
    (EXCLUDED, TIGHT, False, NO_MATCH),
    (EXCLUDED, LOOSE, True, NO_MATCH),
    (EXCLUDED, LOOSE, False, NO_MATCH),
    (EXCLUDED, NONE, True, NO_MATCH),
    (EXCLUDED, NONE, False, NO_MATCH),
]


@pytest.mark.parametrize(("kind", "band", "verified", "expected"), ROWS)
def test_every_row_of_the_ladder(kind, band, verified, expected):
    """One copy of a reference answers as its row says, from every level on the same side of the gate."""
    for level in VERIFIED if verified else [Level.V0]:
        item = EVIDENCE_OF_BAND[band](kind, level)
        assert grade(item).band is band
        assert decide([item]) == expected


def test_the_table_above_is_whole():
    """The rows tested are all combinations of kind, band and verification, each once."""
    tested = [row[:3] for row in ROWS]
    whole = {(kind, band, verified) for kind in ReferenceKind for band in Band for verified in (True, False)}
    assert len(tested) == len(whole)
    assert set(tested) == whole


def test_one_row_alone_blocks():
    """No row but a tight match of an intimate item in a verified case answers block."""
    assert [row for row, rung in LADDER.items() if rung.outcome is BLOCK] == [(INTIMATE, TIGHT, True)]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [(INTIMATE, HELD_FACE), (ORIGINAL, HELD_FACE), (LIKENESS, HELD_FACE), (RELEASE, NO_MATCH),
     (EXCLUDED, NO_MATCH)],
)  # fmt: skip
@pytest.mark.parametrize("level", Level)
@pytest.mark.parametrize("disputed", [False, True])
def test_a_face_is_held_at_most(kind, level, disputed, expected):
    """A likeness is loose and says so, however high the case, and even where exact bytes are claimed."""
    for measures in ({}, {"exact": True}, {"pdq_bits": 0, "second_family_bits": 0, "quality": 100}):
        assert decide([face(kind, level, disputed=disputed, **measures)]) == expected


def test_no_evidence_is_no_match():
    """An upload about which nothing is found is allowed, and the answer says why."""
    assert decide([]) == NO_MATCH


# ---------------------------------------------------------------- the gates

LOOSE_BECAUSE = [
    ({"quality": 49}, Reason.LOW_QUALITY),
    ({"quality": None}, Reason.LOW_QUALITY),
    ({"flat_share": 0.61}, Reason.FLAT_PICTURE),
    ({"flat_share": math.nextafter(0.60, 1)}, Reason.FLAT_PICTURE),
    ({"flat_share": None}, Reason.FLAT_PICTURE),
    ({"second_family_bits": 21}, Reason.SECOND_FAMILY_DIFFERS),
    ({"second_family_bits": None}, Reason.SECOND_FAMILY_MISSING),
]


@pytest.mark.parametrize("pdq_bits", [0, 31])
@pytest.mark.parametrize(("change", "reason"), LOOSE_BECAUSE)
def test_a_failed_gate_makes_a_match_loose(pdq_bits, change, reason):
    """Within the tight radius each gate that fails is named, and the copy is held instead of blocked."""
    item = tight(pdq_bits=pdq_bits, **change)
    assert grade(item) == Grade(band=LOOSE, reasons=(Reason.LOOSE_MATCH, reason))
    assert decide([item]) == answer(REVIEW, LOOSE, (COPY,), Reason.LOOSE_MATCH, reason)


def test_all_failed_gates_are_named():
    """A match that fails every gate names every gate."""
    found = grade(tight(quality=None, flat_share=None, second_family_bits=None))
    assert found.band is LOOSE
    assert set(found.reasons) == {
        Reason.LOOSE_MATCH, Reason.LOW_QUALITY, Reason.FLAT_PICTURE, Reason.SECOND_FAMILY_MISSING
    }  # fmt: skip


@pytest.mark.parametrize(
    ("change", "band"),
    [
        ({"pdq_bits": 0}, TIGHT),
        ({"pdq_bits": 31}, TIGHT),
        ({"pdq_bits": 32}, LOOSE),
        ({"pdq_bits": 40}, LOOSE),
        ({"pdq_bits": 41}, NONE),
        ({"pdq_bits": 256}, NONE),
        ({"pdq_bits": None}, NONE),
        ({"pdq_bits": 31, "second_family_bits": 20}, TIGHT),
        ({"pdq_bits": 31, "second_family_bits": 21}, LOOSE),
        ({"pdq_bits": 32, "second_family_bits": 20}, LOOSE),
        ({"pdq_bits": 32, "second_family_bits": 21}, NONE),
        ({"pdq_bits": 32, "second_family_bits": None}, NONE),
        ({"pdq_bits": 40, "second_family_bits": 20}, LOOSE),
        ({"pdq_bits": 40, "second_family_bits": 21}, NONE),
        ({"quality": 49}, LOOSE),
        ({"quality": 50}, TIGHT),
        ({"flat_share": 0.60}, TIGHT),
        ({"flat_share": 0.61}, LOOSE),
        ({"pdq_bits": 32, "quality": 0, "flat_share": 1.0}, LOOSE),
    ],
)
def test_each_threshold_at_both_sides_of_its_edge(change, band):
    """The default policy's edges are 31, 40, 20, 50 and .60, each of them still on the stronger side."""
    assert grade(tight(**change)).band is band


@pytest.mark.parametrize(
    ("profile", "change", "band"),
    [
        ({"tight_pdq_bits": 20}, {"pdq_bits": 20}, TIGHT),
        ({"tight_pdq_bits": 20}, {"pdq_bits": 21}, LOOSE),
        ({"loose_pdq_bits": 36}, {"pdq_bits": 36}, LOOSE),
        ({"loose_pdq_bits": 36}, {"pdq_bits": 37}, NONE),
        ({"loose_pdq_bits": 64}, {"pdq_bits": 64}, LOOSE),
        ({"loose_pdq_bits": 64}, {"pdq_bits": 65}, NONE),
        ({"second_family_bits": 10}, {"second_family_bits": 10}, TIGHT),
        ({"second_family_bits": 10}, {"second_family_bits": 11}, LOOSE),
        ({"min_quality": 70}, {"quality": 70}, TIGHT),
        ({"min_quality": 70}, {"quality": 69}, LOOSE),
        ({"max_flat_share": 0.4}, {"flat_share": 0.4}, TIGHT),
        ({"max_flat_share": 0.4}, {"flat_share": 0.41}, LOOSE),
    ],
)
def test_a_profile_moves_the_edges(profile, change, band):
    """A profile's own thresholds stand in the default ones' place."""
    assert grade(tight(**change), Profile(name="own", **profile)).band is band


@pytest.mark.parametrize("least", VERIFIED)
@pytest.mark.parametrize("level", Level)
def test_a_case_blocks_from_the_level_that_the_profile_asks_for(least, level):
    """Below the profile's level a tight match is held for want of verification; from there on it blocks."""
    expected = BLOCKED if level >= least else HELD_UNVERIFIED
    assert decide([tight(level=level)], Profile(name="own", min_block_level=least)) == expected


def test_exact_bytes_need_no_other_gate():
    """An equal digest is tight whatever else is unknown, unlike or poor."""
    for measures in ({}, {"pdq_bits": 256, "second_family_bits": 128, "quality": 0, "flat_share": 1.0}):
        item = Evidence(kind=INTIMATE, level=Level.V1, exact=True, **measures)
        assert grade(item) == Grade(band=TIGHT, reasons=(Reason.TIGHT_MATCH,))
        assert decide([item]) == BLOCKED


# ---------------------------------------------------------------- disputes and releases


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        (tight(), HELD_DISPUTED),
        (tight(exact=True), HELD_DISPUTED),
        (tight(level=Level.V4), HELD_DISPUTED),
        (tight(level=Level.V0), HELD_UNVERIFIED),
        (loose(), HELD_LOOSE),
        (nothing(), NO_MATCH),
        (tight(ORIGINAL), HELD_ORIGINAL),
        (face(), HELD_FACE),
        (tight(RELEASE), NO_MATCH),
        (tight(EXCLUDED), NO_MATCH),
    ],
)
def test_a_disputed_reference_is_held(item, expected):
    """A challenged or quarantined reference never blocks and never releases; what was held stays held."""
    assert decide([replace(item, disputed=True)]) == expected


def test_a_dispute_holds_back_its_own_reference_only():
    """A disputed reference does not weaken an undisputed one that matches the same upload."""
    assert decide([tight(disputed=True), tight()]) == BLOCKED


@pytest.mark.parametrize("other", [face(), face(ORIGINAL), tight(ORIGINAL), loose(ORIGINAL), nothing()])
def test_an_official_release_allows(other):
    """A tight match of a release in a verified case outweighs every reference but an intimate item."""
    assert decide([tight(RELEASE), other]) == RELEASED


@pytest.mark.parametrize(
    "item", [tight(), tight(level=Level.V0), tight(disputed=True), loose(), loose(level=Level.V0)]
)
def test_an_official_release_does_not_excuse_an_intimate_item(item):
    """Where an intimate item matches too, tightly or loosely, the answer is as if there were no release."""
    assert decide([tight(RELEASE), item]) == decide([item]) != RELEASED


@pytest.mark.parametrize(
    "release",
    [loose(RELEASE), nothing(RELEASE), face(RELEASE), tight(RELEASE, Level.V0), tight(RELEASE, disputed=True)],
    ids=["loose", "no match", "a face in it", "unverified", "disputed"],
)  # fmt: skip
def test_a_release_that_proves_nothing_changes_nothing(release):
    """A release that would not be good enough to block on is not good enough to allow either."""
    assert decide([release, face()]) == HELD_FACE
    assert decide([release, tight()]) == BLOCKED
    assert decide([release]) == NO_MATCH


# ---------------------------------------------------------------- the strongest of many


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ([face(), loose(), tight()], answer(BLOCK, TIGHT, (COPY, FACE), Reason.TIGHT_MATCH)),
        ([tight(), tight(), tight(level=Level.V4)], BLOCKED),
        ([tight(), tight(ORIGINAL), tight(level=Level.V0)], BLOCKED),
        (
            [tight(level=Level.V0), tight(ORIGINAL), loose(quality=0), face()],
            answer(
                REVIEW, TIGHT, (COPY, FACE), Reason.TIGHT_MATCH, Reason.CASE_NOT_VERIFIED, Reason.SOURCE_ORIGINAL
            ),
        ),
        (
            [tight(quality=49), tight(flat_share=None), face()],
            answer(
                REVIEW, LOOSE, (COPY, FACE), Reason.LOOSE_MATCH, Reason.LOW_QUALITY, Reason.FLAT_PICTURE,
                Reason.LIKENESS_ALONE,
            ),
        ),
        ([face(), nothing()], HELD_FACE),
        ([tight(EXCLUDED), loose()], HELD_LOOSE),
    ],
    ids=["one blocks", "all block", "block over tight holds", "tight over loose holds", "loose holds together",
         "over nothing", "over no row"],
)  # fmt: skip
def test_the_strongest_of_many_decides(items, expected):
    """The strongest outcome and its best band give the reasons; every kind of match that counts is told."""
    assert decide(items) == expected


# ---------------------------------------------------------------- profiles

LESS_CAREFUL = [
    {"tight_pdq_bits": 32},
    {"tight_pdq_bits": 256},
    {"loose_pdq_bits": 65},
    {"second_family_bits": 21},
    {"min_quality": 49},
    {"min_quality": 0},
    {"max_flat_share": 0.61},
    {"max_flat_share": math.nextafter(0.60, 1)},
    {"max_flat_share": math.nan},
    {"min_block_level": Level.V0},
]


@pytest.mark.parametrize("change", LESS_CAREFUL, ids=str)
def test_a_profile_refuses_what_is_less_careful(change):
    """No single threshold can be moved outwards, not even while all the others are as mild as can be."""
    mildest = {
        "tight_pdq_bits": 0, "loose_pdq_bits": 0, "second_family_bits": 0, "min_quality": 100,
        "max_flat_share": 0.0, "min_block_level": Level.V4,
    }  # fmt: skip
    for others in ({}, mildest):
        with pytest.raises(InvalidQuery):
            Profile(name="own", **{**others, **change})


def test_the_default_profile_is_the_default_policy():
    """The default thresholds are the measured ones, and what stands exactly on them is a profile."""
    written_out = Profile(
        name="default",
        tight_pdq_bits=31,
        loose_pdq_bits=40,
        second_family_bits=20,
        min_quality=50,
        max_flat_share=0.60,
        min_block_level=Level.V1,
    )
    assert written_out == DEFAULT_PROFILE


# ---------------------------------------------------------------- for all evidence

anything = st.builds(
    Evidence,
    kind=st.sampled_from(ReferenceKind),
    level=st.sampled_from(Level),
    match=st.sampled_from(MatchKind),
    exact=st.booleans(),
    pdq_bits=st.none() | st.integers(0, 256),
    second_family_bits=st.none() | st.integers(0, 128),
    quality=st.none() | st.integers(0, 100),
    flat_share=st.none() | st.floats(0, 1),
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
    flat_share=st.floats(0, 0.60) | st.sampled_from([0.60, math.nextafter(0.60, 1), 0.61]),
    disputed=st.sampled_from([False, False, True]),
)
evidences = anything | near_edges
own_profiles = st.builds(
    Profile,
    name=st.just("own"),
    tight_pdq_bits=st.integers(25, 31) | st.integers(0, 31),
    loose_pdq_bits=st.integers(31, 64) | st.integers(0, 64),
    second_family_bits=st.integers(15, 20) | st.integers(0, 20),
    min_quality=st.integers(50, 60) | st.integers(50, 100),
    max_flat_share=st.floats(0.5, 0.60) | st.floats(0, 0.60),
    min_block_level=st.sampled_from([Level.V1, *VERIFIED]),
)
profiles = st.just(DEFAULT_PROFILE) | own_profiles
many = st.lists(evidences, max_size=5)
harmless = evidences.filter(lambda item: item.kind is not INTIMATE or item.match is FACE)


def may_block(item):
    """Whether a reference may block, written out a second time from design.md sections 5 and 8."""
    same_picture = (
        item.pdq_bits in range(32)
        and item.second_family_bits in range(21)
        and item.quality in range(50, 101)
        and item.flat_share is not None
        and item.flat_share <= 0.60
    )
    return (
        item.kind is INTIMATE
        and item.match is COPY
        and item.level in VERIFIED
        and not item.disputed
        and (item.exact or same_picture)
    )


@given(st.lists(harmless, max_size=5), profiles)
def test_a_likeness_never_blocks(items, profile):
    """No amount of likenesses and of copies of anything but an intimate item blocks, in any profile."""
    assert decide(items, profile).outcome is not BLOCK


@given(many)
def test_block_means_an_intimate_item_tight_verified_and_undisputed(items):
    """The default policy blocks where some intimate item passes all gates, and nowhere else."""
    assert (decide(items).outcome is BLOCK) is any(map(may_block, items))


@given(many, own_profiles)
def test_a_milder_profile_blocks_nothing_more(items, profile):
    """What any valid profile blocks, the default profile blocks as well."""
    if decide(items, profile).outcome is BLOCK:
        assert decide(items).outcome is BLOCK


@given(near_edges, own_profiles)
def test_a_milder_profile_grades_nothing_tighter(item, profile):
    """What any valid profile calls tight, the default profile calls tight as well."""
    if grade(item, profile).band is TIGHT:
        assert grade(item).band is TIGHT


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "tight_pdq_bits": st.integers(-1, 40),
            "loose_pdq_bits": st.integers(-1, 70),
            "second_family_bits": st.integers(-1, 30),
            "min_quality": st.integers(40, 101),
            "max_flat_share": st.floats() | st.floats(0, 1),
            "min_block_level": st.sampled_from(Level),
        },
    )
)
def test_a_profile_is_within_the_default_or_refused(thresholds):
    """Whatever thresholds are asked for, a profile that exists is nowhere less careful than the default."""
    try:
        profile = Profile(name="own", **thresholds)
    except InvalidQuery:
        return
    assert profile.tight_pdq_bits <= 31
    assert profile.loose_pdq_bits <= 64
    assert profile.second_family_bits <= 20
    assert profile.min_quality >= 50
    assert profile.max_flat_share <= 0.60
    assert profile.min_block_level >= Level.V1


@given(many.flatmap(lambda items: st.tuples(st.just(items), st.permutations(items))), profiles)
def test_order_never_matters(pair, profile):
    """The same evidence in another order, or from an iterator read once, gives an equal answer."""
    items, shuffled = pair
    assert decide(items, profile) == decide(shuffled, profile) == decide(iter(items), profile)


@given(many, profiles)
def test_saying_it_twice_changes_nothing(items, profile):
    """Evidence that comes twice counts once."""
    assert decide(items + items, profile) == decide(items, profile)


@given(many, evidences, st.integers(0, 5), profiles)
def test_evidence_of_no_grade_changes_nothing(items, more, place, profile):
    """What is graded none leaves the answer as it is, wherever it stands."""
    if grade(more, profile).band is NONE:
        assert decide([*items[:place], more, *items[place:]], profile) == decide(items, profile)


@given(many, evidences)
def test_more_evidence_never_weakens_but_by_a_release(items, more):
    """Adding evidence about anything but an official release never makes the answer milder."""
    strength = [ALLOW, REVIEW, BLOCK]
    if more.kind is not RELEASE:
        before, after = decide(items).outcome, decide([*items, more]).outcome
        assert strength.index(after) >= strength.index(before)


@given(many, profiles)
def test_an_answer_holds_names_and_no_measure(items, profile):
    """An answer has the same five fields each time, names in fixed order, and no digit but its policy's."""
    verdict = decide(items, profile)
    assert [field.name for field in fields(verdict)] == [
        "outcome", "band", "kinds", "reasons", "policy_version"
    ]  # fmt: skip
    assert verdict.policy_version == POLICY_VERSION
    assert verdict.reasons == tuple(sorted(set(verdict.reasons)))
    assert verdict.kinds == tuple(sorted(set(verdict.kinds)))
    assert all(type(reason) is Reason for reason in verdict.reasons)
    named = (verdict.outcome, verdict.band, *verdict.kinds, *verdict.reasons)
    assert not any(letter.isdigit() for name in named for letter in name)


@given(many, profiles)
def test_outcome_band_and_reasons_fit_together(items, profile):
    """An allowed upload has no band and no kind, a held or blocked one has both, and each has a reason."""
    verdict = decide(items, profile)
    assert verdict.reasons
    assert (verdict.outcome is ALLOW) is (verdict.band is NONE) is (not verdict.kinds)
    if verdict.outcome is BLOCK:
        assert verdict.band is TIGHT
        assert verdict.reasons == (Reason.TIGHT_MATCH,)


@given(many, profiles)
def test_a_question_that_is_held_tells_nothing(items, profile):
    """Once the budget is spent the answer is the same review whatever was found."""
    assert hold(decide(items, profile)) == answer(REVIEW, LOOSE, (COPY,), Reason.NEAR_THRESHOLD_BUDGET)
