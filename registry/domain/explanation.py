"""Explanations of checks, which reviewers read. They are counted, so that nobody finds a registered code by them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplanationCounts:
    """Numbers of different checks that were explained to a tenant within the window, without the check itself.

    Attributes:
        of_tenant: all of them.
        of_reference: those that rest on a reference on which the check rests too, where there are most.
    """

    of_tenant: int
    of_reference: int
