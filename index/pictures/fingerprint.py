"""The entry point for fingerprinting pictures. Every file is decoded and hashed in a sandboxed worker."""

import hashlib
from typing import Final

from index.errors import DecoderFailed, LowInformation, LowQuality
from index.limits import STANDARD, DecodeLimits
from index.media.pictures import OPEN_CHOICES, SecretChoices, SeedOf, check_size
from index.pictures import wire
from index.pictures.describing import ImageFingerprint, Purpose
from index.resources import Closing
from index.sandbox import Sandbox
from index.shares import CpuBudget
from index.verdict import MIN_QUALITY
from index.windows import FULL, MatchingProfile

ENROLMENT_QUALITY: Final = MIN_QUALITY  # PDQ quality; whole codes below it match unrelated pictures


class Fingerprinter(Closing):
    """A pool of sandboxed workers that fingerprint pictures. Thread safe. Create it after forking, and close it.

    Args:
        workers: Number of pictures of one share (`index.shares`) processed at the same time. More than the number of
            cores gains nothing.
        spare: Number of further workers, each for a share that uses none.
        budget: Budget of processor time of a share.
        limits: Bounds on the cost of one picture.
        profile: Number and sizes of anchored windows; None for no windows.
        seed_of: The secret of a file, 32 bytes, by its SHA-256: it decides which frames of an animation are looked at
            more closely. None for frames that anybody can foresee.
    """

    def __init__(
        self,
        *,
        workers: int = 2,
        spare: int = 0,
        budget: CpuBudget | None = None,
        limits: DecodeLimits = STANDARD,
        profile: MatchingProfile | None = FULL,
        seed_of: SeedOf | None = None,
    ) -> None:
        self._limits = limits
        self._seed_of = seed_of
        self._profile = profile
        self._sandbox = Sandbox(
            task="index.pictures.wire:serve",
            warm_up="index.pictures.wire:warm_up",
            workers=workers,
            spare=spare,
            budget=budget,
            limits=limits,
        )

    def describe(
        self, data: bytes | memoryview, purpose: Purpose, *, colours: bool = False
    ) -> ImageFingerprint:
        """Fingerprint one picture.

        Args:
            data: Content of the whole file.
            purpose: ENROL adds the codes for exchange, which need the full-size picture; CHECK adds the later frames.
            colours: True to return the picture in colour as well, for finding faces. Drop it soon.

        Raises:
            MediaError: The file cannot be decoded; the subclass tells why.
            DecodersBusy: All workers stayed busy; the caller may try again later.
            BudgetSpent: The same, of a share that has spent its budget of processor time.
        """
        check_size(memoryview(data).nbytes, self._limits)
        digest = hashlib.sha256(data).digest()
        choices = OPEN_CHOICES if self._seed_of is None else SecretChoices(seed=self._seed_of(digest))
        header = wire.request_header(purpose, self._limits, self._profile, colours=colours, choices=choices)
        reply = self._sandbox.run(header, data)
        fingerprint = wire.read(reply, purpose, digest, self._limits, self._profile, colours=colours)
        if any(not start < end <= memoryview(data).nbytes for start, end in fingerprint.clips):
            raise DecoderFailed("the decoder's answer was out of range")
        return fingerprint

    def warm_up(self) -> None:
        """Start all workers and wait until they are ready.

        Raises:
            DecoderFailed: A worker cannot be started.
            DecodersBusy: The workers stayed busy with other requests.
        """
        self._sandbox.warm_up()

    def close(self) -> None:
        """Kill all workers. Requests in progress raise `DecoderFailed`."""
        self._sandbox.close()


def require_enrollable(fingerprint: ImageFingerprint) -> None:
    """Check that a fingerprint may be registered.

    Raises:
        LowInformation: The picture is flat or degenerate. If registered, it would match every blank upload.
        LowQuality: The PDQ quality is below 50: the whole codes would match unrelated pictures.
    """
    codes = (fingerprint.pdq, fingerprint.dhash, fingerprint.pdq_canonical, fingerprint.phash)
    if fingerprint.is_low_information or any(code is not None and code.is_degenerate for code in codes):
        raise LowInformation("the picture is flat: registered, it would match every blank upload")
    if fingerprint.quality < ENROLMENT_QUALITY:
        raise LowQuality(
            f"the picture shows too little: its quality must be at least {ENROLMENT_QUALITY} of 100"
        )
