"""The thresholds, and what holds for all evidence there is."""

import math
from dataclasses import fields, replace

from hypothesis import given
from hypothesis import strategies as st

from index.search.contract import EXACT_RADIUS_BITS, MAX_RADIUS_BITS
from index.verdict.boxes import STEPS, Box
from index.verdict.evidence import (
    ClipEvidence,
    ExactEvidence,
    FaceEvidence,
    WholeEvidence,
    WindowEvidence,
)
from index.verdict.ladder import (
    MAX_ALTERED,
    MAX_BOXES,
    MAX_SEGMENTS,
    POLICY_VERSION,
    decide,
    hold,
    hold_uncompared,
    hold_unfinished,
)
from index.verdict.reasons import REASONS, Reason
from index.verdict.releases import unexcused
from index.verdict.thresholds import (
    LOOSE_PDQ_BITS,
    MAX_DHASH_BITS,
    MAX_DRAWN_PDQ_BITS,
    MAX_FLAT_SHARE,
    MAX_PROPOSED_PDQ_BITS,
    MIN_BLOCK_LEVEL,
    MIN_CLIP_SHARE,
    MIN_COVER,
    MIN_FACE_LOOKS,
    MIN_FRAME_NATS,
    MIN_LIKENESS,
    MIN_LIKENESS_LEVEL,
    MIN_QUALITY,
    MIN_SUPPORT,
    MIN_TIGHT_SUPPORT,
    TIGHT_PDQ_BITS,
)
from index.verdict.vocabulary import Band, Context, Level, MatchKind, Outcome
from tests.support.evidence import (
    ALLOW,
    BLOCK,
    COPY,
    INTIMATE,
    LOOSE,
    NATS,
    NONE,
    RELEASE,
    REVIEW,
    TIGHT,
    VERIFIED,
    answer,
    changed,
    evidences,
    faces,
    grade,
    harmless,
    many,
    releases,
    standing_windows,
    windows,
)

STRENGTH = [ALLOW, REVIEW, BLOCK]

# ---------------------------------------------------------------- the thresholds


def test_the_thresholds_are_the_measured_ones():
    """A threshold that moves changes answers: this test, the documents and the policy's version move with it."""
    assert (TIGHT_PDQ_BITS, LOOSE_PDQ_BITS, MAX_PROPOSED_PDQ_BITS, MAX_DHASH_BITS) == (31, 40, 64, 20)
    assert (MIN_QUALITY, MAX_FLAT_SHARE, MIN_COVER, MIN_BLOCK_LEVEL) == (50, 0.60, 0.9, Level.V1)
    assert (MIN_SUPPORT, MIN_TIGHT_SUPPORT, MIN_CLIP_SHARE, MIN_FRAME_NATS) == (2, 3, 0.5, 120.0)
    assert (MIN_LIKENESS, MIN_LIKENESS_LEVEL, MIN_FACE_LOOKS) == (0.0, Level.V2, 2)
    assert MAX_DRAWN_PDQ_BITS == 72
    assert POLICY_VERSION == "2026-11.14"


def test_an_index_is_exact_as_far_as_a_match_is_tight():
    """The radius of the index follows the thresholds: none can be moved alone."""
    assert EXACT_RADIUS_BITS == TIGHT_PDQ_BITS <= LOOSE_PDQ_BITS <= MAX_RADIUS_BITS
    assert MAX_RADIUS_BITS == MAX_DRAWN_PDQ_BITS > MAX_PROPOSED_PDQ_BITS


@given(many, st.sampled_from(Context))
def test_a_reason_stands_beside_the_outcomes_that_its_row_names(items, context):
    """The table of reasons is complete: no verdict gives a reason with an outcome that the table does not name."""
    verdict = decide(items, context)
    for told in (verdict, hold(verdict), hold_unfinished(verdict), hold_uncompared(verdict)):
        assert all(told.outcome in REASONS[reason].outcomes for reason in told.reasons)


def test_every_reason_has_a_row():
    """And each row an outcome and a sentence."""
    assert set(REASONS) == set(Reason)
    assert all(row.outcomes and row.meaning for row in REASONS.values())


# ---------------------------------------------------------------- for all evidence


def stands(item):
    """Whether a match is good enough to act on, written out a second time."""
    match item:
        case ExactEvidence():
            same = True
        case WholeEvidence():
            same = is_same_picture(item)
        case WindowEvidence():
            whole = item.view is not None and item.view.cover >= 0.9 and not item.is_excerpt
            same = item.nats >= NATS and whole and is_same_picture(item.view)
        case ClipEvidence():
            frames = min(item.support, item.tight_support)
            same = item.nats >= NATS and frames >= 3 and item.cover is not None and item.cover >= 0.5
        case FaceEvidence():
            same = False
    return same and item.reference.level in VERIFIED and not item.reference.is_disputed


def is_same_picture(seen):
    """Whether whole codes pass all gates."""
    return (
        seen.pdq_bits in range(32)
        and seen.dhash_bits in range(21 if (seen.flat_share or 0) <= 0.45 else 13)
        and seen.quality in range(50, 101)
        and seen.flat_share is not None
        and seen.flat_share <= 0.60
    )


def may_block(item):
    """Whether a reference may block, as long as no release contests it."""
    return item.reference.kind is INTIMATE and stands(item)


def releases_it(item):
    """Whether a reference is a release that counts: all of the upload, and somebody else stands for it."""
    is_whole = isinstance(item, ExactEvidence) or (
        isinstance(item, WholeEvidence)
        and item.is_whole_upload
        and not (item.segments or item.is_median_filtered or item.altered)
    )
    reference = item.reference
    is_vouched_for = reference.is_verified or len(reference.linked) > 0
    return reference.kind is RELEASE and is_whole and is_vouched_for and stands(item)


def is_own(release, item):
    """Whether one subject stands behind a release and another reference, written out a second time."""
    own = {release.reference.case_id, *release.reference.linked} - {None}
    return item.reference.case_id in own


def contests(release, item):
    """Whether a release speaks against a claim: its own subject's, or one that was registered later."""
    return releases_it(release) and (
        is_own(release, item) or release.reference.number < item.reference.number
    )


def is_contested(item, items):
    """Whether any release among the evidence speaks against a claim."""
    return any(contests(release, item) for release in items)


@given(st.lists(harmless, max_size=5))
def test_a_likeness_never_blocks(items):
    """No amount of likenesses and of copies of anything but an intimate item blocks."""
    assert decide(items).outcome is not BLOCK


@given(many, st.lists(faces, max_size=5))
def test_likenesses_beside_others_never_block(items, likenesses):
    """Whatever else is known, likenesses beside it neither make an answer a block nor take a block away."""
    with_faces, without = decide([*items, *likenesses]), decide(items)
    assert (with_faces.outcome is BLOCK) is (without.outcome is BLOCK)
    assert STRENGTH.index(with_faces.outcome) >= STRENGTH.index(without.outcome)


@given(st.lists(windows, max_size=5))
def test_windows_never_block_unless_one_passes_all_gates(items):
    """No amount of windows that agree blocks where each picture fails a gate."""
    if decide(items).outcome is BLOCK:
        assert any(map(may_block, items))


SPOILED = [
    {"nats": math.nextafter(NATS, 0)}, {"nats": math.nan}, {"cover": math.nextafter(0.9, 0)}, {"view": None},
    {"cover": math.nan}, {"pdq_bits": 32}, {"pdq_bits": None}, {"dhash_bits": 21},
    {"dhash_bits": None}, {"quality": 49}, {"quality": None}, {"flat_share": 0.61},
    {"flat_share": math.nan},
]  # fmt: skip


@given(standing_windows, st.sampled_from(SPOILED), many)
def test_one_failed_gate_of_windows_is_enough(item, spoiled, items):
    """A match by windows that passes every gate but any one makes no answer a block."""
    more = changed(item, kind=INTIMATE, **spoiled)
    assert (decide([*items, more]).outcome is BLOCK) is (decide(items).outcome is BLOCK)


@given(many)
def test_block_means_an_intimate_item_tight_verified_undisputed_and_uncontested(items):
    """The default policy blocks where an intimate item passes all gates and no release contests it, only there."""
    uncontested = any(may_block(item) and not is_contested(item, items) for item in items)
    assert (decide(items).outcome is BLOCK) is uncontested


@given(many)
def test_conflict_means_a_release_against_a_block(items):
    """Conflicting claims are named where a release contests each intimate item that passes all gates, only there."""
    verdict = decide(items)
    blocking = [item for item in items if may_block(item)]
    conflict = bool(blocking) and all(is_contested(item, items) for item in blocking)
    assert (Reason.CONFLICTING_CLAIMS in verdict.reasons) is conflict
    if conflict:
        assert (verdict.outcome, verdict.band) == (REVIEW, TIGHT)


@given(st.lists(harmless, max_size=5))
def test_no_conflict_without_an_intimate_copy(items):
    """A release contests nothing but a copy of an intimate item."""
    assert Reason.CONFLICTING_CLAIMS not in decide(items).reasons


@given(many, releases, st.integers(0, 5))
def test_a_release_that_proves_nothing_is_as_none(items, release, place):
    """A release that fails a gate, is disputed or unverified leaves every answer as it is."""
    if not releases_it(release):
        assert decide([*items[:place], release, *items[place:]]) == decide(items)


@given(many, releases, st.sampled_from(Context))
def test_no_release_mutes_another_subject(items, release, context):
    """Beside a release of a case that is neither theirs nor linked, no match but an intimate item's loses anything."""
    strange = changed(release, case_id="case_9", linked=frozenset({"case_8"}), is_verified=True)
    before, after = decide(items, context), decide([*items, strange], context)
    if before.outcome is REVIEW:
        assert after == before
    assert (after.outcome is ALLOW) is (before.outcome is ALLOW)


@given(many, releases, st.sampled_from(Context))
def test_what_is_registered_later_changes_nothing_of_others(items, release, context):
    """A release that was registered last leaves the answer about everybody else's references as it is."""
    last = changed(release, case_id="case_9", linked=frozenset(), is_verified=True, number=4)
    before, after = decide(items, context), decide([*items, last], context)
    assert after == before or (before.reasons, after.reasons) == (
        (Reason.NO_MATCH,),
        (Reason.OFFICIAL_RELEASE,),
    )


@given(many, releases, st.sampled_from(Context))
def test_a_release_that_nobody_stands_for_is_none(items, release, context):
    """What was neither verified by another person nor linked by an operator changes no answer."""
    alone = changed(release, linked=frozenset(), is_verified=False)
    assert decide([*items, alone], context) == decide(items, context)


@given(many, st.lists(releases, max_size=3), st.lists(faces, min_size=1, max_size=3))
def test_no_release_lowers_a_likeness_in_a_sexual_context(items, released, likenesses):
    """Whatever releases there are, what holds a likeness alone still holds it where the place is a sexual one."""
    if decide(likenesses, Context.SEXUAL).outcome is REVIEW:
        assert decide([*items, *released, *likenesses], Context.SEXUAL).outcome is not ALLOW


@given(many, st.sampled_from(Context))
def test_what_a_release_excuses_decides_nothing(items, context):
    """The answer is the same without the evidence that a release takes away, and an intimate item is never taken."""
    counted = unexcused(items, context)
    assert decide([item for item, counts in zip(items, counted, strict=True) if counts], context) == decide(
        items, context
    )
    for item, counts in zip(items, counted, strict=True):
        assert counts or item.reference.kind not in {INTIMATE, RELEASE}
        assert counts or any(releases_it(release) and is_own(release, item) for release in items)


@given(many, releases)
def test_a_release_never_strengthens(items, release):
    """Adding a release makes no answer stronger, and takes none from block past review."""
    before, after = decide(items).outcome, decide([*items, release]).outcome
    assert STRENGTH.index(after) <= STRENGTH.index(before)
    assert (before, after) != (BLOCK, ALLOW)


@given(evidences)
def test_a_measure_that_is_no_number_is_one_not_known(item):
    """NaN for a flat share or a cover grades as none does, and NaN for the evidence of windows as the least."""
    if isinstance(item, WholeEvidence):
        assert grade(replace(item, flat_share=math.nan)) == grade(replace(item, flat_share=None))
    if isinstance(item, ClipEvidence):
        assert grade(replace(item, cover=math.nan)) == grade(replace(item, cover=None))
    if isinstance(item, WindowEvidence | ClipEvidence):
        assert grade(replace(item, nats=math.nan)) == grade(replace(item, nats=-math.inf))


@given(many.flatmap(lambda items: st.tuples(st.just(items), st.permutations(items))))
def test_order_never_matters(pair):
    """The same evidence in another order, or from an iterator read once, gives an equal answer."""
    items, shuffled = pair
    assert decide(items) == decide(shuffled) == decide(iter(items))


@given(many)
def test_saying_it_twice_changes_nothing(items):
    """Evidence that comes twice counts once."""
    assert decide(items + items) == decide(items)


@given(many, evidences, st.integers(0, 5))
def test_evidence_of_no_grade_changes_nothing(items, more, place):
    """What is graded none leaves the answer as it is, wherever it stands."""
    if grade(more).band is NONE:
        assert decide([*items[:place], more, *items[place:]]) == decide(items)


@given(many, evidences)
def test_more_evidence_never_weakens_but_by_a_release(items, more):
    """Adding evidence about anything but an official release never makes the answer milder."""
    if more.reference.kind is not RELEASE:
        before, after = decide(items).outcome, decide([*items, more]).outcome
        assert STRENGTH.index(after) >= STRENGTH.index(before)


def require_names_and_coarse_boxes(verdict):
    """Asserts that a verdict is names in fixed order, and boxes and segments that are coarse, few and told once."""
    names = ["outcome", "band", "kinds", "reasons", "boxes", "segments", "altered", "policy_version"]
    assert [field.name for field in fields(verdict)] == names
    assert (type(verdict.outcome), type(verdict.band)) == (Outcome, Band)
    assert {type(kind) for kind in verdict.kinds} <= {MatchKind}
    assert {type(reason) for reason in verdict.reasons} <= {Reason}
    assert {type(box) for box in (*verdict.boxes, *verdict.altered)} <= {Box}
    assert verdict.policy_version == POLICY_VERSION
    for told in (verdict.kinds, verdict.reasons, verdict.boxes, verdict.segments, verdict.altered):
        assert told == tuple(sorted(set(told)))
    named = (verdict.outcome, verdict.band, *verdict.kinds, *verdict.reasons)
    assert not any(letter.isdigit() for name in named for letter in name)
    assert len(verdict.boxes) <= MAX_BOXES
    assert len(verdict.altered) <= MAX_ALTERED
    allowed = {step / STEPS for step in range(STEPS + 1)}
    assert {edge for box in (*verdict.boxes, *verdict.altered) for edge in box.edges} <= allowed
    assert len(verdict.segments) <= MAX_SEGMENTS
    assert all(segment == segment.coarsened() for segment in verdict.segments)


@given(many)
def test_an_answer_holds_names_coarse_boxes_and_no_measure(items):
    """An answer has the same eight fields each time, and no number but its policy's, 64ths and half seconds."""
    verdict = decide(items)
    for told in (verdict, hold(verdict), hold_unfinished(verdict)):
        require_names_and_coarse_boxes(told)
    assert set(verdict.boxes) <= {item.box.coarsened() for item in items}
    assert set(verdict.altered) <= {box.coarsened() for item in items for box in item.altered}


@given(many, evidences, evidences)
def test_no_measure_shows_within_a_grade(items, one, other):
    """Two measures of the same reference that are graded alike answer alike."""
    if type(one) is not type(other) or isinstance(one, ExactEvidence):
        return
    alike = replace(other, reference=one.reference, segments=one.segments)
    if isinstance(one, WholeEvidence):
        alike = replace(alike, is_median_filtered=one.is_median_filtered, is_whole_upload=one.is_whole_upload)
    else:
        alike = replace(alike, box=one.box)
    if isinstance(one, WholeEvidence | WindowEvidence | ClipEvidence):
        alike = replace(alike, match=one.match, altered=one.altered)
    if grade(one) == grade(alike):
        assert decide([*items, one]) == decide([*items, alike])


@given(many)
def test_outcome_band_and_reasons_fit_together(items):
    """An allowed upload has no band, kind or box, a held or blocked one has them all, and each has a reason."""
    verdict = decide(items)
    assert verdict.reasons
    assert (verdict.outcome is ALLOW) is (verdict.band is NONE) is (not verdict.kinds) is (not verdict.boxes)
    if verdict.outcome is BLOCK:
        assert verdict.band is TIGHT
        assert set(verdict.reasons) - {Reason.REGION_ALTERED} == {Reason.TIGHT_MATCH}
    assert bool(verdict.altered) is (Reason.REGION_ALTERED in verdict.reasons)


@given(many)
def test_what_was_altered_changes_no_outcome(items):
    """Kind and place of an alteration leave the answer as it is; but an altered release excuses nothing."""
    plain = [
        item if isinstance(item, ExactEvidence | FaceEvidence) else replace(item, match=COPY, altered=())
        for item in items
        if not (item.reference.kind is RELEASE and item.altered)
    ]
    told, without = decide(items), decide(plain)
    assert (told.outcome, told.band) == (without.outcome, without.band)
    assert set(told.reasons) - {Reason.REGION_ALTERED} == set(without.reasons)
    assert told.boxes == without.boxes


# ---------------------------------------------------------------- held answers


@given(many)
def test_a_question_that_is_held_tells_nothing(items):
    """Once the budget is spent the answer is the same review whatever was found."""
    assert hold(decide(items)) == answer(REVIEW, LOOSE, (COPY,), Reason.NEAR_THRESHOLD_BUDGET)


@given(many)
def test_unfinished_work_is_never_allowed(items):
    """Where not all could be compared an allow becomes one same review, and every other answer stays as it is."""
    verdict = decide(items)
    held = hold_unfinished(verdict)
    if verdict.outcome is ALLOW:
        assert held == answer(REVIEW, LOOSE, (), Reason.WORK_BOUND, boxes=())
    else:
        assert held == verdict
    assert hold_unfinished(held) == held
    assert held.outcome is not ALLOW
