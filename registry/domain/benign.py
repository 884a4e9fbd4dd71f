"""Pictures that are known to be benign and to be shown everywhere: logos, slates, test cards, jokes.

The operator keeps the list. It holds codes only. Whatever is near one of its entries is not registered, because the
reference would hold everybody's uploads.
"""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

import numpy as np

from index.arrays import U8
from index.hashing import Algorithm, Code
from index.verdict import LOOSE_PDQ_BITS, ReferenceKind
from registry.domain.reference import Draft
from registry.errors import KnownBenign

MAX_BENIGN: Final = 2_000
"""Entries of the list. Each registration reads it, 320 bytes for an entry."""

CODE_BYTES: Final = 32

_BLOCK: Final = 1 << 22
"""Pairs of codes that are compared at once: 128 MiB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BenignPicture:
    """One entry of the list.

    Attributes:
        label: the operator's name for it.
        pdqs: PDQ of each variant as which an upload is searched (turned, mirrored, inverted), one after another.
        sha256: digest of the file, 32 bytes.
    """

    id: str
    label: str
    pdqs: bytes = field(repr=False)
    sha256: bytes = field(repr=False)
    added_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BenignCodes:
    """The codes of the whole list.

    Attributes:
        pdqs: uint8 [n, 32].
        digests: digests of files.
    """

    pdqs: U8 = field(repr=False)
    digests: Collection[bytes] = field(repr=False)

    def near(self, codes: U8) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Return for each PDQ, uint8 [m, 32], whether an entry lies within the distance that is worth a review."""
        found = np.zeros(len(codes), bool)
        if not len(self.pdqs):
            return found
        step = max(1, _BLOCK // len(self.pdqs))
        held = _words(self.pdqs)
        for start in range(0, len(codes), step):
            asked = _words(codes[start : start + step])
            bits = np.bitwise_count(asked[:, None, :] ^ held[None, :, :]).sum(axis=2, dtype=np.int64)
            found[start : start + step] = bits.min(axis=1) <= LOOSE_PDQ_BITS
        return found


def without_benign(draft: Draft, known: BenignCodes) -> Draft:
    """Return a draft for registration without key frames that are known to be benign.

    An official release has no effect of its own, and is popular by its nature: it is returned as it is.

    Raises:
        KnownBenign: the picture is near an entry, the file is one, or no key frame is left by which the clip is found.
    """
    if draft.kind is ReferenceKind.OFFICIAL_RELEASE:
        return draft
    codes = [stored.code for stored in draft.codes]
    exact = {code.value for code in codes if code.algorithm is Algorithm.SHA256}
    whole = [code for code in codes if code.algorithm is Algorithm.PDQ]
    if not exact.isdisjoint(known.digests) or known.near(_rows(whole)).any():
        raise KnownBenign
    if draft.clip is None or not draft.clip.frames:
        return draft
    benign = known.near(_rows([frame.pdq for frame in draft.clip.frames]))
    if not benign.any():
        return draft
    kept = tuple(frame for frame, is_benign in zip(draft.clip.frames, benign, strict=True) if not is_benign)
    clip = replace(draft.clip, frames=kept)
    if not clip.facts.found_frames:
        raise KnownBenign
    return replace(draft, clip=clip)


def _rows(codes: Collection[Code]) -> U8:
    return np.frombuffer(b"".join(code.value for code in codes), np.uint8).reshape(-1, CODE_BYTES)


def _words(codes: U8) -> np.ndarray[tuple[int, int], np.dtype[np.uint64]]:
    return np.ascontiguousarray(codes).view(np.uint64)
