"""An assessment finds all that a check finds, and writes nothing."""

import pytest

from index.errors import LowInformation
from index.regions import regional_signature
from index.stages import Stage, observed
from index.verdict.boxes import Box
from index.verdict.evidence import WholeEvidence
from index.verdict.vocabulary import MatchKind, Outcome
from registry.domain.probe import Asker
from registry.matching.assessment import assess, conclude
from registry.matching.whole_codes import WholeMatches
from tests.support.usecases.drawn_media import (
    SearchedIndex,
    anchored,
    picture,
    plane,
    query_frame,
    question,
    whole,
)
from tests.support.usecases.fakes import FakeBudget, FakeCandidates

PICTURE = picture(21)
CROP = PICTURE.crop((100, 60, 420, 300))

ASKER = Asker(tenant_id="ten_1")


class Registered:
    """An index and candidates that hold what they are given; nothing to write to."""

    def __init__(self, *held):
        self.index = SearchedIndex()
        self.candidates = FakeCandidates([])
        self.index.hold(*held)
        for one in held:
            if hasattr(one, "windows"):
                self.candidates.by_key[one.key] = one
            else:
                self.candidates.by_code[one.code_id] = one

    def assess(self, asked, **options):
        """Assesses an upload."""
        return assess(asked, index=self.index, candidates=self.candidates, **options)


def test_a_verdict_follows_without_a_budget():
    """The verdict of an assessment is that of a tenant whose budget is not spent."""
    assessment = Registered(whole(PICTURE)).assess(question(PICTURE))
    assert assessment.verdict.outcome is Outcome.BLOCK
    budget = FakeBudget([])
    assert conclude(assessment, asker=ASKER, budget=budget).verdict == assessment.verdict
    assert budget.calls == [("standing", "ten_1", ("ref_1",))]


def test_windows_are_asked_on_demand_where_whole_codes_block():
    """An exhaustive assessment has the evidence of windows beside, and the same verdict."""
    registered = Registered(whole(PICTURE), anchored(PICTURE, 2))
    plain = registered.assess(question(PICTURE))
    thorough = registered.assess(question(PICTURE), is_exhaustive=True)
    assert (plain.windows, plain.further) == (None, ())
    assert [name for name, _ in thorough.further] == ["ref_2"]
    assert set(thorough.windows.compared) == {"ref_2"}
    assert thorough.windows.triggered == 1
    assert thorough.verdict == plain.verdict
    assert thorough.found == plain.found


def test_one_reference_has_one_kind(monkeypatch):
    """Whole codes and windows that disagree about a region give one kind, that of the evidence that knows more."""
    registered = Registered(anchored(PICTURE, regions=regional_signature(plane(PICTURE))))
    loose = WholeEvidence(
        reference=anchored(PICTURE).facts, pdq_bits=40, dhash_bits=3, quality=90, flat_share=0.1,
        match=MatchKind.ALTERED_COPY, altered=(Box.of_steps(1, 2, 3, 4),),
    )  # fmt: skip
    whole = WholeMatches(by_code=[("ref_1", loose)], by_digest=[], is_flood=False)
    monkeypatch.setattr("registry.matching.assessment.match_whole", lambda *_: whole)
    assessment = registered.assess(question(CROP))
    assert len(assessment.found) == 2
    assert assessment.verdict.kinds == (MatchKind.ALTERED_COPY,)


def test_comparisons_that_are_not_evidence_are_reported():
    """The log-likelihood ratio of each comparison is there, also far below the threshold."""
    assessment = Registered(anchored(PICTURE)).assess(question(CROP))
    ((name, evidence),) = assessment.found
    assert assessment.windows.compared == {name: evidence.nats}


def test_an_upload_that_shows_too_little_has_no_verdict():
    """Its assessment stands, and its verdict is a refusal, before and after the budget is asked."""
    assessment = Registered(anchored(PICTURE)).assess(
        question(query_frame(picture(22), quality=9), is_informative=False)
    )
    with pytest.raises(LowInformation):
        _ = assessment.verdict
    with pytest.raises(LowInformation):
        conclude(assessment, asker=ASKER, budget=FakeBudget([]))


class Entered:
    """Notes the stages that are entered."""

    def __init__(self):
        self.stages = []

    def enter(self, stage, part):
        """Notes a stage."""
        self.stages.append((stage, part))
        return self

    def __enter__(self):
        return None

    def __exit__(self, *_):
        return None


def test_an_observer_is_told_of_the_stages():
    """Within the block each stage is entered with its code family, and outside it none."""
    registered, entered = Registered(whole(picture(22)), anchored(PICTURE, 2)), Entered()
    asked = question(CROP)
    with observed(entered):
        registered.assess(asked)
    noted = list(entered.stages)
    registered.assess(asked)
    assert entered.stages == noted
    assert (Stage.PROPOSAL, "pdq-1") in noted
    assert (Stage.CONFIRMATION, "anchored-1") in noted
    assert {Stage.TRIGGERS, Stage.COMPARISON, Stage.LIKELIHOOD, Stage.RECTIFICATION} <= {
        one for one, _ in noted
    }
