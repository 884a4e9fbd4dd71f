"""The budgets of questions near registered references (docs/promises.md, promise 5).

An attacker who gets match / no-match answers can reconstruct a 256-bit hash with about 271 exact answers. Answers that
are noisy but free give it too, by least squares over some thousand questions. Therefore every different question near a
reference counts, for seven days, in four budgets:

| budget | questions | size | beyond it |
|---|---|---|---|
| of a reference | of the tenant, near this reference | the setting | answers about the reference are blurred |
| the same | the same | `BLURRED_BUDGETS` times as many | they are held, all but the exact file |
| of an uploader | of this uploader, near any reference | the setting | all the uploader's questions are held |
| of a tenant | held ones near a threshold | `CODES_BUDGETS` times | questions by codes are refused |
| the same | the same | `MEDIA_BUDGETS` times | media without an uploader are held |

Blurred and held answers depend on distances that differ for each question and are keyed (`blur`, `edge_bits`), so the
edges of what is told are no thresholds that could be probed in place of the real ones. `tests/attacks` shows how much
each attack learns. The operator is warned at half of each budget but the first.

`people_budget` has the budgets of registered people.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Final, Protocol

from index.hashing import Code
from index.verdict import LOOSE_PDQ_BITS, MAX_DHASH_BITS, MAX_PROPOSED_PDQ_BITS, TIGHT_PDQ_BITS, DecidingBits
from registry.domain import Asker, ProbeCounts, Standing, Strictness
from registry.errors import ProbingSuspended
from registry.events import LogEvent
from registry.security.alarms import DailyAlarms
from registry.security.keys import DigestPurpose, Keys
from registry.security.people_budget import People, PeopleBudget, PeopleLimits

BLURRED_BUDGETS: Final = 12
CODES_BUDGETS: Final = 12
MEDIA_BUDGETS: Final = 48

CLEAR_PDQ_BITS: Final = 24
CLEAR_DHASH_BITS: Final = 8
"""Distances within which a copy is told by every blurred answer. Of 40 photographs, halved copies at JPEG quality 60
lie at 26 bits of PDQ at most (95 % within 24), others nearer, and all within 8 of dHash-128."""


_HALF_AND_ALL: Final = (LogEvent.ORACLE_BUDGET_HALF, LogEvent.ORACLE_BUDGET_SPENT)


class Probes(People, Protocol):
    """Counter of different questions, and of people, within a window of days."""

    def count(
        self,
        asker: Asker,
        digest: bytes,
        reference_ids: Sequence[str],
        people: Sequence[str] | None,
        today: date,
    ) -> ProbeCounts:
        """Return the numbers of questions other than this one; raise `StorageUnavailable`.

        People are counted unless they are None.
        """
        ...


class OracleBudget:
    """Implementation of `registry.ports.ProbeBudget`. Threads: any."""

    def __init__(
        self,
        *,
        probes: Probes,
        keys: Keys,
        budget: int,
        now: Callable[[], datetime],
        report: Callable[[LogEvent, str], None],
        people: PeopleLimits = PeopleLimits(),  # noqa: B008  frozen
    ) -> None:
        """Take `report(event, tenant_id)`, which logs for the operator that a budget is spent, or half of it."""
        self._probes = probes
        self._keys = keys
        self._budget = budget
        self._now = now
        self._alarms = DailyAlarms(report)
        self._people = PeopleBudget(people=probes, limits=people, alarms=self._alarms)

    def standing(
        self,
        asker: Asker,
        digest: bytes,
        reference_ids: Sequence[str],
        people: Sequence[str] = (),
        *,
        shows_face: bool = False,
    ) -> Standing:
        """Return the state of the budgets for a question; raise `ProbingSuspended` or `StorageUnavailable`."""
        today = self._now().date()
        if shows_face:
            self._people.see_face(asker.tenant_id, today)
        shown = people if people or shows_face else None
        counts = self._probes.count(asker, digest, reference_ids, shown, today)
        most = max(counts.of_references.values(), default=0)
        self._warn(asker.tenant_id, today, most, self._budget * BLURRED_BUDGETS)
        self._warn(asker.tenant_id, today, counts.of_uploader, self._budget)
        self._warn(asker.tenant_id, today, counts.held, self._budget * CODES_BUDGETS)
        if asker.is_by_codes and counts.held >= self._budget * CODES_BUDGETS:
            raise ProbingSuspended
        is_pool_spent = asker.uploader is None and counts.held >= self._budget * MEDIA_BUDGETS
        return Standing(
            strictness={name: self._strictness(count) for name, count in counts.of_references.items()},
            is_stopped=is_pool_spent or counts.of_uploader >= self._budget,
            people=self._people.standing(asker, counts.people, people, today),
        )

    def tell(self, asker: Asker, people: Sequence[str]) -> bool:
        """Count people, and return whether they may be told; raise `StorageUnavailable`."""
        return self._people.tell(asker, people, self._now().date())

    def _strictness(self, count: int) -> Strictness:
        if count < self._budget:
            return Strictness.EXACT
        return Strictness.BLURRED if count < self._budget * BLURRED_BUDGETS else Strictness.HELD

    def _warn(self, tenant_id: str, today: date, count: int, budget: int) -> None:
        self._alarms.warn(_HALF_AND_ALL, tenant_id, today, count, budget)

    def blur(self, edge: Sequence[Code], probe: Sequence[Code]) -> DecidingBits:
        """Return the distances within which a copy is told: 24 to 31 bits of PDQ, 8 to 20 of dHash-128.

        That of PDQ is keyed by the PDQ alone: other second codes under one PDQ do not average it out.
        """
        return DecidingBits(
            pdq_bits=self._drawn(DigestPurpose.PROBE_BLUR, edge, CLEAR_PDQ_BITS, TIGHT_PDQ_BITS),
            dhash_bits=self._drawn(DigestPurpose.PROBE_BLUR_SECOND, probe, CLEAR_DHASH_BITS, MAX_DHASH_BITS),
        )

    def edge_bits(self, edge: Sequence[Code]) -> int:
        """Return the distance up to which a question is held after the budget is spent: 40 to 64 bits."""
        return self._drawn(DigestPurpose.PROBE_EDGE, edge, LOOSE_PDQ_BITS, MAX_PROPOSED_PDQ_BITS)

    def digest(self, probe: Sequence[Code]) -> bytes:
        """Return the keyed digest under which a question is counted, 32 bytes."""
        return self._digest(DigestPurpose.PROBE, probe)

    def uploader(self, tenant_id: str, name: str) -> bytes:
        """Return the keyed digest of a platform's name for one of its users, 32 bytes."""
        return self._keys.digest(DigestPurpose.UPLOADER, f"{tenant_id}\0{name}".encode())

    def _drawn(self, purpose: DigestPurpose, codes: Sequence[Code], least: int, most: int) -> int:
        return least + self._digest(purpose, codes)[0] % (most - least + 1)

    def _digest(self, purpose: DigestPurpose, codes: Sequence[Code]) -> bytes:
        values = b"".join(code.algorithm.encode("ascii") + b"\0" + code.value for code in codes)
        return self._keys.digest(purpose, values)
