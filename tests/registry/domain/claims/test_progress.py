"""What a claimant is told of matches: months and bands."""

from datetime import UTC, datetime

import pytest

from index.verdict.vocabulary import Outcome
from registry.domain.check import DecisionKind
from registry.domain.claims.progress import CountBand, MatchedCheck, band_of, match_months


def matched(number, month, outcome=Outcome.REVIEW):
    at = datetime(2026, month, 3, tzinfo=UTC)
    return MatchedCheck(check_id=f"chk_{number}", reference_id="ref_1", outcome=outcome, checked_at=at)


@pytest.mark.parametrize(
    ("number", "band"), [(1, "1-4"), (4, "1-4"), (5, "5-19"), (19, "5-19"), (20, "20-99"), (100, "100+")]
)
def test_numbers_are_bands(number, band):
    """No exact number is told."""
    assert band_of(number) == band


def test_months_are_told_newest_first():
    """Each month has its own bands of matches, of outcomes and of what platforms did."""
    checks = [matched(number, 11) for number in range(6)] + [matched(9, 12, Outcome.BLOCK)]
    newest, older = match_months(checks, {"chk_9": DecisionKind.BLOCKED, "chk_0": DecisionKind.ALLOWED})
    assert (newest.month, newest.matches, dict(newest.outcomes)) == (
        "2026-12",
        CountBand.FEW,
        {Outcome.BLOCK: CountBand.FEW},
    )
    assert dict(newest.decisions) == {DecisionKind.BLOCKED: CountBand.FEW}
    assert (older.month, older.matches) == ("2026-11", CountBand.SOME)
    assert dict(older.decisions) == {DecisionKind.ALLOWED: CountBand.FEW}


def test_nothing_matched_is_nothing():
    """Without a match there is no month."""
    assert match_months([], {}) == ()
