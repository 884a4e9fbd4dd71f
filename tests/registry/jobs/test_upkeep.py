"""The background work keeps the clocks of takedown requests, whatever else fails."""

import io
import itertools
import threading
import types

from registry.errors import StorageUnavailable
from registry.events import LogEvent
from registry.jobs.duties import Duty
from registry.jobs.upkeep import Upkeep
from registry.security.logs import ServiceLog

CLOCK_SECONDS = 10.0


def upkeep(keep_clocks, stream, monotonic=None):
    clocks = Duty(
        work=keep_clocks,
        seconds=CLOCK_SECONDS,
        failure=LogEvent.TAKEDOWN_CLOCK_FAILED,
        in_commands=True,
    )
    nothing = types.SimpleNamespace(follow=lambda: None, erase=lambda: ())
    return Upkeep(
        indexes=nothing,
        keepers={},
        eraser=nothing,
        log=ServiceLog(stream),
        reconcile_seconds=1,
        duties=[clocks],
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


def test_a_duty_is_done_once_in_its_interval():
    """What is due begins, and counts its interval from that look on."""
    duty = Duty(work=lambda: None, seconds=10.0, failure=LogEvent.TAKEDOWN_CLOCK_FAILED)
    assert [now for now in (0.0, 9.9, 10.0, 19.9, 30.0, 39.9) if duty.begins(now)] == [0.0, 10.0, 30.0]
