"""Read the fields of a parsed JSON object by rules. All faults are reported together, by name and never by value."""

import re
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

from index.errors import MalformedManifest

Row = TypeVar("Row")

_MAX_NAMED: Final = 20
"""Maximum number of faults named in one message."""

_MAX_NAME_LENGTH: Final = 40
_ABSENT: Final = object()


class Rule:
    """A rule for a text: a regular expression for the whole text, and the same in words."""

    def __init__(self, pattern: str, words: str) -> None:
        self._pattern = re.compile(pattern, re.ASCII)
        self.words = words

    def holds(self, text: str) -> bool:
        """Return True if a text satisfies the rule. Texts with unprintable characters satisfy no rule."""
        return text.isprintable() and self._pattern.fullmatch(text) is not None


class Fields:
    """The fields of one object. Each is read once; `finish` raises for all wrong, missing or unknown fields.

    A wrong field gets a placeholder value of its type, so that reading continues with the next field.
    """

    def __init__(
        self,
        content: dict[str, Any],
        *,
        within: str = "",
        faults: list[str] | None = None,
        is_there: bool = True,
    ) -> None:
        self._content = content
        self._within = within
        self._faults = [] if faults is None else faults
        self._is_there = is_there
        self._asked: set[str] = set()
        self._inner: list[Fields] = []

    def text(self, name: str, rule: Rule) -> str:
        """Return a text that satisfies the rule."""
        value = self._take(name)
        if isinstance(value, str) and rule.holds(value):
            return value
        self._fault(name, rule.words)
        return ""

    def optional_text(self, name: str, rule: Rule) -> str | None:
        """Return a text that satisfies the rule, or None if it is null or absent."""
        if self._content.get(name) is None:
            self._asked.add(name)
            return None
        return self.text(name, rule)

    def choice(self, name: str, allowed: Sequence[str]) -> str:
        """Return one of the allowed texts."""
        value = self._take(name)
        if isinstance(value, str) and value in allowed:
            return value
        self._fault(name, "one of " + ", ".join(allowed))
        return str(allowed[0])

    def number(self, name: str, low: float, high: float, *, default: float | None = None) -> float:
        """Return a number between two bounds, or the default if it is absent."""
        value = self._take(name, default)
        if isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high:
            return float(value)
        self._fault(name, f"a number between {low:g} and {high:g}")
        return low

    def whole(self, name: str, low: int, high: int, *, default: int | None = None) -> int:
        """Return a whole number between two bounds, or the default if it is absent."""
        value = self._take(name, default)
        if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
            return value
        self._fault(name, f"a whole number between {low} and {high}")
        return low

    def flag(self, name: str, *, default: bool) -> bool:
        """Return a boolean, or the default if it is absent."""
        value = self._take(name, default)
        if isinstance(value, bool):
            return value
        self._fault(name, "true or false")
        return default

    def rows(self, name: str, read: Callable[[list[Any]], Row], *, most: int, of: str) -> tuple[Row, ...]:
        """Return the rows of a list of lists. `read` converts each row or raises `ValueError`."""
        value = self._take(name)
        if isinstance(value, list) and len(value) <= most and all(isinstance(row, list) for row in value):
            try:
                return tuple(map(read, value))
            except ValueError:
                self._fault(name, f"a list of {of}")
                return ()
        self._fault(name, f"a list of at most {most} of {of}")
        return ()

    def inner(self, name: str) -> "Fields":
        """Return the fields of an object inside this one."""
        value = self._take(name)
        if not isinstance(value, dict):
            self._fault(name, "an object")
        fields = Fields(
            value if isinstance(value, dict) else {},
            within=f"{self._within}{name}.",
            faults=self._faults,
            is_there=self._is_there and isinstance(value, dict),
        )
        self._inner.append(fields)
        return fields

    def optional_inner(self, name: str) -> "Fields | None":
        """Return the fields of an object inside this one, or None if it is null or absent."""
        if self._content.get(name) is None:
            self._asked.add(name)
            return None
        return self.inner(name)

    def require(self, name: str, words: str, *, holds: bool) -> None:
        """Add a fault unless a condition on several fields holds."""
        if not holds:
            self._fault(name, words)

    def finish(self) -> None:
        """Raise `MalformedManifest` if a field was wrong, missing or unknown."""
        self._unknown()
        if not self._faults:
            return
        named = "; ".join(self._faults[:_MAX_NAMED])
        left = len(self._faults) - _MAX_NAMED
        raise MalformedManifest(named if left <= 0 else f"{named}; and {left} more")

    def _unknown(self) -> None:
        for name in sorted(self._content.keys() - self._asked):
            self._faults.append(f"{self._within}{_safe(name)} is not known")
        for fields in self._inner:
            fields._unknown()  # noqa: SLF001  an object of this class

    def _take(self, name: str, default: object = None) -> object:
        self._asked.add(name)
        value = self._content.get(name, _ABSENT)
        return default if value is _ABSENT else value

    def _fault(self, name: str, words: str) -> None:
        if self._is_there:
            self._faults.append(f"{self._within}{name} must be {words}")


def _safe(name: str) -> str:
    """Return an untrusted name, shortened and safe to print."""
    return ascii(name[:_MAX_NAME_LENGTH])
