"""The gates: measures that fall as faces get worse, and thresholds that are theirs."""

import cv2
import numpy as np
import pytest

from index.faces.describing import refusals, sharpness
from index.faces.engine.contract import Detection, FaceRefusal
from index.faces.engine.manifest import FaceGates
from tests.support.faces.pictures import head

GATES = FaceGates(min_side_px=30.0, min_score=0.25, min_sharpness=7.0)


def test_sharpness_falls_with_blur():
    """The more a chip is blurred, the less sharp it is; one without anything on it is 0."""
    measured = [sharpness(cv2.GaussianBlur(head(150), (0, 0), sigma)) for sigma in (0.5, 1, 2, 4, 8)]
    assert measured == sorted(measured, reverse=True)
    assert measured[-1] < GATES.min_sharpness < measured[0]
    assert sharpness(np.full((150, 150, 3), 77, np.uint8)) == 0


@pytest.mark.parametrize(
    ("side", "sharp", "score", "names"),
    [
        (30.0, 7.0, 0.25, ()),
        (29.99, 7.0, 0.25, (FaceRefusal.TOO_SMALL,)),
        (30.0, 6.99, 0.25, (FaceRefusal.TOO_BLURRED,)),
        (30.0, 7.0, 0.249, (FaceRefusal.UNSURE,)),
        (30.0, float("nan"), 0.25, (FaceRefusal.TOO_BLURRED,)),
    ],
)
def test_each_gate_is_its_own(side, sharp, score, names):
    """A face on a threshold passes; one below it is refused by this gate's name alone."""
    points = np.zeros((5, 2), np.float32)
    face = Detection(left=0.0, top=0.0, right=side, bottom=200.0, points=points, score=score)
    assert refusals(face, sharp, GATES) == names
