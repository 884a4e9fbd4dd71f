"""A profile: what one law or practice asks of a takedown request, and its clocks, as read from one file.

`profile_file` reads and validates the file. docs/takedowns.md describes each field.
"""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum, unique
from zoneinfo import ZoneInfo


@unique
class Language(StrEnum):
    """A language in which requests are read and written."""

    KO = "ko"
    EN = "en"


Texts = dict[Language, str]
"""One text in every language."""


@unique
class ElementKind(StrEnum):
    """The form of an element's value."""

    ADDRESS = "address"
    """The address of the item (`addresses`)."""
    NAME = "name"
    """A signature or a name: at least two letters or digits."""
    CONTACT = "contact"
    """An e-mail address or a telephone number."""
    TEXT = "text"
    STATEMENT = "statement"
    """A statement that the claimant makes: `true`."""
    CHOICE = "choice"


@unique
class Unit(StrEnum):
    """The unit in which a clock counts."""

    HOURS = "hours"
    DAYS_OF_24_HOURS = "days_of_24_hours"
    CALENDAR_DAYS = "calendar_days"
    """Days of the profile's time zone. The first day does not count, and the last one counts to its end."""
    BUSINESS_DAYS = "business_days"
    """As calendar days, without weekends and the profile's holidays."""
    MONTHS = "months"
    """The same day of a later month, to its end; the last day of the month if it is shorter."""

    @property
    def is_elapsed(self) -> bool:
        """Whether elapsed time counts, whatever clocks on walls show."""
        return self in {Unit.HOURS, Unit.DAYS_OF_24_HOURS}


@unique
class Boundary(StrEnum):
    """Whether the last instant is still in time."""

    INCLUSIVE = "inclusive"
    EXCLUSIVE = "exclusive"
    END_OF_DAY = "end_of_day"
    """Of calendar units: the last day counts to its end."""


@unique
class Basis(StrEnum):
    """What stands behind a clock."""

    LAW = "law"
    TARGET = "target"
    """No law names a time. The registry's own expectation, whose miss is no breach of a law."""


@unique
class Certainty(StrEnum):
    """How far a rule was checked."""

    TEXT = "text"
    """The text of the law was read."""
    SECONDARY = "secondary"
    """Somebody else's account of the law was read."""
    UNVERIFIED = "unverified"
    """Nobody has looked it up."""


@unique
class ClockName(StrEnum):
    """What a clock is for."""

    DECISION = "decision"
    """The platform acts on the request. It starts at valid receipt."""
    TEMP_BLOCK = "temp_block"
    """How long a temporary block lasts."""
    APPEAL = "appeal"
    """How long a decision can be appealed."""
    RESTORATION = "restoration"
    """After a counter-notice the item is back by then."""


@unique
class Pausing(StrEnum):
    """When a clock stands still."""

    NEVER = "never"
    NEEDS_INFO = "needs_info"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a rule stands.

    Attributes:
        as_of: the year and month in which it was looked up, as `2026-08`.
    """

    text: str
    as_of: str
    certainty: Certainty


@dataclass(frozen=True, slots=True, kw_only=True)
class Duration:
    """An amount of one unit."""

    amount: int
    unit: Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockRule:
    """The rule of one clock.

    Attributes:
        duration: from the start to the last instant.
        extension: one extension; None where the law allows none.
        max_extensions: how often the deadline can be extended.
    """

    duration: Duration
    boundary: Boundary
    basis: Basis
    pausing: Pausing
    extension: Duration | None
    max_extensions: int
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """One element of a request.

    Attributes:
        group: the element of the law that it belongs to.
        is_personal: whether it names or reaches a person. Such values are sealed and erased (docs/takedowns.md).
        choices: the values of a choice.
        missing: what is told where it is missing.
    """

    id: str
    group: str
    kind: ElementKind
    is_required: bool
    is_personal: bool
    max_characters: int
    choices: tuple[str, ...]
    label: Texts
    missing: Texts


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """An authority to turn to when a deadline was missed.

    Attributes:
        address: its page for complaints; None where nobody has looked it up.
        pack: what a complaint to it contains.
    """

    name: Texts
    address: str | None
    pack: tuple[str, ...]
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How long things are kept.

    Attributes:
        elements_days: the days after the last event until elements and address are erased, of requests for whose
            decision nobody waits.
        record_years: the years for which the law wants reports and results kept; 0 where it says nothing.
    """

    elements_days: int
    record_years: int
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class BusinessCalendar:
    """Which days are no business days.

    Attributes:
        weekend: weekdays, 0 for Monday.
        holidays: dates within `years`.
        years: the years that the list of holidays covers.
    """

    weekend: frozenset[int]
    holidays: frozenset[date]
    years: frozenset[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What one law or practice asks of a request.

    Attributes:
        version: date of the file's last change, told with every request made by it.
        languages: the languages in which a request may be written.
        notice: the line that says that this is no legal advice.
    """

    id: str
    version: str
    title: Texts
    notice: Texts
    languages: tuple[Language, ...]
    zone: ZoneInfo
    source: Source
    elements: tuple[Element, ...]
    clocks: dict[ClockName, ClockRule]
    retention: Retention
    authorities: tuple[Authority, ...]
    calendar: BusinessCalendar | None = field(default=None)

    def element(self, name: str) -> Element | None:
        """Return the element with this id; None if the profile does not have it."""
        return next((element for element in self.elements if element.id == name), None)

    @property
    def decision(self) -> ClockRule:
        """The platform's deadline."""
        return self.clocks[ClockName.DECISION]
