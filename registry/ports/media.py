"""The port that describes pictures. `index.pictures.Fingerprinter` implements it."""

from typing import Protocol

from index.pictures import ImageFingerprint, Purpose


class Fingerprints(Protocol):
    """Computes fingerprints of pictures and keeps nothing.

    Errors: the leaves of `index.errors.MediaError`.
    """

    def describe(
        self, data: bytes | memoryview, purpose: Purpose, *, colours: bool = False
    ) -> ImageFingerprint:
        """Return the fingerprint of one picture, with its frames in colour (for faces) if `colours` is set."""
        ...
