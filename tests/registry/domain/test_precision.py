"""The rule by which platforms' feedback puts references to review, simulated with honest and lying platforms."""

import random
from dataclasses import replace

import pytest

from registry.domain.case_states import ReferenceEvent
from registry.domain.precision import RULE, Feedback, SourceVotes, judged, wilson_upper

REFERENCES, BAD, PLATFORMS = 1_000, 50, 5
WRONG = 0.05
"""Share of an honest platform's feedback that is wrong."""


def _votes(tenant, confirmed=0, mistaken=0, sources=1):
    return [SourceVotes(tenant_id=tenant, confirmed=confirmed, mistaken=mistaken)] * sources


def _simulated(seed, *, liars=0, hits=(12, 30), lies=20):
    """Votes of 1,000 references, the first 50 of them bad, each hit by different users of five honest platforms.

    A liar calls every match mistaken before anybody else says something, by as many invented users as it likes.
    """
    rng = random.Random(seed)
    references = []
    for number in range(REFERENCES):
        votes = [
            vote for liar in range(liars) for vote in _votes(f"ten_liar{liar}", mistaken=1, sources=lies)
        ]
        for _ in range(rng.randint(*hits)):
            says_mistaken = (number < BAD) != (rng.random() < WRONG)
            votes += _votes(f"ten_{rng.randrange(PLATFORMS)}", int(not says_mistaken), int(says_mistaken))
        references.append(votes)
    return references


def _demoted(references, rule=RULE):
    """How many bad and good references are demoted at some time, judged after each vote as the registry does."""
    outcomes = [
        any(judged(votes[:end], rule) is ReferenceEvent.QUARANTINE for end in range(1, len(votes) + 1))
        for votes in references
    ]
    return sum(outcomes[:BAD]), sum(outcomes[BAD:])


@pytest.mark.parametrize("seed", range(2))
def test_bad_references_are_demoted_and_good_ones_kept(seed):
    """Of 50 bad references among 1,000 all but few are demoted, and fewer than 1 % of the good ones are lost."""
    bad, good = _demoted(_simulated(seed))
    assert bad >= 0.9 * BAD
    assert good < 0.01 * (REFERENCES - BAD)


def test_without_the_rule_bad_references_stay():
    """The simulation tells something: without a bound on precision nothing is demoted."""
    assert _demoted(_simulated(1), replace(RULE, min_precision=0.0)) == (0, 0)


@pytest.mark.parametrize("hits", [(0, 0), (1, 3), (6, 20)])
def test_one_platform_that_calls_everything_mistaken_demotes_none(hits):
    """Nor does it with 20 invented users for each reference, among few or many honest votes."""
    honest = _demoted(_simulated(2, hits=hits))[1]
    assert _demoted(_simulated(2, liars=1, hits=hits))[1] == honest == 0


def test_without_the_rule_that_platform_demotes():
    """Without weights and without leaving each platform out, it demotes every good reference."""
    off = replace(RULE, max_sources=10**6, leaves_each_out=False)
    assert _demoted(_simulated(2, liars=1), off)[1] == REFERENCES - BAD


@pytest.mark.parametrize("platforms", [1, 2])
def test_few_platforms_do_not_demote(platforms):
    """One platform, and two of which one is left out, are too few, however many users they name."""
    votes = [vote for name in range(platforms) for vote in _votes(f"ten_{name}", mistaken=1, sources=500)]
    assert judged(votes) is None


def test_three_platforms_demote():
    """Of three platforms, any two tell enough with four votes; with three votes they do not."""
    enough = [vote for name in "abc" for vote in _votes(name, mistaken=1, sources=2)]
    assert judged(enough) is ReferenceEvent.QUARANTINE
    assert judged(enough[1:]) is None


def test_one_platform_cannot_confirm_alone():
    """Nor with 500 users; two platforms do, and a third that disagrees does not prevent it."""
    alone = _votes("ten_a", confirmed=1, sources=500)
    assert judged(alone) is None
    assert judged(alone + _votes("ten_b", confirmed=1)) is ReferenceEvent.CONFIRM
    others = _votes("ten_b", confirmed=1, sources=3) + _votes("ten_c", mistaken=1)
    assert judged(alone + others) is ReferenceEvent.CONFIRM


def test_a_source_counts_once():
    """A user whose 100 uploads were mistaken is one vote."""
    votes = [vote for name in "abc" for vote in _votes(name, mistaken=100)]
    assert judged(votes) is None


def test_no_votes_are_no_event():
    """Neither no rows nor rows without a vote."""
    assert judged([]) is None
    assert judged(_votes("ten_a")) is None


def test_only_some_feedback_says_whether_a_match_was_right():
    """Consent, news and doubt are no mistakes of the match."""
    told = {one.value: one.is_confirmed for one in Feedback}
    assert told == {
        "confirmed": True,
        "no_match": False,
        "harmless": False,
        "wrong_person": False,
        "consented": None,
        "newsworthy": None,
        "unclear": None,
    }


def test_wilson_is_as_published():
    """Of 10 votes with none for it, the upper end is 0.278 (Wilson 1927); with no vote it is 1."""
    assert wilson_upper(0.0, 10, 1.96) == pytest.approx(0.278, abs=5e-4)
    assert wilson_upper(0.5, 20, 1.96) == pytest.approx(0.701, abs=5e-4)
    assert wilson_upper(0.0, 0, 1.96) == 1
