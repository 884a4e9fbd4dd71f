"""Anchored windows of pictures: one sealed row for each reference. The change log names it by the reference's key."""

from typing import Any, Final

from sqlalchemy import ColumnElement, FromClause, and_, bindparam, insert, select

from index.hashing import Algorithm, Code
from index.verdict import Level, ReferenceKind
from registry.domain import Family, PictureCandidate, StoredWindows, View
from registry.ports import Sealing
from registry.storage.codes.family import Added, Writing
from registry.storage.codes.sealed_windows import WindowSeal
from registry.storage.codes.window_family import WindowFamily
from registry.storage.schema import active_references, anchored_windows, codes

_SEAL: Final = WindowSeal(family=Family.ANCHORED, whole_bytes=0)  # whole codes have their own rows

_plane_pdq = codes.alias("plane_pdq")
_plane_dhash = codes.alias("plane_dhash")


def _of_plane(table: FromClause, algorithm: Algorithm) -> ColumnElement[bool]:
    return and_(
        table.c.reference_key == active_references.c.key,
        table.c.algorithm == algorithm.value,
        table.c.view == View.PLANE.value,
    )


_CONFIRMING: Final = (
    select(
        active_references.c.key,
        active_references.c.id,
        active_references.c.case_id,
        active_references.c.tenant_id,
        active_references.c.kind,
        active_references.c.level,
        active_references.c.is_disputed,
        active_references.c.flat_share,
        _plane_pdq.c.value,
        _plane_pdq.c.quality,
        _plane_dhash.c.value,
        anchored_windows.c.sealed,
        anchored_windows.c.regions,
        anchored_windows.c.sealed_regions,
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


class AnchoredFamily(WindowFamily[PictureCandidate]):
    """The windows of registered pictures."""

    def __init__(self) -> None:
        super().__init__(_SEAL, key=anchored_windows.c.reference_key, confirming=_CONFIRMING)

    def add(self, writing: Writing, added: Added) -> None:
        """Store the windows of new references, and log them."""
        rows = [
            window_row(key, windows, writing.sealing)
            for key, reference in added.by_key.items()
            if (windows := reference.draft.windows) is not None and len(windows.windows)
        ]
        if rows:
            writing.connection.execute(insert(anchored_windows), rows)
            self.log(writing, added)

    def candidate(self, row: Any, sealing: Sealing) -> PictureCandidate:
        """Return the candidate of a row that was read; raise `SealBroken`."""
        key, reference_id, case_id, tenant_id, kind, level, is_disputed, flat_share, *held = row
        pdq, quality, dhash, sealed, version, regions = held
        return PictureCandidate(
            key=key,
            reference_id=reference_id,
            case_id=case_id,
            tenant_id=tenant_id,
            number=key,
            kind=ReferenceKind(kind),
            level=Level(level),
            is_disputed=bool(is_disputed),
            flat_share=flat_share,
            pdq=None if pdq is None else Code(algorithm=Algorithm.PDQ, value=bytes(pdq), quality=quality),
            dhash=None if dhash is None else Code(algorithm=Algorithm.DHASH128, value=bytes(dhash)),
            windows=self.seal.open(key, sealed, sealing)[1],
            regions=self.seal.open_regions(key, version, regions, sealing),
        )


ANCHORED: Final = AnchoredFamily()


def window_row(reference_key: int, stored: StoredWindows, sealing: Sealing) -> dict[str, Any]:
    """Return the row of a reference's windows."""
    return {
        "reference_key": reference_key,
        "profile": stored.profile,
        **_SEAL.columns(reference_key, stored.windows, sealing, regions=stored.regions),
    }
