"""The indexes of all code families, held together: each follows, fails and is built anew alone; a check needs all.

What one family cannot do is done for the others before it is told: a damaged file of anchored windows keeps no code of
a whole picture from being erased.
"""

from collections.abc import Callable, Mapping
from typing import TypeVar

from index.arrays import U8
from index.errors import SearchError
from index.search import Hits
from registry.domain import Family
from registry.errors import RegistryError
from registry.indexing.follower import IndexFollower, Standing

Result = TypeVar("Result")


class Indexes:
    """Implements `registry.ports.Index` over one follower for each family. Threads: any."""

    def __init__(self, followers: Mapping[Family, IndexFollower]) -> None:
        self._followers = dict(followers)

    def ready_position(self) -> int:
        """Follows the log in every family, and returns the position that all reflect; raises `IndexBehind`."""
        return min(follower.ready_position() for follower in self._followers.values())

    def propose(self, family: Family, codes: U8, radius: int) -> Hits:
        """Searches one family; raises `IndexBehind`."""
        return self._followers[family].propose(codes, radius)

    def size(self, family: Family) -> int:
        """Tells how many codes a family holds; raises `IndexBehind`."""
        return self._followers[family].size()

    def begin(self) -> frozenset[Family]:
        """Begins every family, also again; returns those whose files had to be thrown away.

        Raises as `IndexFollower.begin`, after all were tried.
        """
        begun = self._each(IndexFollower.begin)
        return frozenset(family for family, discarded in begun.items() if discarded)

    def follow(self) -> None:
        """Begins the families that have not begun, and applies what is new to the others.

        Raises as `IndexFollower.follow`, after all were tried.
        """
        self._each(begin_or_follow)

    def reconcile(self) -> frozenset[Family]:
        """Compares every family with the database; returns those that had to begin again.

        Raises as `IndexFollower.reconcile`, after all were tried.
        """
        agreed = self._each(IndexFollower.reconcile)
        return frozenset(family for family, agrees in agreed.items() if not agrees)

    def standings(self) -> dict[Family, Standing]:
        """Tells where each family's index stands."""
        return {family: follower.standing() for family, follower in self._followers.items()}

    def follower(self, family: Family) -> IndexFollower:
        """Returns one family's follower."""
        return self._followers[family]

    def close(self) -> None:
        """Frees all engines."""
        self._each(IndexFollower.close)

    def _each(self, act: Callable[[IndexFollower], Result]) -> dict[Family, Result]:
        results: dict[Family, Result] = {}
        failures: list[Exception] = []
        for family, follower in self._followers.items():
            try:
                results[family] = act(follower)
            except (RegistryError, SearchError) as error:
                failures.append(error)
        if failures:
            raise failures[0]
        return results


def begin_or_follow(follower: IndexFollower) -> None:
    """Begins a family that has not begun, and applies what is new; raises as `IndexFollower.follow`."""
    if follower.current_engine() is None:
        follower.begin()
    follower.follow()
