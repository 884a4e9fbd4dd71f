"""The budgets of registered people who are told to a platform (docs/promises.md, promise 5).

Whoever has portraits of people could ask which of them are registered: another photograph of each is enough. Therefore
different people count, for seven days:

| budget | people | size | beyond it |
|---|---|---|---|
| of an uploader | whom this uploader's uploads showed, told or held | the setting | no answer depends on a likeness |
| of a tenant | of whom the tenant was told | the other setting, and more with its traffic | the same |

Uploads without an uploader share one budget of their tenant. A person who was told to `KNOWN_FROM` of a tenant's
uploaders is widely uploaded there: telling one more uploader counts for nobody. What an uploader spent stays spent, and
an upload that was held makes nobody known, so that accounts which help each other gain nothing. `tests/attacks` shows
how many people each attack learns. The operator is warned at half of each budget.
"""

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Protocol

from registry.domain import Asker, PeopleCounts, PeopleStanding
from registry.events import LogEvent
from registry.security.alarms import DailyAlarms

KNOWN_FROM: Final = 3

UPLOADS_PER_PERSON: Final = 50
"""Uploads with a comparable face for which a tenant may be told one more person. An engine at its threshold mistakes
1.1e-5 of pairs (docs/recall_faces.md), so among 1,000 registered people one stranger in 90 is taken for one of them."""

MAX_TENANT_BUDGETS: Final = 10
"""Traffic raises the tenant's budget to so many times the setting at most."""

_HALF_AND_ALL: Final = (LogEvent.LIKENESS_BUDGET_HALF, LogEvent.LIKENESS_BUDGET_SPENT)


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleLimits:
    """Sizes of the budgets, in people within seven days.

    Attributes:
        uploader: of one uploader.
        tenant: of a tenant without traffic.
    """

    uploader: int = 5
    tenant: int = 20


class People(Protocol):
    """Counter of different people within a window of days. Errors: `StorageUnavailable`."""

    def tell(
        self, asker: Asker, people: Sequence[str], today: date, is_within: Callable[[PeopleCounts], bool]
    ) -> PeopleCounts:
        """Count people, as told if `is_within` allows what is counted with them, and return that.

        It is one transaction, and such transactions come one after another. So questions that are asked at once are
        told of no more people.
        """
        ...

    def add_uploads(self, tenant_id: str, uploads: int, today: date) -> None:
        """Count uploads with a comparable face."""
        ...


class PeopleBudget:
    """The budgets of people. Threads: any."""

    def __init__(self, *, people: People, limits: PeopleLimits, alarms: DailyAlarms) -> None:
        self._people = people
        self._limits = limits
        self._alarms = alarms
        self._uploads: Counter[str] = Counter()
        self._counting = threading.Lock()

    def standing(
        self, asker: Asker, counts: PeopleCounts, people: Sequence[str], today: date
    ) -> PeopleStanding:
        """Return the state of the budgets for a question that shows these people."""
        self._warn(asker, counts, today)
        return PeopleStanding(
            is_spent=counts.of_uploader >= self._limits.uploader
            or counts.of_tenant >= self._of_tenant(counts),
            new=tuple(name for name in people if self._counts(counts, name)),
        )

    def tell(self, asker: Asker, people: Sequence[str], today: date) -> bool:
        """Count people, and return whether they may be told; raise `StorageUnavailable`.

        Of more people than an uploader may be told, one more than that are counted.
        """
        counted = people[: self._limits.uploader + 1]
        counts = self._people.tell(asker, counted, today, self._is_within)
        self._warn(asker, counts, today)
        return self._is_within(counts)

    def see_face(self, tenant_id: str, today: date) -> None:
        """Count an upload with a comparable face. One in `UPLOADS_PER_PERSON` writes; raise `StorageUnavailable`."""
        with self._counting:
            self._uploads[tenant_id] += 1
            if self._uploads[tenant_id] < UPLOADS_PER_PERSON:
                return
            del self._uploads[tenant_id]
        self._people.add_uploads(tenant_id, UPLOADS_PER_PERSON, today)

    def _is_within(self, counts: PeopleCounts) -> bool:
        return counts.of_uploader <= self._limits.uploader and counts.of_tenant <= self._of_tenant(counts)

    def _of_tenant(self, counts: PeopleCounts) -> int:
        grown = self._limits.tenant + counts.uploads // UPLOADS_PER_PERSON
        return min(grown, self._limits.tenant * MAX_TENANT_BUDGETS)

    @staticmethod
    def _counts(counts: PeopleCounts, name: str) -> bool:
        told = counts.told.get(name)
        return told is None or not (told.is_own or told.uploaders >= KNOWN_FROM)

    def _warn(self, asker: Asker, counts: PeopleCounts, today: date) -> None:
        self._alarms.warn(_HALF_AND_ALL, asker.tenant_id, today, counts.of_uploader, self._limits.uploader)
        self._alarms.warn(_HALF_AND_ALL, asker.tenant_id, today, counts.of_tenant, self._of_tenant(counts))
