"""The code families of the database that this process cannot search or does not search."""

from collections.abc import Collection

from registry.domain import Family, engine_of
from registry.ports import FeedState


def unknown_families(state: FeedState, known: Collection[Family]) -> frozenset[str]:
    """Return the names of code families in the database that this program cannot search.

    Face templates of any engine count as known. If their engine is disabled, `unsearched_faces` names it.
    """
    names = {family.value for family in known}
    return frozenset(name for name in state.families - names if engine_of(name) is None)


def unsearched_faces(state: FeedState, enabled: Collection[Family]) -> tuple[str, ...]:
    """Return the ids, sorted, of face engines whose templates were ever stored and are not searched here."""
    unsearched = state.families - {family.value for family in enabled}
    return tuple(sorted(engine for name in unsearched if (engine := engine_of(name)) is not None))
