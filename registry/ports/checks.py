"""Ports for checks, platforms' decisions and the probing budgets.

`registry.storage` and `registry.security` implement them. Errors: `StorageUnavailable` when the database is locked,
full or unreachable. Nothing was written then.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Protocol, Self

from index.hashing import Code
from index.verdict import DecidingBits
from registry.domain import Asker, Check, Decision, DecisionKind, Probe, ProbingReport, Standing
from registry.domain.claims import MatchedCheck
from registry.ports.acknowledgements import Acknowledge, Acknowledgements


class Checks(Protocol):
    """Answered checks. They are stored apart from the registry's rows: written at every upload and rarely read."""

    @property
    def acknowledgements(self) -> Acknowledgements:
        """The idempotent answers that are stored beside the checks."""
        ...

    def acknowledging(self, acknowledge: Acknowledge) -> Self:
        """Return a store that also keeps the answer with each check; its `add` raises `AlreadyAcknowledged`."""
        ...

    def add(self, check: Check) -> None:
        """Store an answered check, and its probe. A question by codes writes as much whether it is near or not.

        They survive a crash of the process, but not always a power cut shortly after.
        """
        ...

    def add_probe(self, tenant_id: str, probe: Probe, at: datetime) -> None:
        """Store the probe of an upload that gets no check."""
        ...

    def get(self, check_id: str, tenant_id: str) -> Check:
        """Return the tenant's check; raise `NotFound`, also if the check belongs to another tenant."""
        ...

    def sources(self, check_id: str) -> Mapping[str, bytes]:
        """Return the references on which a check rests, each with whose upload it was.

        That is opaque, and differs for each reference; empty for an unnamed user's identical file.
        """
        ...

    def matched(self, reference_ids: Sequence[str], most: int) -> tuple[MatchedCheck, ...]:
        """Return the newest checks of all tenants, at most so many, whose verdict rests on one of the references."""
        ...

    def forget_references(self, reference_ids: Sequence[str]) -> None:
        """Remove every trace of these references from matches and probes."""
        ...

    def forget_people(self, case_ids: Sequence[str]) -> None:
        """Remove every trace of the likenesses of these cases from the budgets of people."""
        ...


class Decisions(Protocol):
    """Platforms' decisions about the uploads that they checked."""

    def add(self, decision: Decision) -> None:
        """Add the decision about a check; raise `AlreadyDecided` if there is one already."""
        ...

    def get(self, check_id: str, tenant_id: str) -> Decision | None:
        """Return the decision about a check, or None."""
        ...

    def tell(self, decision: Decision) -> None:
        """Add the feedback to a decision that has none; raise `AlreadyDecided` if it has some."""
        ...

    def kinds_of(self, check_ids: Sequence[str]) -> dict[str, DecisionKind]:
        """Return what platforms of all tenants decided about checks, by the checks' ids."""
        ...


class ProbeBudget(Protocol):
    """Budgets of questions near registered references. They prevent searching for codes by trial.

    Probes are not written here but with their check (`Checks.add`), so that a question near something takes as long as
    one that is near nothing. People are written before they are told.
    """

    def standing(
        self,
        asker: Asker,
        digest: bytes,
        reference_ids: Sequence[str],
        people: Sequence[str] = (),
        *,
        shows_face: bool = False,
    ) -> Standing:
        """Return the state of the budgets for a question.

        Args:
            asker: the platform that asks, and the user for whom it does.
            digest: the digest under which the question is counted.
            reference_ids: the references that it is near.
            people: the registered people whom it shows, by the ids of their cases.
            shows_face: whether it shows a face that could be compared.

        Raises:
            ProbingSuspended: the tenant's questions by codes are suspended.
            StorageUnavailable: probes could not be counted.
        """
        ...

    def tell(self, asker: Asker, people: Sequence[str]) -> bool:
        """Count people, of whom this uploader was not told before, and return whether they may be told.

        They are counted for good, before the answer and all of them, whether they are told or not.

        Raises:
            StorageUnavailable: they could not be counted.
        """
        ...

    def blur(self, edge: Sequence[Code], probe: Sequence[Code]) -> DecidingBits:
        """Return the distances within which a copy is told once the answers are blurred. They are the question's own.

        Args:
            edge: the codes that determine the hidden edge.
            probe: the codes that determine the answer.
        """
        ...

    def edge_bits(self, edge: Sequence[Code]) -> int:
        """Return the distance in bits up to which this question is answered `review` once the budget is spent.

        The distance differs from question to question, so that the threshold cannot be measured.
        """
        ...

    def digest(self, probe: Sequence[Code]) -> bytes:
        """Return the keyed digest under which a question is counted, 32 bytes."""
        ...

    def uploader(self, tenant_id: str, name: str) -> bytes:
        """Return the keyed digest of a platform's name for one of its users, 32 bytes."""
        ...


class ExplanationBudget(Protocol):
    """Budgets of explanations, which prevent searching for codes by their reasons."""

    def draw(self, check: Check, credential_id: str) -> bool:
        """Count the explanation of a check, once; return whether the ledger has still to keep that this key is told.

        Raises:
            ExplanationsSpent: too many checks were explained to the tenant; this one was not counted.
            StorageUnavailable: it could not be counted.
        """
        ...

    def note(self, check_id: str, credential_id: str) -> None:
        """Note that the ledger keeps to which key the check was told last; raise `StorageUnavailable`."""
        ...


class ProbeReports(Protocol):
    """The stored probes, as the operator sees them."""

    def report(self, today: date) -> Sequence[ProbingReport]:
        """Return the tenants that have probes or explanations within the window, the one with most probes first."""
        ...

    def clear(self, tenant_id: str) -> int:
        """Delete all probes, people and explanations of a tenant, and return the number of rows."""
        ...
