"""The part of an index that lies in files: some snapshots, as they were when this process took them up."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from index.arrays import I64
from index.search.engine import Hits, id_checksum, sorted_hits
from index.search.files.form import Rows
from index.search.files.manifest import Manifest
from index.search.files.mapped import MappedSnapshot
from index.search.files.snapshot_format import Identity, Pin

Open = Callable[[Path, Identity, Pin | None], MappedSnapshot]
"""Maps a snapshot (`Form.open`)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Segment:
    """A snapshot with the books of one moment.

    The writer may erase a row in the file at any time; which rows this process counts as held is fixed here,
    so that its size and checksum change by its own applied changes only.

    Attributes:
        snapshot: the file.
        dead: int64, ascending: the ids whose rows were erased at that moment.
        size: rows alive then.
        checksum: `id_checksum` of their ids.
    """

    snapshot: MappedSnapshot
    dead: I64
    size: int
    checksum: int

    @classmethod
    def of(cls, snapshot: MappedSnapshot) -> "Segment":
        """Takes a snapshot up as it is now: 2 ms at ten million rows."""
        dead = snapshot.ids_of(np.flatnonzero(snapshot.alive == 0))
        checksum = (snapshot.description.checksum - id_checksum(dead)) % (1 << 64)
        size = snapshot.description.count - len(dead)
        return cls(snapshot=snapshot, dead=dead, size=size, checksum=checksum)

    def held(self, ids: I64) -> I64:
        """Tells which of `ids` it holds."""
        known, _ = self.snapshot.rows_of(ids)
        found = ids[known]
        return found[~among(found, self.dead)]

    def find(self, queries: Rows, radius: int, masked: I64) -> Hits:
        """Finds rows near queries (as `Form.stored` makes them), but for those of the ascending ids `masked`."""
        found = self.snapshot.find(queries, radius)
        ids = self.snapshot.ids_of(found.rows)
        keep = ~among(ids, masked)
        return Hits(queries=found.queries[keep], ids=ids[keep], distances=found.distances[keep])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Base:
    """All segments of a manifest; no id is held by two."""

    manifest: Manifest
    segments: tuple[Segment, ...] = ()

    @classmethod
    def open(cls, folder: Path, manifest: Manifest, known: Iterable[MappedSnapshot], opened: Open) -> "Base":
        """Opens what the manifest names, reusing snapshots that are open already; raises `DamagedSnapshot`.

        The caller holds the files' lock, so that manifest and files belong together.
        """
        open_already = {snapshot.path.name: snapshot for snapshot in known}
        snapshots = []
        for entry in manifest.entries:
            snapshot = open_already.get(entry.name)
            if snapshot is None:
                snapshot = opened(folder / entry.name, manifest.identity, entry.pin)
            snapshots.append(snapshot)
        return cls.of(manifest, snapshots)

    @classmethod
    def of(cls, manifest: Manifest, snapshots: Iterable[MappedSnapshot]) -> "Base":
        """Takes open snapshots up as they are now."""
        return cls(manifest=manifest, segments=tuple(Segment.of(snapshot) for snapshot in snapshots))

    @property
    def fallback_scans(self) -> int:
        """Queries for which some segment scanned all its codes."""
        return sum(segment.snapshot.fallback_scans for segment in self.segments)

    @property
    def size(self) -> int:
        """Codes held."""
        return sum(segment.size for segment in self.segments)

    @property
    def checksum(self) -> int:
        """`id_checksum` of the ids held."""
        return sum(segment.checksum for segment in self.segments) % (1 << 64)

    def held(self, ids: I64) -> I64:
        """Tells which of `ids` (unique) some segment holds."""
        return np.concatenate([np.empty(0, np.int64), *(segment.held(ids) for segment in self.segments)])

    def find(self, queries: Rows, radius: int, masked: I64) -> list[Hits]:
        """Asks every segment."""
        return [segment.find(queries, radius, masked) for segment in self.segments]

    def meeting_probability(self, distance: int) -> float:
        """The least of the segments' probabilities."""
        return min((segment.snapshot.meeting_probability(distance) for segment in self.segments), default=1.0)


def among(ids: I64, ascending: I64) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Tells which of a few ids stand in an ascending array: `np.isin` without sorting the array again."""
    if not len(ascending):
        return np.zeros(len(ids), np.bool_)
    places = np.searchsorted(ascending, ids)
    found: np.ndarray[tuple[int], np.dtype[np.bool_]] = ascending.take(places, mode="clip") == ids
    return found


def merged_hits(parts: list[Hits]) -> Hits:
    """Puts the hits of all parts into the contract's order."""
    if len(parts) == 1:
        return sorted_hits(parts[0].queries, parts[0].ids, parts[0].distances)
    return sorted_hits(
        np.concatenate([np.empty(0, np.int32), *(part.queries for part in parts)]),
        np.concatenate([np.empty(0, np.int64), *(part.ids for part in parts)]),
        np.concatenate([np.empty(0, np.int32), *(part.distances for part in parts)]),
    )
