"""Describe faces of a registered picture more finely, in its regional signature.

The parent finds faces in the picture in colour, after the worker has described the picture. The luma plane stays in the
worker, so the grids of faces are read from the luma of the colours: the same plane, but for the rounding of one more
resizing.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import cv2
import numpy as np

from index.pictures.describing import ImageFingerprint
from index.regions import regional_signature
from index.verdict import Box

PLANE_SIDE: Final = 512  # pixels; longest side of a matching plane (index.media.pictures.planes)


def with_face_regions(fingerprint: ImageFingerprint, faces: Sequence[Box]) -> ImageFingerprint:
    """Return a fingerprint without its colours, and with a finer grid of its signature over each of these faces.

    A fingerprint without a signature or without colours gets no grid.

    Args:
        fingerprint: the fingerprint of a picture to be registered.
        faces: places of faces in it.
    """
    plain = replace(fingerprint, colours=())
    if fingerprint.regions is None or not fingerprint.colours or not faces:
        return plain
    grey = cv2.cvtColor(fingerprint.colours[0], cv2.COLOR_RGB2GRAY)
    rows, columns = grey.shape
    scale = min(1.0, PLANE_SIDE / max(rows, columns))
    size = (max(1, round(columns * scale)), max(1, round(rows * scale)))
    luma = np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)
    found = regional_signature(luma, faces).faces
    return replace(plain, regions=replace(fingerprint.regions, faces=found))
