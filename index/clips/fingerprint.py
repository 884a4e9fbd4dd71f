"""The entry point for fingerprinting clips. Every clip is decoded and hashed in a worker of its own.

The parent computes the clip's digests from the bytes that the worker requests. It reads the skipped bytes at the end.
"""

import hashlib
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import replace
from typing import Final

from index.clips import wire
from index.clips.key_frames import CLIP_FULL, ClipProfile, KeyFrame
from index.clips.values import ClipFingerprint, ClipHead, ClipProgress, ClipQueryFrame, ClipSummary, Progress
from index.clips.wire import ClipPurpose, Reader
from index.errors import DecoderFailed, EmptyMedia, LowInformation, TooManyBytes
from index.limits import MEBIBYTE, STANDARD_CLIP, ClipLimits
from index.media.clips import OPEN_CHOICES, Rhythm, SecretChoices, SeedOf
from index.resources import Closing
from index.sandbox import ClipSource, CpuMeter, stream
from index.shares import CpuBudget

DIGEST_BYTES: Final = MEBIBYTE  # block size for bytes that are read only for the digests
REPORTED_BYTES: Final = 256 * MEBIBYTE  # between two reports while bytes are read for the digests


class ClipFingerprinter:
    """Fingerprinting of clips, each in a worker of its own. Thread safe; holds no resources.

    Args:
        limits: Bounds on the cost of one clip.
        profile: Density of key frames and query frames, and number of windows.
        seed_of: The secret of a file, 32 bytes, by its SHA-256: it decides which frames of an upload are looked at.
            None for the beginnings of slots, which anybody can foresee.
    """

    def __init__(
        self,
        *,
        limits: ClipLimits = STANDARD_CLIP,
        profile: ClipProfile = CLIP_FULL,
        budget: CpuBudget | None = None,
        seed_of: SeedOf | None = None,
    ) -> None:
        self._limits = limits
        self._profile = profile
        self._budget = budget
        self._seed_of = seed_of

    @property
    def asked_ms(self) -> int:
        """The time that one query frame represents, in milliseconds."""
        return self._profile.asked_ms

    def enrol(self, source: ClipSource, progress: Progress | None = None) -> ClipFingerprint:
        """Fingerprint a clip to be registered.

        Args:
            source: The clip.
            progress: Called with each frame. An exception that it raises ends the work and passes through.

        Raises:
            MediaError: The clip cannot be decoded; the subclass is the reason.
        """
        meter = CpuMeter()
        self._check_size(source)
        digested = _Digested(source)
        parts = self._begun(digested, ClipPurpose.ENROL, meter)
        reader = Reader(self._limits)
        frames: list[KeyFrame] = []
        with closing(parts):
            while True:
                try:
                    frame = reader.stored(next(parts))
                except StopIteration as end:
                    summary = _summarised(end.value, reader, digested)
                    break
                if frame is not None:
                    frames.append(frame)
                _report(progress, reader, reader.seen_ms, meter)
        return ClipFingerprint(
            sha256=summary.sha256,
            md5=summary.md5,
            media_format=summary.head.media_format,
            width=summary.head.width,
            height=summary.head.height,
            duration_ms=summary.duration_ms,
            frames=tuple(frames),
            profile=self._profile.name,
            is_whole=summary.is_whole,
        )

    def read_frames(
        self, source: ClipSource, progress: Progress | None = None, *, colours_every_ms: int | None = None
    ) -> "ClipFrames":
        """Read the query frames of a clip for a check. Close the returned object, or iterate to its end.

        Args:
            source: The clip.
            progress: Called with each frame. An exception that it raises ends the work and passes through.
            colours_every_ms: Longest time without a frame in colour, in milliseconds, at least 1; None for no colours.
                Faces are found in these frames.

        Raises:
            EmptyMedia: The clip has no bytes.
            TooManyBytes: The clip has more bytes than the limits allow.
        """
        meter = CpuMeter()
        self._check_size(source)
        digested = _Digested(source)
        choices = OPEN_CHOICES
        if self._seed_of is not None:
            sha256, _ = digested.digests(progress)
            choices = SecretChoices(seed=self._seed_of(sha256))
        parts = self._begun(
            digested, ClipPurpose.CHECK, meter, choices=choices, colours_every_ms=colours_every_ms
        )
        rhythm = Rhythm(self._profile.asked_ms, colours_every_ms, choices)
        return ClipFrames(parts, Reader(self._limits, rhythm), digested, progress, meter)

    def _check_size(self, source: ClipSource) -> None:
        if source.size < 1:
            raise EmptyMedia("the file has no bytes")
        if source.size > self._limits.max_bytes:
            raise TooManyBytes("the clip has more bytes than are looked at")

    def _begun(
        self,
        digested: "_Digested",
        purpose: ClipPurpose,
        meter: CpuMeter,
        *,
        choices: SecretChoices = OPEN_CHOICES,
        colours_every_ms: int | None = None,
    ) -> Generator[bytes, None, bytes]:
        limits = self._limits.for_size(digested.size)
        asked = wire.request(
            purpose, digested.size, limits, self._profile, colours_every_ms=colours_every_ms, choices=choices
        )
        return stream(wire.TASK, asked, digested, limits, meter=meter, budget=self._budget)


class ClipFrames(Closing):
    """The query frames of a clip in their order. For one thread: the worker is killed when that thread ends.

    The worker pauses when the pipe is full, so it never computes far ahead of the caller. A frame is returned when the
    next one, or the end of the clip, has told how long it was shown.
    """

    def __init__(
        self,
        parts: Generator[bytes, None, bytes],
        reader: Reader,
        digested: "_Digested",
        progress: Progress | None,
        meter: CpuMeter,
    ) -> None:
        self._meter = meter
        self._parts = parts
        self._reader = reader
        self._digested = digested
        self._progress = progress
        self._summary: ClipSummary | None = None
        self._waiting: ClipQueryFrame | None = None

    @property
    def summary(self) -> ClipSummary | None:
        """The summary, after the last frame; None before it, and after a failure."""
        return self._summary

    @property
    def head(self) -> ClipHead | None:
        """Format and size of the clip; None before the first frame."""
        return self._reader.head

    def __iter__(self) -> Iterator[ClipQueryFrame]:
        return self

    def __next__(self) -> ClipQueryFrame:
        """Return the next frame.

        Raises:
            MediaError: The clip cannot be decoded, or not to its end; the subclass is the reason.
        """
        try:
            frame = self._waiting or self._next()
            if frame is not None:
                self._waiting = self._next() if self._summary is None else None
                _report(self._progress, self._reader, frame.at_ms, self._meter)
        except BaseException:
            self.close()
            raise
        if frame is None:
            raise StopIteration
        end_ms = self._end_ms() if self._waiting is None else self._waiting.at_ms
        return replace(frame, until_ms=max(frame.until_ms, end_ms))

    def _next(self) -> ClipQueryFrame | None:
        """Return the next frame as the worker sends it, or None after the last one, when there is a summary."""
        try:
            query_frame = None
            while query_frame is None:
                query_frame = self._reader.query_frame(next(self._parts))
        except StopIteration as end:
            if self._summary is None and end.value is not None:  # None if closed, or at its end before
                self._summary = _summarised(end.value, self._reader, self._digested)
            return None
        return query_frame

    def _end_ms(self) -> int:
        return 0 if self._summary is None else self._summary.duration_ms

    def close(self) -> None:
        """Kill the worker. No more frames follow."""
        self._waiting = None
        self._parts.close()


class _Digested:
    """A source whose digests are updated while it is read, with each byte once and in order."""

    def __init__(self, source: ClipSource) -> None:
        self._source = source
        self._sha256 = hashlib.sha256()
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._at = 0

    @property
    def size(self) -> int:
        """Length of the clip, in bytes."""
        return self._source.size

    def read(self, offset: int, length: int) -> bytes:
        """Return bytes of the source."""
        data = self._source.read(offset, length)
        if offset <= self._at < offset + len(data):
            fresh = memoryview(data)[self._at - offset :]
            self._sha256.update(fresh)
            self._md5.update(fresh)
            self._at += len(fresh)
        return data

    def digests(self, progress: Progress | None = None) -> tuple[bytes, bytes]:
        """Read the bytes not read so far, and return SHA-256 and MD5. Report progress while many bytes are read."""
        while self._at < self.size:
            before = self._at
            if progress is not None and before and before % REPORTED_BYTES == 0:
                progress(ClipProgress(seen_ms=0, announced_ms=None))
            self.read(self._at, min(DIGEST_BYTES, self.size - self._at))
            if self._at == before:
                raise DecoderFailed("the source has ended")
        return self._sha256.digest(), self._md5.digest()


def require_enrollable_clip(fingerprint: ClipFingerprint) -> None:
    """Check that a clip may be registered.

    Raises:
        LowInformation: No frame shows enough to be found again.
    """
    if not fingerprint.frames:
        raise LowInformation("no frame of the clip tells it from others")


def _summarised(answer: bytes, reader: Reader, digested: _Digested) -> ClipSummary:
    """Return the summary after the worker's answer. Reads the rest of the source for the digests."""
    duration_ms, is_whole = reader.end(answer)
    if reader.head is None:
        raise DecoderFailed("the decoder's answer was out of range")
    sha256, md5 = digested.digests()
    return ClipSummary(sha256=sha256, md5=md5, head=reader.head, duration_ms=duration_ms, is_whole=is_whole)


def _report(progress: Progress | None, reader: Reader, seen_ms: int, meter: CpuMeter) -> None:
    if progress is not None and reader.head is not None and seen_ms >= 0:
        announced_ms = reader.head.announced_ms
        progress(ClipProgress(seen_ms=seen_ms, announced_ms=announced_ms, cpu_s=meter.spent_s))
