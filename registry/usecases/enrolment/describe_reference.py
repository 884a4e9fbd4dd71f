"""Describe a picture that is to become a reference, from media or from codes that another device computed."""

from collections.abc import Sequence

from index.errors import BudgetSpent, DecoderFailed, DecodersBusy, LowInformation, LowQuality
from index.faces import FaceRefusal
from index.hashing import Algorithm, Code
from index.media.pictures import Colours
from index.pictures import (
    ENROLMENT_QUALITY,
    ImageFingerprint,
    Purpose,
    require_enrollable,
    with_face_regions,
)
from index.verdict import Box, ReferenceKind
from index.windows import FULL, Windows
from registry.domain import (
    CLIENT_VERSION,
    FOUND_BY_WINDOWS_FROM,
    Draft,
    Family,
    StoredCode,
    StoredWindows,
    View,
    require_matchable,
)
from registry.errors import CodesInsufficient
from registry.ports import Faces, Fingerprints


def draft_from_media(
    data: bytes | memoryview,
    kind: ReferenceKind,
    fingerprints: Fingerprints,
    *,
    edits: bool = True,
    faces: Faces | None = None,
) -> Draft:
    """Return the draft of a picture for registration.

    A picture whose whole codes would match other pictures is registered only by its windows and its exact digest, if
    it has enough windows.

    Args:
        data: the whole file.
        kind: the kind of reference that the picture becomes.
        fingerprints: the fingerprinter of pictures.
        edits: whether crops and altered copies are also to be found, by anchored windows. The claimant chooses,
            because windows reveal more about the picture than its whole codes.
        faces: the face engines, which find the places of faces for the regional signature; None if faces are switched
            off. Nothing else is kept of the faces.

    Raises:
        MediaError: the picture cannot be decoded.
        InformationError: the picture shows too little.
    """
    has_faces = edits and faces is not None and bool(faces.engines)
    fingerprint = fingerprints.describe(data, Purpose.ENROL, colours=has_faces)
    if has_faces and faces is not None:
        fingerprint = with_face_regions(fingerprint, _places(faces, fingerprint.colours))
    return draft_from_fingerprint(fingerprint, kind, edits=edits)


def _places(faces: Faces, colours: Sequence[Colours]) -> tuple[Box, ...]:
    """Return the places of faces in a picture; none if they cannot be looked for now.

    They only make answers about replaced regions finer, so a picture is registered without them rather than not at all.
    """
    try:
        (seen,) = faces.look(colours)
    except (BudgetSpent, DecoderFailed, DecodersBusy):
        return ()
    first, *_ = seen  # engines find the same faces
    return tuple(face.box for face in first.faces if FaceRefusal.UNSURE not in face.refusals)


def draft_from_fingerprint(
    fingerprint: ImageFingerprint, kind: ReferenceKind, *, edits: bool, exact_only: bool = False
) -> Draft:
    """Return the draft of a fingerprinted picture, as `draft_from_media` does.

    With `exact_only`, the draft holds the exact digest and no whole codes.

    Raises:
        InformationError: the picture shows too little for more than its digest.
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


def draft_from_codes(codes: Sequence[Code], kind: ReferenceKind, windows: Windows | None = None) -> Draft:
    """Return the draft of codes that a client sent. The server cannot verify them, so only the case's level counts.

    A picture of low quality is registered by its exact digest and its windows, as `draft_from_media` does it.

    Args:
        codes: the whole codes and digests.
        kind: the kind of reference.
        windows: anchored windows that the device made too (`index.windows.windows_of_device`).

    Raises:
        CodesInsufficient: there is neither PDQ nor SHA-256, an algorithm appears twice, or the kind is a likeness,
            which codes cannot describe.
        InformationError: the PDQ is of a picture that shows too little.
    """
    require_matchable(codes)
    if kind is ReferenceKind.LIKENESS:
        raise CodesInsufficient("A likeness is registered by photographs: no code shows a face.")
    for code in codes:
        if code.is_degenerate:
            raise LowInformation("the code is that of a flat picture: it would match every blank upload")
    codes = _of_quality(codes, windows)
    stored = tuple(
        StoredCode(
            code=code, view=View.BYTES if code.algorithm.is_exact else View.CANONICAL, version=CLIENT_VERSION
        )
        for code in codes
    )
    return Draft(
        kind=kind,
        codes=stored,
        flat_share=None,
        windows=None
        if windows is None
        else StoredWindows(family=Family.ANCHORED, profile=FULL.name, windows=windows),
    )


def _of_quality(codes: Sequence[Code], windows: Windows | None) -> Sequence[Code]:
    """Return the codes by which a picture is found, the exact ones alone if it shows little; raise `LowQuality`."""
    if all(code.quality is None or code.quality >= ENROLMENT_QUALITY for code in codes):
        return codes
    exact = [code for code in codes if code.algorithm.is_exact]
    if not exact or windows is None or len(windows) < FOUND_BY_WINDOWS_FROM:
        raise LowQuality(f"the quality of the code must be at least {ENROLMENT_QUALITY} of 100")
    return exact


def _windows_of(fingerprint: ImageFingerprint) -> StoredWindows | None:
    if fingerprint.windows is None or fingerprint.profile is None or not len(fingerprint.windows):
        return None
    return StoredWindows(
        family=Family.ANCHORED,
        profile=fingerprint.profile,
        windows=fingerprint.windows,
        regions=fingerprint.regions,
    )


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
