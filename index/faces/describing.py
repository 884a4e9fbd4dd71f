"""Describe the faces of a picture with an engine. A face that is not described has the reasons why."""

import cv2

from index.arrays import F32, U8
from index.faces.engine import (
    MAX_FACES,
    Detection,
    FaceEngine,
    FaceGates,
    FaceRefusal,
    SeenFace,
    SeenFaces,
    is_unit,
)
from index.verdict import Box

cv2.setNumThreads(1)  # the pool of processes already uses all cores


def describe_faces(picture: U8, engine: FaceEngine) -> SeenFaces:
    """Find and describe the faces of a picture.

    1. The engine finds the faces. The `MAX_FACES` largest are used.
    2. They are aligned and measured. A face that fails gates is returned with their names.
    3. The others are described. A vector that is not finite and of unit length is refused as `NOT_DESCRIBED`.

    Args:
        picture: uint8 [height, width, 3], RGB, upright, at least one pixel.
        engine: An engine for this thread.
    """
    found = engine.detect(picture)
    detections = found[:MAX_FACES]
    chips = engine.chips(picture, detections)
    sharp = [sharpness(chip) for chip in chips]
    failed = [
        refusals(face, measure, engine.manifest.gates)
        for face, measure in zip(detections, sharp, strict=True)
    ]
    passed = [row for row, names in enumerate(failed) if not names]
    vectors = dict(zip(passed, engine.embed(chips[passed]) if passed else (), strict=True))
    faces = tuple(
        _seen(picture, face, sharp[row], failed[row], vectors.get(row)) for row, face in enumerate(detections)
    )
    return SeenFaces(engine=engine.manifest.id, faces=faces, is_whole=len(found) <= MAX_FACES)


def _seen(
    picture: U8, face: Detection, sharp: float, names: tuple[FaceRefusal, ...], vector: F32 | None
) -> SeenFace:
    if vector is not None and not is_unit(vector):
        vector, names = None, (FaceRefusal.NOT_DESCRIBED,)
    height, width = picture.shape[:2]
    return SeenFace(
        box=Box.coarse(face.left / width, face.top / height, face.right / width, face.bottom / height),
        vector=vector,
        refusals=names,
        side_px=face.side,
        score=face.score,
        sharpness=sharp,
    )


def sharpness(chip: U8) -> float:
    """Return the variance of an aligned face's Laplacian, in squared grey levels. The face is uint8 [side, side, 3]."""
    grey = cv2.cvtColor(chip, cv2.COLOR_RGB2GRAY)
    return float(cv2.Laplacian(grey, cv2.CV_32F).var())


def refusals(face: Detection, sharp: float, gates: FaceGates) -> tuple[FaceRefusal, ...]:
    """Return the gates that a face fails, in the order of `FaceRefusal`. NaN fails its gate."""
    passed = {
        FaceRefusal.TOO_SMALL: face.side >= gates.min_side_px,
        FaceRefusal.TOO_BLURRED: sharp >= gates.min_sharpness,
        FaceRefusal.UNSURE: face.score >= gates.min_score,
    }
    return tuple(refusal for refusal, has_passed in passed.items() if not has_passed)
