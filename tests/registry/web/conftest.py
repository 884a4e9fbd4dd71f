"""The service that all tests of the interface share, its people, and fresh pictures."""

from tests.support.web.fixtures import (
    alice,
    bob,
    charlie,
    dana,
    erin,
    frank,
    idle,
    monica,
    new_picture,
    picture,
    plain_environment,
    service,
)

__all__ = [
    "alice",
    "bob",
    "charlie",
    "dana",
    "erin",
    "frank",
    "idle",
    "monica",
    "new_picture",
    "picture",
    "plain_environment",
    "service",
]
