"""Rate limits: requests per minute or hour for each tenant and kind of request, counted by the `limits` library."""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum, unique
from typing import Final

from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.storage import RedisStorage, Storage
from limits.strategies import FixedWindowRateLimiter

from registry.errors import RateLimited, StorageUnavailable
from registry.security.counters import CounterStorage

WINDOW_SECONDS: Final = 60
HOUR_S: Final = 3600


@unique
class Budget(StrEnum):
    """The request budgets of a tenant."""

    CHECKS = "checks"
    WRITES = "writes"
    READS = "reads"
    FAILURES = "failures"
    """Requests without a valid key, counted per address."""
    CLAIMS = "claims"
    """Cases opened without an account in an hour, counted per address."""
    ALL_CLAIMS = "all_claims"
    """Cases opened without an account in an hour, all together."""
    CLAIM_FAILURES = "claim_failures"
    """Wrong secrets of cases without an account, counted per address."""
    CLAIM_REQUESTS = "claim_requests"
    """Requests with the right secret of such a case, counted per case."""


_HOURLY: Final = frozenset({Budget.CLAIMS, Budget.ALL_CLAIMS})


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Remaining budget, for the headers of draft-ietf-httpapi-ratelimit-headers-10."""

    budget: Budget
    limit: int
    remaining: int
    reset_s: int

    def headers(self) -> dict[str, str]:
        """Return the headers `RateLimit-Policy` and `RateLimit`."""
        return {
            "RateLimit-Policy": f'"{self.budget}";q={self.limit};w={window_s(self.budget)}',
            "RateLimit": f'"{self.budget}";r={self.remaining};t={self.reset_s}',
        }


_NAMES: Final = {WINDOW_SECONDS: "a minute", HOUR_S: "an hour"}
_COUNTED: Final = {
    Budget.CLAIMS: "cases from this network address",
    Budget.ALL_CLAIMS: "cases without an account",
    Budget.CLAIM_FAILURES: "wrong secrets from this network address",
    Budget.CLAIM_REQUESTS: "requests about this case",
}


def window_s(budget: Budget) -> int:
    """Return the time within which a budget's requests are counted, in seconds."""
    return HOUR_S if budget in _HOURLY else WINDOW_SECONDS


def _item(budget: Budget, amount: int) -> RateLimitItem:
    return RateLimitItemPerHour(amount) if budget in _HOURLY else RateLimitItemPerMinute(amount)


class RateLimits:
    """Request counters. Threads: any.

    Without Redis every worker counts its own requests and enforces its share of the limit.
    """

    def __init__(self, *, limits: dict[Budget, int], redis_url: str | None, workers: int) -> None:
        self._limits = limits
        self._storage: Storage = RedisStorage(redis_url) if redis_url else CounterStorage()
        self._workers = 1 if redis_url else workers
        self._limiter = FixedWindowRateLimiter(self._storage)
        self._items = {
            budget: _item(budget, max(1, limit // self._workers)) for budget, limit in limits.items()
        }

    def draw(self, budget: Budget, key: str) -> Standing:
        """Count one request of `key`, the tenant or the address.

        Raises:
            RateLimited: the budget of the current minute is spent.
            StorageUnavailable: Redis does not answer.
        """
        item = self._items[budget]
        with self._translated_errors():
            granted = self._limiter.hit(item, budget, key)
        standing = self.standing(budget, key)
        if not granted:
            raise self._refusal(standing)
        return standing

    def count(self, budget: Budget, key: str) -> None:
        """Count one request of `key`, also beyond the budget; raise `StorageUnavailable`."""
        with self._translated_errors():
            self._limiter.hit(self._items[budget], budget, key)

    def require(self, budget: Budget, key: str) -> None:
        """Raise `RateLimited` if the budget of the current time is spent. Nothing is counted."""
        standing = self.standing(budget, key)
        if not standing.remaining:
            raise self._refusal(standing)

    def _refusal(self, standing: Standing) -> RateLimited:
        budget, item = standing.budget, self._items[standing.budget]
        counted, within = _COUNTED.get(budget, budget), _NAMES[window_s(budget)]
        return RateLimited(
            f"The limit is {item.amount} {counted} {within} for each worker.", retry_after_s=standing.reset_s
        )

    def standing(self, budget: Budget, key: str) -> Standing:
        """Return the remaining budget without counting; raise `StorageUnavailable`."""
        item = self._items[budget]
        with self._translated_errors():
            stats = self._limiter.get_window_stats(item, budget, key)
        reset_s = max(1, math.ceil(stats.reset_time - time.time()))
        return Standing(budget=budget, limit=item.amount, remaining=stats.remaining, reset_s=reset_s)

    @contextmanager
    def _translated_errors(self) -> Iterator[None]:
        try:
            yield
        except self._storage.base_exceptions as error:
            raise StorageUnavailable("The rate limits' storage does not answer.") from error
