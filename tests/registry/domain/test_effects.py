"""The effect of levels, kinds and states, and that no verdict goes beyond it."""

import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.verdict.ladder import decide
from index.verdict.thresholds import MIN_BLOCK_LEVEL, MIN_LIKENESS_LEVEL
from index.verdict.vocabulary import Context, Level, Outcome, ReferenceKind
from registry.domain.case_states import CaseState, ReferenceState
from registry.domain.effects import (
    CASE_EFFECTS,
    KIND_EFFECTS,
    LEVEL_EFFECTS,
    REFERENCE_EFFECTS,
    Effect,
    effect_of,
)
from tests.support.evidence import anything, exact, face

OUTCOMES = {Outcome.ALLOW: Effect.NONE, Outcome.REVIEW: Effect.REVIEW, Outcome.BLOCK: Effect.BLOCK}
everything = [*itertools.product(ReferenceKind, Level, CaseState, ReferenceState)]


def confirmed(item, kind, level, case, reference):
    """What the database confirms of a reference in these states (`active_references`): nothing, or the evidence."""
    if Effect.NONE in {CASE_EFFECTS[case], REFERENCE_EFFECTS[reference]}:
        return []
    disputed = Effect.REVIEW in {CASE_EFFECTS[case], REFERENCE_EFFECTS[reference]}
    facts = replace(item.reference, kind=kind, level=level, is_disputed=disputed)
    return [replace(item, reference=facts)]


def test_every_level_kind_and_state_has_an_effect():
    """The four tables are complete, and agree with the thresholds of the ladder."""
    assert set(LEVEL_EFFECTS) == set(Level)
    assert set(KIND_EFFECTS) == set(ReferenceKind)
    assert set(CASE_EFFECTS) == set(CaseState)
    assert set(REFERENCE_EFFECTS) == set(ReferenceState)
    assert {level for level in Level if LEVEL_EFFECTS[level] is Effect.BLOCK} == {
        level for level in Level if level >= MIN_BLOCK_LEVEL
    }


@pytest.mark.parametrize(
    "state", [CaseState.SUSPENDED, CaseState.EXPIRED, CaseState.WITHDRAWN, CaseState.ERASED]
)
def test_what_is_out_of_effect_does_nothing(state):
    """Suspended, expired, withdrawn and erased cases have no effect, whatever their level and kind."""
    assert {
        effect_of(kind, level, case, reference)
        for kind, level, case, reference in everything
        if case is state
    } == {Effect.NONE}


def test_the_strongest_effects():
    """V0 and a challenge hold to a review, an intimate item from V1 on blocks, a likeness needs V2 and never blocks."""
    item, likeness = ReferenceKind.INTIMATE_ITEM, ReferenceKind.LIKENESS
    for level in Level:
        blocks = Effect.REVIEW if level is Level.V0 else Effect.BLOCK
        assert effect_of(item, level, CaseState.ACTIVE) is blocks
        assert effect_of(item, level, CaseState.VERIFYING) is blocks
        assert effect_of(item, level, CaseState.CHALLENGED) is Effect.REVIEW
        assert effect_of(item, level, CaseState.ACTIVE, ReferenceState.DISPUTED) is Effect.REVIEW
        assert effect_of(item, level, CaseState.ACTIVE, ReferenceState.QUARANTINED) is Effect.REVIEW
        told = Effect.REVIEW if level >= MIN_LIKENESS_LEVEL else Effect.NONE
        assert effect_of(likeness, level, CaseState.ACTIVE) is told


@pytest.mark.parametrize("kind", ReferenceKind)
def test_the_strongest_evidence_meets_the_effect_and_no_more(kind):
    """The ladder and the table agree for every combination: the very file has exactly the effect of the table."""
    item = face() if kind is ReferenceKind.LIKENESS else exact()
    for states in itertools.product(Level, CaseState, ReferenceState):
        found = decide(confirmed(item, kind, *states), Context.SEXUAL)
        assert OUTCOMES[found.outcome] is effect_of(kind, *states)


@given(anything, st.sampled_from(everything), st.sampled_from(Context))
def test_no_evidence_goes_beyond_the_effect(item, states, context):
    """No input makes a likeness block, a V0 case block, or a withdrawn or challenged reference do more than it may."""
    kind, level, case, reference = states
    found = decide(confirmed(item, kind, level, case, reference), context)
    bound = min(KIND_EFFECTS[kind], LEVEL_EFFECTS[level], CASE_EFFECTS[case], REFERENCE_EFFECTS[reference])
    assert OUTCOMES[found.outcome] <= bound
