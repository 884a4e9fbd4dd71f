"""HEIC files of tiles, as phones write their large pictures, made of one encoded tile. Some of them lie."""

import struct

from index.media.pictures.embedded.ends import boxes
from tests.support.media.carriers import box
from tests.support.media.pictures import saved, scene

TILE = 512  # pixels a side


def full(name, version, body, flags=0):
    """A box with version and flags."""
    return box(name, struct.pack(">I", version << 24 | flags) + body)


def encoded_tile(side=TILE, seed=1):
    """The configuration and the coded data of one tile."""
    data = saved(scene(seed, side, side), "HEIF", quality=40)
    meta = next(one for one in boxes(data) if one.name == b"meta")
    mdat = next(one for one in boxes(data) if one.name == b"mdat")
    properties = next(one for one in boxes(data, meta.body + 4, meta.end) if one.name == b"iprp")
    container = next(boxes(data, properties.body, properties.end))
    configuration = next(one for one in boxes(data, container.body, container.end) if one.name == b"hvcC")
    return data[configuration.start : configuration.end], data[mdat.body : mdat.end]


def grid(columns, rows, *, tiles=None, announced=None, tile_side=TILE, said_side=None):
    """A HEIC of tiles.

    Args:
        columns: Tiles a row.
        rows: Rows of tiles.
        tiles: Number of tiles that are in the file; None for all.
        announced: Width and height that the grid announces; None for those of its tiles.
        tile_side: Pixels a side of a coded tile.
        said_side: Pixels a side that a tile's property says; None for the true ones.
    """
    configuration, coded = encoded_tile(tile_side)
    count = columns * rows if tiles is None else tiles
    width, height = announced or (columns * tile_side, rows * tile_side)
    side = said_side or tile_side
    numbers = range(2, 2 + count)
    descriptor = struct.pack(">BBBBII", 0, 1, rows - 1, columns - 1, width, height)
    items = full(b"infe", 2, struct.pack(">HH4s", 1, 0, b"grid") + b"\0")
    items += b"".join(full(b"infe", 2, struct.pack(">HH4s", one, 0, b"hvc1") + b"\0", 1) for one in numbers)
    references = box(b"dimg", struct.pack(f">HH{count}H", 1, count, *numbers))
    sizes = [full(b"ispe", 0, struct.pack(">II", *size)) for size in ((side, side), (width, height))]
    owned = struct.pack(">HBB", 1, 1, 3) + b"".join(struct.pack(">HBBB", one, 2, 0x81, 2) for one in numbers)

    def meta(data_at):
        places = struct.pack(">HHHHII", 1, 1, 0, 1, 0, len(descriptor))
        places += b"".join(struct.pack(">HHHHII", one, 0, 0, 1, data_at, len(coded)) for one in numbers)
        return full(
            b"meta",
            0,
            full(b"hdlr", 0, bytes(4) + b"pict" + bytes(13))
            + full(b"pitm", 0, struct.pack(">H", 1))
            + full(b"iinf", 0, struct.pack(">H", 1 + count) + items)
            + full(b"iref", 0, references)
            + box(
                b"iprp",
                box(b"ipco", configuration + b"".join(sizes))
                + full(b"ipma", 0, struct.pack(">I", 1 + count) + owned),
            )
            + box(b"idat", descriptor)
            + full(b"iloc", 1, struct.pack(">BBH", 0x44, 0, 1 + count) + places),
        )

    head = box(b"ftyp", b"heic\0\0\0\0mif1heic")
    start = len(head) + len(meta(0)) + 8
    return head + meta(start) + box(b"mdat", coded)
