"""The confirmation reads of a check: what indexes proposed, as committed and active rows (style rule R2)."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, FromClause, Select, and_, bindparam, or_, select

from index.hashing import Algorithm, Code
from index.verdict import Level, ReferenceKind
from registry.domain import (
    AnchoredCandidate,
    Candidate,
    FaceCandidate,
    Family,
    FramePlace,
    View,
    number_of,
)
from registry.ports import Sealing, SubjectSealing
from registry.storage.codes.face_candidates import TEMPLATE_COUNTS, TEMPLATES, face_candidate
from registry.storage.codes.sealed_frames import open_frame
from registry.storage.codes.sealed_windows import open_windows
from registry.storage.database import Database
from registry.storage.pages import batched
from registry.storage.schema import active_references, anchored_windows, clip_frames, clips, codes

_PAGE: Final = 5_000
"""Codes confirmed by one statement: below SQLite's limit on variables."""

_second = codes.alias("second")
_rows = (
    select(
        codes.c.id.label("code_id"),
        codes.c.algorithm,
        codes.c.value,
        codes.c.quality,
        active_references.c.id.label("reference_id"),
        active_references.c.kind,
        active_references.c.flat_share,
        active_references.c.level,
        _second.c.value.label("second"),
    )
    .join_from(codes, active_references, active_references.c.key == codes.c.reference_key)
    .join(
        _second,
        and_(
            _second.c.reference_key == active_references.c.key,
            _second.c.algorithm == Algorithm.DHASH128.value,
        ),
        isouter=True,
    )
)
_by_id = codes.c.id.in_(bindparam("ids", expanding=True))
_by_digest = and_(codes.c.value == bindparam("digest"), codes.c.algorithm == Algorithm.SHA256.value)
_BY_ONE: Final = _rows.where(codes.c.id == bindparam("id"))  # most proposals: half the time of a list
_BY_ID: Final = _rows.where(_by_id)
_BY_DIGEST: Final = _rows.where(_by_digest)
_BY_EITHER: Final = _rows.where(or_(_by_id, _by_digest))


_plane_pdq = codes.alias("plane_pdq")
_plane_dhash = codes.alias("plane_dhash")


def _of_plane(table: FromClause, algorithm: Algorithm) -> ColumnElement[bool]:
    return and_(
        table.c.reference_key == active_references.c.key,
        table.c.algorithm == algorithm.value,
        table.c.view == View.PLANE.value,
    )


_WINDOWS: Final = (
    select(
        active_references.c.key,
        active_references.c.id,
        active_references.c.case_id,
        active_references.c.kind,
        active_references.c.level,
        active_references.c.flat_share,
        _plane_pdq.c.value,
        _plane_pdq.c.quality,
        _plane_dhash.c.value,
        anchored_windows.c.sealed,
    )
    .join_from(
        anchored_windows, active_references, active_references.c.key == anchored_windows.c.reference_key
    )
    .join(_plane_pdq, _of_plane(_plane_pdq, Algorithm.PDQ), isouter=True)
    .join(_plane_dhash, _of_plane(_plane_dhash, Algorithm.DHASH128), isouter=True)
    .where(
        anchored_windows.c.reference_key.in_(bindparam("keys", expanding=True)),
        anchored_windows.c.family == bindparam("family"),
    )
)

_FRAMES: Final = (
    select(
        clip_frames.c.key,
        active_references.c.id,
        active_references.c.case_id,
        active_references.c.kind,
        active_references.c.level,
        clip_frames.c.flat_share,
        clip_frames.c.quality,
        clip_frames.c.start_ms,
        clip_frames.c.end_ms,
        clips.c.frame_count,
        clips.c.duration_ms,
        clip_frames.c.sealed,
    )
    .join_from(clip_frames, clips, clips.c.reference_key == clip_frames.c.reference_key)
    .join(active_references, active_references.c.key == clips.c.reference_key)
    .where(
        clip_frames.c.key.in_(bindparam("keys", expanding=True)),
        clip_frames.c.family == bindparam("family"),
    )
)


_ACTIVE: Final = select(active_references.c.id).where(
    active_references.c.id.in_(bindparam("names", expanding=True))
)


class SqlCandidates:
    """Implements `registry.ports.Candidates`. Threads: any."""

    def __init__(self, database: Database, sealing: SubjectSealing) -> None:
        self._database = database
        self._sealing = sealing

    def confirm(self, code_ids: Sequence[int], sha256: bytes | None) -> tuple[Candidate, ...]:
        """Returns the active references behind the codes, and those with this exact digest."""
        if not code_ids and sha256 is None:
            return ()
        with self._database.read() as connection:
            found = []
            for page in _pages(code_ids):
                query, values = _read(page, sha256)
                found += [_candidate(row) for row in connection.execute(query, values)]
                sha256 = None
            return tuple(found)

    def active(self, reference_ids: Sequence[str]) -> frozenset[str]:
        """Returns those of the references that are active now."""
        found: set[str] = set()
        if reference_ids:
            with self._database.read() as connection:
                for page in batched(reference_ids):
                    found.update(connection.execute(_ACTIVE, {"names": page}).scalars())
        return frozenset(found)

    def confirm_windows(self, keys: Sequence[int], family: Family) -> tuple[AnchoredCandidate, ...]:
        """Returns those of the references or frames with these keys that are active, with their windows."""
        query, opened = (_FRAMES, _frame) if family == Family.FRAMES else (_WINDOWS, _anchored)
        rows: list[Any] = []
        if keys:
            with self._database.read() as connection:
                for page in _pages(keys):
                    rows += connection.execute(query, {"keys": page, "family": family.value}).all()
        return tuple(opened(row, family, self._sealing) for row in rows)

    def confirm_faces(self, keys: Sequence[int], family: Family) -> tuple[FaceCandidate, ...]:
        """Returns those of the templates with these keys that are active and of this family of faces, opened."""
        rows: list[Any] = []
        if keys:
            with self._database.read() as connection:
                for page in _pages(keys):
                    rows += connection.execute(TEMPLATES, {"keys": page, "engine": family.engine_id}).all()
        return tuple(face_candidate(row, family, self._sealing) for row in rows)

    def template_counts(self) -> Mapping[str, int]:
        """Counts the templates by their engines' ids."""
        with self._database.read() as connection:
            return {row.engine: row.templates for row in connection.execute(TEMPLATE_COUNTS)}


def _pages(code_ids: Sequence[int]) -> list[list[int]]:
    return [list(code_ids[start : start + _PAGE]) for start in range(0, len(code_ids), _PAGE)] or [[]]


def _read(code_ids: list[int], sha256: bytes | None) -> tuple[Select[Any], dict[str, Any]]:
    if not code_ids:
        return _BY_DIGEST, {"digest": sha256}
    if sha256 is not None:
        return _BY_EITHER, {"ids": code_ids, "digest": sha256}
    if len(code_ids) == 1:
        return _BY_ONE, {"id": code_ids[0]}
    return _BY_ID, {"ids": code_ids}


def _candidate(row: Any) -> Candidate:
    algorithm = Algorithm(row.algorithm)
    second = None
    if row.second is not None:
        second = Code(algorithm=Algorithm.DHASH128, value=bytes(row.second))
    pdq = None
    if algorithm is Algorithm.PDQ:
        pdq = Code(algorithm=algorithm, value=bytes(row.value), quality=row.quality)
    return Candidate(
        reference_id=row.reference_id,
        kind=ReferenceKind(row.kind),
        level=Level(row.level),
        flat_share=row.flat_share,
        code_id=None if algorithm is Algorithm.SHA256 else row.code_id,
        pdq=pdq,
        second=second,
    )


def _anchored(row: Any, family: Family, sealing: Sealing) -> AnchoredCandidate:
    key, reference_id, case_id, kind, level, flat_share, pdq, quality, dhash, sealed = row
    return AnchoredCandidate(
        key=key,
        reference_id=reference_id,
        case_id=case_id,
        kind=ReferenceKind(kind),
        level=Level(level),
        flat_share=flat_share,
        pdq=None if pdq is None else Code(algorithm=Algorithm.PDQ, value=bytes(pdq), quality=quality),
        second=None if dhash is None else Code(algorithm=Algorithm.DHASH128, value=bytes(dhash)),
        windows=open_windows(family, key, sealed, sealing),
    )


def _frame(row: Any, family: Family, sealing: Sealing) -> AnchoredCandidate:
    key, reference_id, case_id, kind, level, flat_share, quality, *place, sealed = row
    start_ms, end_ms, of_frames, duration_ms = place
    pdq, dhash, windows = open_frame(family, key, sealed, quality, sealing)
    return AnchoredCandidate(
        key=key,
        reference_id=reference_id,
        case_id=case_id,
        kind=ReferenceKind(kind),
        level=Level(level),
        flat_share=flat_share,
        pdq=pdq,
        second=dhash,
        windows=windows,
        frame=FramePlace(
            number=number_of(key),
            start_ms=start_ms,
            end_ms=end_ms,
            of_frames=of_frames,
            duration_ms=duration_ms,
        ),
    )
