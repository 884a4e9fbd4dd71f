"""Count the versions of fingerprints and regional signatures that active references have. Nothing is opened."""

from typing import Final

from sqlalchemy import Connection, Table, func, select

from index.hashing import Algorithm
from index.regions import VERSION as REGIONS_VERSION
from registry.domain import VersionCounts, View
from registry.storage.schema import active_references, anchored_windows, clip_frames, codes

_REFERENCES: Final = (
    select(codes.c.version, func.count())
    .join_from(codes, active_references, active_references.c.key == codes.c.reference_key)
    .where(codes.c.algorithm == Algorithm.SHA256.value, codes.c.view == View.BYTES.value)
    .group_by(codes.c.version)
)


def count_versions(connection: Connection) -> VersionCounts:
    """Return how many active references have which fingerprint. It reads every code's row."""
    pictures, newest_pictures = _with_regions(connection, anchored_windows)
    key_frames, newest_key_frames = _with_regions(connection, clip_frames)
    return VersionCounts(
        references={row[0]: row[1] for row in connection.execute(_REFERENCES)},
        pictures=pictures,
        pictures_without_regions=pictures - newest_pictures,
        key_frames=key_frames,
        key_frames_without_regions=key_frames - newest_key_frames,
    )


def _with_regions(connection: Connection, table: Table) -> tuple[int, int]:
    """Return the number of rows of active references, and of those with a signature of the newest version."""
    query = (
        select(table.c.regions, func.count())
        .join_from(table, active_references, active_references.c.key == table.c.reference_key)
        .group_by(table.c.regions)
    )
    counts: dict[str | None, int] = {row[0]: row[1] for row in connection.execute(query)}
    return sum(counts.values()), counts.get(REGIONS_VERSION, 0)
