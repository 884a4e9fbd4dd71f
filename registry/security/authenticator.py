"""Authentication of API keys. Results are cached until any row of the registry changes."""

import hashlib
import threading
from collections.abc import Callable
from datetime import datetime
from typing import Final

from registry.domain import Actor
from registry.errors import NotAuthenticated
from registry.ports import SecretDigests, Units
from registry.usecases.credentials import authenticate

_SCHEME: Final = "bearer "  # case-insensitive (RFC 9110, section 11.1)
_MAX_REMEMBERED: Final = 10_000


class Authenticator:
    """Authenticator of `Authorization: Bearer` headers. Threads: any.

    On SQLite, `version` changes with every commit. Every worker therefore refuses a revoked key from the commit of its
    revocation on, without one query per request. Without such a version (None), every request queries the database.
    """

    def __init__(
        self,
        *,
        units: Units,
        digests: SecretDigests,
        now: Callable[[], datetime],
        version: Callable[[], int | None],
    ) -> None:
        self._units = units
        self._digests = digests
        self._now = now
        self._version = version
        self._lock = threading.Lock()
        self._remembered: dict[bytes, tuple[Actor, datetime | None]] = {}
        self._as_of: int | None = None

    def actor(self, header: str | None) -> Actor:
        """Return the actor that the header's key belongs to.

        Raises:
            NotAuthenticated: the key is missing or invalid.
            CredentialRevoked: the key was valid in the past.
        """
        if header is None or header[: len(_SCHEME)].lower() != _SCHEME:
            raise NotAuthenticated("Send the key as: Authorization: Bearer <key>.")
        key = header[len(_SCHEME) :]
        version = self._version()
        name = hashlib.sha256(key.encode("utf-8", "replace")).digest()
        found = self._recall(name, version)
        if found is not None:
            return found
        credential = authenticate(key, units=self._units, digests=self._digests)
        actor = credential.actor(self._now())
        if version is not None:
            with self._lock:
                if self._as_of == version and len(self._remembered) < _MAX_REMEMBERED:
                    self._remembered[name] = (actor, credential.expires_at)
        return actor

    def _recall(self, name: bytes, version: int | None) -> Actor | None:
        with self._lock:
            if version is None or version != self._as_of:
                self._remembered.clear()
                self._as_of = version
                return None
            found = self._remembered.get(name)
        if found is None or (found[1] is not None and found[1] <= self._now()):
            return None
        return found[0]
