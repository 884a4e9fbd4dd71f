"""Rate limits: requests per minute for each tenant and kind of request, counted by the `limits` library."""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum, unique
from typing import Final

from limits import RateLimitItemPerMinute
from limits.storage import RedisStorage, Storage
from limits.strategies import FixedWindowRateLimiter

from registry.errors import RateLimited, StorageUnavailable
from registry.security.counters import CounterStorage

WINDOW_SECONDS: Final = 60


@unique
class Budget(StrEnum):
    """The request budgets of a tenant."""

    CHECKS = "checks"
    WRITES = "writes"
    READS = "reads"
    FAILURES = "failures"
    """Requests without a valid key, counted per address."""


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
            "RateLimit-Policy": f'"{self.budget}";q={self.limit};w={WINDOW_SECONDS}',
            "RateLimit": f'"{self.budget}";r={self.remaining};t={self.reset_s}',
        }


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
            budget: RateLimitItemPerMinute(max(1, limit // self._workers)) for budget, limit in limits.items()
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
            raise RateLimited(
                f"The limit is {item.amount} {budget} a minute for each worker.",
                retry_after_s=standing.reset_s,
            )
        return standing

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
