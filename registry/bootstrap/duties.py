"""The duties of a process beside its indexes: what is repeated in the background, and how often."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from registry.events import LogEvent
from registry.jobs import Duty
from registry.security import ServiceLog
from registry.usecases.cases import JournalKeeper, RetentionKeeper
from registry.usecases.ledger import Checkpointer
from registry.usecases.mandates import MandateKeeper
from registry.usecases.takedowns import TakedownKeeper

MANDATES_SECONDS: Final = 2.0
"""Interval at which mandates whose term is over are ended."""

FLOODS_SECONDS: Final = 5.0
"""Interval at which references that match too much, or that many registered, are looked for."""

CLOCK_SECONDS: Final = 10.0
"""Interval at which the clocks of takedown requests are looked at. Deadlines are stored: a late look moves none."""

CHECKPOINT_SECONDS: Final = 60.0
"""Interval at which a checkpoint of the ledger is made, if one is due."""

JOURNAL_SECONDS: Final = 60.0
"""Interval at which the withdrawal journal is completed by what it lacks."""

FORGET_SECONDS: Final = 600.0
"""Interval at which contents of takedown requests whose days are over are looked for."""

TERMS_SECONDS: Final = 3600.0
"""Interval at which cases are looked for of which nothing was heard for too long."""

Watch = Callable[[], Sequence[str]]
"""Looks for references to quarantine, and returns the ids of those that are now."""


def duties_of(
    *,
    checkpointer: Checkpointer,
    watches: Sequence[Watch],
    journal: JournalKeeper,
    retention: RetentionKeeper,
    takedowns: TakedownKeeper,
    mandates: MandateKeeper,
    log: ServiceLog,
) -> tuple[Duty, ...]:
    """Return the duties in the order in which they are done."""
    by_writer = partial(Duty, in_writer=True)
    return (
        by_writer(
            work=checkpointer.make_due, seconds=CHECKPOINT_SECONDS, failure=LogEvent.LEDGER_UNPUBLISHED
        ),
        *(
            by_writer(
                work=partial(_quarantine, watch, log),
                seconds=FLOODS_SECONDS,
                failure=LogEvent.FLOODS_UNWATCHED,
            )
            for watch in watches
        ),
        by_writer(work=journal.keep, seconds=JOURNAL_SECONDS, failure=LogEvent.JOURNAL_UNWRITTEN),
        by_writer(work=retention.keep, seconds=TERMS_SECONDS, failure=LogEvent.RETENTION_FAILED),
        Duty(
            work=takedowns.keep,
            seconds=CLOCK_SECONDS,
            failure=LogEvent.TAKEDOWN_CLOCK_FAILED,
            in_commands=True,
        ),
        Duty(work=takedowns.forget, seconds=FORGET_SECONDS, failure=LogEvent.TAKEDOWN_CLOCK_FAILED),
        Duty(work=mandates.keep, seconds=MANDATES_SECONDS, failure=LogEvent.MANDATES_UNKEPT),
    )


def _quarantine(watch: Watch, log: ServiceLog) -> None:
    for reference_id in watch():
        log.alert(LogEvent.REFERENCE_QUARANTINED, reference_id=reference_id)
