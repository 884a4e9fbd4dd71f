"""Describes a photograph of the person whose likeness is to be found: one face, fit to be compared, and nothing of it.

1. Only where faces are switched on, and from a photograph: a vector that somebody sends proves nothing.
2. The subject's face stands out: where another is half as large or larger, the photograph could be of either. What the
   detector itself doubts is a pattern more often than a face, and is nobody beside one that it is sure of.
3. Every engine that is on must describe it: media is not kept, so that what one misses now is missed for good.
4. The photograph itself is found by its whole codes too, where it shows enough: for review, as all likenesses are.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from index.errors import LowInformation, LowQuality
from index.faces import FaceRefusal, SeenFace, SeenFaces
from index.pictures import Purpose
from index.verdict import ReferenceKind
from registry.domain import Draft, FacePhoto, StoredLikeness
from registry.errors import FaceNotAlone, FaceNotFound, FaceUnfit, LikenessNotOffered
from registry.ports import Faces, Fingerprints, SearchedEngine
from registry.usecases.enrolment.describe_reference import draft_from_fingerprint, draft_from_media

OTHERS_UP_TO: Final = 0.5
"""Side of another face, as a share of the largest one's, from which a photograph is of more than one person."""


def draft_from_picture(
    data: bytes | memoryview,
    kind: ReferenceKind,
    fingerprints: Fingerprints,
    faces: Faces | None,
    *,
    edits: bool,
    has_consented: bool,
) -> Draft:
    """Describes a picture for registration: a likeness by its face, everything else by what it shows.

    Raises as `draft_from_photograph` and `draft_from_media`, whose arguments these are.
    """
    if kind is ReferenceKind.LIKENESS:
        return draft_from_photograph(data, fingerprints, faces, has_consented=has_consented)
    return draft_from_media(data, kind, fingerprints, edits=edits)


def draft_from_photograph(
    data: bytes | memoryview, fingerprints: Fingerprints, faces: Faces | None, *, has_consented: bool
) -> Draft:
    """Describes a photograph for the registration of a likeness.

    Args:
        data: the whole file.
        fingerprints: where media is described.
        faces: finds faces; None where they are switched off.
        has_consented: whether the claimant says that the subject agrees to be looked for by their face.

    Raises:
        LikenessNotOffered: faces are switched off here.
        MediaError: the file cannot be looked at.
        FaceNotFound, FaceNotAlone, FaceUnfit: it does not show one person's face well enough.
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
    except (LowInformation, LowQuality):  # a face before a plain wall: found by itself, and as the same file
        draft = draft_from_fingerprint(fingerprint, ReferenceKind.LIKENESS, edits=False, exact_only=True)
    return replace(draft, likeness=likeness, has_consented=has_consented)


def _photo(engine: SearchedEngine, seen: SeenFaces) -> FacePhoto:
    face = _subject(seen.faces)
    if face.vector is None:
        raise FaceUnfit(f"The face cannot be compared: {_spelt(face)}.")
    return FacePhoto(engine=engine.id, model_sha256=engine.model_sha256, vector=face.vector)


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
