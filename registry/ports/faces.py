"""The port that finds and describes faces. `registry.engines` implements it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from index.arrays import U8
from index.faces import SeenFaces
from registry.domain import Family


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchedEngine:
    """A face engine that is enabled, as matching and enrolment see it.

    Attributes:
        id: the id in the engine's manifest.
        family: the code family of its templates.
        cosine: review threshold from the engine's calibration, a cosine similarity.
        model_sha256: digest of the model that makes the vectors, 32 bytes.
    """

    id: str
    family: Family
    cosine: float
    model_sha256: bytes = field(repr=False)


class Faces(Protocol):
    """Detection and description of faces by every enabled engine. Threads: any."""

    @property
    def engines(self) -> tuple[SearchedEngine, ...]:
        """The enabled engines, in the order in which `look` returns their results."""
        ...

    def look(self, pictures: Sequence[U8]) -> tuple[tuple[SeenFaces, ...], ...]:
        """Return, for each picture, the faces that each engine finds.

        Vectors are rotated by this deployment's secret. They cannot be compared with vectors of another deployment,
        and unrotated vectors never leave the engine.

        Args:
            pictures: uint8 [height, width, 3] each, RGB.

        Raises:
            DecoderFailed: the worker crashed, hung or exceeded its limits.
            DecodersBusy: no worker became free in time.
        """
        ...
