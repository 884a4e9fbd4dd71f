"""The budget of near-threshold questions (docs/promises.md, promise 5).

An attacker who gets match / no-match answers can reconstruct a 256-bit hash with about 271 questions, 84 to 87 % of
which lie near the threshold. Therefore:

1. Distinct near-threshold questions are counted per tenant and reference, over seven days.
2. Within the budget, answers are exact. Beyond it, a reference no longer decides a near-threshold question: the
   question is held for review at any distance (`registry.matching.probing`).
3. The distance up to which questions are held differs for each question (40 to 64 bits, keyed). The edge of the held
   region is therefore not a second threshold that could be probed in place of the real one.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Final, Protocol

from index.hashing import Code
from index.verdict import LOOSE_PDQ_BITS, MAX_PROPOSED_PDQ_BITS
from registry.events import LogEvent
from registry.security.keys import DigestPurpose, Keys

_EDGE_FROM_BITS: Final = LOOSE_PDQ_BITS
_EDGE_SPREAD_BITS: Final = MAX_PROPOSED_PDQ_BITS - LOOSE_PDQ_BITS + 1


class Probes(Protocol):
    """Counter of distinct questions within a window of days."""

    def count(
        self, tenant_id: str, probe_hmac: bytes, reference_ids: Sequence[str], today: date
    ) -> Mapping[str, int]:
        """Add a question to each reference and return the number of questions per reference."""
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
    ) -> None:
        """Take `report(event, tenant_id)`, which logs a spent budget for the operator."""
        self._probes = probes
        self._keys = keys
        self._budget = budget
        self._now = now
        self._report = report

    def spent(self, tenant_id: str, probe: Sequence[Code], reference_ids: Sequence[str]) -> frozenset[str]:
        """Count the probe against each reference and return the references whose budget is spent."""
        counts = self._probes.count(
            tenant_id, self._digest(DigestPurpose.PROBE, probe), reference_ids, self._now().date()
        )
        spent = frozenset(name for name, count in counts.items() if count > self._budget)
        if spent:
            self._report(LogEvent.ORACLE_BUDGET_SPENT, tenant_id)
        return spent

    def edge_bits(self, probe: Sequence[Code]) -> int:
        """Return the distance up to which a probe is held after the budget is spent: 40 to 64 bits."""
        return _EDGE_FROM_BITS + self._digest(DigestPurpose.PROBE_EDGE, probe)[0] % _EDGE_SPREAD_BITS

    def _digest(self, purpose: DigestPurpose, probe: Sequence[Code]) -> bytes:
        values = b"".join(code.algorithm.encode("ascii") + b"\0" + code.value for code in probe)
        return self._keys.digest(purpose, values)
