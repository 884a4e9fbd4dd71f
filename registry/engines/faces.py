"""Faces as use cases ask for them: found and described in a pool of workers, rotated by the deployment's secret."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Self

import numpy as np

from index.arrays import U8
from index.errors import EngineUnavailable
from index.faces import EngineManifest, EngineSpec, FaceWorkerPool, Rotation, SeenFace, SeenFaces
from index.resources import Closing
from registry.domain import Family
from registry.ports import SearchedEngine


def try_engines(ids: Sequence[str], folder: Path) -> None:
    """Opens engines in a worker that is ended again, so that a server that cannot look for faces does not start.

    Raises:
        EngineUnavailable, ModelDamaged, MalformedManifest: one cannot be opened, or nobody has measured it.
    """
    if ids:
        with _finder(ids, folder, workers=1) as finder:
            for manifest in finder.manifests:
                _searched(manifest)
            finder.warm_up()


class RotatedFaces(Closing):
    """Implements `registry.ports.faces.Faces`. Threads: any. Make it after forking, close it."""

    def __init__(self, finder: FaceWorkerPool, rotations: Mapping[str, Rotation]) -> None:
        self._finder = finder
        self._engines = tuple(map(_searched, finder.manifests))
        self._rotations = rotations

    @classmethod
    def open(cls, ids: Sequence[str], folder: Path, *, secret: bytes, workers: int) -> Self:
        """Opens engines by their ids.

        Args:
            ids: of engines that are installed in `folder`, or come with the program.
            folder: of the installed models, and of what is made from those that come with the program.
            secret: what the rotations are drawn from; another one makes all templates worthless.
            workers: pictures looked at at the same time.

        Raises:
            EngineUnavailable: one is not there, its files are not what its manifest says, or nobody has measured it.
        """
        finder = _finder(ids, folder, workers=workers)
        return cls(finder, {one.id: Rotation(secret, one.id, one.dimension) for one in finder.manifests})

    @property
    def manifests(self) -> tuple[EngineManifest, ...]:
        """What the engines are made of, and what is known of their errors."""
        return self._finder.manifests

    @property
    def engines(self) -> tuple[SearchedEngine, ...]:
        """The engines, in the order of what `look` returns."""
        return self._engines

    def look(self, pictures: Sequence[U8]) -> tuple[tuple[SeenFaces, ...], ...]:
        """Returns for each picture what each engine sees; raises `MediaError`."""
        return tuple(tuple(self._rotated(seen) for seen in found) for found in self._finder.find(pictures))

    def warm_up(self) -> None:
        """Starts all workers and waits until they are ready; raises `MediaError` or `EngineUnavailable`."""
        self._finder.warm_up()

    def close(self) -> None:
        """Ends the workers."""
        self._finder.close()

    def _rotated(self, seen: SeenFaces) -> SeenFaces:
        vectors = [face.vector for face in seen.faces if face.vector is not None]
        if not vectors:
            return seen
        turned = iter(self._rotations[seen.engine].apply(np.stack(vectors)))
        faces: list[SeenFace] = [
            face if face.vector is None else replace(face, vector=next(turned)) for face in seen.faces
        ]
        return replace(seen, faces=tuple(faces))


def _finder(ids: Sequence[str], folder: Path, *, workers: int) -> FaceWorkerPool:
    return FaceWorkerPool([EngineSpec(id=engine_id, folder=folder) for engine_id in ids], workers=workers)


def _searched(manifest: EngineManifest) -> SearchedEngine:
    if manifest.calibration is None:
        raise EngineUnavailable(
            f"nobody has calibrated the engine {manifest.id}: scripts/calibrate_faces does"
        )
    return SearchedEngine(
        id=manifest.id,
        family=Family.faces(manifest.id, manifest.dimension),
        cosine=manifest.calibration.cosine,
        model_sha256=manifest.embedder.sha256,
    )
