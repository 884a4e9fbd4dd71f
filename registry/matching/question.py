"""Questions: an upload as matching needs it, either decoded media or codes that a platform computed."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from index.arrays import U8
from index.frames import QueryFrame
from index.hashing import Algorithm, Code
from index.pictures import ImageFingerprint, Purpose
from index.sandbox import BytesSource
from index.verdict import Context
from registry.domain import require_matchable
from registry.ports import Fingerprints


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaQuestion:
    """A question about media that was decoded.

    Attributes:
        query_frames: the frames of the media, at least one.
        pdq: PDQ of the first frame.
        sha256: digest of the file, 32 bytes.
        is_informative: whether the media shows enough to be distinguished from others by whole codes.
        is_whole: whether the query frames represent the whole file.
        colours: the frames in colour, uint8 [height, width, 3] each, for faces; empty if faces are not searched.
        has_all_scenes: whether these show every picture of the file.
        clips: the clips in a picture's file, which are not decoded yet.
        context: the platform's statement about the place of the upload.
    """

    query_frames: tuple[QueryFrame, ...] = field(repr=False)
    pdq: Code = field(repr=False)
    sha256: bytes = field(repr=False)
    is_informative: bool
    is_whole: bool = True
    colours: tuple[U8, ...] = field(default=(), repr=False)
    has_all_scenes: bool = True
    clips: tuple[BytesSource, ...] = field(default=(), repr=False)
    context: Context = Context.GENERAL

    def probe(self) -> tuple[Code, ...]:
        """Return a digest of everything that was seen. Two uploads with the same digest are one probe.

        Whole codes would not suffice: a small change, or a change in another frame, can alter the evidence of windows
        without altering the whole codes.
        """
        return (_digest_of(self.query_frames, self.clips),)

    def edge(self) -> tuple[Code, ...]:
        """Return the code that determines the hidden edge: the PDQ of the first frame."""
        return (self.pdq,)


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeQuestion:
    """A question about codes that a platform computed, without the media.

    Attributes:
        pdq: PDQ of the picture, or None.
        dhash: dHash-128 of the picture, or None.
        sha256: digest of the file, 32 bytes, or None.
        context: the platform's statement about the place of the upload.
    """

    pdq: Code | None = field(default=None, repr=False)
    dhash: Code | None = field(default=None, repr=False)
    sha256: bytes | None = field(default=None, repr=False)
    context: Context = Context.GENERAL

    @property
    def is_informative(self) -> bool:
        """True if the codes distinguish the picture from others. All blank pictures have a degenerate PDQ."""
        return self.pdq is None or not self.pdq.is_degenerate

    def probe(self) -> tuple[Code, ...]:
        """Return the perceptual codes. Two questions with the same codes are one probe."""
        return tuple(code for code in (self.pdq, self.dhash) if code is not None)

    def edge(self) -> tuple[Code, ...]:
        """Return the code that determines the hidden edge: the PDQ, without the dHash-128."""
        return self.probe()[:1]


Question = MediaQuestion | CodeQuestion
"""An upload as matching needs it."""


def question_about(
    data: bytes | memoryview, context: Context, fingerprints: Fingerprints, *, colours: bool
) -> MediaQuestion:
    """Return a question about a picture, in colour if its faces will be searched; raise `MediaError`."""
    return question_of(fingerprints.describe(data, Purpose.CHECK, colours=colours), context, data)


def question_of(
    fingerprint: ImageFingerprint,
    context: Context = Context.GENERAL,
    data: bytes | memoryview | None = None,
) -> MediaQuestion:
    """Return a question about media that was decoded.

    Args:
        fingerprint: the fingerprint.
        context: the platform's statement about the place of the upload.
        data: the file, from which its clips are read. Without it, a file that contains clips is not whole.
    """
    clips = () if data is None else fingerprint.clips
    return MediaQuestion(
        query_frames=fingerprint.query_frames,
        pdq=fingerprint.pdq,
        sha256=fingerprint.sha256,
        is_informative=any(query_frame.is_informative for query_frame in fingerprint.query_frames)
        or not fingerprint.is_low_information,
        is_whole=fingerprint.is_whole and len(clips) == len(fingerprint.clips),
        colours=fingerprint.colours,
        has_all_scenes=fingerprint.has_all_scenes,
        clips=() if data is None else tuple(BytesSource(memoryview(data)[start:end]) for start, end in clips),
        context=context,
    )


def question_of_codes(codes: Sequence[Code], context: Context = Context.GENERAL) -> CodeQuestion:
    """Return a question about codes; raise `CodesInsufficient` if nothing could match them."""
    require_matchable(codes)
    by_algorithm = {code.algorithm: code for code in codes}
    digest = by_algorithm.get(Algorithm.SHA256)
    return CodeQuestion(
        pdq=by_algorithm.get(Algorithm.PDQ),
        dhash=by_algorithm.get(Algorithm.DHASH128),
        sha256=None if digest is None else digest.value,
        context=context,
    )


def _digest_of(query_frames: Sequence[QueryFrame], clips: Sequence[BytesSource]) -> Code:
    seen = hashlib.sha256()
    for query_frame in query_frames:
        seen.update(repr(query_frame.luma.shape).encode("ascii") + query_frame.luma.tobytes())
        if not len(query_frame.windows):  # the plane may be a small one (`index.frames.without_luma`)
            seen.update(query_frame.pdq_codes.tobytes() + query_frame.dhash_codes.tobytes())
    for clip in clips:
        seen.update(hashlib.sha256(clip.read(0, clip.size)).digest())
    return Code(algorithm=Algorithm.SHA256, value=seen.digest())
