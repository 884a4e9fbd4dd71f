"""An office that makes takedown requests: one case of Bob's agency, Dana's platform, and a clock."""

from dataclasses import replace

from sqlalchemy import select

from registry.domain.takedowns import TakedownEvent
from registry.usecases.cases.withdrawing import withdraw
from registry.usecases.takedowns import (
    EventAsked,
    TakedownKeeper,
    TakedownsWanted,
    list_takedowns,
    open_takedown,
    read_takedown,
    record_takedown_event,
)
from tests.support.databases.registry_parts import BOB, DANA, Clock, a_case, environment
from tests.support.takedowns import RULES, add_platform, asked

E = TakedownEvent


class Office:
    """A registry with one case of Bob's agency, and a clock."""

    def __init__(self, databases):
        self.databases = databases
        self.clock = Clock()
        self.around = {"units": databases.units, "environment": environment(self.clock), "rules": RULES}
        self.case = a_case(BOB)
        add_platform(databases.units, DANA)
        with databases.units.write() as unit:
            unit.cases.add(self.case)
            unit.commit()

    def opened(self, profile="US-TIDA", actor=BOB, **changes):
        """Opens a request to Dana's platform."""
        wanted = asked(self.case.id, profile, platform_id=DANA.tenant_id)
        return open_takedown(replace(wanted, **changes), actor=actor, **self.around)

    def says(self, takedown, actor, event, reason=None, **elements):
        """Records an event."""
        return record_takedown_event(
            takedown.id, EventAsked(event=event, reason=reason, elements=elements), actor=actor, **self.around
        ).takedown

    def sent(self, profile="US-TIDA", **changes):
        """Opens a request and sends it."""
        return self.says(self.opened(profile, **changes).takedown, BOB, E.SEND)

    def read(self, takedown, actor=BOB):
        """Reads a request."""
        return read_takedown(takedown.id, actor=actor, **self.around)

    def listed(self, actor=BOB, **wanted):
        """Lists requests."""
        around = {"units": self.databases.units, "environment": self.around["environment"]}
        return list_takedowns(TakedownsWanted(**wanted), actor=actor, **around)

    def keeper(self, report=None):
        """Makes a clock service."""
        return TakedownKeeper(
            units=self.databases.units,
            environment=self.around["environment"],
            rules=RULES,
            report=report or (lambda event, takedown_id: None),
        )

    def ledger(self):
        """Returns the entries about requests."""
        with self.databases.units.read() as unit:
            return [
                entry.act for entry in unit.ledger.entries() if entry.act.event.value.startswith("takedown.")
            ]

    def withdraw(self):
        """Withdraws the case."""
        return withdraw(
            self.case.id, actor=BOB, units=self.databases.units, environment=self.around["environment"]
        )

    def rows(self, table):
        """Returns all rows of a table."""
        with self.databases.registry.read() as connection:
            return connection.execute(select(table)).all()
