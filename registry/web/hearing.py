"""Signs of life: whoever uses their case keeps it (`registry.usecases.cases.retaining`)."""

from contextlib import suppress

from registry.errors import StorageUnavailable
from registry.permissions import Permission
from registry.usecases.cases import hear_of
from registry.web.context import actor, container


def heard(case_id: str) -> None:
    """Note a sign of life, if the caller is one who opens cases. What the database cannot take now is left out."""
    if Permission.CASE_CREATE in actor().permissions:
        heard_of_claimant(case_id)


def heard_of_claimant(case_id: str) -> None:
    """Note a sign of life of whoever has proven the right to a case."""
    parts = container()
    with suppress(StorageUnavailable):
        hear_of(case_id, units=parts.units, environment=parts.environment)
