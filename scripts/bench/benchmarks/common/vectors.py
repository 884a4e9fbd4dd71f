"""Test vectors of the fingerprint of a picture, for a second implementation: luma in, codes, windows, signature out.

`tests/vectors/README.md` describes the files and the tolerances.
"""

import hashlib
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np

from benchmarks.common.drawn_pictures import drawn_luma
from index.arrays import Plane
from index.frames import look
from index.hashing import dhash128, flat_share, pdq, phash
from index.pictures import VERSION as PICTURE_VERSION
from index.regions import VERSION as REGIONS_VERSION
from index.regions import regional_signature
from index.verdict import Box
from index.windows import FULL, AreaPlane, Windows, reference_windows

FACE: Final = Box(left=0.25, top=0.25, right=0.4375, bottom=0.5)
"""A place that the signature describes more finely, as it does a face. Nothing need be there."""

WITH_AREA_PLANE: Final = ("wide", "small")
"""Pictures whose area plane is a file too: one is reduced to it, and one enlarged."""

DIGITS: Final = 4  # decimal places of pixels, radians and shares

VERSIONS: Final = {"picture": PICTURE_VERSION, "regions": REGIONS_VERSION, "windows": "anchored-1"}


def drawn_planes() -> dict[str, Plane]:
    """Draw the pictures of the vectors, by name: luma uint8 [height, width]."""
    wide = cv2.resize(drawn_luma(9_001), (200, 150), interpolation=cv2.INTER_AREA)
    tall = cv2.resize(drawn_luma(9_002), (120, 210), interpolation=cv2.INTER_AREA)
    small = cv2.resize(drawn_luma(9_003), (96, 80), interpolation=cv2.INTER_AREA)
    # A dark picture under a bright bar: the windows of an upload are also taken from its brightened version.
    dim = cv2.resize(drawn_luma(9_004), (200, 160), interpolation=cv2.INTER_AREA) // 7
    dim[-24:] = 240
    return {
        name: np.asarray(plane, np.uint8)
        for name, plane in (("wide", wide), ("tall", tall), ("small", small), ("dim", dim))
    }


def vector_of(luma: Plane) -> dict[str, Any]:
    """Return the vector of a plane, ready for JSON."""
    rows, columns = luma.shape
    area = AreaPlane.of(luma)
    reference = reference_windows(luma, FULL)
    frame = look(luma, FULL)
    signature = regional_signature(luma, (FACE,))
    whole = pdq(luma)
    return {
        "versions": VERSIONS,
        "luma": {"width": columns, "height": rows, "sha256": hashlib.sha256(luma.tobytes()).hexdigest()},
        "whole": {
            "pdq": whole.value.hex(),
            "quality": whole.quality,
            "dhash128": dhash128(luma).value.hex(),
            "phash": phash(luma).value.hex(),
            "flat_share": round(flat_share(luma), DIGITS),
        },
        "area_plane": {
            "width": area.width,
            "height": area.height,
            "sides": [list(one.shape) for one in area.levels],
        },
        "reference": {
            "profile": FULL.name,
            "windows": _windows(reference),
            "packed": reference.pack().hex(),
        },
        "upload": {
            "profile": FULL.name,
            "pdq_variants": [code.tobytes().hex() for code in frame.pdq_codes],
            "dhash128_variants": [code.tobytes().hex() for code in frame.dhash_codes],
            "windows": _windows(frame.windows),
        },
        "regions": {"faces": [list(FACE.edges)], "packed": signature.pack().hex()},
    }


def _windows(windows: Windows) -> list[dict[str, Any]]:
    doubts = windows.doubtful if len(windows.doubtful) else [None] * len(windows)
    return [
        {
            "x": round(float(place[0]), DIGITS),
            "y": round(float(place[1]), DIGITS),
            "half_side": round(float(place[2]), DIGITS),
            "direction": round(float(place[3]), DIGITS),
            "flipped": bool(flipped),
            "code": code.tobytes().hex(),
            **({} if doubt is None else {"doubtful": doubt.tobytes().hex()}),
        }
        for place, code, flipped, doubt in zip(
            windows.places, windows.codes, windows.flipped, doubts, strict=True
        )
    ]


def area_plane(luma: Plane) -> Plane:
    """Return the finest level of a plane's area plane."""
    return AreaPlane.of(luma).levels[0]


def write_pgm(path: Path, plane: Plane) -> None:
    """Write a plane as a binary PGM file, which is a short head and the bytes of the plane."""
    rows, columns = plane.shape
    path.write_bytes(b"P5\n%d %d\n255\n" % (columns, rows) + plane.tobytes())


def read_pgm(path: Path) -> Plane:
    """Read a file of `write_pgm`."""
    kind, size, _, pixels = path.read_bytes().split(b"\n", 3)
    columns, rows = map(int, size.split())
    if kind != b"P5" or len(pixels) != rows * columns:
        raise ValueError(f"{path.name} is not a plane of the vectors")
    return np.frombuffer(pixels, np.uint8).reshape(rows, columns)
