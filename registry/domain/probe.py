"""Probes: questions near something registered, counted so that nobody finds a registered code by trial.

`registry.security.oracle_budget` counts them, and `registry.matching.probing` decides by the count.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from registry.domain.people import PeopleCounts, PeopleReport, PeopleStanding


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """The one who asks about an upload.

    Attributes:
        tenant_id: the platform.
        uploader: keyed digest of the platform's name for its user who uploads, 32 bytes; None if it tells none.
        is_by_codes: whether the question has codes that the platform computed, instead of media.
    """

    tenant_id: str
    uploader: bytes | None = field(default=None, repr=False)
    is_by_codes: bool = False


class Strictness(IntEnum):
    """How an answer about one reference may depend on the distance to it."""

    EXACT = 0
    """The answer is the ladder's."""
    BLURRED = 1
    """A copy is told only within distances that differ for each question."""
    HELD = 2
    """Nothing but the exact file is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The state of the budgets that a question meets.

    Attributes:
        strictness: strictness for each reference that the question is near.
        is_stopped: whether every question of this asker is held, whatever it shows.
        people: the state of the budgets of people.
    """

    strictness: Mapping[str, Strictness]
    is_stopped: bool = False
    people: PeopleStanding = PeopleStanding()  # noqa: RUF009  frozen


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeCounts:
    """Numbers of different questions within the window, without the question itself.

    Attributes:
        of_references: for each reference that the question is near, the tenant's questions near it.
        of_uploader: the uploader's questions near any reference; 0 without an uploader.
        held: the tenant's questions that were held near a threshold.
        people: the numbers of registered people.
    """

    of_references: Mapping[str, int]
    of_uploader: int
    held: int
    people: PeopleCounts = field(default_factory=PeopleCounts)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbingReport:
    """One tenant's questions near registered references within the window, for the operator.

    Attributes:
        questions: different questions.
        references: references that they were near.
        most: questions near one reference, where there are most.
        held: questions that were held near a threshold.
        uploaders: uploaders who asked them; uploads without one do not count.
        people: registered people whom its uploads showed.
        explained: checks that were explained to reviewers.
    """

    tenant_id: str
    questions: int = 0
    references: int = 0
    most: int = 0
    held: int = 0
    uploaders: int = 0
    people: PeopleReport = field(default_factory=PeopleReport)
    explained: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """A question near registered references, as it is stored with its check.

    Attributes:
        digest: keyed digest of the codes that determine the answer, 32 bytes.
        uploader: as in `Asker`.
        reference_ids: the references that the question is near.
        is_held: whether the answer was withheld because a budget is spent.
    """

    digest: bytes = field(repr=False)
    uploader: bytes | None = field(repr=False)
    reference_ids: tuple[str, ...]
    is_held: bool
