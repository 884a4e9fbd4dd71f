"""What a platform is told of a verdict."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.verdict.boxes import WHOLE, Box
from index.verdict.evidence import FaceEvidence, FrameView, ReferenceFacts, WholeEvidence, WindowEvidence
from index.verdict.ladder import Verdict, decide, hold, hold_uncompared
from index.verdict.reasons import REASONS, Reason
from index.verdict.segments import Segment
from index.verdict.telling import TELLING, ToldReason, explain, tell
from index.verdict.vocabulary import Band, Context, Level, MatchKind, Outcome, ReferenceKind

ITEM = ReferenceFacts(kind=ReferenceKind.INTIMATE_ITEM, level=Level.V2)
FACE = FaceEvidence(
    reference=ReferenceFacts(kind=ReferenceKind.LIKENESS, level=Level.V2),
    likeness=0.5,
    box=Box.of_steps(1, 1, 9, 9),
)
ALLOWED = Verdict(outcome=Outcome.ALLOW, band=Band.NONE, kinds=(), reasons=(Reason.NO_MATCH,))
reasons = st.lists(st.sampled_from(Reason), min_size=1, unique=True).map(lambda found: tuple(sorted(found)))


def verdict(*found, kinds=(MatchKind.COPY,), outcome=Outcome.REVIEW, **more):
    return Verdict(outcome=outcome, band=Band.LOOSE, kinds=kinds, reasons=found, **more)


def whole(**changed):
    facts = {"pdq_bits": 10, "dhash_bits": 4, "quality": 90, "flat_share": 0.1} | changed
    return WholeEvidence(reference=ITEM, **facts)


def windows(**changed):
    facts = {"pdq_bits": 50, "dhash_bits": 4, "quality": 90, "flat_share": 0.1, "cover": 0.6} | changed
    return WindowEvidence(reference=ITEM, nats=80.0, view=FrameView(**facts), match=MatchKind.PARTIAL_COPY)


def test_each_reason_leads_to_one():
    """Every reason stands in exactly one row, beside outcomes that it may have.

    `region_altered` stands beside other reasons only, which are told before it where the answer is a block.
    """
    rows = [(reason, row) for row in TELLING.values() for reason in row.of]
    assert sorted(reason for reason, _ in rows) == sorted(Reason)
    assert all(
        set(REASONS[reason].outcomes) <= set(row.outcomes)
        for reason, row in rows
        if reason != "region_altered"
    )
    assert list(TELLING) == list(ToldReason)


@given(reasons, reasons)
def test_one_reason_is_told(first, more):
    """The first row in the order of precedence is told, whatever stands beside it."""
    both = tuple(sorted({*first, *more}))
    order = list(TELLING)
    alone = [order.index(tell(verdict(*found)).reason) for found in (first, more)]
    assert tell(verdict(*both)).reason is order[min(alone)]


@pytest.mark.parametrize(
    "failed",
    [
        {"dhash_bits": 60},
        {"dhash_bits": None},
        {"quality": 10},
        {"flat_share": 0.9},
        {"pdq_bits": 40},
        {"dhash_bits": 60, "flat_share": None},
    ],
    ids=str,
)
def test_no_gate_is_told(failed):
    """Whichever gates a loose match fails, the answer is the same: none tells that another code differs as well."""
    assert tell(decide([whole(**failed)])) == tell(decide([whole(dhash_bits=61)]))
    assert tell(decide([windows(**failed)])) == tell(decide([windows()]))


def test_the_claim_is_told_before_the_match():
    """A tight match of a case that blocks nothing is told by the reason that keeps it from blocking."""
    facts = ReferenceFacts(kind=ReferenceKind.INTIMATE_ITEM, level=Level.V0)
    found = decide([WholeEvidence(reference=facts, pdq_bits=0, dhash_bits=0, quality=90, flat_share=0.1)])
    assert Reason.TIGHT_MATCH in found.reasons
    assert tell(found).reason is ToldReason.CASE_NOT_VERIFIED


@pytest.mark.parametrize("context", Context)
def test_a_likeness_says_no_more_than_a_crowd(context):
    """Neither kind nor place nor context tells a likeness from faces that could not be compared."""
    likeness = tell(decide([FACE], context))
    assert likeness == tell(hold_uncompared(ALLOWED))
    assert (likeness.kinds, likeness.boxes, likeness.segments) == ((), (), ())


def test_beside_a_copy_a_likeness_is_not_told():
    """A copy that also shows the person is answered as the copy alone, and its explanation has both kinds."""
    both = decide([windows(), FACE])
    assert tell(both) == tell(decide([windows()]))
    assert set(explain(both).kinds) == {MatchKind.PARTIAL_COPY, MatchKind.LIKENESS}


def test_held_answers_are_all_alike():
    """Whatever was near, a held question is told and explained in one way."""
    near = [hold(ALLOWED, kinds) for kinds in ((MatchKind.COPY,), (MatchKind.LIKENESS,), tuple(MatchKind))]
    assert len({tell(one) for one in near}) == len({explain(one) for one in near}) == 1
    assert (tell(near[0]).kinds, explain(near[0]).kinds) == ((), ())


def test_places_that_overlap_are_one():
    """Two references in one place are told as one box; places apart stay apart."""
    boxes = (
        Box.of_steps(0, 0, 20, 20),
        Box.of_steps(10, 10, 30, 30),
        Box.of_steps(28, 28, 40, 32),
        Box.of_steps(50, 0, 60, 10),
    )
    told = tell(verdict(Reason.WINDOWS_AGREE, boxes=boxes)).boxes
    assert told == (Box.of_steps(0, 0, 40, 32), Box.of_steps(50, 0, 60, 10))
    assert tell(verdict(Reason.LOOSE_MATCH, boxes=(*boxes, WHOLE))).boxes == (WHOLE,)


def test_places_and_times_are_those_of_the_copies():
    """An altered region is in the explanation alone."""
    found = verdict(
        Reason.REGION_ALTERED,
        Reason.WINDOWS_AGREE,
        kinds=(MatchKind.ALTERED_COPY,),
        boxes=(WHOLE,),
        segments=(Segment.of_steps(0, 4),),
        altered=(Box.of_steps(1, 1, 9, 9),),
    )
    told = tell(found)
    assert (told.kinds, told.boxes, told.segments) == (found.kinds, found.boxes, found.segments)
    assert not hasattr(told, "altered")
    assert explain(found) == found
