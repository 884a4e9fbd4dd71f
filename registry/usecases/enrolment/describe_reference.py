"""Describes what is to become a reference: from media, or from codes that another device made."""

from collections.abc import Sequence
from typing import Final

from index.errors import LowInformation, LowQuality
from index.hashing import Algorithm, Code
from index.pictures import ENROLMENT_QUALITY, ImageFingerprint, Purpose, require_enrollable
from index.verdict import ReferenceKind
from registry.domain import (
    FOUND_BY_WINDOWS_FROM,
    Draft,
    Family,
    StoredCode,
    StoredWindows,
    View,
    require_matchable,
)
from registry.errors import CodesInsufficient
from registry.ports import Fingerprints

CLIENT_VERSION: Final = "client"
"""Version of codes that came from outside: what made them is not known."""


def draft_from_media(
    data: bytes | memoryview, kind: ReferenceKind, fingerprints: Fingerprints, *, edits: bool = True
) -> Draft:
    """Fingerprints a picture for registration.

    A picture whose whole codes would match others is registered by its windows and its exact bytes alone, where it has
    windows enough.

    Args:
        data: the whole file.
        kind: what it is registered as.
        fingerprints: where media is described.
        edits: whether crops and altered copies are to be found too, by anchored windows; the claimant's choice, as
            these tell more about the picture than its whole codes.

    Raises:
        MediaError: it cannot be looked at.
        InformationError: it shows too little.
    """
    return draft_from_fingerprint(fingerprints.describe(data, Purpose.ENROL), kind, edits=edits)


def draft_from_fingerprint(
    fingerprint: ImageFingerprint, kind: ReferenceKind, *, edits: bool, exact_only: bool = False
) -> Draft:
    """Does as `draft_from_media` with a picture that was described; `exact_only` keeps its digest alone.

    Raises:
        InformationError: it shows too little for more than its digest.
    """
    windows = _windows_of(fingerprint) if edits else None
    codes = _codes_of(fingerprint)
    if not exact_only:
        try:
            require_enrollable(fingerprint)
        except LowQuality:
            if windows is None or len(windows.windows) < FOUND_BY_WINDOWS_FROM:
                raise
            exact_only = True
    if exact_only:
        codes = tuple(stored for stored in codes if stored.code.algorithm.is_exact)
    return Draft(
        kind=kind, codes=codes, flat_share=fingerprint.flat_share, windows=windows, inner=fingerprint.inner
    )


def draft_from_codes(codes: Sequence[Code], kind: ReferenceKind) -> Draft:
    """Takes codes as they are; the server cannot verify them, so they rest on the case's level alone.

    Raises:
        CodesInsufficient: neither PDQ nor SHA-256, or an algorithm twice; or a likeness, which no code shows.
        InformationError: the PDQ shows too little.
    """
    require_matchable(codes)
    if kind is ReferenceKind.LIKENESS:
        raise CodesInsufficient("A likeness is registered by photographs: no code shows a face.")
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


def _windows_of(fingerprint: ImageFingerprint) -> StoredWindows | None:
    if fingerprint.windows is None or fingerprint.profile is None or not len(fingerprint.windows):
        return None
    return StoredWindows(family=Family.ANCHORED, profile=fingerprint.profile, windows=fingerprint.windows)


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
