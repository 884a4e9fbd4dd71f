"""The right to a case without an account: who proves it, and what is kept to recognize the proof."""

from dataclasses import dataclass, field
from typing import Final

from registry.domain import ids
from registry.domain.claims.words import SecretKind
from registry.domain.roles import Actor, Role
from registry.permissions import Permission

CLAIMS_TENANT: Final = "ten_000000000000000c"
"""The tenant of all cases without an account. A migration makes it."""

CLAIMS_ROLES: Final = frozenset({Role.VERIFIER, Role.OFFICER})
"""Roles of the keys that the tenant may have: those that act on a case which a person told them of."""

CLAIM_PERMISSIONS: Final = frozenset(
    {
        Permission.CASE_CREATE,
        Permission.CASE_READ,
        Permission.CASE_EXPORT,
        Permission.CASE_WITHDRAW,
        Permission.CASE_CHALLENGE,
        Permission.REFERENCE_CREATE,
        Permission.RECEIPT_READ,
    }
)
"""What a person may do with her own case. She never verifies, and never asks about uploads."""


def claim_actor(case_id: str) -> Actor:
    """Return the actor of a case without an account, for that case alone.

    The id in place of a key's is the case's own: it opened the case, so it never verifies it, and has its own quota.
    """
    key = f"{ids.CREDENTIAL}_{case_id.removeprefix(f'{ids.CASE}_')}"
    return Actor(tenant_id=CLAIMS_TENANT, credential_id=key, permissions=CLAIM_PERMISSIONS)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptProof:
    """What is kept of a secret (`registry.security.claim_proofs`).

    Attributes:
        salt: 16 random bytes.
        tag: 12 bits of a keyed digest, which a wrong secret seldom has: right ones are known before the costly digest.
        digest: argon2id of the secret, 32 bytes.
    """

    salt: bytes
    tag: int
    digest: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimAccess:
    """What is kept of the secret and the recovery words of a case."""

    case_id: str
    secret: KeptProof
    recovery: KeptProof

    def of(self, kind: SecretKind) -> KeptProof:
        """Return what is kept of a kind of secret."""
        return self.secret if kind is SecretKind.SECRET else self.recovery


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimProof:
    """A case, and the secret or the recovery words that prove the right to it."""

    case_id: str
    kind: SecretKind
    value: bytes = field(repr=False)
