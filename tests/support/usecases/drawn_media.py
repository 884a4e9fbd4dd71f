"""Synthetic pictures as a check sees them, their registered codes, and an index that searches these."""

import io
from dataclasses import dataclass, field, fields, replace
from functools import cache

import numpy as np
from PIL import Image

from index.clips.values import ClipQueryFrame
from index.frames.query_frame import QueryFrame, look
from index.search.codes.flat import FlatEngine
from index.search.contract import Changes
from index.verdict.vocabulary import Level, ReferenceKind
from index.windows.choosing import FRAMES, FULL, reference_windows
from index.windows.windows import Windows, index_ids
from registry.demo.pictures import drawn
from registry.domain.candidate import CodeCandidate, KeyFrameCandidate, PictureCandidate
from registry.domain.family import CODE_FAMILIES, Family
from registry.matching.question import MediaQuestion
from registry.storage.codes.frame_codes import SEARCHED_QUALITY

SIZE = (480, 320)
GREY = (128, 128, 128)


@cache
def picture(seed):
    """Draws a picture that no other seed gives."""
    return Image.open(io.BytesIO(drawn(seed, SIZE))).convert("RGB")


def plane(image):
    """Makes the matching plane of a picture."""
    small = image.convert("L")
    small.thumbnail((512, 512))
    return np.asarray(small)


def query_frame(image, **changes) -> QueryFrame:
    """Looks at a frame as a check does."""
    return replace(look(plane(image), FULL, is_inverted=True), **changes)


def clip_frame(at_ms, query_frame) -> ClipQueryFrame:
    """A query frame of a clip that stands for half a second."""
    return ClipQueryFrame(at_ms=at_ms, until_ms=at_ms + 500, query_frame=query_frame)


def question(*frames, **changes) -> MediaQuestion:
    """Asks about an upload of these frames, pictures or query_frames."""
    query_frames = tuple(frame if isinstance(frame, QueryFrame) else query_frame(frame) for frame in frames)
    first = query_frames[0]
    asked = MediaQuestion(
        pdq=first.pdq,
        sha256=bytes(32),
        is_informative=any(one.is_informative for one in query_frames),
        query_frames=query_frames,
    )
    return replace(asked, **changes)


def whole(image, code_id=1, **changes) -> CodeCandidate:
    """Registers a picture's whole code."""
    one = query_frame(image)
    held = CodeCandidate(
        key=1,
        reference_id=f"ref_{code_id}",
        case_id=f"case_{code_id}",
        number=code_id,
        kind=ReferenceKind.INTIMATE_ITEM,
        level=Level.V1,
        flat_share=one.template_share(),
        code_id=code_id,
        pdq=one.pdq,
        dhash=one.dhash,
    )
    return replace(held, **changes)


def coded(pdq, dhash, **changes) -> MediaQuestion:
    """Asks about an upload of one frame that has these codes in every variant, and no windows."""
    luma = np.zeros((64, 64), np.uint8)
    frame = QueryFrame(
        luma=luma,
        pdq_codes=np.tile(np.frombuffer(pdq.value, np.uint8), (9, 1)),
        dhash_codes=np.tile(np.frombuffer(dhash.value, np.uint8), (9, 1)),
        quality=pdq.quality,
        flat_share=0.0,
        windows=Windows(width=64, height=64),
    )
    asked = MediaQuestion(query_frames=(frame,), pdq=pdq, sha256=bytes(32), is_informative=True)
    return replace(asked, **changes)


def key_frame(image, key, place, **changes) -> KeyFrameCandidate:
    """Registers a picture as a key frame that stands at this place of a clip."""
    one = anchored(image, key)
    held = {each.name: getattr(one, each.name) for each in fields(one)}
    held["windows"] = _kept_windows(image, FRAMES)
    return KeyFrameCandidate(**{**held, "place": place, **changes})


def anchored(image, key=1, **changes) -> PictureCandidate:
    """Registers a picture's windows, places rounded as they are kept; each key is a case of its own."""
    one = query_frame(image)
    held = PictureCandidate(
        key=key,
        reference_id=f"ref_{key}",
        case_id=f"case_{key}",
        tenant_id=f"tnt_{key}",
        number=key,
        kind=ReferenceKind.INTIMATE_ITEM,
        level=Level.V1,
        flat_share=one.template_share(),
        pdq=one.pdq,
        dhash=one.dhash,
        windows=_kept_windows(image, FULL),
    )
    return replace(held, **changes)


def _kept_windows(image, profile) -> Windows:
    return Windows.unpack(reference_windows(plane(image), profile).pack())


def _add(engine, ids, codes):
    engine.apply(Changes(sequence=engine.status().sequence + 1, add_ids=ids, add_codes=codes))


@dataclass
class SearchedIndex:
    """Implements `Index` over one flat engine for each family; notes what each question asks: family, codes, doubts."""

    engines: dict = field(default_factory=lambda: {family: FlatEngine() for family in CODE_FAMILIES})
    asked: list = field(default_factory=list)
    doubted: list = field(default_factory=list)

    def hold(self, *candidates):
        """Adds whole codes and windows."""
        for candidate in candidates:
            is_whole = isinstance(candidate, CodeCandidate)
            family = (
                Family.WHOLE
                if is_whole
                else Family.FRAMES
                if isinstance(candidate, KeyFrameCandidate)
                else Family.ANCHORED
            )
            engine = self.engines[family]
            if is_whole:
                ids, codes = np.array([candidate.code_id]), np.frombuffer(candidate.pdq.value, np.uint8)[None]
            else:
                ids = index_ids(candidate.key, candidate.windows)
                codes = candidate.windows.codes
            _add(engine, ids, codes)
            if isinstance(candidate, KeyFrameCandidate) and candidate.pdq.quality >= SEARCHED_QUALITY:
                code = np.frombuffer(candidate.pdq.value, np.uint8)[None]
                _add(self.engines[Family.FRAME_WHOLE], np.array([candidate.key]), code)

    def ready_position(self):
        """Is always ready."""
        return 7

    def propose(self, family, codes, radius, doubtful=None):
        """Searches one family."""
        self.asked.append((family, codes))
        self.doubted.append(doubtful)
        return self.engines[family].propose(codes, radius, doubtful)

    def size(self, family):
        """Counts one family's codes."""
        return self.engines[family].status().size
