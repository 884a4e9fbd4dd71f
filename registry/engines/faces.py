"""Face search for the use cases: a pool of workers describes faces, and the deployment's secret rotates the vectors."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Self

import numpy as np

from index.arrays import U8
from index.errors import EngineUnavailable
from index.faces import EngineManifest, EngineSpec, FaceWorkerPool, Rotation, SeenFace, SeenFaces
from index.resources import Closing
from index.shares import CpuBudget
from registry.domain import Family
from registry.ports import SearchedEngine


def try_engines(ids: Sequence[str], folder: Path) -> None:
    """Open face engines in a temporary worker, so that a server with an unusable engine does not start.

    Raises:
        EngineUnavailable, ModelDamaged, MalformedManifest: an engine cannot be opened, or is not calibrated.
    """
    if ids:
        with _finder(ids, folder, workers=1) as finder:
            for manifest in finder.manifests:
                _searched(manifest)
            finder.warm_up()


class RotatedFaces(Closing):
    """Implementation of `registry.ports.Faces`. Threads: any. Open it after forking, and close it."""

    def __init__(self, finder: FaceWorkerPool, rotations: Mapping[str, Rotation]) -> None:
        self._finder = finder
        self._engines = tuple(map(_searched, finder.manifests))
        self._rotations = rotations

    @classmethod
    def open(
        cls,
        ids: Sequence[str],
        folder: Path,
        *,
        secret: bytes,
        workers: int,
        spare: int = 0,
        budget: CpuBudget | None = None,
    ) -> Self:
        """Open engines by their ids.

        Args:
            ids: ids of engines that are installed in `folder` or built in.
            folder: folder of the installed models, and of files made from the built-in models.
            secret: seed of the rotations. With another secret no stored template matches any more.
            workers: number of requests of one share (`index.shares`) that are searched for faces at the same time.
            spare: number of further workers, each for a share that uses none.
            budget: budget of processor time of a share.

        Raises:
            EngineUnavailable: an engine is not installed, its files differ from its manifest, or it is not calibrated.
        """
        finder = _finder(ids, folder, workers=workers, spare=spare, budget=budget)
        return cls(finder, {one.id: Rotation(secret, one.id, one.dimension) for one in finder.manifests})

    @property
    def manifests(self) -> tuple[EngineManifest, ...]:
        """The engines' manifests: their files, thresholds and known error rates."""
        return self._finder.manifests

    @property
    def engines(self) -> tuple[SearchedEngine, ...]:
        """The engines, in the order of the results of `look`."""
        return self._engines

    def look(self, pictures: Sequence[U8]) -> tuple[tuple[SeenFaces, ...], ...]:
        """Return for each picture the faces that each engine found; raise `MediaError`."""
        return tuple(tuple(self._rotated(seen) for seen in found) for found in self._finder.find(pictures))

    def warm_up(self) -> None:
        """Start all workers and wait until they are ready; raise `MediaError` or `EngineUnavailable`."""
        self._finder.warm_up()

    def close(self) -> None:
        """End the workers."""
        self._finder.close()

    def _rotated(self, seen: SeenFaces) -> SeenFaces:
        vectors = [face.vector for face in seen.faces if face.vector is not None]
        if not vectors:
            return seen
        rotated = iter(self._rotations[seen.engine].apply(np.stack(vectors)))
        faces: list[SeenFace] = [
            face if face.vector is None else replace(face, vector=next(rotated)) for face in seen.faces
        ]
        return replace(seen, faces=tuple(faces))


def _finder(
    ids: Sequence[str], folder: Path, *, workers: int, spare: int = 0, budget: CpuBudget | None = None
) -> FaceWorkerPool:
    specs = [EngineSpec(id=engine_id, folder=folder) for engine_id in ids]
    return FaceWorkerPool(specs, workers=workers, spare=spare, budget=budget)


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
