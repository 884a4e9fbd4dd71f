"""The port that finds and describes faces. `registry.engines` implements it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from index.arrays import U8
from index.faces import SeenFaces
from registry.domain import Family


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchedEngine:
    """A face engine that is switched on, as matching and enrolment see it.

    Attributes:
        id: the id in the engine's manifest.
        family: the code family of its templates.
        cosine: review threshold from its calibration, a cosine similarity.
        model_sha256: digest of the model that makes the vectors, 32 bytes.
    """

    id: str
    family: Family
    cosine: float
    model_sha256: bytes = field(repr=False)


class Faces(Protocol):
    """Finds and describes faces by every engine that is switched on. Threads: any."""

    @property
    def engines(self) -> tuple[SearchedEngine, ...]:
        """The engines, in the order in which `look` returns their results."""
        ...

    def look(self, pictures: Sequence[U8]) -> tuple[tuple[SeenFaces, ...], ...]:
        """Return, for each picture, the faces that each engine sees.

        Vectors are rotated by this deployment's secret. They cannot be compared with those of another deployment, and
        nothing outside the engine sees them unrotated.

        Args:
            pictures: uint8 [height, width, 3] each, RGB.

        Raises:
            DecoderFailed: the worker crashed, hung or exceeded its limits.
            DecodersBusy: no worker became free in time.
        """
        ...
