"""What one piece of media may cost: bytes, pixels, seconds and memory, as named profiles."""

from dataclasses import dataclass

MEBIBYTE = 1 << 20
MEGAPIXEL = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodeLimits:
    """Bounds on one decoding task; whatever goes over one of them is refused or killed, never finished.

    Attributes:
        max_bytes: Largest file, in bytes.
        max_pixels: Largest picture that a header may announce, in pixels.
        max_side: Longest side that a header may announce, in pixels.
        cpu_seconds: Processor time of one task, whole seconds (RLIMIT_CPU counts in seconds).
        wall_seconds: Time from handing a task over to its complete answer, in seconds.
        memory_bytes: Address space of a worker, in bytes (RLIMIT_AS: code and shared libraries count too).
        open_files: File descriptors of a worker (RLIMIT_NOFILE).
        start_seconds: Time in which a new worker must have imported and warmed up, in seconds.
        queue_seconds: Time for which a request waits for a free worker, in seconds.
        max_reply_bytes: Largest answer that is read from a worker, in bytes.
        tasks_per_worker: Tasks after which a worker is replaced: a decoder that was taken over unnoticed
            does not answer for other people's uploads for ever, and leaks do not add up.
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
    # Style rule R4. Phones reach 12 to 50 megapixels, messengers send at most 16.
    max_pixels=40 * MEGAPIXEL,
    # JPEG's own bound is 65,535; panoramas stay below half of it.
    max_side=32_768,
    # The dearest honest task measured (a 40-megapixel picture at enrolment) takes 1 to 4 seconds here.
    cpu_seconds=10,
    wall_seconds=20.0,
    # A warm worker has 351 MiB of address space (68 resident), most of it OpenCV's and NumPy's libraries. Measured
    # peaks at 40 megapixels, enrolled, in MiB: JPEG 546, floating-point TIFF 549, PNG 566, CMYK JPEG 670, RGBA PNG 683,
    # HEIC 699 (resident: 264, 267, 284, 388, 400, 345).
    memory_bytes=2048 * MEBIBYTE,
    # A worker holds five; the rest is head-room for a lazy import.
    open_files=16,
    start_seconds=30.0,
    queue_seconds=10.0,
    # Five frames' planes of 512 x 512, 256 KiB each, with their codes and windows; and where colours are asked for, one
    # picture of 1280 x 1280 and four of 640 x 640, three bytes a pixel: 9.4 MiB.
    max_reply_bytes=12 * MEBIBYTE,
    tasks_per_worker=500,
)
"""The profile of the service and of the tests."""


FACES = DecodeLimits(
    # Five pictures of 1280 x 1280 pixels, three bytes each.
    max_bytes=5 * 1280 * 1280 * 3,
    max_pixels=1280 * 1280,
    max_side=1280,
    # The dearest honest task measured: five pictures of 64 faces each take the default engine 4.3 seconds. The rest is
    # head-room for more engines.
    cpu_seconds=60,
    wall_seconds=90.0,
    # A warm worker with the default engine has 446 MiB of address space (195 resident), at most 892 (287) in that task.
    memory_bytes=2048 * MEBIBYTE,
    # A worker holds eight.
    open_files=16,
    # The first one converts the default engine's network.
    start_seconds=60.0,
    queue_seconds=10.0,
    # Five pictures, 64 faces each, 512 numbers of four bytes: 656 KB an engine.
    max_reply_bytes=4 * MEBIBYTE,
    tasks_per_worker=500,
)
"""The profile of looking for faces: no file is decoded, a task takes pixels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipLimits:
    """Bounds on looking at one clip. Over `max_bytes` it is refused; over the others the rest of it is not looked at.

    Attributes:
        decoder: Bounds on its worker, for which a task is `chunk_seconds` of clip: `cpu_seconds` of processor time, at
            most `wall_seconds` of silence, `max_reply_bytes` a message. Its pixels and sides are those of a frame; its
            `max_bytes` bounds the request without the clip.
        max_bytes: Largest clip, in bytes.
        max_seconds: Length of clip that is looked at, in seconds of our own clock.
        max_frames: Frames that are decoded.
        max_sampled: Frames that are described.
        chunk_seconds: Length of clip for which the worker's processor time is limited anew, in seconds.
        total_cpu_seconds: Processor time after which the rest is not looked at, whole seconds.
        total_wall_seconds: Time spent on waiting for the worker before it is killed, in seconds.
        reads: How many times the clip's bytes may be asked for: containers are read to and fro.
    """

    decoder: DecodeLimits
    max_bytes: int
    max_seconds: int
    max_frames: int
    max_sampled: int
    chunk_seconds: int
    total_cpu_seconds: int
    total_wall_seconds: float
    reads: int


STANDARD_CLIP = ClipLimits(
    decoder=DecodeLimits(
        max_bytes=MEBIBYTE,
        max_pixels=STANDARD.max_pixels,
        max_side=STANDARD.max_side,
        # A minute of 720p takes 5 to 8 seconds, one of 2160p at 60 frames a second some 100.
        cpu_seconds=240,
        # The dearest silence that is not a hang: half a second of 2160p at 240 frames a second.
        wall_seconds=120.0,
        # 17 reference frames of 40 megapixels are 1,020 MB.
        memory_bytes=STANDARD.memory_bytes,
        open_files=STANDARD.open_files,
        start_seconds=STANDARD.start_seconds,
        queue_seconds=STANDARD.queue_seconds,
        # One frame's plane of 512 x 512 with its codes and windows, and at times its colours: 1.2 MiB at 640 x 640.
        max_reply_bytes=2 * MEBIBYTE,
        tasks_per_worker=1,
    ),
    max_bytes=4096 * MEBIBYTE,
    max_seconds=3 * 3600,
    # Three hours of 60 frames a second.
    max_frames=648_000,
    # Three hours of two a second.
    max_sampled=21_600,
    chunk_seconds=60,
    total_cpu_seconds=3600,
    total_wall_seconds=7200.0,
    reads=4,
)
"""The profile of the service and of the tests, for clips."""
