"""Keep the withdrawal journal and the database in step, so that a restored backup revives nothing.

At each start, before anything is answered:
1. The journal has to be this registry's, whole, and at least as long as the database remembers it.
2. What it says was withdrawn, and the database has in effect, is withdrawn again: the database is older than the
   journal (a restored backup), or a process ended between the line and the commit.
3. What the database has as withdrawn and the journal lacks is added to it: it could not be written at the time, or
   another machine withdrew it.
4. The database remembers how long the journal is now.

A journal that is missing, damaged or older than the database remembers may lack withdrawals that nobody knows of. Then
nothing starts until the operator accepts that (`accept`). The old file is kept under another name.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, Self

from registry.domain import JournalKind, JournalLine, JournalPlace, Withdrawal
from registry.errors import JournalUnfit
from registry.ports import Environment, JournalFile, UnitOfWork, Units
from registry.usecases.cases.withdrawing import withdraw_again
from registry.usecases.cases.withdrawing_consent import withdraw_faces_again

ADVICE: Final = (
    "Put back the newest copy: it lies where TAKEDOWN_WITHDRAWAL_JOURNAL says, otherwise beside the data folder, under"
    " that folder's name and .withdrawals, and moves with it. If there is none, or this machine is new to the database,"
    " run takedown serve --accept-revived-withdrawals once: cases that were withdrawn after this database's state was"
    " saved are then in effect again."
)
_OVERLAP: Final = timedelta(hours=1)
"""Time by which the clocks of machines, and the lengths of transactions, may differ."""
_BEFORE_ALL: Final = datetime.min.replace(tzinfo=UTC)

Replayer = Callable[[UnitOfWork, Withdrawal, datetime], bool]
"""The function that withdraws again what a line names; it returns False where that is not in effect."""

REPLAYERS: Final[Mapping[JournalKind, Replayer]] = {
    JournalKind.CASE: withdraw_again,
    JournalKind.FACES: withdraw_faces_again,
}
"""How each kind is replayed. A kind that is missing here stays in the journal and changes nothing."""


@dataclass(slots=True, kw_only=True)
class JournalKeeper:
    """The journal with the database that it is compared with.

    Attributes:
        registry_id: the id of the registry's data, which a restored database keeps.
    """

    units: Units
    journal: JournalFile
    environment: Environment
    registry_id: str
    _kept_until: datetime = field(default=_BEFORE_ALL)
    _journal_id: str = field(default="")

    def start(self, *, accept: bool = False) -> Sequence[str]:
        """Compare the two and bring them in step; return the ids that were withdrawn again.

        Args:
            accept: whether to begin a new journal where the old one is missing or does not fit.

        Raises:
            JournalUnfit: the journal may lack withdrawals.
        """
        found = self._accepted() if accept else self._fitting()  # 1.
        with self.units.read() as unit:
            known = _Known.read(unit)
        absent = [line.withdrawal for line in found if not known.has(line.withdrawal)]
        replayed = [withdrawal.id for withdrawal in absent if self._replay(withdrawal)]  # 2.
        self.keep()  # 3. and 4.
        return replayed

    def keep(self) -> bool:
        """Add to the journal what it lacks; return False if it cannot be written now. The next call tries again."""
        now = self.environment.now()
        with self.units.read() as unit:
            withdrawn = unit.cases.withdrawn_since(self._kept_until)
            faces = unit.consents.withdrawn_likenesses(self._kept_until)
            known = unit.journals.places()
        missing = [
            Withdrawal(kind=JournalKind.CASE, id=case.id, at=case.withdrawn_at)
            for case in withdrawn
            if case.withdrawn_at is not None
        ]
        missing += [Withdrawal(kind=JournalKind.FACES, id=case_id, at=at) for case_id, at in faces]
        place = self.journal.complete(missing)
        if place is None:
            return False
        if place.journal_id != self._journal_id:  # another file than before: the next call compares all
            self._journal_id, self._kept_until = place.journal_id, _BEFORE_ALL
            return self.keep()
        if place not in known:
            with self.units.write() as unit:
                unit.journals.save(place, now)
                unit.commit()
        self._kept_until = now - _OVERLAP
        return True

    def _fitting(self) -> Sequence[JournalLine]:
        """Return the lines of a journal that fits, or none if none has begun; raise `JournalUnfit`."""
        with self.units.read() as unit:
            known, has_cases = unit.journals.places(), unit.cases.any()
        read = self.journal.read()
        if read is None:
            if known:
                raise JournalUnfit(f"The withdrawal journal is missing. {ADVICE}")
            return ()
        registry_id, start, lines = read
        if registry_id != self.registry_id:
            if has_cases:
                raise JournalUnfit(f"The withdrawal journal is another registry's. {ADVICE}")
            self.journal.set_aside()  # of data that is no longer there: this registry is new
            return ()
        _require_as_long(known, [start, *(line.place for line in lines)])
        return lines

    def _accepted(self) -> Sequence[JournalLine]:
        """Return what can be read of the journal; if it does not fit, set it aside and forget it."""
        try:
            return self._fitting()
        except JournalUnfit:
            lines = self._readable()
        self.journal.set_aside()
        with self.units.write() as unit:
            unit.journals.forget()
            unit.commit()
        return lines

    def _readable(self) -> Sequence[JournalLine]:
        try:
            read = self.journal.read()
        except JournalUnfit:
            return ()
        return read[2] if read is not None and read[0] == self.registry_id else ()

    def _replay(self, withdrawal: Withdrawal) -> bool:
        replay = REPLAYERS.get(withdrawal.kind)
        if replay is None:
            return False
        with self.units.write() as unit:
            if not replay(unit, withdrawal, self.environment.now()):
                return False
            unit.commit()
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """The withdrawals that the database has: of most lines one look is enough, and of each a transaction too much.

    Attributes:
        cases: ids of withdrawn cases.
        faces: the last time at which the consent to a likeness ended, by the id of the standing case.
    """

    cases: frozenset[str]
    faces: Mapping[str, datetime]

    @classmethod
    def read(cls, unit: UnitOfWork) -> Self:
        faces: dict[str, datetime] = {}
        for case_id, at in unit.consents.withdrawn_likenesses(_BEFORE_ALL):
            faces[case_id] = max(at, faces.get(case_id, at))
        return cls(cases=frozenset(case.id for case in unit.cases.withdrawn_since(_BEFORE_ALL)), faces=faces)

    def has(self, withdrawal: Withdrawal) -> bool:
        """Return whether the database has a withdrawal; False where only its replayer can tell."""
        if withdrawal.id in self.cases:
            return True
        ended = self.faces.get(withdrawal.id)
        return withdrawal.kind is JournalKind.FACES and ended is not None and ended >= withdrawal.at


def _require_as_long(known: Sequence[JournalPlace], places: Sequence[JournalPlace]) -> None:
    for place in known:
        if place.journal_id == places[0].journal_id and place not in places[place.lines : place.lines + 1]:
            raise JournalUnfit(f"The withdrawal journal is older than the database. {ADVICE}")
