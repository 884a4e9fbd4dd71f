"""Use cases about API keys."""

from registry.usecases.credentials.authenticating import authenticate
from registry.usecases.credentials.creating import Wanted, create_credential, create_first_credential
from registry.usecases.credentials.listing import list_credentials
from registry.usecases.credentials.quotas import read_quota, set_quota
from registry.usecases.credentials.revoking import revoke_credential

__all__ = [
    "Wanted",
    "authenticate",
    "create_credential",
    "create_first_credential",
    "list_credentials",
    "read_quota",
    "revoke_credential",
    "set_quota",
]
