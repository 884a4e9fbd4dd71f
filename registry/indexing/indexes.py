"""The indexes of all code families. Each follows, fails and is rebuilt on its own, and a check needs all of them.

A failure of one family is raised only after the call has run for all other families. For example, a damaged file of
anchored windows does not delay the erasure of whole codes.
"""

from collections.abc import Callable, Mapping
from typing import TypeVar

from index.arrays import U8
from index.errors import SearchError
from index.search import Hits
from registry.domain import Family
from registry.errors import IndexBehind, RegistryError
from registry.indexing.follower import IndexFollower, IndexStatus

Result = TypeVar("Result")


class Indexes:
    """Implementation of `registry.ports.Index` over one follower for each family. Threads: any."""

    def __init__(self, followers: Mapping[Family, IndexFollower]) -> None:
        self._followers = dict(followers)

    def ready_position(self) -> int:
        """Follow the log in every family, and return the position that all reflect; raise `IndexBehind`."""
        return min(follower.ready_position() for follower in self._followers.values())

    def require_ready(self) -> None:
        """Raise `IndexBehind`, naming the families and the reason, unless every family reflects the log."""
        reasons: dict[str, str] = {}
        for family, follower in self._followers.items():
            try:
                follower.ready_position()
                is_ready, reason = follower.status().ready, IndexBehind.title
            except IndexBehind as error:
                is_ready, reason = False, error.detail
            if not is_ready:
                reasons[family.value] = reason
        if reasons:
            told = " ".join(dict.fromkeys(reasons.values()))
            raise IndexBehind(f"{told} (waiting for: {', '.join(reasons)})")

    def propose(self, family: Family, codes: U8, radius: int, doubtful: U8 | None = None) -> Hits:
        """Search one family; raise `IndexBehind`."""
        return self._followers[family].propose(codes, radius, doubtful)

    def size(self, family: Family) -> int:
        """Return how many codes a family holds; raise `IndexBehind`."""
        return self._followers[family].size()

    def begin(self) -> frozenset[Family]:
        """Begin every family, also those that have begun; return the families whose files had to be discarded.

        Raises as `IndexFollower.begin`, after all families were tried.
        """
        begun = self._for_each(IndexFollower.begin)
        return frozenset(family for family, was_discarded in begun.items() if was_discarded)

    def follow(self) -> None:
        """Begin the families that have not begun, and apply new changes to all.

        Raises as `IndexFollower.follow`, after all families were tried.
        """
        self._for_each(IndexFollower.catch_up)

    def reconcile(self) -> frozenset[Family]:
        """Compare every family with the database; return the families that had to begin again.

        Raises as `IndexFollower.reconcile`, after all families were tried.
        """
        agreed = self._for_each(IndexFollower.reconcile)
        return frozenset(family for family, agrees in agreed.items() if not agrees)

    def statuses(self) -> dict[Family, IndexStatus]:
        """Return the state of each family's index."""
        return {family: follower.status() for family, follower in self._followers.items()}

    def follower(self, family: Family) -> IndexFollower:
        """Return one family's follower."""
        return self._followers[family]

    def close(self) -> None:
        """Free all engines."""
        self._for_each(IndexFollower.close)

    def _for_each(self, call: Callable[[IndexFollower], Result]) -> dict[Family, Result]:
        """Call every follower, then raise the first error, if any."""
        results: dict[Family, Result] = {}
        failures: list[Exception] = []
        for family, follower in self._followers.items():
            try:
                results[family] = call(follower)
            except (RegistryError, SearchError) as error:
                failures.append(error)
        if failures:
            raise failures[0]
        return results
