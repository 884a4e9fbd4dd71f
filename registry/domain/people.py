"""Registered people whom a platform's uploads show, counted so that nobody searches the registry by portraits.

`registry.security.people_budget` has the budgets, and `registry.matching.probing` decides by them. A person is a case
with a likeness.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """The uploaders of one tenant whose uploads showed one person, and who were told.

    Attributes:
        uploaders: their number; uploads without an uploader count as one.
        is_own: whether the one who asks now is among them.
    """

    uploaders: int
    is_own: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleCounts:
    """Numbers of different people within the window.

    Attributes:
        of_uploader: people whom the uploader's uploads showed, told or held.
        of_tenant: people of whom the tenant was told.
        uploads: the tenant's uploads that showed a face which could be compared.
        told: for each person whom the question shows, to whom they were told before; no entry for nobody.
    """

    of_uploader: int = 0
    of_tenant: int = 0
    uploads: int = 0
    told: Mapping[str, Told] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleStanding:
    """The state of the budgets of people that a question meets.

    Attributes:
        is_spent: whether a budget is spent, so that no answer may depend on a likeness.
        new: the people in the question who count if they are told.
    """

    is_spent: bool = False
    new: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleReport:
    """One tenant's people within the window, for the operator.

    Attributes:
        told: different people of whom it was told.
        most: people of one uploader, told or held, where there are most.
        uploads: uploads with a comparable face.
    """

    told: int = 0
    most: int = 0
    uploads: int = 0
