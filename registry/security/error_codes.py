"""Which texts are codes of our errors: the only ones that a log line may have in its field `code`."""

from typing import Final

from index.errors import IndexingError
from registry.errors import RegistryError

_OF_ROUTING: Final = frozenset({"no-such-endpoint", "method-not-allowed"})
"""Codes of refusals that no error of ours stands for: of addresses and methods that there are not."""

_known: set[str] = set()


def is_code(text: str) -> bool:
    """Return whether the text is the code of an error. Classes that were loaded since are found as well."""
    if text not in _known and text not in _OF_ROUTING:
        _known.update(_codes_of(RegistryError), _codes_of(IndexingError))
    return text in _known or text in _OF_ROUTING


def _codes_of(kind: type[RegistryError] | type[IndexingError]) -> set[str]:
    return {kind.code}.union(*map(_codes_of, kind.__subclasses__()))
