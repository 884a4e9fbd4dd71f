"""Pictures for the tests of faces: one public-domain portrait and edits of it."""

from functools import cache

import cv2
import numpy as np
import pytest
from PIL import Image

from tests.support.paths import DEMO_PICTURES, EVAL

LFW = EVAL / "faces"


@cache
def astronaut():
    """NASA's portrait of Eileen Collins, uint8 [512, 512, 3]: one face of some 100 pixels."""
    return pixels(DEMO_PICTURES / "astronaut.jpg")


def head(side=160):
    """The portrait's head alone, uint8 [side, side, 3]: a face of about six tenths of the side."""
    return resized(astronaut()[30:220, 130:320], side)


def resized(picture, side):
    how = cv2.INTER_AREA if side < picture.shape[1] else cv2.INTER_LINEAR
    return cv2.resize(picture, (side, side), interpolation=how)


def pixels(path):
    return np.asarray(Image.open(path).convert("RGB"))


def lfw(step):
    """Every so many-th picture of LFW's part that is on this machine, in the order of their names."""
    paths = sorted(LFW.glob("*/*.jpg"))[::step]
    if not paths:
        pytest.skip("evaluation data faces/ are not on this machine (../shared/eval)")
    return paths
