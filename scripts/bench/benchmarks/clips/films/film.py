"""Films of a measurement: reading, writing, and the places where a registered clip is shown."""

import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Any, Final, Self, TypeAlias

import av
import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

Frame: TypeAlias = npt.NDArray[np.uint8]
"""RGB: uint8 [rows, columns, 3]."""

Size: TypeAlias = tuple[int, int]
Span: TypeAlias = tuple[float, float]

LARGE: Final = 500_000  # pixels per frame above which films are written with a fast preset, as phones do
QUICK: Final = "veryfast"
MAX_SPEED: Final = "ultrafast"
GIF_COLOURS: Final = 64
GIF_WIDTH: Final = 240


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """The time in which a registered clip is shown, in seconds of the film.

    A clip that begins or ends with a shared intro or with blank frames has no single true border, so each border is
    a range.

    Attributes:
        starts: the earliest and the latest correct start.
        ends: the earliest and the latest correct end.
    """

    starts: Span
    ends: Span

    @classmethod
    def of(cls, start: float, end: float) -> Self:
        """Return a segment with exact borders."""
        return cls(starts=(start, start), ends=(end, end))

    def moved(self, scale: float, offset: float = 0.0) -> Self:
        """Return the segment after film time t became `scale` * t + `offset`; a negative scale reverses it."""
        starts, ends = (
            (scale * low + offset, scale * high + offset) for low, high in (self.starts, self.ends)
        )
        if scale > 0:
            return replace(self, starts=starts, ends=ends)
        return replace(self, starts=(ends[1], ends[0]), ends=(starts[1], starts[0]))

    def within(self, start: float, end: float) -> Self | None:
        """Return the part between two times, counted from the first; None where nothing is left."""
        if self.ends[1] <= start or self.starts[0] >= end:
            return None
        borders = [
            (min(max(low, start), end) - start, min(max(high, start), end) - start)
            for low, high in (self.starts, self.ends)
        ]
        return replace(self, starts=borders[0], ends=borders[1])


@dataclass(frozen=True, slots=True, kw_only=True)
class Film:
    """Frames in order. They can be iterated once as a rule, and those of a file any number of times.

    Attributes:
        size: columns and rows of each frame.
        rate: frames per second.
        seconds: duration.
        shown: where the registered clip is shown, in the order of the film.
    """

    frames: Iterable[Frame] = field(repr=False)
    size: Size
    rate: Fraction
    seconds: float
    shown: tuple[Shown, ...] = ()

    @property
    def count(self) -> int:
        """Number of frames."""
        return round(self.seconds * self.rate)


@dataclass(frozen=True, slots=True, kw_only=True)
class Save:
    """The way a film is written.

    Attributes:
        suffix: suffix of the file, which selects the container.
        options: options of the encoder.
        pixel_aspect: sample aspect ratio that the file announces: width of a pixel in heights.
    """

    suffix: str = "mp4"
    codec: str = "libx264"
    options: Mapping[str, str] = field(default_factory=lambda: {"preset": QUICK, "crf": "26"})
    pixel_aspect: Fraction = Fraction(1)


USUAL: Final = Save()
POOR: Final = Save(options={"preset": QUICK, "crf": "32"})
REFERENCE: Final = Save(options={"preset": QUICK, "crf": "20"})
MATROSKA: Final = Save(suffix="mkv")
GIF: Final = Save(suffix="gif", codec="gif", options={})


def read(path: Path, shown: tuple[Shown, ...] | None = None) -> Film:
    """Read a file. Its whole duration shows the clip, unless `shown` is given."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        rate = Fraction(stream.average_rate or 25)
        count = stream.frames or round(float(stream.duration or 0) * float(stream.time_base or 0) * rate)
        size = (stream.codec_context.width, stream.codec_context.height)
    seconds = float(count / rate)
    return Film(
        frames=_FileFrames(path),
        size=size,
        rate=rate,
        seconds=seconds,
        shown=(Shown.of(0.0, seconds),) if shown is None else shown,
    )


class _FileFrames:
    """Frames of a file, decoded again for each iteration."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __iter__(self) -> Iterator[Frame]:
        with av.open(str(self._path)) as container:
            stream = container.streams.video[0]
            stream.thread_type = "NONE"
            for frame in container.decode(stream):
                yield np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)


def write(film: Film, path: Path, save: Save) -> None:
    """Write a file. Odd sides lose their last row or column, because 4:2:0 needs even sides."""
    if save is GIF:
        _write_gif(film, path)
        return
    with av.open(str(path), "w") as container:
        options = dict(save.options)
        if options.get("preset") == QUICK and film.size[0] * film.size[1] > LARGE:
            options["preset"] = MAX_SPEED
        stream: Any = container.add_stream(save.codec, rate=film.rate, options=options)
        stream.width, stream.height = (side - side % 2 for side in film.size)
        stream.pix_fmt = "yuv420p"
        stream.thread_count = 1
        if save.pixel_aspect != 1:
            stream.codec_context.sample_aspect_ratio = save.pixel_aspect
        for frame in film.frames:
            whole = np.ascontiguousarray(frame[: stream.height, : stream.width])
            container.mux(stream.encode(av.VideoFrame.from_ndarray(whole, format="rgb24")))
        container.mux(stream.encode(None))


def _write_gif(film: Film, path: Path) -> None:
    height = round(GIF_WIDTH * film.size[1] / film.size[0])
    small = [
        Image.fromarray(resized(frame, (GIF_WIDTH, height))).quantize(GIF_COLOURS) for frame in film.frames
    ]
    held = round(1000 / film.rate)
    buffer = io.BytesIO()
    small[0].save(buffer, "GIF", save_all=True, append_images=small[1:], duration=held, loop=0)
    path.write_bytes(buffer.getvalue())


def resized(frame: Frame, size: Size) -> Frame:
    """Return a frame at another size; the aspect may change."""
    smaller = size[0] < frame.shape[1]
    return np.asarray(
        cv2.resize(frame, size, interpolation=cv2.INTER_AREA if smaller else cv2.INTER_CUBIC), np.uint8
    )
