"""Roles as sets of permissions, and the actor on whose behalf a request runs."""

from dataclasses import dataclass
from enum import StrEnum, unique
from typing import Final

from registry.errors import NotPermitted
from registry.permissions import Permission


@unique
class Role(StrEnum):
    """The kind of organisation or person for which a credential was made."""

    OPERATOR = "operator"
    PLATFORM = "platform"
    AGENCY = "agency"
    CLAIMANT = "claimant"
    MONITOR = "monitor"
    VERIFIER = "verifier"
    """Says how far a case is verified; never the one who opened it."""
    REVIEWER = "reviewer"
    """A platform's person who decides about held uploads."""
    OFFICER = "officer"
    """Decides challenges, suspends, and withdraws on a legal order."""
    AUDITOR = "auditor"
    """Verifies the ledger and reads counts."""


_JOBS: Final = frozenset({Permission.JOB_READ, Permission.JOB_CANCEL})
_CLAIMS: Final = _JOBS | {
    Permission.CASE_CREATE,
    Permission.CASE_LIST,
    Permission.CASE_READ,
    Permission.CASE_LABEL,
    Permission.CASE_EXPORT,
    Permission.CASE_WITHDRAW,
    Permission.CASE_CHALLENGE,
    Permission.REFERENCE_CREATE,
    Permission.RECEIPT_READ,
    Permission.TAKEDOWN_CREATE,
    Permission.TAKEDOWN_READ,
}

ROLE_PERMISSIONS: Final[dict[Role, frozenset[Permission]]] = {
    Role.OPERATOR: frozenset(Permission),
    Role.PLATFORM: _JOBS
    | {
        Permission.CHECK_CREATE,
        Permission.CHECK_LIKENESS,
        Permission.CHECK_READ,
        Permission.CHECK_LIST,
        Permission.CHECK_LABEL,
        Permission.DECISION_CREATE,
        Permission.TAKEDOWN_READ,
        Permission.TAKEDOWN_DECIDE,
        Permission.CASE_CHALLENGE,
    },
    Role.AGENCY: _CLAIMS,
    Role.CLAIMANT: _CLAIMS,
    Role.MONITOR: frozenset({Permission.METRICS_READ}),
    Role.VERIFIER: frozenset({Permission.CASE_READ, Permission.CASE_VERIFY, Permission.CASE_CONTACT}),
    Role.REVIEWER: frozenset(
        {
            Permission.CHECK_READ,
            Permission.CHECK_LIST,
            Permission.CHECK_LABEL,
            Permission.CHECK_EXPLAIN,
            Permission.DECISION_CREATE,
            Permission.TAKEDOWN_READ,
            Permission.TAKEDOWN_DECIDE,
            Permission.CASE_CHALLENGE,
        }
    ),
    Role.OFFICER: frozenset(
        {
            Permission.CASE_READ,
            Permission.CASE_READ_ANY,
            Permission.CASE_WITHDRAW,
            Permission.CASE_CHALLENGE,
            Permission.CASE_DECIDE,
            Permission.CASE_SUSPEND,
        }
    ),
    Role.AUDITOR: frozenset({Permission.LEDGER_VERIFY, Permission.METRICS_READ}),
}
"""The permissions of each role. Platforms cannot register, and claimants cannot check uploads, so that neither can
search for a person. Whoever opens cases does not verify them. A platform challenges by its own checks, as
it knows no case."""

OPTIONAL_PERMISSIONS: Final[dict[Role, frozenset[Permission]]] = dict.fromkeys(Role, frozenset()) | {
    Role.PLATFORM: frozenset({Permission.JOB_CANCEL_ANY, Permission.CHECK_CODES, Permission.CHECK_EXPLAIN}),
    Role.AGENCY: frozenset({Permission.JOB_CANCEL_ANY}),
    Role.CLAIMANT: frozenset({Permission.JOB_CANCEL_ANY}),
}
"""Permissions that a key of a role has only if they are named when it is made. Whoever asks by codes chooses each bit
of a question, and may search for a registered code faster than by media. Explanations tell a reviewer what no platform
needs to act."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """The tenant and credential on whose behalf a request runs."""

    tenant_id: str
    credential_id: str
    permissions: frozenset[Permission]

    def require(self, permission: Permission, advice: str = "") -> None:
        """Raise `NotPermitted`, with advice for the caller, unless the actor holds the permission."""
        if permission not in self.permissions:
            raise NotPermitted(f"This API key lacks the permission {permission.value}. {advice}".strip())
