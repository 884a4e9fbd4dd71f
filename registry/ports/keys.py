"""The port for digests of API keys' secrets. `registry.security` implements it."""

from typing import Protocol


class SecretDigests(Protocol):
    """Digests of the secrets of API keys under the deployment's pepper. Threads: any."""

    def digest_secret(self, secret: str) -> bytes:
        """Return the stored form of a secret, 32 bytes; the same secret always gives the same bytes."""
        ...
