"""The background work keeps the clocks of takedown requests, whatever else fails."""

import io
import itertools
import threading
import types

from registry.errors import StorageUnavailable
from registry.events import LogEvent
from registry.jobs.upkeep import CLOCK_SECONDS, Upkeep
from registry.security.logs import ServiceLog


def upkeep(keep_clocks, stream, monotonic=None):
    nothing = types.SimpleNamespace(follow=lambda: None, erase=lambda: ())
    return Upkeep(
        indexes=nothing,
        keepers={},
        eraser=nothing,
        log=ServiceLog(stream),
        reconcile_seconds=1,
        keep_clocks=keep_clocks,
        **({} if monotonic is None else {"monotonic": monotonic}),
    )


def test_a_command_keeps_the_clocks():
    """Due work that is done once includes the clocks."""
    kept = []
    upkeep(lambda: kept.append(True), io.StringIO()).once()
    assert kept == [True]


def test_a_failure_is_logged_and_tried_again():
    """A database that is away stops no clock for good: the next look follows, and the line names no value."""
    looks, again, stream = [], threading.Event(), io.StringIO()

    def keep():
        looks.append(True)
        if len(looks) > 1:
            again.set()
        raise StorageUnavailable("seeded")

    time = itertools.count(0.0, CLOCK_SECONDS)
    work = upkeep(keep, stream, lambda: next(time))
    work.start()
    try:
        assert again.wait(20)
    finally:
        work.stop()
    assert LogEvent.TAKEDOWN_CLOCK_FAILED.value in stream.getvalue()
    assert "seeded" not in stream.getvalue()
