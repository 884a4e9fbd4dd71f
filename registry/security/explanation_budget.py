"""The budgets of explanations. Without them a reviewer's key would be the oracle again (docs/promises.md, promise 5).

An explanation names every gate that failed, and regions. So the different checks that are explained to a tenant count,
whichever of its keys reads them, for seven days:

| budget | checks | size |
|---|---|---|
| of a tenant | all that are not allowed or held | the setting |
| of a reference | those that rest on the same reference | `OF_REFERENCE` |

Beyond a budget no further check is explained. Those that were explained stay so. The operator is warned at half of the
tenant's budget and when one is spent.
"""

from collections.abc import Callable
from datetime import date, datetime
from typing import Final, Protocol

from registry.domain import Check, ExplanationCounts
from registry.errors import ExplanationsSpent
from registry.events import LogEvent

OF_REFERENCE: Final = 5
"""Explained checks near one reference. Each may tell about as many bits as it has gates, so five tell a small part of
the 384 bits of both codes; a reviewer who has seen five uploads of one picture knows it."""


class Explanations(Protocol):
    """Counter of explained checks within a window of days."""

    def add(self, check: Check, today: date, require: Callable[[ExplanationCounts], None]) -> str | None:
        """Count a check as explained, unless it was; return the key noted last. `require` refuses by raising."""
        ...

    def note(self, check_id: str, credential_id: str) -> None:
        """Note the key that was told last."""
        ...


class CountedExplanations:
    """Implementation of `registry.ports.ExplanationBudget`. Threads: any."""

    def __init__(
        self,
        *,
        explanations: Explanations,
        budget: int,
        now: Callable[[], datetime],
        report: Callable[[LogEvent, str], None],
    ) -> None:
        """Take `report(event, tenant_id)`, which logs for the operator that a budget is spent, or half of it."""
        self._explanations = explanations
        self._budget = budget
        self._now = now
        self._report = report

    def draw(self, check: Check, credential_id: str) -> bool:
        """Count the explanation of a check; return whether its telling to this key is still to be kept.

        Raises:
            ExplanationsSpent: it was not counted.
        """

        def require(counts: ExplanationCounts) -> None:
            if counts.of_tenant >= self._budget or counts.of_reference >= OF_REFERENCE:
                self._report(LogEvent.EXPLANATIONS_SPENT, check.tenant_id)
                raise ExplanationsSpent
            if counts.of_tenant + 1 == (self._budget + 1) // 2:
                self._report(LogEvent.EXPLANATIONS_HALF, check.tenant_id)

        return self._explanations.add(check, self._now().date(), require) != credential_id

    def note(self, check_id: str, credential_id: str) -> None:
        """Note that the ledger keeps to which key the check was told last."""
        self._explanations.note(check_id, credential_id)
