"""A face engine for pictures of one colour, and folders of such pictures, so that every result is known beforehand."""

from pathlib import Path

import numpy as np
from PIL import Image

from index.faces.engine.contract import Detection
from index.faces.engine.manifest import (
    Alignment,
    Assurance,
    Calibration,
    EngineManifest,
    FaceGates,
    ModelFile,
)

SIDE = 64
DIMENSION = 16


def manifest(*, min_score: float = 0.0, calibration: Calibration | None = None) -> EngineManifest:
    return EngineManifest(
        id="made-up-1",
        title="Made up",
        licence="CC0-1.0",
        assurance=Assurance.LOW,
        dimension=DIMENSION,
        alignment=Alignment.ARCFACE_112,
        detector=None,
        embedder=ModelFile(name="made-up.onnx", sha256=bytes(32), size=1),
        gates=FaceGates(min_side_px=1.0, min_score=min_score, min_sharpness=0.0),
        calibration=calibration,
    )


class MadeUpEngine:
    """Finds a face in every picture that is not black, and describes it by its mean colours in a grid."""

    def __init__(self, *, min_score=0.0, calibration=None, has_passer_by=False):
        self._manifest = manifest(min_score=min_score, calibration=calibration)
        self._has_passer_by = has_passer_by
        self.looked_at = 0

    @property
    def manifest(self) -> EngineManifest:
        """As `manifest` above makes it."""
        return self._manifest

    def detect(self, picture):
        """Finds the central face, before it the passer-by's, whose larger box reaches beyond the edge."""
        self.looked_at += 1
        height, width = picture.shape[:2]
        if not picture.any():
            return ()
        points = np.array([[0.35, 0.4], [0.65, 0.4], [0.5, 0.6], [0.4, 0.75], [0.6, 0.75]], np.float32)
        scaled = (points * [width, height]).astype(np.float32)
        central = Detection(
            left=width / 4,
            top=height / 4,
            right=3 * width / 4,
            bottom=3 * height / 4,
            points=scaled,
            score=1.0,
        )
        if not self._has_passer_by:
            return (central,)
        edge = Detection(left=-width / 2, top=0, right=width / 2, bottom=height, points=scaled, score=1.0)
        return (edge, central)

    def chips(self, picture, detections):
        """Shows the whole picture for each face."""
        rows = np.linspace(0, picture.shape[0] - 1, 112).astype(int)
        columns = np.linspace(0, picture.shape[1] - 1, 112).astype(int)
        chip = picture[rows][:, columns]
        return np.repeat(chip[np.newaxis], len(detections), axis=0)

    def embed(self, chips):
        """Gives 4 x 4 cells' colours as 16 numbers."""
        grid = chips.reshape(-1, 4, 28, 4, 28, 3).mean(axis=(2, 4))  # faces, 4 x 4 cells, colours
        codes = grid @ np.array([1.0, 0.1, 0.01]) - 120
        vectors = codes.reshape(-1, DIMENSION)
        return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def write_people(folder: Path, counts: dict[str, int]) -> None:
    """Writes so many pictures of each name: a pattern of the name's own, with some noise."""
    for place, (name, count) in enumerate(counts.items()):
        rng = np.random.default_rng(place)
        cells = rng.integers(40, 216, (4, 4, 3))
        (folder / name).mkdir(parents=True)
        for number in range(count):
            noisy = np.clip(cells + rng.normal(0, 6, cells.shape), 1, 255)
            picture = np.kron(noisy, np.ones((SIDE // 4, SIDE // 4, 1))).astype(np.uint8)
            Image.fromarray(picture).save(folder / name / f"{number:04}.png")
