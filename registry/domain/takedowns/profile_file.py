"""Read a profile from its TOML file, strictly: a file that does not fit is refused with the place and the rule.

Unknown fields are refused too, so that a misspelt rule never stands silently without effect.
"""

import re
import tomllib
from collections.abc import Callable
from datetime import date
from enum import StrEnum
from typing import Any, Final, NoReturn, TypeVar
from zoneinfo import ZoneInfo

from registry.domain.takedowns.profile import (
    Authority,
    Basis,
    Boundary,
    BusinessCalendar,
    Certainty,
    ClockName,
    ClockRule,
    Duration,
    Element,
    ElementKind,
    Language,
    Pausing,
    Profile,
    Retention,
    Source,
    Texts,
    Unit,
)

MAX_CHARACTERS: Final = 10_000
"""Maximum length of an element."""

_PROFILE_ID: Final = re.compile(r"[A-Z][A-Z0-9]*(-[A-Z0-9]+)*")
_NAME: Final = re.compile(r"[a-z][a-z_0-9]*")
_MONTH: Final = re.compile(r"20\d\d-(0[1-9]|1[0-2])")
_HTTPS: Final = re.compile(r"https://[!-~]+")
_DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_TARGET: Final = "target"

Choice = TypeVar("Choice", bound=StrEnum)
Value = TypeVar("Value", str, int, bool, list[Any], dict[str, Any])


class ProfileUnfit(ValueError):
    """A profile's file does not fit. The text names the place and the rule."""


class _Fields:
    """The fields of one table of the file. Each must be taken; `done` refuses those that are left."""

    def __init__(self, place: str, fields: dict[str, Any]) -> None:
        self.place = place
        self._fields = dict(fields)

    def take(self, name: str, kind: type[Value]) -> Value:
        """Take a field that must be there."""
        if name not in self._fields:
            self.refuse(name, "is missing")
        value = self._fields.pop(name)
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            self.refuse(name, f"must be {_KINDS[kind]}")
        return value

    def has(self, name: str) -> bool:
        """Return whether a field is there and not yet taken."""
        return name in self._fields

    def text(self, name: str, shape: re.Pattern[str] | None = None) -> str:
        """Take a text with visible characters, of a shape if one is given."""
        value = self.take(name, str)
        if not value.strip() or (shape is not None and shape.fullmatch(value) is None):
            self.refuse(name, "is blank" if shape is None else f"must match {shape.pattern}")
        return value

    def number(self, name: str, low: int, high: int) -> int:
        """Take a whole number within bounds."""
        value = self.take(name, int)
        if not low <= value <= high:
            self.refuse(name, f"must be {low} to {high}")
        return value

    def one_of(self, name: str, choices: type[Choice]) -> Choice:
        """Take a name from an enum."""
        value = self.take(name, str)
        try:
            return choices(value)
        except ValueError:
            self.refuse(name, f"must be one of {', '.join(choices)}")

    def texts(self, name: str) -> Texts:
        """Take one text in every language."""
        inner = self.table(name)
        found = {language: inner.text(language.value) for language in Language}
        inner.done()
        return found

    def names(self, name: str) -> tuple[str, ...]:
        """Take a list of different names."""
        values = self.take(name, list)
        if any(not isinstance(value, str) or _NAME.fullmatch(value) is None for value in values):
            self.refuse(name, "must be a list of names")
        if len(set(values)) != len(values):
            self.refuse(name, "names something twice")
        return tuple(values)

    def table(self, name: str) -> "_Fields":
        """Take a table within this one."""
        return _Fields(f"{self.place}{name}.", self.take(name, dict))

    def tables(self, name: str) -> list["_Fields"]:
        """Take a list of tables."""
        found = self.take(name, list)
        if not all(isinstance(item, dict) for item in found):
            self.refuse(name, "must be a list of tables")
        return [_Fields(f"{self.place}{name}[{number}].", item) for number, item in enumerate(found)]

    def each(self, read: Callable[["_Fields", str], None]) -> None:
        """Read each field that is left, a table, under its own name."""
        for name in tuple(self._fields):
            read(self.table(name), name)

    def done(self) -> None:
        """Refuse fields that nobody took."""
        if self._fields:
            self.refuse(min(self._fields), "is unknown")

    def refuse(self, name: str, rule: str) -> NoReturn:
        """Raise `ProfileUnfit` about a field."""
        raise ProfileUnfit(f"{self.place}{name} {rule}.")


_KINDS: Final[dict[type, str]] = {
    str: "a text",
    int: "a whole number",
    bool: "true or false",
    list: "a list",
    dict: "a table",
}


def parse_profile(text: str, name: str) -> Profile:
    """Return the profile of a file's text; raise `ProfileUnfit`.

    Args:
        text: the file's text.
        name: the file's name without its ending, which must be the profile's id.
    """
    try:
        fields = _Fields("", tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise ProfileUnfit(f"{name}: not valid TOML: {error}.") from None
    try:
        profile = _profile(fields)
    except ProfileUnfit as error:
        raise ProfileUnfit(f"{name}: {error}") from None
    if profile.id != name:
        raise ProfileUnfit(f"{name}: id must be the name of the file.")
    return profile


def _profile(fields: _Fields) -> Profile:
    profile = Profile(
        id=fields.text("id", _PROFILE_ID),
        version=_day(fields, "version"),
        title=fields.texts("title"),
        notice=fields.texts("not_legal_advice"),
        languages=_languages(fields),
        zone=_zone(fields),
        source=_source(fields.table("source")),
        elements=_elements(fields),
        clocks=_clocks(fields),
        retention=_retention(fields.table("retention")),
        authorities=tuple(_authority(item) for item in fields.tables("escalation")),
        calendar=_calendar(fields.table("calendar")) if fields.has("calendar") else None,
    )
    fields.done()
    counts_business = any(
        duration is not None and duration.unit is Unit.BUSINESS_DAYS
        for rule in profile.clocks.values()
        for duration in (rule.duration, rule.extension)
    )
    if counts_business != (profile.calendar is not None):
        raise ProfileUnfit("calendar must be there if, and only if, a clock counts business days.")
    return profile


def _day(fields: _Fields, name: str) -> str:
    value = fields.text(name)
    try:
        return date.fromisoformat(value).isoformat()
    except ValueError:
        fields.refuse(name, "must be a date such as 2026-11-30")


def _languages(fields: _Fields) -> tuple[Language, ...]:
    names = fields.names("languages")
    if not names or not set(names) <= set(Language):
        fields.refuse("languages", f"must name some of {', '.join(Language)}")
    return tuple(Language(name) for name in names)


def _zone(fields: _Fields) -> ZoneInfo:
    name = fields.text("time_zone")
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        fields.refuse("time_zone", "is not a time zone that this machine knows (install its tzdata)")


def _source(fields: _Fields) -> Source:
    source = Source(
        text=fields.text("text"),
        as_of=fields.text("as_of", _MONTH),
        certainty=fields.one_of("certainty", Certainty),
    )
    fields.done()
    return source


def _elements(fields: _Fields) -> tuple[Element, ...]:
    elements = tuple(_element(item) for item in fields.tables("element"))
    names = [element.id for element in elements]
    if len(set(names)) != len(names):
        fields.refuse("element", "names an id twice")
    addresses = [element for element in elements if element.kind is ElementKind.ADDRESS]
    if [(element.id, element.is_required) for element in addresses] != [(_TARGET, True)]:
        fields.refuse("element", f"must have exactly one address, which is required and has the id {_TARGET}")
    return elements


def _element(fields: _Fields) -> Element:
    kind = fields.one_of("kind", ElementKind)
    is_choice = kind is ElementKind.CHOICE
    element = Element(
        id=fields.text("id", _NAME),
        group=fields.text("group", _NAME),
        kind=kind,
        is_required=fields.take("required", bool),
        is_personal=fields.take("personal", bool),
        max_characters=(
            fields.number("max_characters", 1, MAX_CHARACTERS)
            if kind in {ElementKind.NAME, ElementKind.CONTACT, ElementKind.TEXT}
            else 0
        ),
        choices=fields.names("choices") if is_choice else (),
        label=fields.texts("label"),
        missing=fields.texts("missing"),
    )
    if is_choice and not element.choices:
        fields.refuse("choices", "is empty")
    if kind in {ElementKind.NAME, ElementKind.CONTACT} and not element.is_personal:
        fields.refuse("personal", "must be true for a name and a contact")
    fields.done()
    return element


def _clocks(fields: _Fields) -> dict[ClockName, ClockRule]:
    found: dict[ClockName, ClockRule] = {}
    table = fields.table("clock")

    def read(rule: _Fields, name: str) -> None:
        try:
            clock = ClockName(name)
        except ValueError:
            table.refuse(name, f"must be one of {', '.join(ClockName)}")
        found[clock] = _clock(rule)

    table.each(read)
    if ClockName.DECISION not in found:
        table.refuse(ClockName.DECISION.value, "is missing")
    for clock, rule in found.items():
        if clock is not ClockName.DECISION and (rule.extension or rule.pausing is not Pausing.NEVER):
            table.refuse(clock.value, "cannot be extended and never pauses: only the decision's clock can")
    return found


def _clock(fields: _Fields) -> ClockRule:
    duration = _duration(fields)
    most = fields.number("extensions", 0, 9)
    extension = _duration(fields.table("extension")) if most else None
    rule = ClockRule(
        duration=duration,
        boundary=fields.one_of("boundary", Boundary),
        basis=fields.one_of("basis", Basis),
        pausing=fields.one_of("pauses", Pausing),
        extension=extension,
        max_extensions=most,
        source=_source(fields.table("source")),
    )
    if (rule.boundary is Boundary.END_OF_DAY) == duration.unit.is_elapsed:
        fields.refuse("boundary", f"must be {Boundary.END_OF_DAY} for calendar units, and for them alone")
    if extension is not None and extension.unit.is_elapsed != duration.unit.is_elapsed:
        fields.refuse("extension", "must count as the clock does: both elapsed time, or both calendar units")
    if rule.pausing is not Pausing.NEVER and (rule.basis is Basis.LAW or not duration.unit.is_elapsed):
        fields.refuse("pauses", "must be never: only a target in elapsed time may pause")
    fields.done()
    return rule


def _duration(fields: _Fields) -> Duration:
    duration = Duration(amount=fields.number("amount", 1, 10_000), unit=fields.one_of("unit", Unit))
    if fields.place.endswith("extension."):
        fields.done()
    return duration


def _retention(fields: _Fields) -> Retention:
    retention = Retention(
        elements_days=fields.number("elements_days", 0, 3660),
        record_years=fields.number("record_years", 0, 100),
        source=_source(fields.table("source")),
    )
    fields.done()
    return retention


def _authority(fields: _Fields) -> Authority:
    authority = Authority(
        name=fields.texts("name"),
        address=fields.text("address", _HTTPS) if fields.has("address") else None,
        pack=fields.names("pack"),
        source=_source(fields.table("source")),
    )
    fields.done()
    return authority


def _calendar(fields: _Fields) -> BusinessCalendar:
    weekend = fields.names("weekend")
    if not set(weekend) <= set(_DAYS) or len(weekend) > len(_DAYS) - 1:
        fields.refuse("weekend", f"must name days of {', '.join(_DAYS)}, not all of them")
    years = fields.take("years", list)
    if not years or any(not isinstance(year, int) for year in years):
        fields.refuse("years", "must be a list of years")
    holidays = fields.take("holidays", list)
    if any(type(day) is not date or day.year not in years for day in holidays):
        fields.refuse("holidays", "must be dates within the years")
    fields.done()
    return BusinessCalendar(
        weekend=frozenset(_DAYS.index(day) for day in weekend),
        holidays=frozenset(holidays),
        years=frozenset(years),
    )
