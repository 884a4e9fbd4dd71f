"""Describes what is to become a reference: from media, or from codes that another device made."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from index.errors import LowInformation, LowQuality
from index.fingerprint import ENROLMENT_QUALITY, ImageFingerprint, Purpose, require_enrollable
from index.hashing.codes import Algorithm, Code
from registry.domain.reference import ReferenceKind, StoredCode, StoredWindows, View
from registry.errors import CodesInsufficient
from registry.usecases.ports import Fingerprints

CLIENT_VERSION: Final = "client"
"""Version of codes that came from outside: what made them is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A reference to be, checked and without an id."""

    kind: ReferenceKind
    codes: tuple[StoredCode, ...] = field(repr=False)
    flat_share: float | None
    windows: StoredWindows | None = field(default=None, compare=False, repr=False)


def draft_from_media(data: bytes | memoryview, kind: ReferenceKind, fingerprints: Fingerprints) -> Draft:
    """Fingerprints a picture for registration.

    Raises:
        MediaError: it cannot be looked at.
        InformationError: it shows too little (style rule R5).
    """
    fingerprint = fingerprints.describe(data, Purpose.ENROL)
    require_enrollable(fingerprint)
    return Draft(kind=kind, codes=_codes_of(fingerprint), flat_share=fingerprint.flat_share)


def draft_from_codes(codes: Sequence[Code], kind: ReferenceKind) -> Draft:
    """Takes codes as they are; the server cannot verify them, so they rest on the case's level alone.

    Raises:
        CodesInsufficient: neither PDQ nor SHA-256, or an algorithm twice.
        InformationError: the PDQ shows too little.
    """
    require_matchable(codes)
    for code in codes:
        if code.is_degenerate:
            raise LowInformation("the code is that of a flat picture: it would match every blank upload")
        if code.quality is not None and code.quality < ENROLMENT_QUALITY:
            raise LowQuality(f"the quality of the code must be at least {ENROLMENT_QUALITY} of 100")
    stored = tuple(
        StoredCode(
            code=code, view=View.BYTES if code.algorithm.is_exact else View.CANONICAL, version=CLIENT_VERSION
        )
        for code in codes
    )
    return Draft(kind=kind, codes=stored, flat_share=None)


def require_matchable(codes: Sequence[Code]) -> None:
    """Raises `CodesInsufficient` unless the codes hold a PDQ or a SHA-256, and each algorithm once."""
    algorithms = [code.algorithm for code in codes]
    if len(set(algorithms)) != len(algorithms):
        raise CodesInsufficient("Send one code of each algorithm.")
    if not {Algorithm.PDQ, Algorithm.SHA256} & set(algorithms):
        raise CodesInsufficient("Send a pdq or a sha256 code; the other algorithms only support a match.")


def _codes_of(fingerprint: ImageFingerprint) -> tuple[StoredCode, ...]:
    version = fingerprint.version
    digest = Code(algorithm=Algorithm.SHA256, value=fingerprint.sha256)
    codes = [
        StoredCode(code=fingerprint.pdq, view=View.PLANE, version=version),
        StoredCode(code=fingerprint.dhash, view=View.PLANE, version=version),
        StoredCode(code=digest, view=View.BYTES, version=version),
    ]
    if fingerprint.pdq_canonical is not None:
        codes.append(StoredCode(code=fingerprint.pdq_canonical, view=View.CANONICAL, version=version))
    if fingerprint.phash is not None:
        codes.append(StoredCode(code=fingerprint.phash, view=View.PLANE, version=version))
    return tuple(codes)
