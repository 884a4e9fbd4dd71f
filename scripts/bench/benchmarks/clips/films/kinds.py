"""All kinds of re-upload of clips, and how a re-upload becomes a file."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.clips.films.altered import ALTERED
from benchmarks.clips.films.clip_set import Clip, ClipSet
from benchmarks.clips.films.dressed import DRESSED
from benchmarks.clips.films.film import Save, Shown, read, write
from benchmarks.clips.films.kind import Around, Kind, as_it_is
from benchmarks.clips.films.screens import SCREENS
from benchmarks.clips.films.stretched import STRETCHED
from benchmarks.clips.films.time import TIMES

_ENCODED: Final = (
    Kind(name="reencode_crf35", make=as_it_is, save=Save(options={"preset": "veryfast", "crf": "35"})),
    Kind(
        name="reencode_h265",
        make=as_it_is,
        save=Save(
            codec="libx265",
            options={"preset": "ultrafast", "crf": "30", "x265-params": "log-level=none:pools=none"},
        ),
    ),
    Kind(
        name="reencode_webm",
        make=as_it_is,
        save=Save(
            suffix="webm",
            codec="libvpx-vp9",
            options={"deadline": "realtime", "cpu-used": "8", "crf": "38", "b": "0"},
        ),
    ),
    Kind(
        name="reencode_mpeg4",
        make=as_it_is,
        save=Save(suffix="avi", codec="mpeg4", options={"b": "500000"}),
    ),
)

KINDS: Final[tuple[Kind, ...]] = (*_ENCODED, *DRESSED, *TIMES, *SCREENS, *ALTERED, *STRETCHED)

VARIANT: Final = "sample_variant"
"""Kind of an upload that is another file of a sample clip; nothing is made."""

PLAIN: Final = "plain"
"""Kind of an upload that is a stranger's unchanged file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A re-upload: its bytes, and where it shows the clip."""

    data: bytes = field(repr=False)
    suffix: str
    seconds: float
    shown: tuple[Shown, ...]


def make_upload(kind: Kind, clip: Clip, source: Path, around: ClipSet, *, folder: Path, seed: int) -> Made:
    """Make a re-upload of a clip's file; the same seed makes the same film."""
    world = Around(
        clip=clip, rng=np.random.default_rng(seed), scenes=around.scenes, portraits=around.portraits
    )
    film = kind.make(read(source, (clip.whole,)), world)
    path = folder / f"{kind.name}-{clip.name}-{seed}.{kind.save.suffix}"
    try:
        write(film, path, kind.save)
        data = path.read_bytes()
    finally:
        path.unlink(missing_ok=True)
    return Made(data=data, suffix=kind.save.suffix, seconds=film.seconds, shown=film.shown)
