"""The built-in engine: dlib's detector and five points, and dlib's network run by onnxruntime.

Importing this module loads both libraries. The manifest can be read without them (`index.faces.dlib.manifest`).
"""

from pathlib import Path
from typing import Final, Self

import cv2
import numpy as np
import onnxruntime

from index.arrays import F32, U8
from index.faces.dlib.centring import Centring, dlib_centring
from index.faces.dlib.files import landmarks_path, network_bytes, open_network
from index.faces.dlib.hog import HogFinder
from index.faces.dlib.manifest import DEFAULT_MANIFEST
from index.faces.dlib.network import INPUT, OUTPUT
from index.faces.engine import Detection, EngineManifest, aligned, detect_in_views, of_unit_length

_SURE: Final = 0.5
"""Score from which no further views are tried. 97 % of LFW's faces reach it. Of 59 faces turned upside down, 8 had
reached 0.1 as upright ones."""
_ZOOMS: Final = (1.0, 1.06, 0.94)
"""Scales at which a face is described. Points are a few pixels off, and the mean of three scales depends on them less.
On LFW's held-out halves it raises TAR at FAR 1e-4 from 0.832 to 0.845 for one photograph, and from 0.961 to 0.969 for
three."""
_BATCH: Final = 3
"""Faces described in one run, each at all scales and with its mirror images: 18 chips keep the network near 100 MB."""


class DlibEngine:
    """Implementation of `index.faces.engine.FaceEngine`. One thread at a time."""

    def __init__(
        self, finder: HogFinder, session: onnxruntime.InferenceSession, centring: Centring | None
    ) -> None:
        self._finder = finder
        self._session = session
        self._centring = centring

    @classmethod
    def open(cls, folder: Path, *, centred: bool = True) -> Self:
        """Open the engine.

        Args:
            folder: Folder of the converted network. The folder and the network are made if they do not exist.
            centred: False for the network's own vectors, from which the centring is made.

        Raises:
            EngineUnavailable: A package is not installed, or the folder cannot be used.
            ModelDamaged: A file is not the known one, or the self-check failed.
        """
        centring = dlib_centring() if centred else None
        return cls(HogFinder(landmarks_path()), open_network(network_bytes(folder)), centring)

    @property
    def manifest(self) -> EngineManifest:
        """The engine's manifest, with its measured error rates."""
        return DEFAULT_MANIFEST

    def detect(self, picture: U8) -> tuple[Detection, ...]:
        """Find the faces of an upright picture, uint8 [height, width, 3] (RGB), the largest first."""
        return detect_in_views(picture, self._finder, sure=_SURE)

    def chips(self, picture: U8, detections: tuple[Detection, ...]) -> U8:
        """Align faces to dlib's template: uint8 [n, 150, 150, 3] (RGB)."""
        points = np.array([face.points for face in detections], np.float32).reshape(-1, 5, 2)
        return aligned(picture, points, DEFAULT_MANIFEST.alignment)

    def embed(self, chips: U8) -> F32:
        """Describe aligned faces: float32 [n, 128], rows of unit length, NaN for a face that cannot be described."""
        vectors = np.empty((len(chips), DEFAULT_MANIFEST.dimension), np.float32)
        for start in range(0, len(chips), _BATCH):
            vectors[start : start + _BATCH] = self._described(chips[start : start + _BATCH])
        return vectors

    def _described(self, chips: U8) -> F32:
        """Describe a batch: the mean vector of each face at all scales and of its mirror images, centred."""
        sizes = np.concatenate([_zoomed(chips, zoom) for zoom in _ZOOMS])
        both = np.concatenate((sizes, sizes[:, :, ::-1]))
        (raw,) = self._session.run([OUTPUT], {INPUT: both})
        summed = raw.astype(np.float64).reshape(-1, len(chips), raw.shape[1]).sum(axis=0)
        unit = of_unit_length(summed)
        return unit.astype(np.float32) if self._centring is None else self._centring.apply(unit)


def _zoomed(chips: U8, zoom: float) -> U8:
    """Scale chips about their centre. Areas outside a chip repeat its edge."""
    if zoom == 1 or not len(chips):
        return chips
    side = chips.shape[1]
    centre = (side - 1) / 2
    transform = cv2.getRotationMatrix2D((centre, centre), 0, zoom)
    warped = [
        cv2.warpAffine(chip, transform, (side, side), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        for chip in chips
    ]
    return np.asarray(warped, np.uint8)
