"""Identifiers in the paths of requests."""

from registry.domain import ids
from registry.errors import NotFound


def require_id(identifier: str, prefix: str) -> None:
    """Raise `NotFound` for an id that cannot exist."""
    if not ids.is_id(identifier, prefix):
        raise NotFound
