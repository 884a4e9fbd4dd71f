"""The bounds from which a reference matches too much."""

from datetime import timedelta

import pytest

from registry.domain.flood import MAX_HITS, MIN_HOURLY_HITS, TenantHits, hourly_bound, is_flood

LONG = timedelta(days=30)


def _hits(*of_tenants, earlier=0):
    return [
        TenantHits(tenant_id=f"ten_{number}", last_hour=hits, last_week=hits + earlier)
        for number, hits in enumerate(of_tenants)
    ]


def _is_flood(hits, *, platforms=3, others=0.0, registered_for=LONG):
    return is_flood(hits, registered_for=registered_for, others_per_hour=others, platforms=platforms)


def test_two_platforms_flood_within_the_bound():
    """A reference that was quiet is flooded by 20 hits of an hour, and not by 19."""
    assert _is_flood(_hits(10, 10))
    assert not _is_flood(_hits(10, 9))


def test_one_platform_of_several_floods_nothing():
    """Not with 10,000 invented users, while another one sees nothing."""
    assert not _is_flood(_hits(10_000))
    assert _is_flood(_hits(10_000), platforms=1)


def test_what_is_usual_raises_the_bound():
    """A reference's own history, and an hour in which all others match more, both raise it, to 50 at most."""
    assert hourly_bound(0, 0) == MIN_HOURLY_HITS
    assert hourly_bound(10, 0) == hourly_bound(0, 10) == 29
    assert hourly_bound(1_000, 0) == MAX_HITS
    assert not _is_flood(_hits(13, 13), others=10.0)
    assert _is_flood(_hits(13, 13))


@pytest.mark.parametrize("platforms", [1, 2, 8])
def test_no_flood_counts_more_than_50_hits(platforms):
    """However much is usual, 50 hits that are spread over platforms are a flood, of an hour or of a week."""
    each = -(-MAX_HITS // platforms)
    assert _is_flood(_hits(*[each] * platforms), platforms=platforms, others=10_000.0)
    slow = [TenantHits(tenant_id=f"ten_{n}", last_hour=0, last_week=each) for n in range(platforms)]
    assert _is_flood(slow, platforms=platforms)
    fewer = [TenantHits(tenant_id=f"ten_{n}", last_hour=0, last_week=each - 1) for n in range(platforms)]
    assert not _is_flood(fewer, platforms=platforms)


def test_a_new_reference_has_no_history():
    """The first hour counts as one hour."""
    assert _is_flood(_hits(10, 10), registered_for=timedelta(minutes=3))
