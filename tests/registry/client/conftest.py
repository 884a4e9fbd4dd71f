"""The service that the client talks to, in the test process."""

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
