"""Peaks over a threshold, on values whose tail is known."""

import numpy as np
import pytest

from benchmarks.recall.tail import Rate, beyond, fitted, rate_of, share_beyond


def exponential(uploads: int, per_upload: int, scale: float, seed: int = 1) -> list[np.ndarray]:
    """Return the values of strangers of a number of uploads."""
    rng = np.random.default_rng(seed)
    return [rng.exponential(scale, per_upload) for _ in range(uploads)]


def rate(values: list[np.ndarray], pairs: int, at: float) -> Rate:
    """Estimate the rate with few rounds."""
    return rate_of(values, [pairs] * len(values), at, np.random.default_rng(2), rounds=200)


def test_an_exponential_tail_is_followed_beyond_what_was_seen():
    """The estimate at a value that was never reached is near the truth, and the interval contains it."""
    found = rate(exponential(400, 10, scale=1.0), pairs=1_000, at=14.0)
    truth = 10 / 1_000 * np.exp(-14.0)
    assert found.seen == 0
    assert truth / 20 < found.rate < truth * 200
    assert found.low <= found.rate <= found.high


def test_the_fit_gives_back_a_heavy_tail():
    """The fit returns the shape and scale of a generalised Pareto sample."""
    uniform = np.random.default_rng(3).random(50_000)
    shape, scale = fitted(2.0 / 0.3 * (uniform**-0.3 - 1))
    assert shape == pytest.approx(0.3, abs=0.05)
    assert scale == pytest.approx(2.0, abs=0.15)


def test_a_bounded_tail_is_not_believed():
    """Bounded values are treated as exponential, which gives a higher rate."""
    shape, scale = fitted(np.random.default_rng(4).random(1_000))
    assert shape == 0.0
    assert scale == pytest.approx(0.5, abs=0.05)


def test_shares_beyond_a_distance_fall_from_one():
    """Nothing is cut off at distance 0, and a heavier tail keeps more."""
    assert beyond(0.0, 0.0, 1.0) == beyond(0.0, 0.4, 1.0) == 1.0
    assert beyond(5.0, 0.4, 1.0) > beyond(5.0, 0.0, 1.0)


def test_too_few_values_tell_only_what_was_seen():
    """Without an event, up to 3 are to be expected; otherwise the observed rate is returned."""
    none = rate([np.zeros(0)] * 10, pairs=100, at=10.0)
    assert (none.rate, none.low, none.high, none.shape) == (0.0, 0.0, 3 / 1_000, None)
    some = rate([np.array([11.0])] * 4, pairs=100, at=10.0)
    assert some.seen == 4
    assert some.low < some.rate == 4 / 400 < some.high


def test_a_threshold_within_what_is_usual_is_counted():
    """Where more values than the tail reach the threshold, nothing is extrapolated."""
    found = rate(exponential(50, 10, scale=5.0), pairs=100, at=1.0)
    assert found.shape is None
    assert found.rate == found.seen / found.pairs


def test_the_share_of_busy_uploads_is_that_of_a_gamma():
    """Counts among a few thousand pairs give the share of uploads with many triggers among a million."""
    rng = np.random.default_rng(5)
    rates = rng.gamma(0.5, 60e-6, 20_000)
    counts = rng.poisson(rates * 2_000)
    share = share_beyond(counts, np.full(20_000, 2_000), 100e-6, rng)
    assert share == pytest.approx((rates > 100e-6).mean(), rel=0.3)


def test_counts_without_spread_are_one_rate():
    """Where every upload has the same count, all or none exceed."""
    same = (np.full(50, 3), np.full(50, 1_000))
    assert share_beyond(*same, 0.002, np.random.default_rng(1)) == 1.0
    assert share_beyond(*same, 0.004, np.random.default_rng(1)) == 0.0
