"""A question: an upload, as far as matching needs it."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from index.arrays import U8
from index.frames import QueryFrame
from index.hashing import Algorithm, Code
from index.pictures import ImageFingerprint, Purpose
from index.verdict import Context
from registry.domain import require_matchable
from registry.ports import Fingerprints


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What an upload is, as far as matching needs it.

    Attributes:
        flat_share: 0 to 1, or None where the media was not seen.
        informative: whether the picture shows enough to be told from others by whole codes.
        query_frames: the frames of media that was seen; none where codes came alone.
        is_whole: whether the query_frames stand for all that the file shows.
        colours: the frames in colour, uint8 [height, width, 3] each, for faces; none where they are not looked for.
        context: what the platform says about the place of the upload.
    """

    pdq: Code | None = field(default=None, repr=False)
    second: Code | None = field(default=None, repr=False)
    sha256: bytes | None = field(default=None, repr=False)
    flat_share: float | None = None
    informative: bool = True
    query_frames: tuple[QueryFrame, ...] = field(default=(), repr=False)
    is_whole: bool = True
    colours: tuple[U8, ...] = field(default=(), repr=False)
    context: Context = Context.GENERAL

    def codes(self) -> tuple[Code, ...]:
        """Returns the perceptual codes, the first frame's of media."""
        return tuple(code for code in (self.pdq, self.second) if code is not None)

    def probe(self) -> tuple[Code, ...]:
        """Returns what the answer follows: two questions with the same are one probe (promise 5).

        Of media that is all that was seen of it. The codes would not do: a small change, or one in another frame, moves
        the evidence of windows and leaves them as they are.
        """
        return (_digest_of(self.query_frames),) if self.query_frames else self.codes()

    def edge(self) -> tuple[Code, ...]:
        """Returns what the hidden edge follows: the PDQ, whatever comes with it."""
        return self.codes()[:1]


def question_about(
    data: bytes | memoryview, context: Context, fingerprints: Fingerprints, *, colours: bool
) -> Question:
    """Asks about a picture, in colour where its faces will be looked for; raises `MediaError`."""
    return question_of(fingerprints.describe(data, Purpose.CHECK, colours=colours), context)


def question_of(fingerprint: ImageFingerprint, context: Context = Context.GENERAL) -> Question:
    """Asks about media that was seen."""
    return Question(
        pdq=fingerprint.pdq,
        second=fingerprint.dhash,
        sha256=fingerprint.sha256,
        flat_share=fingerprint.flat_share,
        informative=any(query_frame.is_informative for query_frame in fingerprint.query_frames)
        or not fingerprint.is_low_information,
        query_frames=fingerprint.query_frames,
        is_whole=fingerprint.is_whole,
        colours=fingerprint.colours,
        context=context,
    )


def _digest_of(query_frames: Sequence[QueryFrame]) -> Code:
    seen = hashlib.sha256()
    for query_frame in query_frames:
        seen.update(repr(query_frame.luma.shape).encode("ascii") + query_frame.luma.tobytes())
    return Code(algorithm=Algorithm.SHA256, value=seen.digest())


def question_of_codes(codes: Sequence[Code], context: Context = Context.GENERAL) -> Question:
    """Asks about codes that a platform made; raises `CodesInsufficient` where nothing could match."""
    require_matchable(codes)
    by_algorithm = {code.algorithm: code for code in codes}
    digest = by_algorithm.get(Algorithm.SHA256)
    pdq = by_algorithm.get(Algorithm.PDQ)
    return Question(
        pdq=pdq,
        second=by_algorithm.get(Algorithm.DHASH128),
        sha256=None if digest is None else digest.value,
        informative=pdq is None or not pdq.is_degenerate,
        context=context,
    )
