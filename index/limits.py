"""Bounds on the cost of one upload, in bytes, pixels, seconds and memory."""

from dataclasses import dataclass, replace
from typing import Self

MEBIBYTE = 1 << 20
MEGAPIXEL = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodeLimits:
    """Bounds on one decoding task. A task that exceeds one of them is refused or killed.

    Attributes:
        max_bytes: Largest file, in bytes.
        max_pixels: Largest picture that a header may announce, in pixels.
        max_side: Longest side that a header may announce, in pixels.
        cpu_seconds: Processor time of one task, in whole seconds (the unit of RLIMIT_CPU).
        wall_seconds: Time from sending a task to its complete reply, in seconds.
        memory_bytes: Address space of a worker, in bytes (RLIMIT_AS: code and shared libraries count too).
        open_files: File descriptors of a worker (RLIMIT_NOFILE).
        start_seconds: Time for a new worker to import and warm up, in seconds.
        queue_seconds: Time for which a request waits for a free worker, in seconds.
        max_reply_bytes: Largest reply that is read from a worker, in bytes.
        tasks_per_worker: Number of tasks after which a worker is replaced. This limits the harm of a decoder that was
            taken over unnoticed, and of memory leaks.
    """

    max_bytes: int
    max_pixels: int
    max_side: int
    cpu_seconds: int
    wall_seconds: float
    memory_bytes: int
    open_files: int
    start_seconds: float
    queue_seconds: float
    max_reply_bytes: int
    tasks_per_worker: int


STANDARD = DecodeLimits(
    max_bytes=32 * MEBIBYTE,
    # Of any format; each has a limit of its own (`index.media.pictures.SIZE_LIMITS`). Phones take pictures of 12 to 200
    # megapixels, messengers send at most 16.
    max_pixels=210 * MEGAPIXEL,
    # JPEG allows 65,535; panoramas are below half of that.
    max_side=32_768,
    # The most expensive honest task measured, the enrolment of a 40-megapixel picture, takes 1 to 4 s.
    cpu_seconds=10,
    wall_seconds=20.0,
    # A warm worker has 351 MiB of address space (68 MiB resident), mostly libraries of OpenCV and NumPy. Measured peaks
    # at the enrolment of 40 megapixels, in MiB: JPEG 546, floating-point TIFF 549, PNG 566, CMYK JPEG 670, RGBA PNG
    # 683, HEIC 699 (resident: 264, 267, 284, 388, 400, 345).
    memory_bytes=2048 * MEBIBYTE,
    # A worker holds five; the rest is a reserve for a lazy import.
    open_files=16,
    start_seconds=30.0,
    queue_seconds=10.0,
    # Planes of 97 frames with windows, 512 x 512 pixels and 266 KiB each with their codes, and of 224 frames without, 5
    # KiB each: 26.2 MiB; as many parts of the picture: 20 MiB; 74 previews and pictures behind the end: 19 MiB; with
    # colours also one picture of 1280 x 1280 and 16 of 640 x 640 pixels, three bytes a pixel: 23.5 MiB.
    max_reply_bytes=90 * MEBIBYTE,
    tasks_per_worker=500,
)
"""Limits for pictures."""


FACES = DecodeLimits(
    # Five pictures of 1280 x 1280 pixels, three bytes each.
    max_bytes=5 * 1280 * 1280 * 3,
    max_pixels=1280 * 1280,
    max_side=1280,
    # The most expensive honest task measured, five pictures of 64 faces each, takes the default engine 4.3 s. The rest
    # is a reserve for more engines.
    cpu_seconds=60,
    wall_seconds=90.0,
    # A warm worker with the default engine has 446 MiB of address space (195 MiB resident), and at most 892 (287) in
    # that task.
    memory_bytes=2048 * MEBIBYTE,
    # A worker holds eight.
    open_files=16,
    # The first one converts the default engine's network.
    start_seconds=60.0,
    queue_seconds=10.0,
    # Five pictures of 64 faces, each with 512 numbers of four bytes: 656 KB for each engine.
    max_reply_bytes=4 * MEBIBYTE,
    tasks_per_worker=500,
)
"""Limits for finding faces. No file is decoded; a task takes pixels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipLimits:
    """Bounds on reading one clip. A clip above `max_bytes` is refused; above the others, the rest is not decoded.

    Attributes:
        decoder: Bounds on the worker, with `chunk_seconds` of clip as one task: `cpu_seconds` of processor time, at
            most `wall_seconds` of silence, `max_reply_bytes` for a message. `max_pixels` and `max_side` apply to a
            frame, `max_bytes` to the request without the clip.
        max_bytes: Largest clip, in bytes.
        max_seconds: Length of the part that is decoded, in seconds of our own clock.
        max_frames: Maximum number of decoded frames.
        max_sampled: Maximum number of described frames of the grid.
        max_besides: Maximum number of described frames besides: pictures shown for less than a slot, and covers.
        chunk_seconds: Length of clip after which the worker's processor time is limited anew, in seconds.
        total_cpu_seconds: Processor time after which the rest is not decoded, in whole seconds.
        total_wall_seconds: Total time of waiting for the worker before it is killed, in seconds.
        reads: Number of times that the clip's bytes may be requested, as demuxers read back and forth.
    """

    decoder: DecodeLimits
    max_bytes: int
    max_seconds: int
    max_frames: int
    max_sampled: int
    max_besides: int
    chunk_seconds: int
    total_cpu_seconds: int
    total_wall_seconds: float
    reads: int

    def for_size(self, size: int) -> Self:
        """Return the limits for a clip of so many bytes: a small file may not take the time of a film."""
        by_size = FIRST_CLIP_CPU_S + CLIP_CPU_S_PER_MEBIBYTE * size // MEBIBYTE
        return replace(self, total_cpu_seconds=min(self.total_cpu_seconds, by_size))


FIRST_CLIP_CPU_S = 600
"""Processor time for a clip of any size, in seconds: 75 minutes of a still picture in 720p."""

CLIP_CPU_S_PER_MEBIBYTE = 30
"""Processor time that each MiB adds, in seconds. A minute of 720p takes 5 to 8 s, one of 2160p at 60 frames a second
about 100 s."""


STANDARD_CLIP = ClipLimits(
    decoder=DecodeLimits(
        max_bytes=MEBIBYTE,
        max_pixels=40 * MEGAPIXEL,
        max_side=STANDARD.max_side,
        # A minute of 720p takes 5 to 8 s, and a minute of 2160p at 60 frames a second about 100 s.
        cpu_seconds=240,
        # The longest silence that is not a hang: 0.5 s of 2160p at 240 frames a second.
        wall_seconds=120.0,
        # 17 reference frames of 40 megapixels are 1,020 MB.
        memory_bytes=STANDARD.memory_bytes,
        open_files=STANDARD.open_files,
        start_seconds=STANDARD.start_seconds,
        queue_seconds=STANDARD.queue_seconds,
        # A frame's plane of 512 x 512 pixels with codes and windows, and sometimes its colours: 1.2 MiB at 640 x 640.
        max_reply_bytes=2 * MEBIBYTE,
        tasks_per_worker=1,
    ),
    max_bytes=4096 * MEBIBYTE,
    max_seconds=3 * 3600,
    # Three hours of 60 frames a second.
    max_frames=648_000,
    # Three hours of two frames a second.
    max_sampled=21_600,
    # One in three seconds of these three hours.
    max_besides=3_600,
    chunk_seconds=60,
    total_cpu_seconds=3600,
    total_wall_seconds=7200.0,
    reads=4,
)
"""Limits for clips."""


EMBEDDED_CLIP = replace(
    STANDARD_CLIP,
    decoder=replace(STANDARD_CLIP.decoder, cpu_seconds=10, wall_seconds=20.0),
    max_bytes=STANDARD.max_bytes,
    # Phones record 1.5 to 3 s.
    max_seconds=15,
    max_frames=1_800,
    max_sampled=60,
    total_cpu_seconds=3,
    total_wall_seconds=30.0,
)
"""Limits for a clip in a picture's file, which is looked at while the platform waits for the answer."""
