"""Cases without an account: opened, followed and recovered by whoever holds their secret."""

from registry.usecases.claims.contacting import ContactKept, ContactRead, keep_contact, read_contact
from registry.usecases.claims.following import FollowedClaim, FollowedReference, follow_claim
from registry.usecases.claims.opening import OpenedClaim, open_claim
from registry.usecases.claims.proving import prove_claim
from registry.usecases.claims.recovering import NewSecret, replace_secret

__all__ = [
    "ContactKept",
    "ContactRead",
    "FollowedClaim",
    "FollowedReference",
    "NewSecret",
    "OpenedClaim",
    "follow_claim",
    "keep_contact",
    "open_claim",
    "prove_claim",
    "read_contact",
    "replace_secret",
]
