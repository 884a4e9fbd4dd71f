"""The tree's hashes in tiles of 256, so that it grows and proves without being read whole.

The tile of a level at a position holds the hashes of the subtrees of height `8 * level` from `256 * position` on, one
after another, up to 256. Tiles are those of C2SP's tlog-tiles. A million entries have 3,923 tiles, 32 MB.
"""

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from registry.domain.ledger.tree import HASH_BYTES, node_hash

TILE_HEIGHT: Final = 8
TILE_HASHES: Final = 1 << TILE_HEIGHT


class TilePlace(NamedTuple):
    """The place of a tile: its level from the leaves, and its position from the left, both from 0."""

    level: int
    position: int


class TileTree:
    """A Merkle tree that reads the tiles it needs, and keeps those that it read or changed.

    Args:
        size: number of leaves that the stored tiles have.
        read: returns the bytes of a stored tile; none where there is no such tile.
    """

    def __init__(self, size: int, read: Callable[[TilePlace], bytes] = lambda _: b"") -> None:
        self.size = size
        self._read = read
        self._tiles: dict[TilePlace, bytearray] = {}
        self._changed: set[TilePlace] = set()

    @property
    def changed(self) -> Mapping[TilePlace, bytes]:
        """The tiles that were changed, by their places."""
        return {place: bytes(self._tiles[place]) for place in sorted(self._changed)}

    def append(self, leaf: bytes) -> None:
        """Add a leaf. Each tile that it fills adds a hash to the level above."""
        level, position, value = 0, self.size, leaf
        while True:
            place = TilePlace(level, position // TILE_HASHES)
            tile = self._tile(place)
            tile += value
            self._changed.add(place)
            if len(tile) < TILE_HASHES * HASH_BYTES:
                break
            level, position, value = level + 1, place.position, _fold(tile)
        self.size += 1

    def node(self, height: int, position: int) -> bytes:
        """Return the hash of a complete subtree: the `Nodes` of this tree."""
        level, within = divmod(height, TILE_HEIGHT)
        tile, first = divmod(position << within, TILE_HASHES)
        hashes = self._tile(TilePlace(level, tile))
        part = hashes[first * HASH_BYTES : (first + (1 << within)) * HASH_BYTES]
        if len(part) != HASH_BYTES << within:
            raise LookupError(f"the tile {tile} of level {level} is incomplete")
        return _fold(part)

    def _tile(self, place: TilePlace) -> bytearray:
        if place not in self._tiles:
            self._tiles[place] = bytearray(self._read(place))
        return self._tiles[place]


def _fold(hashes: bytes | bytearray) -> bytes:
    """Return the root over a power of two of hashes that lie one after another."""
    row = [bytes(hashes[start : start + HASH_BYTES]) for start in range(0, len(hashes), HASH_BYTES)]
    while len(row) > 1:
        row = [node_hash(left, right) for left, right in zip(row[::2], row[1::2], strict=True)]
    return row[0]
