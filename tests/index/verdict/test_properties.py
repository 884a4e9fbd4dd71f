"""What every profile keeps, and what holds for all evidence there is."""

import math
from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.errors import InvalidQuery
from index.verdict.boxes import STEPS, WHOLE, Box
from index.verdict.grading import DEFAULT_PROFILE, Profile, grade
from index.verdict.ladder import MAX_BOXES, MAX_SEGMENTS, POLICY_VERSION, decide, hold, hold_unfinished
from index.verdict.vocabulary import Band, Level, MatchKind, Outcome, Reason
from tests.support.evidence import (
    ALLOW,
    BLOCK,
    COPY,
    FACE,
    HELD_CONFLICT,
    INTIMATE,
    LOOSE,
    NATS,
    NONE,
    RELEASE,
    REVIEW,
    TIGHT,
    VERIFIED,
    answer,
    evidences,
    faces,
    framed,
    harmless,
    many,
    near_edges,
    own_profiles,
    profiles,
    releases,
    standing_windows,
    tight,
    windows,
)

STRENGTH = [ALLOW, REVIEW, BLOCK]

# ---------------------------------------------------------------- each profile

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
    {"min_cover": math.nextafter(0.9, 0)},
    {"min_cover": 0.0},
    {"min_cover": math.nan},
    {"min_nats": math.nextafter(NATS, 0)},
    {"min_nats": -math.inf},
    {"min_nats": math.nan},
    {"min_block_level": Level.V0},
    {"min_support": 1},
    {"min_tight_support": 2},
    {"min_clip_share": math.nextafter(0.5, 0)},
    {"min_clip_share": math.nan},
    {"min_likeness": math.nextafter(0, -1)},
    {"min_likeness": math.nan},
    {"min_likeness_level": Level.V1},
    {"min_face_looks": 1},
]


@pytest.mark.parametrize("change", LESS_CAREFUL, ids=str)
def test_a_profile_refuses_what_is_less_careful(change):
    """No single threshold can be moved outwards, not even while all the others are as mild as can be."""
    mildest = {
        "tight_pdq_bits": 0, "loose_pdq_bits": 0, "second_family_bits": 0, "min_quality": 100,
        "max_flat_share": 0.0, "min_cover": 1.0, "min_nats": math.inf, "min_block_level": Level.V4,
        "min_support": 9, "min_tight_support": 9, "min_clip_share": 1.0,
        "min_likeness": 1.0, "min_likeness_level": Level.V4, "min_face_looks": 9,
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
        min_cover=0.9,
        min_nats=NATS,
        min_block_level=Level.V1,
        min_support=2,
        min_tight_support=3,
        min_clip_share=0.5,
        min_likeness=0.0,
        min_likeness_level=Level.V2,
        min_face_looks=2,
    )
    assert written_out == DEFAULT_PROFILE


@pytest.mark.parametrize(
    "radii",
    [
        {"loose_pdq_bits": 30},
        {"tight_pdq_bits": 31, "loose_pdq_bits": 0},
        {"tight_pdq_bits": 20, "loose_pdq_bits": 19},
        {"tight_pdq_bits": 1, "loose_pdq_bits": 0},
    ],
    ids=str,
)
def test_a_profile_refuses_a_loose_radius_within_the_tight(radii):
    """A loose radius smaller than the tight one, which would drop what is tight, is no profile."""
    with pytest.raises(InvalidQuery):
        Profile(name="own", **radii)


@pytest.mark.parametrize("bits", [0, 20, 31])
def test_a_profile_may_do_without_a_loose_radius(bits):
    """Where the two radii are equal a copy is tight up to them, and past them nothing."""
    profile = Profile(name="own", tight_pdq_bits=bits, loose_pdq_bits=bits)
    assert grade(tight(pdq_bits=bits), profile).band is TIGHT
    assert grade(tight(pdq_bits=bits + 1), profile).band is NONE


@pytest.mark.parametrize(
    ("stricter", "release"),
    [
        ({"min_block_level": Level.V2}, {"level": Level.V1}),
        ({"tight_pdq_bits": 20}, {"pdq_bits": 25}),
        ({"second_family_bits": 10}, {"second_family_bits": 15}),
        ({"min_quality": 60}, {"quality": 55}),
        ({"max_flat_share": 0.4}, {"flat_share": 0.5}),
    ],
    ids=str,
)
def test_a_milder_profile_does_not_block_over_a_release(stricter, release):
    """What the default policy holds as conflicting claims, no profile blocks."""
    sure = {"level": Level.V4, "pdq_bits": 0, "second_family_bits": 0, "quality": 100, "flat_share": 0.0}
    framing = {"nats": 400.0, "cover": 1.0, "box": WHOLE}
    items = [framed(INTIMATE, **sure, **framing), tight(RELEASE, **{**sure, **release})]
    assert decide(items) == HELD_CONFLICT
    assert decide(items, Profile(name="own", **stricter)).outcome is not BLOCK


# ---------------------------------------------------------------- for all evidence


def stands(item):
    """Whether a match is good enough to act on, written out a second time from design.md sections 5 and 8."""
    same_picture = (
        item.pdq_bits in range(32)
        and item.second_family_bits in range(21)
        and item.quality in range(50, 101)
        and item.flat_share is not None
        and item.flat_share <= 0.60
    )
    framed_whole = item.match is MatchKind.COPY and item.cover is not None and item.cover >= 0.9
    tight_frames = (
        item.nats is not None and item.nats >= NATS and min(item.pieces or 0, item.tight_support) >= 3
    )
    same_clip = tight_frames and item.cover is not None and item.cover >= 0.5
    in_its_frame = item.nats is None or (item.nats >= NATS and framed_whole)
    same = item.exact or (same_picture and in_its_frame if item.pieces is None else same_clip)
    return item.match is not FACE and item.level in VERIFIED and not item.disputed and same


def may_block(item):
    """Whether a reference may block, as long as no release contests it."""
    return item.kind is INTIMATE and stands(item)


def releases_it(item):
    """Whether a reference is a release that counts: by the whole upload, never by windows or for a time."""
    is_whole = item.nats is None and (item.exact or not item.segments)
    return item.kind is RELEASE and is_whole and stands(item)


@given(st.lists(harmless, max_size=5), profiles)
def test_a_likeness_never_blocks(items, profile):
    """No amount of likenesses and of copies of anything but an intimate item blocks, in any profile."""
    assert decide(items, profile).outcome is not BLOCK


@given(many, st.lists(faces, max_size=5), profiles)
def test_likenesses_beside_others_never_block(items, likenesses, profile):
    """Whatever else is known, likenesses beside it neither make an answer a block nor take a block away."""
    with_faces, without = decide([*items, *likenesses], profile), decide(items, profile)
    assert (with_faces.outcome is BLOCK) is (without.outcome is BLOCK)
    assert STRENGTH.index(with_faces.outcome) >= STRENGTH.index(without.outcome)


@given(st.lists(windows, max_size=5), profiles)
def test_windows_never_block_unless_one_passes_all_gates(items, profile):
    """No amount of windows that agree blocks where each picture fails a gate."""
    if decide(items, profile).outcome is BLOCK:
        assert any(map(may_block, items))


SPOILED = [
    {"nats": math.nextafter(NATS, 0)}, {"nats": math.nan}, {"cover": math.nextafter(0.9, 0)}, {"cover": None},
    {"cover": math.nan}, {"pdq_bits": 32}, {"pdq_bits": None}, {"second_family_bits": 21},
    {"second_family_bits": None}, {"quality": 49}, {"quality": None}, {"flat_share": 0.61}, {"flat_share": None},
    {"flat_share": math.nan},
]  # fmt: skip


@given(standing_windows, st.sampled_from(SPOILED), many, profiles)
def test_one_failed_gate_of_windows_is_enough(item, spoiled, items, profile):
    """A match by windows that passes every gate but any one makes no answer a block."""
    more = replace(item, kind=INTIMATE, **spoiled)
    assert (decide([*items, more], profile).outcome is BLOCK) is (decide(items, profile).outcome is BLOCK)


@given(many)
def test_block_means_an_intimate_item_tight_verified_undisputed_and_uncontested(items):
    """The default policy blocks where some intimate item passes all gates and no release does, only there."""
    uncontested = any(map(may_block, items)) and not any(map(releases_it, items))
    assert (decide(items).outcome is BLOCK) is uncontested


@given(many)
def test_conflict_means_a_release_against_a_block(items):
    """Conflicting claims are named where an intimate item and a release both pass all gates, only there."""
    verdict = decide(items)
    conflict = any(map(may_block, items)) and any(map(releases_it, items))
    assert (Reason.CONFLICTING_CLAIMS in verdict.reasons) is conflict
    if conflict:
        assert (verdict.outcome, verdict.band) == (REVIEW, TIGHT)


@given(st.lists(harmless, max_size=5), profiles)
def test_no_conflict_without_an_intimate_copy(items, profile):
    """A release contests nothing but a copy of an intimate item, in any profile."""
    assert Reason.CONFLICTING_CLAIMS not in decide(items, profile).reasons


@given(many, releases, st.integers(0, 5))
def test_a_release_that_proves_nothing_is_as_none(items, release, place):
    """A release that fails a gate, is disputed or unverified leaves every answer as it is."""
    if not releases_it(release):
        assert decide([*items[:place], release, *items[place:]]) == decide(items)


@given(many, releases, profiles)
def test_a_release_never_strengthens(items, release, profile):
    """Adding a release makes no answer stronger, and takes none from block past review."""
    before, after = decide(items, profile).outcome, decide([*items, release], profile).outcome
    assert STRENGTH.index(after) <= STRENGTH.index(before)
    assert (before, after) != (BLOCK, ALLOW)


@given(evidences, profiles)
def test_a_flat_share_that_is_no_number_is_one_not_known(item, profile):
    """NaN for a flat share grades as no flat share does."""
    assert grade(replace(item, flat_share=math.nan), profile) == grade(
        replace(item, flat_share=None), profile
    )


@given(evidences, profiles)
def test_a_cover_that_is_no_number_is_one_not_known(item, profile):
    """NaN for a cover grades as no cover does."""
    assert grade(replace(item, cover=math.nan), profile) == grade(replace(item, cover=None), profile)


@given(evidences, profiles)
def test_evidence_that_is_no_number_is_less_than_any(item, profile):
    """NaN for the evidence of windows grades as windows that speak against the picture do."""
    against = grade(replace(item, nats=-math.inf), profile)
    assert grade(replace(item, nats=math.nan), profile) == against


@given(many, own_profiles)
def test_a_milder_profile_blocks_nothing_more(items, profile):
    """What the default policy allows or holds, no valid profile blocks, with releases or without."""
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
            "min_cover": st.floats() | st.floats(0.8, 1),
            "min_nats": st.floats() | st.floats(NATS - 2, NATS + 2),
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
    assert profile.tight_pdq_bits <= profile.loose_pdq_bits <= 64
    assert profile.second_family_bits <= 20
    assert profile.min_quality >= 50
    assert profile.max_flat_share <= 0.60
    assert profile.min_cover >= 0.9
    assert profile.min_nats >= NATS
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
    """What is graded none, by this policy and the default, leaves the answer as it is, wherever it stands."""
    if grade(more, profile).band is NONE and grade(more).band is NONE:
        assert decide([*items[:place], more, *items[place:]], profile) == decide(items, profile)


@given(many, evidences)
def test_more_evidence_never_weakens_but_by_a_release(items, more):
    """Adding evidence about anything but an official release never makes the answer milder."""
    if more.kind is not RELEASE:
        before, after = decide(items).outcome, decide([*items, more]).outcome
        assert STRENGTH.index(after) >= STRENGTH.index(before)


def require_names_and_coarse_boxes(verdict):
    """Asserts that a verdict is names in fixed order, and boxes and segments that are coarse, few and told once."""
    names = ["outcome", "band", "kinds", "reasons", "boxes", "segments", "policy_version"]
    assert [field.name for field in fields(verdict)] == names
    assert (type(verdict.outcome), type(verdict.band)) == (Outcome, Band)
    assert {type(kind) for kind in verdict.kinds} <= {MatchKind}
    assert {type(reason) for reason in verdict.reasons} <= {Reason}
    assert {type(box) for box in verdict.boxes} <= {Box}
    assert verdict.policy_version == POLICY_VERSION
    for told in (verdict.kinds, verdict.reasons, verdict.boxes, verdict.segments):
        assert told == tuple(sorted(set(told)))
    named = (verdict.outcome, verdict.band, *verdict.kinds, *verdict.reasons)
    assert not any(letter.isdigit() for name in named for letter in name)
    assert len(verdict.boxes) <= MAX_BOXES
    allowed = {step / STEPS for step in range(STEPS + 1)}
    assert {edge for box in verdict.boxes for edge in box.edges} <= allowed
    assert len(verdict.segments) <= MAX_SEGMENTS
    assert all(segment == segment.coarsened() for segment in verdict.segments)


@given(many, profiles)
def test_an_answer_holds_names_coarse_boxes_and_no_measure(items, profile):
    """An answer has the same seven fields each time, and no number but its policy's, 64ths and half seconds."""
    verdict = decide(items, profile)
    for told in (verdict, hold(verdict), hold_unfinished(verdict)):
        require_names_and_coarse_boxes(told)
    assert set(verdict.boxes) <= {item.box.coarsened() for item in items}


@given(many, evidences, evidences, profiles)
def test_no_measure_shows_within_a_grade(items, one, other, profile):
    """Two measures of the same reference that are graded alike, by this policy and the default, answer alike."""
    alike = replace(
        other,
        kind=one.kind,
        level=one.level,
        match=one.match,
        box=one.box,
        segments=one.segments,
        disputed=one.disputed,
    )
    ways = [(item.nats is None, item.pieces is None) for item in (one, alike)]
    same_way = ways[0] == ways[1]  # by windows, by whole codes or by frames: no measure
    if same_way and all(grade(one, by) == grade(alike, by) for by in (profile, DEFAULT_PROFILE)):
        assert decide([*items, one], profile) == decide([*items, alike], profile)


@given(many, profiles)
def test_outcome_band_and_reasons_fit_together(items, profile):
    """An allowed upload has no band, kind or box, a held or blocked one has them all, and each has a reason."""
    verdict = decide(items, profile)
    assert verdict.reasons
    assert (verdict.outcome is ALLOW) is (verdict.band is NONE) is (not verdict.kinds) is (not verdict.boxes)
    if verdict.outcome is BLOCK:
        assert verdict.band is TIGHT
        assert verdict.reasons == (Reason.TIGHT_MATCH,)


# ---------------------------------------------------------------- held answers


@given(many, profiles)
def test_a_question_that_is_held_shows_no_match(items, profile):
    """Once the budget is spent the answer is the same review whatever was found."""
    assert hold(decide(items, profile)) == answer(REVIEW, LOOSE, (COPY,), Reason.NEAR_THRESHOLD_BUDGET)


@given(many, profiles)
def test_unfinished_work_is_never_allowed(items, profile):
    """Where not all could be compared an allow becomes one same review, and every other answer stays as it is."""
    verdict = decide(items, profile)
    held = hold_unfinished(verdict)
    if verdict.outcome is ALLOW:
        assert held == answer(REVIEW, LOOSE, (), Reason.WORK_BOUND, boxes=())
    else:
        assert held == verdict
    assert hold_unfinished(held) == held
    assert held.outcome is not ALLOW
