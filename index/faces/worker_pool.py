"""The entry point for finding faces. Engines run in a sandbox of their own, because the pictures are untrusted."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from index.arrays import U8
from index.errors import DecoderFailed, EngineUnavailable, TooManyPixels
from index.faces import library, wire
from index.faces.dlib import DEFAULT_ENGINE, DEFAULT_MANIFEST
from index.faces.engine import EngineManifest, SeenFaces
from index.faces.wire import COLOURS, MAX_PICTURES, EngineSpec, Expected
from index.limits import FACES, DecodeLimits
from index.resources import Closing
from index.sandbox import Sandbox
from index.shares import CpuBudget

_DIMENSIONS: Final = 3  # dimensions of a picture's array: rows, columns, colours


class FaceWorkerPool(Closing):
    """A pool of sandboxed workers that find faces. Thread safe. Create it after forking, and close it.

    Args:
        engines: Engines that each worker opens. Every picture is given to each of them.
        workers: Number of requests of one share (`index.shares`) processed at the same time. More than the number of
            cores gains nothing.
        spare: Number of further workers, each for a share that uses none.
        budget: Budget of processor time of a share.
        limits: Bounds on the cost of one request.

    Raises:
        EngineUnavailable: An engine is not installed.
        MalformedManifest: The manifest of one cannot be read.
    """

    def __init__(
        self,
        engines: Sequence[EngineSpec],
        *,
        workers: int = 2,
        spare: int = 0,
        budget: CpuBudget | None = None,
        limits: DecodeLimits = FACES,
    ) -> None:
        self._limits = limits
        self._manifests = tuple(map(_manifest, engines))
        self._sandbox = Sandbox(
            task="index.faces.wire:serve",
            warm_up="index.faces.wire:warm_up",
            warm_up_argument=wire.warm_up_argument(engines),
            workers=workers,
            spare=spare,
            budget=budget,
            limits=limits,
        )

    @property
    def manifests(self) -> tuple[EngineManifest, ...]:
        """Manifests of the engines, in their order."""
        return self._manifests

    def find(self, pictures: Sequence[U8]) -> tuple[tuple[SeenFaces, ...], ...]:
        """Find the faces of pictures. Return for each picture the faces found by each engine, in the engines' order.

        Args:
            pictures: each uint8 [height, width, 3], RGB, upright, sides of 1 to `limits.max_side` pixels.

        Raises:
            TooManyPixels: A picture is too large, or is not a picture.
            EngineUnavailable: An engine cannot be opened.
            ModelDamaged: The same.
            DecoderFailed: An engine crashed, hung or exceeded its limits on these pictures.
            DecodersBusy: All workers stayed busy; the caller may try again later.
            BudgetSpent: The same, of a share that has spent its budget of processor time.
        """
        for picture in pictures:
            self._check(picture)
        found: list[tuple[SeenFaces, ...]] = []
        for start in range(0, len(pictures), MAX_PICTURES):
            found.extend(self._ask(pictures[start : start + MAX_PICTURES]))
        return tuple(found)

    def warm_up(self) -> None:
        """Start all workers and wait until each has opened its engines.

        Raises:
            EngineUnavailable: An engine cannot be opened, or brings its worker down.
            ModelDamaged: A file of one is damaged.
            DecodersBusy: The workers stayed busy with other requests.
        """
        try:
            self._sandbox.warm_up()
            self._ask(())
        except DecoderFailed:
            raise EngineUnavailable("the face engines' workers could not be started") from None

    def close(self) -> None:
        """Kill all workers. Requests in progress raise `DecoderFailed`."""
        self._sandbox.close()

    def _ask(self, pictures: Sequence[U8]) -> tuple[tuple[SeenFaces, ...], ...]:
        reply = self._sandbox.run(*wire.request(pictures))
        engines = tuple((one.id, one.dimension) for one in self._manifests)
        return wire.read(reply, Expected(pictures=len(pictures), engines=engines))

    def _check(self, picture: U8) -> None:
        is_picture = picture.dtype == np.uint8 and picture.ndim == _DIMENSIONS and picture.shape[2] == COLOURS
        if not is_picture or not 1 <= min(picture.shape) <= max(picture.shape) <= self._limits.max_side:
            raise TooManyPixels(
                f"faces are looked for in pictures of 1 to {self._limits.max_side} pixels a side"
            )


def _manifest(spec: EngineSpec) -> EngineManifest:
    if spec.id == DEFAULT_ENGINE:
        return DEFAULT_MANIFEST
    return library.manifest_of(spec.folder, spec.id)
