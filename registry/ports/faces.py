"""What use cases need of faces, as Protocols. `registry.engines.faces` implements them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from index.arrays import U8
from index.faces import SeenFaces
from registry.domain import Family


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchedEngine:
    """An engine that is on, as far as matching and registering need it.

    Attributes:
        id: the manifest's.
        family: the code family of its templates.
        cosine: review threshold, from its calibration.
        model_sha256: digest of the embedder, 32 bytes: what its vectors were made by.
    """

    id: str
    family: Family
    cosine: float
    model_sha256: bytes = field(repr=False)


class Faces(Protocol):
    """Finds and describes faces by every engine that is on. Threads: any."""

    @property
    def engines(self) -> tuple[SearchedEngine, ...]:
        """The engines, in the order of what `look` returns."""
        ...

    def look(self, pictures: Sequence[U8]) -> tuple[tuple[SeenFaces, ...], ...]:
        """Returns for each picture, uint8 [height, width, 3] (RGB), what each engine sees.

        Vectors are rotated by this deployment's secret: they mean nothing beside those of another, and are never seen
        plain again.

        Raises:
            DecoderFailed: the worker crashed, hung or went over its limits.
            DecodersBusy: no worker became free in time.
        """
        ...
