"""Describe a photograph of a person whose likeness is to be found.

1. Faces must be switched on, and the face comes from a photograph. A vector that a client sends proves nothing.
2. The subject's face must stand out: if another face is half as large or larger, the photograph could show either
   person. A face that the detector doubts is more often a pattern than a face. It is ignored beside a face of which
   the detector is sure.
3. Every enabled engine must describe the face. Media is not stored, so an engine cannot describe it later.
4. It must show the person of the case's other photographs (`registry.domain.likeness.require_agreeing`). It is
   compared with nobody else's.
5. If the photograph shows enough, it is also found by its whole codes. As for all likenesses, the outcome is at most
   review.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from index.errors import LowInformation, LowQuality
from index.faces import FaceRefusal, SeenFace, SeenFaces
from index.pictures import Purpose
from index.verdict import ReferenceKind
from registry.domain import Draft, FacePhoto, StoredLikeness, agreeing_from
from registry.errors import FaceNotAlone, FaceNotFound, FaceUnfit, LikenessNotOffered
from registry.ports import Faces, Fingerprints, SearchedEngine
from registry.usecases.enrolment.describe_reference import draft_from_fingerprint, draft_from_media

OTHERS_UP_TO: Final = 0.5
"""Side of a second face, as a share of the largest face's side, from which a photograph shows more than one person."""


def draft_from_picture(
    data: bytes | memoryview,
    kind: ReferenceKind,
    fingerprints: Fingerprints,
    faces: Faces | None,
    *,
    edits: bool,
    has_consented: bool,
) -> Draft:
    """Return the draft of a picture for registration: a likeness by its face, any other kind by its codes.

    Arguments and errors are those of `draft_from_photograph` and `draft_from_media`.
    """
    if kind is ReferenceKind.LIKENESS:
        return draft_from_photograph(data, fingerprints, faces, has_consented=has_consented)
    return draft_from_media(data, kind, fingerprints, edits=edits, faces=faces)


def draft_from_photograph(
    data: bytes | memoryview, fingerprints: Fingerprints, faces: Faces | None, *, has_consented: bool
) -> Draft:
    """Return the draft of a photograph for the registration of a likeness.

    Args:
        data: the whole file.
        fingerprints: the fingerprinter of pictures.
        faces: the face engines; None if faces are switched off.
        has_consented: whether the claimant states that the subject agrees to a search by face.

    Raises:
        LikenessNotOffered: faces are switched off in this deployment.
        MediaError: the file cannot be decoded.
        FaceNotFound, FaceNotAlone, FaceUnfit: the photograph does not show one person's face well enough.
    """
    if faces is None or not faces.engines:
        raise LikenessNotOffered
    fingerprint = fingerprints.describe(data, Purpose.ENROL, colours=True)
    (seen,) = faces.look(fingerprint.colours)
    likeness = StoredLikeness(
        photos=tuple(
            _photo(engine, faces_seen) for engine, faces_seen in zip(faces.engines, seen, strict=True)
        )
    )
    try:
        draft = draft_from_fingerprint(fingerprint, ReferenceKind.LIKENESS, edits=False)
    except (LowInformation, LowQuality):
        # A face before a plain wall: it is found by the face, and in an identical file.
        draft = draft_from_fingerprint(fingerprint, ReferenceKind.LIKENESS, edits=False, exact_only=True)
    return replace(draft, likeness=likeness, has_consented=has_consented)


def _photo(engine: SearchedEngine, seen: SeenFaces) -> FacePhoto:
    face = _subject(seen.faces)
    if face.vector is None:
        raise FaceUnfit(f"The face cannot be compared: {_spelt(face)}.")
    return FacePhoto(
        engine=engine.id,
        model_sha256=engine.model_sha256,
        vector=face.vector,
        agrees_from=agreeing_from(engine.cosine),
    )


def _subject(faces: Sequence[SeenFace]) -> SeenFace:
    if not faces:
        raise FaceNotFound
    largest, *others = sorted(faces, key=lambda face: (-face.side_px, _is_doubted(face)))
    if any(face.side_px >= OTHERS_UP_TO * largest.side_px for face in others if not _is_doubted(face)):
        raise FaceNotAlone
    return largest


def _is_doubted(face: SeenFace) -> bool:
    return FaceRefusal.UNSURE in face.refusals


def _spelt(face: SeenFace) -> str:
    return " and ".join(refusal.value.removeprefix("face_").replace("_", " ") for refusal in face.refusals)
