"""What a face must have to be compared with anyone: size, a detector that is sure, and sharpness."""

import cv2

from index.arrays import U8
from index.faces.engine import Detection, FaceRefusal
from index.faces.manifest import FaceGates

cv2.setNumThreads(1)  # beside a pool of processes and threads, more of them only wait for each other


def sharpness(chip: U8) -> float:
    """Measures an aligned face, uint8 [side, side, 3]: variance of its Laplacian, in squared grey levels."""
    grey = cv2.cvtColor(chip, cv2.COLOR_RGB2GRAY)
    return float(cv2.Laplacian(grey, cv2.CV_32F).var())


def refusals(face: Detection, sharp: float, gates: FaceGates) -> tuple[FaceRefusal, ...]:
    """Names the gates that a face fails, in the order of `FaceRefusal`; a measure that is no number fails its gate."""
    passed = {
        FaceRefusal.TOO_SMALL: face.side >= gates.min_side_px,
        FaceRefusal.TOO_BLURRED: sharp >= gates.min_sharpness,
        FaceRefusal.UNSURE: face.score >= gates.min_score,
    }
    return tuple(refusal for refusal, has_passed in passed.items() if not has_passed)
