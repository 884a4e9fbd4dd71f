"""Match the faces of an upload with the templates of subjects who registered their likeness.

1. Every enabled engine finds and describes the faces (`Faces`). Vectors of two engines are never compared.
2. Each engine's index proposes templates near a face, also a little below the threshold. A face below the threshold
   counts as a probe (`probing`) and is no evidence.
3. One indexed read confirms which templates are active. A template is the mean of all photographs of a case.
4. Similarities are computed again from the database's own templates, because an index may be out of date. For each
   template the nearest face counts. In a clip, each query frame has one vote for a template; faces are not tracked
   from one query frame to the next.

A face leads to review at most (docs/promises.md, promise 2); the ladder has no row for a stronger outcome.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from index.arrays import F32, U8
from index.faces import SeenFace, SeenFaces
from index.search.vectors import DISTANCE_SCALE
from index.verdict import MIN_LIKENESS, NEAR_LIKENESS, WHOLE, Box, FaceEvidence, FaceVotes, Segment
from registry.domain import FaceCandidate
from registry.ports import Candidates, Index, SearchedEngine

MAX_TEMPLATES: Final = 256
"""Maximum number of templates confirmed for one upload, the templates near most faces first. If there are more, the
verdict states it."""

MAX_PLACED: Final = 8
"""Number of comparable faces in one picture up to which a match tells which of them it is. More are a crowd or a
collage of portraits: the answer then does not tell whom of them it knows (docs/promises.md, promise 5)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LikenessMatches:
    """The matches of an upload's faces.

    Attributes:
        found: pairs of a reference's id and evidence about it.
        has_fit: whether faces were seen that could be compared.
        has_unfit: whether faces were seen that are too small, blurred or unsure to be compared with anyone.
        is_finished: whether all fit faces were compared with all templates near them.
    """

    found: list[tuple[str, FaceEvidence]] = field(default_factory=list, repr=False)
    has_fit: bool = False
    has_unfit: bool = False
    is_finished: bool = True


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Shown:
    """A face that an index found near a template, and the picture that showed it."""

    look: int
    segment: Segment | None
    face: SeenFace
    is_in_crowd: bool

    @property
    def box(self) -> Box:
        """The place that may be told."""
        return WHOLE if self.is_in_crowd else self.face.box


class LikenessMatcher:
    """The comparison of the faces of one upload, picture by picture. For one thread."""

    def __init__(self, index: Index, candidates: Candidates, engines: Sequence[SearchedEngine]) -> None:
        self._index = index
        self._candidates = candidates
        self._engines = {engine.id: engine for engine in engines}
        self._near: dict[str, dict[int, list[_Shown]]] = {engine.id: defaultdict(list) for engine in engines}
        self._looks = 0
        self._has_fit = False
        self._has_unfit = False
        self._is_whole = True

    def add(self, seen: Iterable[SeenFaces], segment: Segment | None = None) -> None:
        """Look up templates near the faces that each engine found in a picture or query frame; raise `IndexBehind`."""
        self._looks += 1
        for faces in seen:
            fit = [face for face in faces.faces if face.vector is not None]
            self._has_fit |= bool(fit)
            self._has_unfit |= len(fit) < len(faces.faces)
            self._is_whole &= faces.is_whole
            engine = self._engines[faces.engine]
            if fit and self._index.size(engine.family):
                is_crowd = len(fit) > MAX_PLACED
                for row, key in self._proposed(engine, fit):
                    shown = _Shown(look=self._looks, segment=segment, face=fit[row], is_in_crowd=is_crowd)
                    self._near[engine.id][key].append(shown)

    def matches(self) -> LikenessMatches:
        """Confirm and compare the proposals (3., 4.); raise `StorageUnavailable` or `SealBroken`."""
        found: list[tuple[str, FaceEvidence]] = []
        is_finished = self._is_whole
        for engine_id, near in self._near.items():
            engine = self._engines[engine_id]
            keys = sorted(near, key=lambda key: -len(near[key]))
            is_finished &= len(keys) <= MAX_TEMPLATES
            if keys:
                confirmed = self._candidates.confirm_faces(keys[:MAX_TEMPLATES], engine.family)
                found += [(one.reference_id, self._evidence(one, near[one.key], engine)) for one in confirmed]
        return LikenessMatches(
            found=found, has_fit=self._has_fit, has_unfit=self._has_unfit, is_finished=is_finished
        )

    def _proposed(self, engine: SearchedEngine, fit: list[SeenFace]) -> Iterator[tuple[int, int]]:
        """Yield rows of faces and keys of templates near them (2.)."""
        rows: U8 = np.ascontiguousarray(_vectors(fit)).view(np.uint8)
        reach = (1 - engine.cosine) * (1 + NEAR_LIKENESS)
        hits = self._index.propose(engine.family, rows, math.ceil(reach * DISTANCE_SCALE))
        yield from zip(hits.queries.tolist(), hits.ids.tolist(), strict=True)

    def _evidence(self, one: FaceCandidate, shown: list[_Shown], engine: SearchedEngine) -> FaceEvidence:
        cosines = _vectors([item.face for item in shown]) @ one.template
        likenesses = [likeness_of(float(cosine), engine.cosine) for cosine in cosines]
        best = max(range(len(shown)), key=likenesses.__getitem__)
        voting = [item for item, likeness in zip(shown, likenesses, strict=True) if likeness >= MIN_LIKENESS]
        segments = tuple(item.segment for item in voting if item.segment is not None)
        looks = len({item.look for item in voting})
        return FaceEvidence(
            reference=one.facts,
            likeness=likenesses[best],
            box=shown[best].box,
            votes=FaceVotes(looks=looks, is_every_look=looks == self._looks) if segments else None,
            segments=segments,
        )


def _vectors(faces: Sequence[SeenFace]) -> F32:
    vectors: F32 = np.stack([face.vector for face in faces if face.vector is not None])
    return vectors


def likeness_of(cosine: float, threshold: float) -> float:
    """Return a cosine as `FaceEvidence.likeness`: 0 at the engine's threshold, 1 for identical vectors."""
    return (cosine - threshold) / (1 - threshold)
