"""The service that all tests of the interface share, its people, and fresh pictures."""

from tests.support.web.fixtures import *  # noqa: F403 - all fixtures, which pytest finds by their names
