"""Use cases about mandates."""

from registry.usecases.mandates.confirming import Confirmed, confirm_mandate
from registry.usecases.mandates.keeping import MandateKeeper
from registry.usecases.mandates.listing import list_expiring_mandates, list_mandates
from registry.usecases.mandates.proposing import propose_mandate
from registry.usecases.mandates.revoking import Revoked, revoke_by_subject, revoke_mandate

__all__ = [
    "Confirmed",
    "MandateKeeper",
    "Revoked",
    "confirm_mandate",
    "list_expiring_mandates",
    "list_mandates",
    "propose_mandate",
    "revoke_by_subject",
    "revoke_mandate",
]
