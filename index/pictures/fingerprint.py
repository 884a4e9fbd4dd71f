"""Media to fingerprint: the one entry. Decoding and hashing happen in the sandbox, whoever sent the file."""

import hashlib
from typing import Final

from index.errors import LowInformation, LowQuality
from index.limits import STANDARD, DecodeLimits
from index.media.pictures import check_size
from index.pictures import wire as answers
from index.pictures.describing import ImageFingerprint, Purpose
from index.resources import Closing
from index.sandbox import Sandbox
from index.windows import FULL, MatchingProfile

ENROLMENT_QUALITY: Final = 50  # PDQ quality from which whole codes are enrolled (design, section 5, Tight)


class Fingerprinter(Closing):
    """Fingerprints pictures in a pool of sandboxed workers. Thread safe. Make it after forking, close it.

    Args:
        workers: Pictures looked at at the same time; more than there are cores gains nothing.
        limits: What one picture may cost.
        profile: Which anchored windows to make; None makes none.
    """

    def __init__(
        self,
        *,
        workers: int = 2,
        limits: DecodeLimits = STANDARD,
        profile: MatchingProfile | None = FULL,
    ) -> None:
        self._limits = limits
        self._profile = profile
        self._sandbox = Sandbox(
            task="index.pictures.wire:serve",
            warm_up="index.pictures.wire:warm_up",
            workers=workers,
            limits=limits,
        )

    def describe(
        self, data: bytes | memoryview, purpose: Purpose, *, colours: bool = False
    ) -> ImageFingerprint:
        """Fingerprint one picture.

        Args:
            data: The whole file.
            purpose: ENROL adds the codes for exchange, at the cost of decoding at full size; CHECK the later frames.
            colours: Whether to give the picture in colour too, as faces are looked for in; drop it soon.

        Raises:
            MediaError: The file cannot be looked at; the leaf says why.
            DecodersBusy: All workers stayed busy; try again later.
        """
        check_size(memoryview(data).nbytes, self._limits)
        header = answers.request_header(purpose, self._limits, self._profile, colours=colours)
        reply = self._sandbox.run(header, data)
        digest = hashlib.sha256(data).digest()
        return answers.read(reply, purpose, digest, self._limits, self._profile, colours=colours)

    def warm_up(self) -> None:
        """Start all workers and wait until they are ready.

        Raises:
            DecoderFailed: A worker cannot be started.
            DecodersBusy: The workers are at work for others all the time.
        """
        self._sandbox.warm_up()

    def close(self) -> None:
        """Kill all workers; pictures in flight get `DecoderFailed`."""
        self._sandbox.close()


def require_enrollable(fingerprint: ImageFingerprint) -> None:
    """Pass a fingerprint that may be registered (style rule R5).

    Raises:
        LowInformation: Flat or degenerate: registered, it would match every blank upload.
        LowQuality: PDQ quality below 50: its whole codes would match unrelated pictures.
    """
    codes = (fingerprint.pdq, fingerprint.dhash, fingerprint.pdq_canonical, fingerprint.phash)
    if fingerprint.is_low_information or any(code is not None and code.is_degenerate for code in codes):
        raise LowInformation("the picture is flat: registered, it would match every blank upload")
    if fingerprint.quality < ENROLMENT_QUALITY:
        raise LowQuality(
            f"the picture shows too little: its quality must be at least {ENROLMENT_QUALITY} of 100"
        )
