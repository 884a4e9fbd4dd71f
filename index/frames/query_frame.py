"""The query frame: one frame of an upload, prepared for matching, and its packed form between decoder and parent.

The parent process needs the luma plane. The places of a registered picture's windows in the upload are known only after
the search, and a process that decodes foreign files never receives registered codes.
"""

import math
import struct
from dataclasses import dataclass, field, replace
from typing import Final

import cv2
import numpy as np

from index.arrays import U8
from index.errors import MalformedCode, WrongLength
from index.hashing import (
    DIHEDRAL_VARIANTS,
    FLAT_GRID,
    MAX_QUALITY,
    Algorithm,
    Code,
    dhash128,
    dhash128_dihedral,
    flat_share,
    median_filtered_plane,
    pdq,
    pdq_dihedral,
    reduced,
    template_share,
)
from index.stages import Stage, stage
from index.verdict import MIN_QUALITY, WHOLE, Box
from index.windows import (
    CODE_BYTES,
    DOUBTFUL_BITS,
    LEAN,
    MAX_QUERY_WINDOWS,
    WHITE,
    AreaPlane,
    MatchingProfile,
    Windows,
    area_size,
    packed_bytes,
    query_windows,
    query_windows_both,
)

LOW_INFORMATION_QUALITY: Final = 10  # PDQ quality below which a picture counts as flat
MAX_SIDE: Final = 512  # pixels of a matching plane (index.media.pictures.planes)
SMALL_SIDE: Final = 64  # pixels of the plane of a frame without windows
# Rows, columns, quality, flat areas, bytes of packed windows with marks and of the negative's, edges of the part.
_HEAD: Final = struct.Struct(">HHBHII4d")

MEDIAN_FILTERED: Final = len(DIHEDRAL_VARIANTS)
"""Row of the median-filtered variant, after the eight dihedral variants."""

VARIANTS: Final = MEDIAN_FILTERED + 1

_CODES_BYTES: Final = VARIANTS * (Algorithm.PDQ.bits + Algorithm.DHASH128.bits) // 8
_PDQ_BYTES: Final = Algorithm.PDQ.bits // 8
_FLAT_AREAS: Final = FLAT_GRID**2


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class QueryFrame:
    """One frame of an upload.

    Attributes:
        luma: uint8 [height, width], longest side at most 512.
        pdq_codes: uint8 [9, 32], PDQ of the plane in the order of `DIHEDRAL_VARIANTS`, then of the median-filtered
            plane. If the filtered plane shows too little, or was left out, the upright PDQ replaces its code.
        dhash_codes: uint8 [9, 16], dHash-128 in the same order.
        quality: PDQ quality, 0 to 100.
        flat_share: share of near-uniform areas, 0 to 1; 1 for a graphic without windows that is no part. Of frames with
            a plane to look at, `template_share` tells graphics.
        windows: anchored windows; empty if they were not requested.
        part: place of the frame in the picture that it was cut from. The whole codes of a part are not searched.
        inverse: windows of the frame's negative; None if they were not requested.
    """

    luma: U8 = field(repr=False)
    pdq_codes: U8 = field(repr=False)
    dhash_codes: U8 = field(repr=False)
    quality: int
    flat_share: float
    windows: Windows = field(repr=False)
    part: Box = WHOLE
    inverse: Windows | None = field(default=None, repr=False)

    @property
    def is_informative(self) -> bool:
        """True if the whole codes distinguish the frame. Those of a flat frame would match every blank upload."""
        return self.quality >= LOW_INFORMATION_QUALITY and not self.pdq.is_degenerate

    @property
    def pdq(self) -> Code:
        """PDQ of the upright frame."""
        return Code(algorithm=Algorithm.PDQ, value=self.pdq_codes[0].tobytes(), quality=self.quality)

    @property
    def dhash(self) -> Code:
        """dHash-128 of the upright frame."""
        return Code(algorithm=Algorithm.DHASH128, value=self.dhash_codes[0].tobytes())

    def template_share(self) -> float:
        """Return the flat share, or 1 if the frame is a graphic. Takes 2 ms: only codes that are near need it."""
        return max(self.flat_share, template_share(self.luma)) if _is_large(self.luma) else self.flat_share

    def searched_codes(self) -> tuple[U8, U8]:
        """Return PDQ, uint8 [10, 32], and dHash-128, uint8 [10, 16], of all variants that the index is asked for.

        The inverted frame follows the stored variants. Its codes are exactly the complements of the upright codes.
        """
        return (
            np.concatenate([self.pdq_codes, ~self.pdq_codes[:1]]),
            np.concatenate([self.dhash_codes, ~self.dhash_codes[:1]]),
        )


def look(
    luma: U8,
    profile: MatchingProfile | None,
    part: Box = WHOLE,
    *,
    is_filtered: bool = True,
    is_inverted: bool = False,
) -> QueryFrame:
    """Return the query frame of a luma plane.

    Args:
        luma: the plane.
        profile: number and sizes of anchored windows; None for no windows.
        part: place of the plane in the picture that it was cut from.
        is_filtered: False to leave out the median-filtered variant, which takes a quarter of the time of whole codes.
        is_inverted: True to add the windows of the negative.
    """
    with stage(Stage.DESCRIPTION):
        windows, inverse = _no_windows(luma), None
        if profile is not None:
            windows, inverse = _windows(luma, profile, is_inverted=is_inverted)
        with stage(Stage.WHOLE_CODES):
            if part != WHOLE:
                return replace(_with_upright_codes(luma, windows), part=part, inverse=inverse)
            return replace(_with_whole_codes(luma, windows, is_filtered=is_filtered), inverse=inverse)


def unstretched(query_frame: QueryFrame, factor: float, profile: MatchingProfile = LEAN) -> QueryFrame:
    """Return a query frame with its width stretched by a factor, at about the same area, and with windows of its own.

    The whole codes stay: they bear any stretch.
    """
    rows, columns = query_frame.luma.shape
    width, height = columns * math.sqrt(factor), rows / math.sqrt(factor)
    fits = min(1.0, MAX_SIDE / max(width, height))
    size = max(1, round(width * fits)), max(1, round(height * fits))
    luma = np.asarray(cv2.resize(query_frame.luma, size, interpolation=cv2.INTER_LINEAR), np.uint8)
    with stage(Stage.DESCRIPTION):
        windows, _ = _windows(luma, profile, is_inverted=False)
        return replace(query_frame, luma=luma, windows=windows, inverse=None)


def negative_of(query_frame: QueryFrame) -> QueryFrame | None:
    """Return the negative of a query frame; None if its windows were not requested. The whole codes stay."""
    if query_frame.inverse is None:
        return None
    return replace(query_frame, luma=WHITE - query_frame.luma, windows=query_frame.inverse, inverse=None)


def _windows(luma: U8, profile: MatchingProfile, *, is_inverted: bool) -> tuple[Windows, Windows | None]:
    """Return the windows of a plane, and those of its negative if they are requested."""
    with stage(Stage.AREA_PLANE):
        area = AreaPlane.of(luma)
    with stage(Stage.WINDOW_CODES):
        if is_inverted:
            return query_windows_both(area, profile)
        return query_windows(area, profile), None


def _with_whole_codes(luma: U8, windows: Windows, *, is_filtered: bool) -> QueryFrame:
    pdq_codes, quality = pdq_dihedral(luma)
    dhash_codes = [code.value for code in dhash128_dihedral(luma)]
    last, last_dhash = pdq_codes[0], dhash_codes[0]
    if is_filtered:
        filtered = median_filtered_plane(luma)
        code = pdq(filtered)
        # The filter removes letters, and pages without letters are all alike. So the filtered plane must show enough.
        if (code.quality or 0) >= MIN_QUALITY:
            last, last_dhash = np.frombuffer(code.value, np.uint8), dhash128(filtered).value
    dhash_codes.append(last_dhash)
    return QueryFrame(
        luma=luma,
        pdq_codes=np.concatenate([pdq_codes, last[None]]),
        dhash_codes=np.frombuffer(b"".join(dhash_codes), np.uint8).reshape(VARIANTS, -1),
        quality=quality,
        flat_share=flat_share(luma) if _is_large(luma) else template_share(luma),
        windows=windows,
    )


def without_luma(query_frame: QueryFrame) -> QueryFrame:
    """Return a frame that has no windows with a small plane. Nothing is compared with it but its whole codes."""
    luma = reduced(query_frame.luma, SMALL_SIDE)
    share = query_frame.template_share() if query_frame.part == WHOLE else query_frame.flat_share
    return replace(query_frame, luma=luma, flat_share=share, windows=_no_windows(luma), inverse=None)


def _is_large(luma: U8) -> bool:
    """Return True if a plane is larger than that of a frame without windows."""
    rows, columns = luma.shape
    return bool(max(rows, columns) > SMALL_SIDE)


def _with_upright_codes(luma: U8, windows: Windows) -> QueryFrame:
    """Return the frame of a part.

    Its whole codes are not searched, so all variants are the upright one, and a graphic need not be told.
    """
    code, dhash = pdq(luma), dhash128(luma)
    return QueryFrame(
        luma=luma,
        pdq_codes=np.tile(np.frombuffer(code.value, np.uint8), (VARIANTS, 1)),
        dhash_codes=np.tile(np.frombuffer(dhash.value, np.uint8), (VARIANTS, 1)),
        quality=code.quality or 0,
        flat_share=flat_share(luma),
        windows=windows,
    )


def pack(query_frame: QueryFrame) -> bytes:
    """Return a query frame as bytes."""
    rows, columns = query_frame.luma.shape
    windows = _packed_windows(query_frame.windows)
    inverse = b"" if query_frame.inverse is None else _packed_windows(query_frame.inverse)
    head = _HEAD.pack(
        rows,
        columns,
        query_frame.quality,
        round(query_frame.flat_share * _FLAT_AREAS),
        len(windows),
        len(inverse),
        *query_frame.part.edges,
    )
    return b"".join(
        (
            head,
            query_frame.pdq_codes.tobytes(),
            query_frame.dhash_codes.tobytes(),
            windows,
            inverse,
            query_frame.luma.tobytes(),
        )
    )


def unpack(data: memoryview) -> tuple[QueryFrame, memoryview]:
    """Read a query frame from the start of a worker's message. Return it and the rest. The message is untrusted.

    Raises:
        WrongLength: there are fewer bytes than the head states.
        MalformedCode: a size or a number is out of range.
    """
    if len(data) < _HEAD.size + _CODES_BYTES:
        raise WrongLength("a query frame has a head and eighteen codes")
    rows, columns, quality, flat_areas, length, negative_length, *edges = _HEAD.unpack_from(data)
    part = Box.of_edges(*edges)
    within = 1 <= min(rows, columns) <= max(rows, columns) <= MAX_SIDE
    if not within or quality > MAX_QUALITY or flat_areas > _FLAT_AREAS or not part.is_proper:
        raise MalformedCode("a query frame is out of range")
    codes, packed = _HEAD.size, _HEAD.size + _CODES_BYTES
    negative = packed + length
    plane = negative + negative_length
    end = plane + rows * columns
    if len(data) < end:
        raise WrongLength("a query frame is shorter than its head says")
    values = np.frombuffer(data[codes:packed], np.uint8)
    split = VARIANTS * _PDQ_BYTES
    luma = np.frombuffer(data[plane:end], np.uint8).reshape(rows, columns)
    windows = _unpacked_windows(bytes(data[packed:negative]), luma) if length else _no_windows(luma)
    inverse = _unpacked_windows(bytes(data[negative:plane]), luma) if negative_length else None
    query_frame = QueryFrame(
        luma=luma,
        pdq_codes=values[:split].reshape(VARIANTS, -1),
        dhash_codes=values[split:].reshape(VARIANTS, -1),
        quality=quality,
        flat_share=flat_areas / _FLAT_AREAS,
        windows=windows,
        part=part,
        inverse=inverse,
    )
    return query_frame, data[end:]


def _packed_windows(windows: Windows) -> bytes:
    """Return windows, followed by the marks of their doubtful bits; nothing for no windows."""
    if not len(windows):
        return b""
    marks = windows.doubtful if len(windows.doubtful) else np.zeros_like(windows.codes)
    return windows.pack() + marks.tobytes()


def _unpacked_windows(data: bytes, luma: U8) -> Windows:
    """Read the windows of a plane, and marks; raise `WrongLength` or `MalformedCode`."""
    split = packed_bytes(data)
    windows = Windows.unpack(data[:split], MAX_QUERY_WINDOWS)
    none = _no_windows(luma)
    if (windows.width, windows.height) != (none.width, none.height):
        raise MalformedCode("a query frame's windows are not of its plane")
    if len(data) != split + windows.codes.size:
        raise WrongLength("a query frame marks the doubtful bits of each window")
    marks = np.frombuffer(data[split:], np.uint8).reshape(-1, CODE_BYTES)
    if (np.bitwise_count(marks).sum(axis=1, dtype=np.int64) > DOUBTFUL_BITS).any():
        raise MalformedCode("a query frame doubts too many bits")
    return replace(windows, doubtful=marks)


def _no_windows(luma: U8) -> Windows:
    """Return empty windows, for a plane in which none were requested or found."""
    width, height = area_size(*luma.shape)
    return Windows(width=width, height=height)
