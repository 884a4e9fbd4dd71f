"""Clips through their worker: digests, frames stored by need, query_frames, and whatever goes wrong."""

import contextlib
import hashlib
import os
import resource
import signal
import struct
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from random import Random

import cv2
import numpy as np
import pytest

from index.clips import wire
from index.clips.fingerprint import ClipFingerprinter, require_enrollable_clip
from index.clips.key_frames import CLIP_FULL, CLIP_LEAN, CLIP_SPARSE, FrameKeeper
from index.clips.wire import ClipPurpose, Reader
from index.errors import DecoderFailed, EmptyMedia, LowInformation, MediaError, TooManyBytes, UndecodableMedia
from index.frames import look, pack
from index.limits import STANDARD_CLIP
from index.sandbox.conversation import BLOCK_BYTES, RemoteFile
from index.sandbox.streaming import BytesSource, stream
from index.windows import FULL
from tests.support.media.clips import film, moving, still
from tests.support.media.pictures import eval_files, scene
from tests.support.paths import ROOT
from tests.support.workers.hostile_clips import mutants

MUTANTS = 80
QUICK = replace(STANDARD_CLIP, decoder=replace(STANDARD_CLIP.decoder, cpu_seconds=2, wall_seconds=5.0))


def children():
    """Process numbers of this process's children that are alive."""
    found = set()
    for thread in Path("/proc/self/task").iterdir():
        with contextlib.suppress(OSError):
            found |= {int(pid) for pid in (thread / "children").read_text().split()}
    return found


def streamed(task, request=b"", data=bytes(BLOCK_BYTES), limits=QUICK):
    """The parts and the answer of a streaming task of `streaming_tasks`."""
    name = f"tests.support.workers.streaming_tasks:{task}"
    parts = stream(name, request, BytesSource(data), limits, import_paths=(str(ROOT),))
    found = []
    while True:
        try:
            found.append(next(parts))
        except StopIteration as end:
            return found, end.value


def talking(seconds):
    """A head that sways and speaks before a wall, 10 pictures a second, as grey planes."""
    base = np.asarray(scene(11, 320, 240).convert("L"))
    noise = np.random.default_rng(1)
    for number in range(seconds * 10):
        at = number / 10
        turn = cv2.getRotationMatrix2D((160, 140), 2 * np.sin(at * 0.6), 1 + 0.01 * np.sin(at * 0.4))
        turn[:, 2] += (3 * np.sin(at), 2 * np.sin(1.3 * at))
        head = cv2.warpAffine(base, turn, (320, 240), borderMode=cv2.BORDER_REFLECT)
        cv2.ellipse(head, (160, 170), (20, int(3 + 6 * abs(np.sin(at * 5)))), 0, 0, 360, 60, -1)
        yield (head + noise.normal(0, 3, head.shape)).clip(0, 255).astype(np.uint8)


def coloured(planes):
    return (np.repeat(plane[..., None], 3, axis=2) for plane in planes)


def test_a_clip_is_enrolled_with_its_digests():
    """An enrolment returns the file's digests, its size and length, and key frames whose runs follow each other."""
    data = film(moving(1, 100))
    found = ClipFingerprinter().enrol(BytesSource(data))
    assert found.sha256 == hashlib.sha256(data).digest()
    assert found.md5 == hashlib.md5(data).digest()
    assert (found.width, found.height, found.media_format, found.profile) == (320, 240, "mp4", "full")
    assert (found.duration_ms, found.is_whole) == (4000, True)
    assert 2 <= len(found.frames) <= 4
    assert all(frame.regions is not None for frame in found.frames)
    edges = [edge for frame in found.frames for edge in (frame.start_ms, frame.end_ms)]
    assert edges == sorted(edges)
    assert edges[0] == 0
    assert edges[-1] <= 4000
    require_enrollable_clip(found)


def test_a_talking_head_stores_few_frames():
    """Twelve seconds of one person speaking are at most three stored frames, which stand for all of it."""
    keeper = FrameKeeper(CLIP_FULL)
    ended = [keeper.add(number * 100, plane) for number, plane in enumerate(talking(12))]
    frames = [frame for frame in (*ended, keeper.finish(12_000)) if frame is not None]
    assert 1 <= len(frames) <= 3
    assert (frames[0].start_ms, frames[-1].end_ms) == (0, 12_000)
    assert all(one.end_ms == after.start_ms for one, after in pairwise(frames))


def test_another_scene_is_another_stored_frame():
    """At a cut a frame is stored, and the run before ends there."""
    keeper = FrameKeeper(CLIP_FULL)
    scenes = [np.asarray(scene(seed, 320, 240).convert("L")) for seed in (1, 2)]
    ended = [keeper.add(second * 1000, scenes[second // 4]) for second in range(8)]
    last = keeper.finish(8_000)
    runs = [(frame.start_ms, frame.end_ms) for frame in (*ended, last) if frame is not None]
    assert runs == [(0, 4000), (4000, 8000)]


def test_black_is_not_stored_and_does_not_end_a_run():
    """Black frames tell nothing; what was there before and after them is one run."""
    keeper = FrameKeeper(CLIP_FULL)
    picture = np.asarray(scene(1, 320, 240).convert("L"))
    black = np.zeros_like(picture)
    shown = [black, picture, black, picture, black]
    assert [keeper.add(second * 1000, plane) for second, plane in enumerate(shown)] == [None] * 5
    frame = keeper.finish(5_000)
    assert (frame.start_ms, frame.end_ms) == (1000, 4000)


def test_the_profiles_differ_in_frames_and_windows():
    """Sparse stores half as many frames at most, lean fewer windows."""
    data = film(moving(1, 150, step=20))
    full, lean, sparse = (
        ClipFingerprinter(profile=profile).enrol(BytesSource(data))
        for profile in (CLIP_FULL, CLIP_LEAN, CLIP_SPARSE)
    )
    assert len(sparse.frames) <= (len(full.frames) + 1) // 2 + 1
    assert max(len(frame.windows) for frame in lean.frames) <= CLIP_LEAN.windows.reference_windows
    assert [full.profile, lean.profile, sparse.profile] == ["full", "lean", "sparse"]


def test_a_black_clip_is_not_enrollable():
    """A clip of nothing but black stores no frame, and is refused by name."""
    found = ClipFingerprinter().enrol(BytesSource(film([np.zeros((48, 64, 3), np.uint8)] * 50)))
    assert found.frames == ()
    with pytest.raises(LowInformation):
        require_enrollable_clip(found)


def test_a_clip_is_read_twice_a_second():
    """A check gets a query_frame each half second, and at the end what the clip was."""
    data = film(moving(1, 100, step=3))
    told = []
    with ClipFingerprinter().read_frames(BytesSource(data), told.append) as frames:
        assert frames.summary is None
        query_frames = list(frames)
    assert [one.at_ms // 500 for one in query_frames] == list(range(8))
    assert all(len(one.query_frame.windows) > 10 for one in query_frames)
    assert [one.seen_ms for one in told] == [one.at_ms for one in query_frames]
    seen = frames.summary
    assert (seen.sha256, seen.duration_ms, seen.is_whole) == (hashlib.sha256(data).digest(), 4000, True)
    assert seen.md5 == hashlib.md5(data).digest()
    assert list(frames) == []
    assert frames.summary is seen


def test_a_key_frame_is_the_query_frame_of_its_moment():
    """What is stored of a clip's first frame is what a check of the same clip sees there."""
    data = film(still(2, 30))
    (frame,) = ClipFingerprinter().enrol(BytesSource(data)).frames
    with ClipFingerprinter().read_frames(BytesSource(data)) as frames:
        first = next(frames)
    assert frame.pdq.distance(first.query_frame.pdq) == 0
    assert frame.dhash.distance(first.query_frame.dhash) == 0
    assert frame.flat_share == first.query_frame.flat_share


def test_bytes_out_of_bounds_are_refused_before_a_worker_starts():
    """No bytes and too many are refused at once."""
    small = ClipFingerprinter(limits=replace(STANDARD_CLIP, max_bytes=10))
    with pytest.raises(EmptyMedia):
        small.read_frames(BytesSource(b""))
    with pytest.raises(TooManyBytes):
        small.enrol(BytesSource(b"x" * 11))


def test_a_refusal_of_the_worker_is_its_leaf():
    """What the worker refuses reaches the caller as the same error."""
    data = film(moving(1, 50), "matroska")
    with pytest.raises(UndecodableMedia):
        ClipFingerprinter().enrol(BytesSource(data[: data.index(b"\x1f\x43\xb6\x75")]))
    with pytest.raises(UndecodableMedia):
        list(ClipFingerprinter().read_frames(BytesSource(data[: data.index(b"\x1f\x43\xb6\x75")])))


def test_a_kill_in_the_middle_is_our_error_and_leaves_no_process():
    """A kill -9 of the worker in the middle of a clip is DecoderFailed, and nobody is left."""
    before = children()
    frames = ClipFingerprinter().read_frames(BytesSource(film(moving(1, 400))))
    next(frames)
    (worker,) = children() - before
    os.kill(worker, signal.SIGKILL)
    with pytest.raises(DecoderFailed):
        list(frames)
    assert frames.summary is None
    assert children() == before


def test_a_reading_that_is_given_up_leaves_no_process_and_no_descriptor():
    """Closing in the middle ends the worker; so does an error of the one who is told of progress."""

    def cancel(_):
        raise KeyError

    before, open_files = children(), len(list(Path("/proc/self/fd").iterdir()))
    source = BytesSource(film(moving(1, 100)))
    with ClipFingerprinter().read_frames(source) as frames:
        next(frames)
    with pytest.raises(KeyError):
        ClipFingerprinter().enrol(source, cancel)
    with pytest.raises(KeyError):
        next(ClipFingerprinter().read_frames(source, cancel))
    assert children() == before
    assert len(list(Path("/proc/self/fd").iterdir())) == open_files


def test_an_error_of_the_source_passes_through():
    """What the source raises reaches the caller, and the worker is gone."""

    class Broken(BytesSource):
        def read(self, offset, length):
            raise PermissionError

    before = children()
    with pytest.raises(PermissionError):
        list(ClipFingerprinter().read_frames(Broken(b"x" * 1000)))
    assert children() == before


@pytest.mark.parametrize(
    "task",
    ["burn", "hoard", "die", "babble", "read_beyond", "read_nothing", "read_for_ever", "shout_long", "hang"],
)
def test_a_streaming_misdeed_is_our_error(task):
    """A worker that spins, hoards, dies, babbles, reads beyond its source or for ever, or hangs is killed."""
    before = children()
    with pytest.raises(DecoderFailed):
        streamed(task)
    assert children() == before


def test_processor_time_is_bounded_anew_for_each_chunk_and_in_all():
    """A task whose time is renewed may go on, up to the bound on all of it."""
    # On a busy machine a second and a half of processor time takes longer than `QUICK` waits.
    patient = replace(QUICK, decoder=replace(QUICK.decoder, wall_seconds=60.0))
    assert streamed("burn_in_chunks", b"3", limits=patient)[1] == b"done"
    limits = replace(patient, total_cpu_seconds=-58)
    with pytest.raises(DecoderFailed):
        streamed("burn_in_chunks", b"6", limits=limits)


def test_parts_come_in_their_order_and_bytes_are_those_of_the_source():
    """A task gets the bytes that it asks for, and its parts arrive one by one."""
    data = Random(1).randbytes(3 * BLOCK_BYTES + 17)
    parts, answer = streamed("echo", data=data)
    assert b"".join(parts) == data
    assert answer == b"end"


def test_a_remote_file_reads_like_a_file():
    """Seeking and reading anywhere gives what a file in memory gives."""
    data = Random(2).randbytes(2 * BLOCK_BYTES + 5)
    file = RemoteFile(len(data), lambda offset, length: data[offset : offset + length])
    for offset, length in [(0, 10), (BLOCK_BYTES - 3, 3), (len(data) - 5, 100), (len(data) + 9, 1), (7, 0)]:
        file.seek(offset)
        assert file.read(length) == data[offset : offset + length]
    assert file.seek(-5, os.SEEK_END) == len(data) - 5
    with pytest.raises(ValueError, match="no such place"):
        file.seek(-1)


HEAD = wire._HEAD.pack(b"H", 0, 320, 240, 1000)
SEEN = wire._SEEN.pack(b"S", 5)
NO_WINDOWS = struct.pack("<HHB", 160, 160, 0)


@pytest.mark.parametrize(
    "parts",
    [
        [b""],
        [b"H"],
        [SEEN],
        [HEAD, HEAD],
        [wire._HEAD.pack(b"H", 99, 320, 240, 1000)],
        [wire._HEAD.pack(b"H", 0, 0, 240, 1000)],
        [wire._HEAD.pack(b"H", 0, 30_000, 30_000, 1000)],
        [wire._HEAD.pack(b"H", 0, 320, 240, -2)],
        [HEAD, SEEN, SEEN],
        [HEAD, SEEN + b"x"],
        [HEAD, wire._SEEN.pack(b"S", 1 << 60)],
        [HEAD, b"F" + bytes(20)],
        [HEAD, wire._STORED.pack(b"F", 5, 5, 0, 0, bytes(32), bytes(16), 0)],
        [HEAD, wire._STORED.pack(b"F", 0, 5, 0, 101, bytes(32), bytes(16), 0) + b"\x10\0\x10\0\0"],
        [HEAD, wire._STORED.pack(b"F", 0, 5, 0, 0, bytes(32), bytes(16), 0)],
        [HEAD, wire._STORED.pack(b"F", 0, 5, 0, 0, bytes(32), bytes(16), 9) + bytes(9) + NO_WINDOWS],
        [HEAD, wire._STORED.pack(b"F", 0, 5, 0, 0, bytes(32), bytes(16), 9000) + bytes(641) + NO_WINDOWS],
        [HEAD, wire._STORED.pack(b"F", 0, 5, 0, 0, bytes(32), bytes(16), 0) + bytes(641) + NO_WINDOWS],
        [
            HEAD,
            wire._STORED.pack(b"F", 0, 5, 0, 0, bytes(32), bytes(16), 0) + struct.pack("<HHB", 160, 160, 3),
        ],
    ],
)
def test_parts_that_no_honest_worker_sends_are_refused(parts):
    """The parent trusts no kind, no order, no number and no length."""
    *before, last = parts
    for read in (Reader.stored, Reader.query_frame):
        reader = Reader(STANDARD_CLIP)
        for part in before:
            with contextlib.suppress(DecoderFailed):  # a check's frame that was only seen has no query_frame
                read(reader, part)
        with pytest.raises(DecoderFailed):
            read(reader, last)


@pytest.mark.parametrize("answer", [b"", b"X", b"Xroot", b"E", wire._ENDED.pack(b"E", 10, True), b"E" * 10])
def test_an_end_that_no_honest_worker_sends_is_refused(answer):
    """An end before a frame, of another length or with an unknown refusal is none."""
    with pytest.raises(DecoderFailed):
        Reader(STANDARD_CLIP).end(answer)


def test_more_frames_besides_than_agreed_are_refused():
    """A reply with more frames besides the grid than the limits allow is rejected, and so is any at an enrolment."""
    frame = pack(look(np.asarray(scene(1, 96, 64).convert("L")), FULL))
    reader = Reader(replace(STANDARD_CLIP, max_besides=2))
    reader.query_frame(HEAD)
    for at_ms in range(2):
        assert reader.query_frame(wire._SEEN.pack(b"B", at_ms) + frame).at_ms == at_ms
    with pytest.raises(DecoderFailed):
        reader.query_frame(wire._SEEN.pack(b"B", 4) + frame)
    reader = Reader(STANDARD_CLIP)
    reader.stored(HEAD)
    with pytest.raises(DecoderFailed):
        reader.stored(wire._SEEN.pack(b"B", 0))


def test_second_looks_have_no_windows_and_are_bounded():
    """A second look is whole codes alone; one with windows, one more than agreed or one at an enrolment is refused."""
    luma = np.asarray(scene(1, 96, 64).convert("L"))
    plain, full = pack(look(luma, None)), pack(look(luma, FULL))
    reader = Reader(replace(STANDARD_CLIP, max_sampled=1))
    reader.query_frame(HEAD)
    for at_ms in range(2):
        assert not reader.query_frame(wire._SEEN.pack(b"L", at_ms) + plain).in_full
    with pytest.raises(DecoderFailed):
        reader.query_frame(wire._SEEN.pack(b"L", 2) + plain)
    for read, part in ((Reader.query_frame, full), (Reader.stored, b"")):
        reader = Reader(STANDARD_CLIP)
        read(reader, HEAD)
        with pytest.raises(DecoderFailed):
            read(reader, wire._SEEN.pack(b"L", 0) + part)


def test_a_query_frame_stands_for_the_time_until_the_next():
    """A picture that is held for a minute is a query frame of a minute; the last one ends with the clip."""
    pictures = [picture for seed in (1, 2, 2) for picture in still(seed, 1)]
    data = film(pictures, stamps=[0, 60 * 25, 60 * 25 + 1])
    with ClipFingerprinter().read_frames(BytesSource(data)) as frames:
        assert [(one.at_ms, one.until_ms) for one in frames] == [(0, 60_000), (60_000, 60_080)]


def test_a_flash_is_a_query_frame():
    """A picture of one frame reaches the parent, between two frames of the grid, without colours."""
    pictures = [*still(1, 30)]
    pictures[18] = next(iter(still(9, 1)))
    with ClipFingerprinter().read_frames(BytesSource(film(pictures)), colours_every_ms=500) as frames:
        found = [(one.at_ms, one.colours is None) for one in frames]
    assert [at_ms for at_ms, is_besides in found if is_besides] == [720]
    # The first frame of a slot that no other refers to is not decoded.
    assert [at_ms // 500 for at_ms, is_besides in found if not is_besides] == [0, 1, 2]
    assert frames.summary.is_whole


def test_more_frames_than_agreed_are_refused():
    """A reply with more frames than may be sampled is rejected."""
    reader = Reader(replace(STANDARD_CLIP, max_sampled=3))
    reader.stored(HEAD)
    for at_ms in range(3):
        reader.stored(wire._SEEN.pack(b"S", at_ms))
    with pytest.raises(DecoderFailed):
        reader.stored(wire._SEEN.pack(b"S", 4))


@pytest.mark.slow
def test_mutants_are_clips_or_our_errors(tmp_path, monkeypatch, capfd):
    """Eighty damaged clips crash no worker, cost little, and leave nothing on disk or standard error."""
    monkeypatch.chdir(tmp_path)
    clips = [
        film(moving(1, 30, 128, 96), container, codec)
        for container, codec in [
            ("mp4", "libx264"),
            ("matroska", "libvpx"),
            ("mpegts", "libx264"),
            ("avi", "mpeg4"),
        ]
    ]
    capfd.readouterr()
    files = [mutant for data in clips for mutant in mutants(data, MUTANTS // len(clips))]

    def outcome(number):
        source = BytesSource(files[number])
        try:
            if number % 2:
                ClipFingerprinter().enrol(source)
            else:
                list(ClipFingerprinter().read_frames(source))
        except MediaError as error:
            return error.code
        return "seen"

    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with ThreadPoolExecutor(2) as threads:
        outcomes = list(threads.map(outcome, range(len(files))))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert len(outcomes) == MUTANTS
    assert DecoderFailed.code not in outcomes
    assert outcomes.count("seen") > MUTANTS // 4
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 3 * MUTANTS
    assert list(tmp_path.iterdir()) == []
    assert capfd.readouterr().err == ""


@pytest.mark.slow
def test_memory_is_flat_over_ten_minutes():
    """A worker holds no more at the end of ten minutes of clip than after one."""
    data = film(moving(1, 3000, 128, 96, 1), rate=5)
    before, sizes = children(), []
    with ClipFingerprinter(profile=CLIP_LEAN).read_frames(BytesSource(data)) as frames:
        for one in frames:
            if one.at_ms % 60_000 == 0:
                (worker,) = children() - before
                status = Path(f"/proc/{worker}/status").read_text()
                sizes.append(int(status.split("VmRSS:")[1].split()[0]))
    assert frames.summary.duration_ms == 600_000
    assert len(sizes) == 10
    assert max(sizes[2:]) < sizes[1] + 20_000  # kB


def test_sample_clips_are_described():
    """The sample clips are enrolled whole, with windows in nearly every stored frame."""
    for path in eval_files("videos", "*.mp4")[:3]:
        found = ClipFingerprinter().enrol(BytesSource(path.read_bytes()))
        assert found.is_whole
        assert 1 <= len(found.frames) <= found.duration_ms // 1000 + 1
        assert sum(len(frame.windows) >= 8 for frame in found.frames) >= len(found.frames) - 1


def test_a_purpose_is_one_of_two():
    """A request packs purpose and profile by number."""
    packed = wire.request(ClipPurpose.ENROL, 5, STANDARD_CLIP, CLIP_FULL)
    assert packed[:2] == b"\x01\x00"
