"""The port that describes pictures. `index.pictures.Fingerprinter` implements it."""

from typing import Protocol

from index.pictures import ImageFingerprint, Purpose


class Fingerprints(Protocol):
    """Computation of fingerprints of pictures. Nothing is kept.

    Errors: the leaves of `index.errors.MediaError`.
    """

    def describe(
        self, data: bytes | memoryview, purpose: Purpose, *, colours: bool = False
    ) -> ImageFingerprint:
        """Return the fingerprint of one picture. If `colours` is set, include its frames in colour, for faces."""
        ...
