"""Examples from which the judgement of replaced regions is fitted: uploads with a known mask, in the reference's frame.

Each reference is uploaded again in plain kinds and with each replacement that fits it, followed by a random light
handling. Scenes also get small heads pasted in, which are registered as faces, and swapped. Each upload goes the way of
a check: decoded, described, matched by windows (or, if near enough, by whole codes) and put into the frame.
"""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

import cv2
import numpy as np
from PIL import Image

from benchmarks.regions.fitting import Example
from benchmarks.regions.masks import ALTERED_KINDS
from benchmarks.reuploads.altered import CENTRE, FACE
from benchmarks.reuploads.kind import USUAL, Kind, written
from benchmarks.reuploads.kinds import SETS, reupload
from benchmarks.reuploads.replaced import (
    REPLACEMENTS,
    Mask,
    cloned_stranger,
    stranger,
    toned_stranger,
)
from index.arrays import F32, Flags, Plane
from index.comparison import Matcher, Registered
from index.frames import QueryFrame, look
from index.hashing import dhash128, pdq
from index.limits import STANDARD
from index.media.pictures import matching_plane
from index.regions import Grid, RegionalSignature, regional_signature
from index.regions.altered import part_frame, whole_frame
from index.regions.blanks import blank_cells
from index.regions.evidence import cell_features
from index.regions.placing import MIN_CELLS, Frame, Placed, registered
from index.verdict import TIGHT_PDQ_BITS, Box
from index.windows import FULL, TRIGGER_BITS, Windows, code_distances, reference_windows

NEITHER: Final = frozenset(
    {
        "overlay_blurred_part",
        "overlay_mosaic",
        "tiles_mirrored_halves",
        "cover_double_exposure",
        "chain_ten_crops",
    }
)
"""Kinds in which a region was neither replaced nor kept."""

PLAIN: Final[tuple[tuple[Kind, ...], ...]] = tuple(
    tuple(
        kind
        for kind in kinds
        if kind.family not in {"altered", "replaced", "bend"} and kind.name not in NEITHER
    )
    for kinds in SETS.values()
)
"""Kinds in which nothing was replaced, of each set."""

PLAIN_OF_ONE: Final = 10  # of each set
HANDLED: Final = 0.78  # share of altered pictures that are handled after the alteration
_LIGHT_FAMILIES: Final = frozenset(
    {"recompression", "size", "aspect", "colour", "turn", "tilt", "border", "screenshot", "photo", "caption"}
)
_LIGHT: Final = tuple(kind for kind in SETS["first"] if kind.family in _LIGHT_FAMILIES)

SWAPS: Final = 12  # of small faces in one scene
HEAD_SIDE: Final = (0.26, 0.5)  # side of a pasted portrait, as a share of the scene's width


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reference:
    """A registered picture."""

    number: int
    picture: Image.Image = field(repr=False)
    registered: Registered = field(repr=False)
    signature: RegionalSignature = field(repr=False)

    @classmethod
    def of(cls, number: int, picture: Image.Image, faces: Sequence[Box] = ()) -> "Reference":
        """Register a picture."""
        luma = _luma(written(picture, USUAL, np.random.default_rng(number)))
        one = Registered(
            windows=reference_windows(luma, FULL),
            pdq=pdq(luma),
            dhash=dhash128(luma),
            hits=np.zeros((0, 3), np.int64),
        )
        return cls(number=number, picture=picture, registered=one, signature=regional_signature(luma, faces))


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """Examples of the grids over wholes and over faces."""

    whole: list[Example] = field(default_factory=list)
    face: list[Example] = field(default_factory=list)


def add_picture(
    made: Made, number: int, picture: Image.Image, others: Sequence[Image.Image], *, is_portrait: bool
) -> None:
    """Add the examples of one reference."""
    random = np.random.default_rng((11, number))
    reference = Reference.of(number, picture)
    for kind in _plain(random, PLAIN_OF_ONE, is_portrait=is_portrait):
        _add(made, reference, kind.name, reupload(kind, picture, number, others), None)
    if is_portrait:
        for kind, mask_of in ALTERED_KINDS:
            _add(made, reference, kind.name, reupload(kind, picture, number, others), mask_of(picture))
    for replacement in REPLACEMENTS:
        if is_portrait or not replacement.portraits_only:
            altered, mask = replacement.make(picture, random, others)
            _add(made, reference, replacement.name, _handled(altered, random, others), mask)


def add_scene_with_faces(
    made: Made, number: int, scene: Image.Image, heads: Sequence[Image.Image], others: Sequence[Image.Image]
) -> None:
    """Add the examples of a scene with a small face, of which the face grid is judged."""
    random = np.random.default_rng((12, number))
    side = round(scene.width * random.uniform(*HEAD_SIDE))
    corner = (round((scene.width - side) * random.uniform(0.2, 0.8)), round((scene.height - side) / 2))
    pasted = _pasted(scene, heads[0], corner, side)
    box = Box.of_edges(*_face_edges(pasted.size, corner, side))
    if not box.is_proper:
        return
    reference = Reference.of(number, pasted, [box])
    for kind in _plain(random, PLAIN_OF_ONE // 2, is_portrait=False):
        _add(made, reference, kind.name, reupload(kind, pasted, number, others), None)
    for turn in range(SWAPS):
        filling = (stranger, toned_stranger, cloned_stranger)[turn % 3]
        head = heads[0].resize((side, side))
        mask = _head_mask(head.size, random)
        changed = filling(head, mask, random, [heads[1 + turn % (len(heads) - 1)]])
        swapped = _pasted(scene, changed, corner, side)
        shown = Image.new("L", pasted.size)
        shown.paste(Image.fromarray((mask * 255).astype(np.uint8)), corner)
        weights = np.asarray(shown, np.float32) / 255
        _add(made, reference, "swap_in_scene", _handled(swapped, random, others), weights, is_small=True)


def _plain(random: np.random.Generator, count: int, *, is_portrait: bool) -> Iterator[Kind]:
    """Draw plain kinds of each set."""
    for kinds in PLAIN:
        fitting = [kind for kind in kinds if is_portrait or not kind.portraits_only]
        yield from (fitting[place] for place in random.permutation(len(fitting))[:count])


def _head_mask(size: tuple[int, int], random: np.random.Generator) -> Mask:
    width, height = size
    x, y = np.meshgrid((np.arange(width) + 0.5) / width, (np.arange(height) + 0.5) / height)
    inside = np.hypot((x - CENTRE[0]) / FACE[0], (y - CENTRE[1]) / FACE[1]) < random.uniform(0.9, 1.1)
    soft = cv2.GaussianBlur(inside.astype(np.float32), (0, 0), max(0.6, width * random.uniform(0.01, 0.03)))
    return np.asarray(soft, np.float32)


def _pasted(scene: Image.Image, head: Image.Image, corner: tuple[int, int], side: int) -> Image.Image:
    """Return the scene with a head in it, without what is around the head."""
    x, y = np.meshgrid((np.arange(side) + 0.5) / side, (np.arange(side) + 0.5) / side)
    inside = (np.hypot((x - 0.5) / 0.26, (y - 0.5) / 0.36) < 1) * 255.0
    mask = Image.fromarray(cv2.GaussianBlur(inside, (0, 0), max(0.7, side * 0.02)).astype(np.uint8))
    out = scene.copy()
    out.paste(head.resize((side, side)), corner, mask)
    return out


def _face_edges(
    size: tuple[int, int], corner: tuple[int, int], side: int
) -> tuple[float, float, float, float]:
    left, top = corner
    across, down = FACE[0] * side, FACE[1] * side
    x, y = left + CENTRE[0] * side, top + CENTRE[1] * side
    width, height = size
    return (x - across) / width, (y - down) / height, (x + across) / width, (y + down) / height


def _handled(picture: Image.Image, random: np.random.Generator, others: Sequence[Image.Image]) -> bytes:
    if random.random() > HANDLED:
        return written(picture, USUAL, random)
    kind: Kind = _LIGHT[int(random.integers(len(_LIGHT)))]
    return reupload(kind, picture, int(random.integers(1 << 30)), others)


def _luma(data: bytes) -> Plane:
    return matching_plane(data, STANDARD).luma


def _add(
    made: Made, reference: Reference, kind: str, data: bytes, mask: Mask | None, *, is_small: bool = False
) -> None:
    query_frame = look(_luma(data), FULL, is_filtered=False)
    for frame in _frames(query_frame, reference):
        placed, plane = registered(query_frame.luma, frame, reference.signature.whole)
        if int(placed.covered.sum()) < MIN_CELLS:
            continue
        covered = placed.covered & ~blank_cells(placed.view, reference.signature.whole.side)
        if not is_small and int(covered.sum()) >= MIN_CELLS:
            made.whole.append(
                _example((reference.number, kind), placed, covered, reference.signature.whole, mask)
            )
        for face in reference.signature.faces:
            seen, _ = registered(plane, placed.frame @ part_frame(face), face)
            if int(seen.covered.sum()) >= MIN_CELLS:
                made.face.append(_example((reference.number, kind), seen, seen.covered, face, mask))


def _frames(query_frame: QueryFrame, reference: Reference) -> Iterator[Frame]:
    """Yield the frame of the match by whole codes, or else by windows."""
    held = reference.registered
    if held.pdq is not None:
        wanted = np.frombuffer(held.pdq.value, np.uint8)
        bits = np.bitwise_count(query_frame.pdq_codes ^ wanted).sum(axis=1)
        if bits.min() <= TIGHT_PDQ_BITS:
            yield whole_frame(query_frame.luma.shape, int(bits.argmin()))
            return
    hits = _hits(query_frame.windows, held.windows)
    if len(hits):
        again = Registered(windows=held.windows, pdq=held.pdq, dhash=held.dhash, hits=hits)
        (match,) = Matcher(query_frame).compare([again])
        if match.view is not None:
            yield match.view.frame


def _hits(upload: Windows, reference: Windows) -> np.ndarray:
    between = code_distances(upload.codes, reference.codes)
    rows, columns = np.nonzero(between <= TRIGGER_BITS)
    hits = np.stack([rows, columns, between[rows, columns]], axis=1)
    return hits[np.argsort(hits[:, 2], kind="stable")].astype(np.int64)


def _example(
    named: tuple[int, str], placed: Placed, covered: Flags, grid: Grid, mask: Mask | None
) -> Example:
    return Example(
        kind=named[1],
        reference=named[0],
        features=cell_features(placed, grid),
        covered=covered,
        is_alike=placed.is_alike,
        mask=_cells_of(mask, grid),
    )


def _cells_of(mask: Mask | None, grid: Grid) -> F32:
    """Return the share of each cell that was replaced."""
    if mask is None:
        return np.zeros(grid.side**2, np.float32)
    rows, columns = mask.shape
    left, top, right, bottom = (
        round(edge * length) for edge, length in zip(grid.box.edges, (columns, rows) * 2, strict=True)
    )
    part = np.ascontiguousarray(mask[top:bottom, left:right].astype(np.float32))
    return np.asarray(
        cv2.resize(part, (grid.side, grid.side), interpolation=cv2.INTER_AREA), np.float32
    ).ravel()


def opened(data: bytes) -> Image.Image:
    """Read a picture in full colour."""
    with Image.open(io.BytesIO(data)) as picture:
        return picture.convert("RGB")
