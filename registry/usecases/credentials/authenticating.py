"""Authenticate an API key.

1. A key is `tdr_<prefix of 8 characters>_<43 characters>`. The prefix identifies the credential's row. The 43
   characters encode the secret of 256 bits.
2. Only the HMAC-SHA256 of the secret under the deployment's pepper is stored. It is compared in constant time.
3. For an unknown prefix a comparison of the same cost is made. Every failure except a revoked key has the same answer.
"""

import hmac
import re
from typing import Final

from registry.domain import Credential
from registry.errors import NotAuthenticated
from registry.ports import SecretDigests, Units

KEY_SHAPE: Final = re.compile(r"tdr_([a-z0-9]{8})_([A-Za-z0-9_-]{43})", re.ASCII)


def authenticate(key: str, *, units: Units, digests: SecretDigests) -> Credential:
    """Return the key's credential. It may be revoked or expired, which `Credential.actor` checks.

    Raises:
        NotAuthenticated: the key is malformed or unknown.
        StorageUnavailable: the database cannot be read.
    """
    match = KEY_SHAPE.fullmatch(key)
    if match is None:
        raise NotAuthenticated("The key is malformed.")
    with units.read() as unit:
        found = unit.credentials.by_prefix(match[1])
    stored = found[1] if found is not None else bytes(32)
    genuine = hmac.compare_digest(stored, digests.digest_secret(match[2]))
    if found is None or not genuine:
        raise NotAuthenticated
    return found[0]
