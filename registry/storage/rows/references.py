"""References, codes, windows and clips as rows. All changes of searched codes are logged in the change log."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Row,
    Select,
    exists,
    func,
    insert,
    select,
    update,
)

from index.hashing import Algorithm, Code
from index.verdict import ReferenceKind
from registry.domain import (
    ClipFacts,
    FacePhoto,
    NewReference,
    Reference,
    ReferenceState,
    StoredCode,
    VersionCounts,
    View,
)
from registry.ports import SubjectSealing
from registry.storage.codes import (
    FACES,
    FAMILIES,
    Added,
    ChangeLog,
    CodeFamily,
    SqlFaces,
    Writing,
    count_versions,
)
from registry.storage.locks import lock_until_commit
from registry.storage.pages import batched
from registry.storage.schema import (
    active_references,
    anchored_windows,
    cases,
    clips,
    codes,
    face_photos,
    references,
)

_COUNTED: Final = anchored_windows.c.reference_key
_COUNTS: Final = select(_COUNTED, func.sum(anchored_windows.c.count).label("total")).group_by(_COUNTED)


def _reads(source: FromClause) -> Select[Any]:
    """Return the query of references in `source` with the facts of their clips, in the order of enrolment."""
    held = source.c
    return (
        select(
            held.key,
            held.id,
            held.case_id,
            held.tenant_id,
            held.kind,
            held.enrolled_at,
            held.flat_share,
            held.state,
            clips.c.profile,
            clips.c.duration_ms,
            clips.c.is_whole,
            clips.c.frame_count,
            clips.c.found_frames,
        )
        .join_from(source, clips, clips.c.reference_key == held.key, isouter=True)
        .order_by(held.enrolled_at, held.key)
    )


_ALL: Final = _reads(references)
_ACTIVE: Final = _reads(active_references).join(codes, codes.c.reference_key == active_references.c.key)


class SqlReferences:
    """SQL implementation of `registry.ports.References`."""

    def __init__(self, connection: Connection, sealing: SubjectSealing) -> None:
        self._connection = connection
        self._sealing = sealing

    def add(self, reference: NewReference) -> None:
        """Add a reference with its codes."""
        self.add_many([reference])

    def add_many(self, added: Sequence[NewReference]) -> None:
        """Add references with their codes, with few statements."""
        self._connection.execute(insert(references), [_reference_row(reference) for reference in added])
        keys = self._new_keys(added)
        new = Added(
            by_key={keys[reference.id]: reference for reference in added},
            keys=select(references.c.key).where(_of_cases(added), references.c.key >= min(keys.values())),
        )
        writing = self._writing(added[-1].enrolled_at)
        for family in FAMILIES:
            family.add(writing, new)

    def known(self, tenant_id: str, kind: ReferenceKind, wanted: Sequence[Code]) -> frozenset[bytes]:
        """Return the values among `codes` that the tenant has in active cases as references of this kind.

        All of `codes` have the same algorithm.
        """
        found: set[bytes] = set()
        for page in batched({code.value for code in wanted}):
            query = (
                select(codes.c.value)
                .join(active_references, active_references.c.key == codes.c.reference_key)
                .where(
                    codes.c.value.in_(page),
                    codes.c.algorithm == wanted[0].algorithm.value,
                    active_references.c.tenant_id == tenant_id,
                    active_references.c.kind == kind.value,
                )
            )
            found.update(bytes(value) for value in self._connection.execute(query).scalars())
        return frozenset(found)

    def of_case(self, case_id: str) -> tuple[Reference, ...]:
        """Return the case's references in the order of enrolment."""
        query = _ALL.where(references.c.case_id == case_id)
        return self._whole(self._connection.execute(query).all())

    def named(self, case_id: str, reference_ids: Collection[str]) -> tuple[Reference, ...]:
        """Return those of the references that are in the case, in the order of enrolment."""
        query = _ALL.where(references.c.case_id == case_id, references.c.id.in_(sorted(reference_ids)))
        return self._whole(self._connection.execute(query).all())

    def find_equal(self, reference: NewReference, *, in_case: str | None) -> Reference | None:
        """Return the tenant's active reference of the same kind with the same media, or None."""
        algorithm = Algorithm.SHA256 if _values(reference, Algorithm.SHA256) else Algorithm.PDQ
        wanted = _values(reference, algorithm)
        lock_until_commit(self._connection, reference.tenant_id.encode("ascii"), *sorted(wanted))
        query = _ACTIVE.where(
            codes.c.value.in_(wanted),
            codes.c.algorithm == algorithm.value,
            active_references.c.tenant_id == reference.tenant_id,
            active_references.c.kind == reference.draft.kind.value,
        ).limit(1)
        likeness = reference.draft.likeness
        if likeness is not None:
            query = query.where(*map(_is_described, likeness.photos))
        if in_case is not None:
            query = query.where(active_references.c.case_id == in_case)
        row = self._connection.execute(query).one_or_none()
        return None if row is None else self._whole([row])[0]

    def holders(self, reference_ids: Sequence[str]) -> dict[str, str]:
        """Return the cases, of all tenants, of those references whose cases are not withdrawn."""
        found: dict[str, str] = {}
        for page in batched(sorted(reference_ids)):
            query = (
                select(references.c.id, references.c.case_id)
                .join(cases, cases.c.id == references.c.case_id)
                .where(references.c.id.in_(page), cases.c.withdrawn_at.is_(None))
            )
            found.update((row.id, row.case_id) for row in self._connection.execute(query))
        return found

    def move(self, reference_ids: Sequence[str], state: ReferenceState) -> None:
        """Write the state of references."""
        for page in batched(reference_ids):
            self._connection.execute(
                update(references).where(references.c.id.in_(page)).values(state=state.value)
            )

    def versions(self) -> VersionCounts:
        """Return how many active references have which fingerprint."""
        return count_versions(self._connection)

    def erase_codes(self, case_id: str, now: datetime) -> None:
        """Delete everything that was derived from a case's media, and log the removals."""
        self._erase(FAMILIES, case_id, now)
        self._connection.execute(
            update(references)
            .where(references.c.case_id == case_id)
            .values(flat_share=None, state=ReferenceState.REMOVED.value)
        )

    def erase_faces(self, case_id: str, now: datetime) -> None:
        """Delete the faces of a case, and log the removals."""
        self._erase((FACES,), case_id, now)

    def _erase(self, families: Sequence[CodeFamily], case_id: str, now: datetime) -> None:
        writing = self._writing(now)
        for family in families:
            family.erase(writing, case_id)
        last = writing.log.last_removal
        if last is not None:
            self._connection.execute(update(cases).where(cases.c.id == case_id).values(removal_id=last))

    def _writing(self, at: datetime) -> Writing:
        log = ChangeLog(self._connection, at)
        return Writing(connection=self._connection, sealing=self._sealing, log=log)

    def _new_keys(self, added: Sequence[NewReference]) -> dict[str, int]:
        # This transaction has locked the cases, so their newest rows are the new ones. A list of 10,000 ids would
        # otherwise be needed.
        newest = (
            select(references.c.id, references.c.key)
            .where(_of_cases(added))
            .order_by(references.c.key.desc())
            .limit(len(added))
        )
        return {row.id: row.key for row in self._connection.execute(newest)}

    def _whole(self, rows: Iterable[Row[Any]]) -> tuple[Reference, ...]:
        held: dict[int, list[StoredCode]] = {}
        counts: dict[int, int] = {}
        faces: dict[int, tuple[str, ...]] = {}
        found = list(rows)
        for page in batched(row.key for row in found):
            query = select(codes).where(codes.c.reference_key.in_(page)).order_by(codes.c.id)
            for code in self._connection.execute(query):
                held.setdefault(code.reference_key, []).append(_stored(code))
            counted = self._connection.execute(_COUNTS.where(_COUNTED.in_(page)))
            counts.update((row.reference_key, row.total) for row in counted)
        stored_faces = SqlFaces(self._connection, self._sealing)
        for page in batched(row.key for row in found if row.kind == ReferenceKind.LIKENESS.value):
            faces |= stored_faces.engines(page)
        return tuple(
            _reference(row, held.get(row.key, []), counts.get(row.key, 0), faces.get(row.key, ()))
            for row in found
        )


def _is_described(photo: FacePhoto) -> ColumnElement[bool]:
    """Return the condition that the same model has described the reference's face.

    A face that only another engine has described is no duplicate.
    """
    mine = (face_photos.c.reference_key == active_references.c.key, face_photos.c.engine == photo.engine)
    return exists().where(*mine, face_photos.c.model_sha256 == photo.model_sha256)


def _of_cases(added: Sequence[NewReference]) -> ColumnElement[bool]:
    return references.c.case_id.in_({reference.case_id for reference in added})


def _reference_row(reference: NewReference) -> dict[str, Any]:
    return {
        "id": reference.id,
        "case_id": reference.case_id,
        "tenant_id": reference.tenant_id,
        "kind": reference.draft.kind.value,
        "enrolled_at": reference.enrolled_at,
        "flat_share": reference.draft.flat_share,
    }


def _values(reference: NewReference, algorithm: Algorithm) -> list[bytes]:
    return [stored.code.value for stored in reference.draft.codes if stored.code.algorithm is algorithm]


def _reference(
    row: Row[Any], held: Iterable[StoredCode], window_count: int, face_engines: tuple[str, ...]
) -> Reference:
    return Reference(
        id=row.id,
        case_id=row.case_id,
        tenant_id=row.tenant_id,
        kind=ReferenceKind(row.kind),
        enrolled_at=row.enrolled_at,
        flat_share=row.flat_share,
        codes=tuple(held),
        window_count=window_count,
        clip_facts=_clip_facts(row),
        face_engines=face_engines,
        state=ReferenceState(row.state),
    )


def _clip_facts(row: Row[Any]) -> ClipFacts | None:
    if row.profile is None:
        return None
    return ClipFacts(
        profile=row.profile,
        duration_ms=row.duration_ms,
        is_whole=row.is_whole,
        frame_count=row.frame_count,
        found_frames=row.found_frames,
    )


def _stored(row: Row[Any]) -> StoredCode:
    code = Code(algorithm=Algorithm(row.algorithm), value=bytes(row.value), quality=row.quality)
    return StoredCode(code=code, view=View(row.view), version=row.version)
