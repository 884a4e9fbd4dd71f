"""Cost of clips: CPU time by stage for a minute of 720p, memory over ten minutes of it, and codes per minute."""

import resource
import tempfile
import time
from dataclasses import dataclass
from fractions import Fraction
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

import av
import numpy as np

from benchmarks.clips.films.camera import HANDHELD, grained, opened, shots
from benchmarks.clips.films.clip_set import ClipSet
from benchmarks.clips.films.film import Film, Save, write
from benchmarks.common.registry import MeasuredRegistry, registry_in
from benchmarks.common.stopwatch import Stopwatch
from index.limits import STANDARD_CLIP
from index.media.clips import Clip
from index.sandbox import BytesSource
from index.stages import Stage, observed
from registry.domain import ids
from registry.usecases.checks import check_clip

SECONDS: Final = 60.0
SIZE: Final = (1280, 720)
RATE: Final = 30
SHOTS: Final = 12
REPEATS: Final = 10
SAVE: Final = Save(options={"preset": "fast", "crf": "23"})  # as phones and sites write: with B-frames
WHOLE_FORMS: Final = 10
MEBIBYTE_KB: Final = 1024

MAIN_STAGES: Final = ("decoding", "describing", "looking_up", "verifying", "other")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Cost of a minute of 720p.

    Attributes:
        stages: CPU seconds of `MAIN_STAGES`.
        start: CPU seconds of starting a worker, once per clip; not among the stages.
        decode: CPU seconds of decoding alone, as the product decodes.
        decode_all: CPU seconds of decoding every frame.
        rss: peak MiB of this process and its decoder together, over 1 minute and over 10.
        stored: codes that are stored for a minute.
        asked: whole codes and windows that are searched for to check a minute.
    """

    stages: dict[str, float]
    start: float
    decode: float
    decode_all: float
    rss: tuple[float, float]
    stored: int
    asked: int

    @property
    def total(self) -> float:
        """CPU seconds of everything."""
        return sum(self.stages.values()) + self.start

    def as_json(self) -> dict[str, object]:
        """Return the figures under the names that others read."""
        return {
            "cpu_s_per_min_720p": round(self.total, 2),
            "decode_s_per_min_720p": round(self.decode, 2),
            "decode_all_s_per_min_720p": round(self.decode_all, 2),
            "cpu_stages_s": {
                **{name: round(seconds, 2) for name, seconds in self.stages.items()},
                "start": round(self.start, 2),
            },
            "rss_mb": round(self.rss[1], 1),
            "rss_mb_one_minute": round(self.rss[0], 1),
            "codes_per_min": {"stored": self.stored, "asked": self.asked},
        }


def cost_of(registry: MeasuredRegistry, clips: ClipSet, folder: Path, profile: str, seed: int) -> Cost:
    """Measure everything; a clip of one minute is registered for it."""
    path = folder / "minute.mp4"
    _write_minute(clips, path, seed)
    data = path.read_bytes()
    enrolled = registry.enrol_clip(data)
    if enrolled is None:
        raise RuntimeError("the clip of one minute was refused")
    registry.begin()
    minutes = enrolled.duration_ms / 60_000
    decode = min(_decoding(data) for _ in range(2))
    start = _start(registry, folder)
    stages = _stages(registry, data, decode + start)
    with registry.clips.read_frames(BytesSource(data)) as frames:
        asked = sum(len(look.query_frame.windows) + WHOLE_FORMS for look in frames)
    long = folder / "ten.mp4"
    repeat(path, long, REPEATS)
    return Cost(
        stages={**stages, "decoding": decode},
        start=start,
        decode=decode,
        decode_all=_decoding_all(path),
        rss=(_peak_mb(path, path, profile), _peak_mb(path, long, profile)),
        stored=round((enrolled.windows + enrolled.frames) / minutes),
        asked=round(asked / minutes),
    )


def _write_minute(clips: ClipSet, path: Path, seed: int) -> None:
    rng = np.random.default_rng((seed, 720))
    pictures = [opened(clips.scenes[place]) for place in rng.choice(len(clips.scenes), SHOTS, replace=False)]
    frames = grained(shots(pictures, SIZE, SECONDS, RATE, rng=rng, movement=HANDHELD), rng)
    write(Film(frames=frames, size=SIZE, rate=Fraction(RATE), seconds=SECONDS), path, SAVE)


def repeat(source: Path, target: Path, times: int) -> None:
    """Write a film several times in a row, without encoding anything again."""
    with av.open(str(target), "w") as out:
        added: Any = None
        offset = 0
        for _ in range(times):
            with av.open(str(source)) as container:
                stream = container.streams.video[0]
                added = added or out.add_stream_from_template(stream)
                for packet in container.demux(stream):
                    if packet.dts is None or packet.pts is None:
                        continue
                    packet.pts += offset
                    packet.dts += offset
                    packet.stream = added
                    out.mux(packet)
                offset += int(stream.duration or 0)


def _cpu() -> float:
    own, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def _decoding(data: bytes) -> float:
    """Measure decoding in this process, as the worker decodes."""
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.seek(0)
        began = time.process_time()
        clip = Clip(file, STANDARD_CLIP)
        for _ in clip.frames(500):
            pass
        clip.close()
        return time.process_time() - began


def _decoding_all(path: Path) -> float:
    began = time.process_time()
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "NONE"
        for _ in container.decode(stream):
            pass
    return time.process_time() - began


def _start(registry: MeasuredRegistry, folder: Path) -> float:
    """Measure the start of a worker: the CPU seconds of a clip with one small frame."""
    path = folder / "frame.mp4"
    frame = np.full((64, 64, 3), 128, np.uint8)
    write(Film(frames=[frame], size=(64, 64), rate=Fraction(1), seconds=1.0), path, Save())
    before = _cpu()
    with registry.clips.read_frames(BytesSource(path.read_bytes())) as frames:
        for _ in frames:
            pass
    return _cpu() - before


_NAMES: Final = {
    Stage.PROPOSAL: "looking_up",
    Stage.TRIGGERS: "looking_up",
    Stage.AREA_PLANE: "verifying",
    Stage.COMPARISON: "verifying",
    Stage.LIKELIHOOD: "verifying",
    Stage.RECTIFICATION: "verifying",
    Stage.REGIONS: "verifying",
    Stage.TIMELINES: "verifying",
}
"""Names of the stages in the process that matches; the decoder's worker does the others."""


def _name_of(stage: Stage, _part: str, _around: str) -> str:
    return _NAMES.get(stage, "other")


def _stages(registry: MeasuredRegistry, data: bytes, in_worker: float) -> dict[str, float]:
    watch = Stopwatch(_name_of, time.thread_time)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with observed(watch), watch.measure("other"):
        check_clip(
            BytesSource(data),
            check_id=ids.new_id(ids.CHECK, registry.parts.environment.random),
            actor=registry.actor,
            services=registry.parts.check_services,
            clips=registry.clips,
        )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    worker = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"describing": worker - in_worker, **{name: watch.seconds[name] for name in MAIN_STAGES[2:]}}


def _peak_mb(registered: Path, upload: Path, profile: str) -> float:
    """Check an upload in a new process with a new registry; return the peak MiB, the decoder's included."""
    with get_context("spawn").Pool(1) as pool:
        return pool.apply(_checked_mb, (registered, upload, profile))


def _checked_mb(registered: Path, upload: Path, profile: str) -> float:
    with tempfile.TemporaryDirectory() as folder, registry_in(Path(folder), clip_profile=profile) as registry:
        registry.enrol_clip(registered.read_bytes())
        registry.begin()
        data = upload.read_bytes()
        registry.ask(data)
        peaks = [
            resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
        ]
    return (sum(peaks) - len(data) / 1024) / MEBIBYTE_KB
