"""Windows' evidence and the probing budget: what counts as a probe, and what is held once the budget is spent."""

from dataclasses import replace

import numpy as np
import pytest

from index.verdict.boxes import Box
from index.verdict.evidence import FrameView, ReferenceFacts, WholeEvidence, WindowEvidence
from index.verdict.reasons import Reason
from index.verdict.thresholds import (
    LOOSE_PDQ_BITS,
    MIN_NATS,
    NEAR_FROM_DHASH_BITS,
    NEAR_FROM_PDQ_BITS,
    NEAR_UP_TO_NATS,
    REACH_BITS_PER_NAT,
)
from index.verdict.vocabulary import Band, Level, MatchKind, Outcome, ReferenceKind
from registry.matching.probing import weigh
from registry.matching.question import CodeQuestion
from tests.support.databases.registry_parts import dhash, pdq
from tests.support.usecases.drawn_media import picture, query_frame, question
from tests.support.usecases.fakes import FakeBudget

ASKED = CodeQuestion(pdq=pdq("asked"), dhash=dhash("asked"))
SURE = NEAR_UP_TO_NATS + 100


def _windows(nats, **changes):
    view = replace(FrameView(pdq_bits=5, dhash_bits=5, quality=100, flat_share=0.0, cover=1.0), **changes)
    facts = ReferenceFacts(kind=ReferenceKind.INTIMATE_ITEM, level=Level.V1)
    return WindowEvidence(reference=facts, nats=nats, view=view)


def _weigh(*evidence, is_spent, edge=64):
    budget = FakeBudget([], is_spent=is_spent, edge=edge)
    found = [(f"ref_{place}", item) for place, item in enumerate(evidence)]
    weighed = weigh(ASKED, found, tenant_id="ten_1", budget=budget)
    return weighed, budget.calls


@pytest.mark.parametrize(
    ("evidence", "near"),
    [
        (_windows(MIN_NATS - 4), True),
        (_windows(MIN_NATS), True),
        (_windows(NEAR_UP_TO_NATS - 0.1), True),
        (_windows(NEAR_UP_TO_NATS), False),
        (_windows(SURE, pdq_bits=NEAR_FROM_PDQ_BITS - 1), False),
        (_windows(SURE, pdq_bits=NEAR_FROM_PDQ_BITS), True),
        (_windows(SURE, pdq_bits=LOOSE_PDQ_BITS), True),
        (_windows(SURE, pdq_bits=LOOSE_PDQ_BITS + 1), False),
        (_windows(SURE, dhash_bits=NEAR_FROM_DHASH_BITS), True),
        (_windows(SURE, pdq_bits=None, dhash_bits=None), False),
    ],
)
def test_what_could_find_a_threshold_is_near(evidence, near):
    """Evidence near its threshold is, and sure one where the frame's PDQ or dHash is; crops and far frames are not."""
    assert evidence.is_near() is near


def test_near_evidence_is_counted():
    """Evidence near the threshold counts as a probe of its reference; sure evidence does not."""
    _, calls = _weigh(_windows(MIN_NATS), _windows(SURE), is_spent=False)
    assert calls == [("spent", "ten_1", ("ref_0",))]


def test_a_question_within_the_budget_is_answered_exactly():
    """Until the budget is spent, evidence at the threshold says what it says."""
    assert _weigh(_windows(MIN_NATS), is_spent=False)[0].verdict.outcome is Outcome.BLOCK
    assert _weigh(_windows(MIN_NATS - 0.1), is_spent=False)[0].verdict.outcome is Outcome.ALLOW


@pytest.mark.parametrize("nats", [MIN_NATS - 3.9, MIN_NATS - 0.1, MIN_NATS, NEAR_UP_TO_NATS - 0.1])
def test_a_near_question_beyond_the_budget_is_held(nats):
    """Once the budget is spent the answer is the same on both sides of the threshold."""
    weighed, _ = _weigh(_windows(nats), is_spent=True)
    assert (weighed.verdict.outcome, weighed.verdict.band) == (Outcome.REVIEW, Band.LOOSE)
    assert weighed.verdict.reasons == (Reason.NEAR_THRESHOLD_BUDGET,)
    assert weighed.reference_ids == ("ref_0",)


@pytest.mark.parametrize(("below", "held"), [(1.0, True), (1.1, False)])
def test_holding_ends_at_the_probes_own_edge(below, held):
    """Below the threshold as many nats are held as the probe's edge has bits for."""
    edge = LOOSE_PDQ_BITS + int(REACH_BITS_PER_NAT)
    weighed, _ = _weigh(_windows(MIN_NATS - below), is_spent=True, edge=edge)
    assert (weighed.verdict.outcome is Outcome.REVIEW) is held
    assert bool(weighed.reference_ids) is held


def test_above_the_threshold_every_edge_holds():
    """The narrowest edge still holds all that would have counted: nothing registered is allowed for a spent budget."""
    assert _weigh(_windows(MIN_NATS), is_spent=True, edge=LOOSE_PDQ_BITS)[0].verdict.outcome is Outcome.REVIEW


def test_sure_evidence_is_answered_beyond_the_budget():
    """Evidence far above every threshold blocks, whatever was asked before."""
    assert _weigh(_windows(SURE), is_spent=True)[0].verdict.outcome is Outcome.BLOCK


def test_another_reference_is_not_held():
    """A spent budget of one reference takes nothing from what another one says."""
    weighed, _ = _weigh(_windows(MIN_NATS), _windows(SURE), is_spent=True)
    assert weighed.verdict.outcome is Outcome.BLOCK
    assert weighed.reference_ids == ("ref_0", "ref_1")


REGION = Box.of_steps(20, 10, 40, 30)


def _altered(**changes):
    return replace(_windows(SURE), match=MatchKind.ALTERED_COPY, altered=(REGION,), **changes)


def test_an_altered_copy_is_a_probe():
    """Whoever pastes one face after another into a picture asks about the registered face, far from any threshold."""
    weighed, calls = _weigh(_altered(), _windows(SURE), is_spent=False)
    assert [names for *_, names in calls] == [("ref_0",)]
    assert weighed.verdict.altered == (REGION,)


def test_beyond_the_budget_an_alteration_is_not_told():
    """The answer to an altered copy is then that to a copy, as strong as before, without region and reason."""
    assert _weigh(_altered(), is_spent=True)[0] == _weigh(_windows(SURE), is_spent=False)[0]


def test_an_altered_release_excuses_nothing_beyond_the_budget():
    """What is not told still counts."""
    facts = ReferenceFacts(kind=ReferenceKind.OFFICIAL_RELEASE, level=Level.V1)
    release = WholeEvidence(
        reference=facts,
        pdq_bits=5,
        dhash_bits=5,
        quality=100,
        flat_share=0.0,
        match=MatchKind.ALTERED_COPY,
        altered=(REGION,),
    )
    copy = replace(_windows(SURE), reference=replace(facts, kind=ReferenceKind.SOURCE_ORIGINAL))
    for is_spent in (False, True):
        assert _weigh(release, copy, is_spent=is_spent)[0].verdict.outcome is Outcome.REVIEW


def test_a_question_of_media_is_all_that_was_seen_of_it():
    """A pixel or a frame more makes another probe, even where the first frame's codes are the same."""
    one = query_frame(picture(21))
    luma = one.luma.copy()
    luma[100, 100] ^= 1
    asked = question(one)
    others = [question(replace(one, luma=luma)), question(one, picture(22)), question(picture(22))]
    assert asked.edge() == others[0].edge() == others[1].edge()
    probes = {other.probe() for other in (asked, *others)}
    assert len(probes) == 4
    assert question(replace(one, luma=np.array(one.luma))).probe() == asked.probe()


def test_a_question_of_codes_is_its_codes():
    """The same codes again are the same probe."""
    assert ASKED.probe() == (pdq("asked"), dhash("asked"))
