"""The service that the client talks to, in the test process."""

from tests.support.web.fixtures import *  # noqa: F403 - all fixtures, which pytest finds by their names
