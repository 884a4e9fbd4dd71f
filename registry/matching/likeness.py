"""Whose likeness an upload shows: its faces against the templates of the subjects that asked for it.

1. Faces are found and described by every engine that is on (`Faces`); vectors of two engines are never compared.
2. Each engine's index proposes templates near a face, as far as a little below the threshold: what lies there counts as
   probing (`weigh_evidence`), and is no evidence.
3. One indexed read confirms what is active; a template holds what a case registered, all photographs in one.
4. Similarities are computed anew from the database's own templates (style rule R2). Of one template the nearest face
   counts. In a clip looks vote: each look has one vote for a template, and no face is followed from look to look.

Whatever is found leads to review at most (promise 2); the ladder has no row for more.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from index.arrays import F32, U8
from index.faces import SeenFace, SeenFaces
from index.search.vectors import DISTANCE_SCALE
from index.verdict import MIN_LIKENESS, Evidence, MatchKind, Segment
from registry.domain import FaceCandidate
from registry.matching.probing import NEAR_LIKENESS
from registry.matching.whole_codes import Found
from registry.ports import Candidates, Index, SearchedEngine

MAX_TEMPLATES: Final = 256
"""Templates confirmed for one upload, the nearest first. What is beyond goes uncompared, and that is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LikenessMatches:
    """What faces found.

    Attributes:
        has_unfit: whether faces were seen that are too small, blurred or unsure to be compared with anyone.
        is_finished: whether all fit faces were compared with all templates near them.
    """

    found: list[Found] = field(default_factory=list, repr=False)
    has_unfit: bool = False
    is_finished: bool = True


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Shown:
    """A face that an index found near a template, and the look that showed it."""

    look: int
    segment: Segment | None
    face: SeenFace


class LikenessMatcher:
    """Compares the faces of one upload, picture by picture; for one thread."""

    def __init__(self, index: Index, candidates: Candidates, engines: Sequence[SearchedEngine]) -> None:
        self._index = index
        self._candidates = candidates
        self._engines = {engine.id: engine for engine in engines}
        self._near: dict[str, dict[int, list[_Shown]]] = {engine.id: defaultdict(list) for engine in engines}
        self._looks = 0
        self._has_unfit = False
        self._is_whole = True

    def look(self, seen: Iterable[SeenFaces], segment: Segment | None = None) -> None:
        """Asks for what each engine saw in one picture, or at one look at a clip; raises `IndexBehind`."""
        self._looks += 1
        for faces in seen:
            fit = [face for face in faces.faces if face.vector is not None]
            self._has_unfit |= len(fit) < len(faces.faces)
            self._is_whole &= faces.is_whole
            engine = self._engines[faces.engine]
            if fit and self._index.size(engine.family):
                for row, key in self._proposed(engine, fit):
                    shown = _Shown(look=self._looks, segment=segment, face=fit[row])
                    self._near[engine.id][key].append(shown)

    def matches(self) -> LikenessMatches:
        """Confirms what was met, and compares it (3., 4.); raises `StorageUnavailable` or `SealBroken`."""
        found: list[Found] = []
        is_finished = self._is_whole
        for engine_id, near in self._near.items():
            engine = self._engines[engine_id]
            keys = sorted(near, key=lambda key: -len(near[key]))
            is_finished &= len(keys) <= MAX_TEMPLATES
            if keys:
                confirmed = self._candidates.confirm_faces(keys[:MAX_TEMPLATES], engine.family)
                found += [(one.reference_id, self._evidence(one, near[one.key], engine)) for one in confirmed]
        return LikenessMatches(found=found, has_unfit=self._has_unfit, is_finished=is_finished)

    def _proposed(self, engine: SearchedEngine, fit: list[SeenFace]) -> Iterator[tuple[int, int]]:
        """Yields rows of faces and keys of templates near them (2.)."""
        rows: U8 = np.ascontiguousarray(_vectors(fit)).view(np.uint8)
        reach = (1 - engine.cosine) * (1 + NEAR_LIKENESS)
        hits = self._index.propose(engine.family, rows, math.ceil(reach * DISTANCE_SCALE))
        yield from zip(hits.queries.tolist(), hits.ids.tolist(), strict=True)

    def _evidence(self, one: FaceCandidate, shown: list[_Shown], engine: SearchedEngine) -> Evidence:
        cosines = _vectors([item.face for item in shown]) @ one.template
        likenesses = [likeness_of(float(cosine), engine.cosine) for cosine in cosines]
        best = max(range(len(shown)), key=likenesses.__getitem__)
        evidence = Evidence(
            kind=one.kind,
            level=one.level,
            match=MatchKind.LIKENESS,
            likeness=likenesses[best],
            box=shown[best].face.box,
        )
        voting = [item for item, likeness in zip(shown, likenesses, strict=True) if likeness >= MIN_LIKENESS]
        segments = tuple(item.segment for item in voting if item.segment is not None)
        if not segments:
            return evidence
        looks = len({item.look for item in voting})
        return replace(evidence, segments=segments, pieces=looks, is_fully_supported=looks == self._looks)


def _vectors(faces: Sequence[SeenFace]) -> F32:
    vectors: F32 = np.stack([face.vector for face in faces if face.vector is not None])
    return vectors


def likeness_of(cosine: float, threshold: float) -> float:
    """Tells how far a similarity lies beyond a threshold: 0 on it, 1 for identical vectors (`Evidence.likeness`)."""
    return (cosine - threshold) / (1 - threshold)
