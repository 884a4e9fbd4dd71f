"""videohash: the package's own value, from memory only, and a reason where there is none."""

import contextlib
import fcntl
import io
import os
import select
import signal
import subprocess
import sys
import tempfile
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import pytest

from index.exchange import memory_folder
from index.exchange import videohash as module
from index.exchange.memory_folder import PREFIX, SHARED_MEMORY, MemoryFolder, NotInMemory
from index.exchange.videohash import VIDEO_HASH_LIMITS, NoVideoHash, bundled_program, video_hash
from index.hashing.codes import Algorithm
from index.sandbox.streaming import BytesSource
from tests.support.media.clips import film, moving
from tests.support.media.pictures import eval_files
from tests.support.paths import ROOT

PATIENCE = 60_000  # milliseconds for what happens at once
HOSTILE = 'a\'b "c";$(cd ..; touch executed)`cd ..; touch executed`&& touch executed|\n한국.mp4'

PLAIN = """
import os, sys
from PIL import Image
Image.ANTIALIAS = Image.Resampling.LANCZOS
from videohash import VideoHash
print(VideoHash(path=sys.argv[1], storage_path=sys.argv[2] + "/").hash)
"""

# What it has told, it has told in whole when its number is there.
HANGING = """#!/bin/sh
if [ "$1" = -version ]; then echo "ffmpeg version of nobody"; exit; fi
/bin/cat /proc/self/net/dev > "{told}.net"
echo $$ > "{told}"
exec /bin/sleep 1000
"""


@pytest.fixture(scope="module")
def clip():
    """Four seconds of a camera that moves over a scene."""
    return film(moving(1, 100))


@pytest.fixture
def root():
    """A folder in memory, and nothing left in it."""
    with tempfile.TemporaryDirectory(prefix="test-", dir=SHARED_MEMORY) as folder:
        yield Path(folder)


@pytest.fixture
def hanging(tmp_path):
    """A program that never ends, and the file to which it writes its process id."""
    told = tmp_path / "told"
    program = tmp_path / "ffmpeg-that-hangs"
    program.write_text(HANGING.format(told=told))
    program.chmod(0o755)
    return program, told


def reencoded(data, codec, container, size, **options):
    """The same film, smaller, by another encoder."""
    with av.open(io.BytesIO(data)) as source:
        frames = [frame.reformat(*size).to_ndarray(format="rgb24") for frame in source.decode(video=0)]
    return film(frames, container, codec, options=options)


def await_end(process_id):
    """Wait until a process that is not ours has ended."""
    with contextlib.suppress(ProcessLookupError):
        descriptor = os.pidfd_open(process_id)
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        assert poll.poll(PATIENCE), "the process lives on"
        os.close(descriptor)


def runs(told):
    """Tell whether the program that hangs has begun to."""
    return told.exists() and told.read_text().endswith("\n")


def children_of(process_id):
    threads = Path(f"/proc/{process_id}/task").iterdir()
    return [int(child) for thread in threads for child in (thread / "children").read_text().split()]


def test_the_value_is_the_package_s_own(clip, root, tmp_path):
    """What the guarded worker computes is what the package computes by itself, bit for bit."""
    (tmp_path / "ffmpeg").symlink_to(bundled_program())
    (tmp_path / "clip.mp4").write_bytes(clip)
    (tmp_path / "store").mkdir()
    plain = subprocess.run(
        [sys.executable, "-c", PLAIN, tmp_path / "clip.mp4", tmp_path / "store"],
        env={"PATH": f"{tmp_path}:{os.environ['PATH']}"}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    made = video_hash(BytesSource(clip), root=root)
    assert made.reason is None
    assert made.code.algorithm is Algorithm.VIDEOHASH
    assert int(made.code.hex(), 16) == int(plain.stdout, 2)
    assert list(root.iterdir()) == []


def test_a_reencoded_film_is_near_and_another_is_not(clip):
    """At half the size by another encoder a film stays within ten bits; another film does not."""
    one = video_hash(BytesSource(clip)).code
    again = video_hash(BytesSource(reencoded(clip, "libvpx", "webm", (160, 120), b="150k"))).code
    other = video_hash(BytesSource(film(moving(5, 100)))).code
    assert one.distance(again) <= 10
    assert one.distance(other) > 10


@pytest.mark.slow
def test_a_clip_has_one_value():
    """Colours that are equally frequent come out the same in every process: the package lets chance decide."""
    (path,) = eval_files("videos", "test-padded-dimensions.mp4")
    source = BytesSource(path.read_bytes())
    assert len({video_hash(source).code.hex() for _ in range(4)}) == 1


def test_names_that_a_shell_would_run_run_nothing(clip, root):
    """Under a folder of shell characters, quotes, newlines and Korean it works, and nothing is executed."""
    hostile = root / HOSTILE
    hostile.mkdir()
    (hostile / HOSTILE).write_bytes(clip)
    made = video_hash(BytesSource((hostile / HOSTILE).read_bytes()), root=hostile)
    assert made.reason is None
    assert [path.name for path in root.rglob("*")] == [HOSTILE, HOSTILE]
    assert not Path("executed").exists()


def test_titles_of_any_bytes_do_no_harm(clip, root):
    """A title in the clip that is not UTF-8 and mentions crops and lengths changes nothing but the value."""
    title = b"Duration: N/A \xff\xfe $(touch executed)"
    file = io.BytesIO()
    with av.open(io.BytesIO(clip)) as source, av.open(file, "w", format="matroska") as out:
        out.metadata["title"] = "T" * len(title)
        stream = out.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.size:
                packet.stream = stream
                out.mux(packet)
    data = file.getvalue().replace(b"T" * len(title), title)
    assert title in data
    assert video_hash(BytesSource(data), root=root).reason is None
    assert list(root.iterdir()) == []


def test_a_program_that_hangs_is_ended(clip, root, hanging, monkeypatch):
    """A program that never ends is killed with the worker, and the clip is gone."""
    program, told = hanging
    monkeypatch.setattr(module, "bundled_program", lambda: str(program))
    limits = replace(VIDEO_HASH_LIMITS, total_wall_seconds=8.0)
    assert video_hash(BytesSource(clip), limits=limits, root=root).reason is NoVideoHash.STOPPED
    await_end(int(told.read_text()))
    assert list(root.iterdir()) == []


def test_whoever_stops_it_gets_their_own_error(clip, root, hanging, monkeypatch):
    """What a sign of life raises ends the work and passes through; the clip is gone."""
    program, told = hanging
    monkeypatch.setattr(module, "bundled_program", lambda: str(program))

    def cancelled():
        assert list(root.rglob("clip.mp4"))  # it lies in memory now
        if runs(told):
            raise InterruptedError

    with pytest.raises(InterruptedError):
        video_hash(BytesSource(clip), root=root, beat=cancelled)
    await_end(int(told.read_text()))
    assert list(root.iterdir()) == []


def test_kill_9_leaves_no_byte_of_the_clip(clip, root, hanging, tmp_path):
    """When the process that asked is killed, worker and program end with it and the folder is removed."""
    program, told = hanging
    (tmp_path / "clip.mp4").write_bytes(clip)
    with subprocess.Popen(
        [
            sys.executable,
            "-m",
            "tests.support.workers.videohash_victim",
            root,
            tmp_path / "clip.mp4",
            program,
        ],
        stdout=subprocess.PIPE,
        cwd=ROOT,
    ) as victim:
        while not runs(told):
            assert victim.stdout.readline() == b"working\n"
        (found,) = root.rglob("clip.mp4")
        assert found.read_bytes() == clip
        around = [*children_of(victim.pid), int(told.read_text())]
        assert len(around) == 3  # worker, watch, program
        victim.kill()
    for process_id in around:
        await_end(process_id)
    assert list(root.iterdir()) == []


def test_kill_9_of_the_watch_as_well_leaves_it_to_the_next(clip, root):
    """A folder whose maker and watch were killed together is removed when another one is made."""
    folder = MemoryFolder(root)
    (folder.path / "clip.mp4").write_bytes(clip)
    folder._watch.kill()
    folder._watch.wait()
    with MemoryFolder(root):
        assert folder.path.exists()  # its maker lives and holds it
    os.close(folder._lock)
    with MemoryFolder(root) as other:
        assert list(root.iterdir()) == [other.path]
    folder._watch.stdin.close()


def test_a_request_to_end_does_not_end_the_watch(root):
    """The watch of a folder outlives what ends a service, and removes the folder when its input ends."""
    with MemoryFolder(root) as folder:
        held = folder.path / "frame"
        held.write_bytes(b"x")
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            folder._watch.send_signal(number)
    assert folder._watch.returncode == 0
    assert not folder.path.exists()


def test_others_cannot_look_into_the_folder(root):
    """The folder is this user's only, and locked while it is in use."""
    with MemoryFolder(root) as folder:
        assert folder.path.name.startswith(PREFIX)
        assert folder.path.stat().st_mode & 0o777 == 0o700
        descriptor = os.open(folder.path, os.O_RDONLY)
        with pytest.raises(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.close(descriptor)


def test_where_no_memory_is_there_is_none(clip, tmp_path, monkeypatch):
    """A folder on a disk is refused: the clip is never written to one."""
    mounts = tmp_path / "mounts"
    mounts.write_text(f"tmpfs / tmpfs rw 0 0\n/dev/sda1 {tmp_path} ext4 rw 0 0\n")
    monkeypatch.setattr(memory_folder, "_MOUNTS", mounts)
    with pytest.raises(NotInMemory):
        MemoryFolder(tmp_path)
    assert video_hash(BytesSource(clip), root=tmp_path).reason is NoVideoHash.NO_MEMORY_FOLDER
    assert list(tmp_path.iterdir()) == [mounts]


def test_the_network_is_out_of_reach(clip, root, hanging, monkeypatch):
    """The program sees no interface but an idle loopback, where the kernel lets a process cut itself off."""
    allowed = subprocess.run(
        [sys.executable, "-c", "import ctypes, sys; sys.exit(ctypes.CDLL(None).unshare(0x50000000) != 0)"],
        check=False,
    )
    if allowed.returncode:
        pytest.skip("this kernel lets no process cut itself off")
    program, told = hanging
    monkeypatch.setattr(module, "bundled_program", lambda: str(program))

    def ended():
        if runs(told):
            raise InterruptedError

    with pytest.raises(InterruptedError):
        video_hash(BytesSource(clip), root=root, beat=ended)
    interfaces = [
        line.split(":")[0].strip() for line in told.with_suffix(".net").read_text().splitlines()[2:]
    ]
    assert interfaces == ["lo"]


def test_without_the_program_there_is_none(clip, monkeypatch, tmp_path):
    """Without imageio-ffmpeg's program there is a reason, whatever ffmpeg lies about on the machine."""
    other = tmp_path / "ffmpeg"
    other.write_text("#!/bin/sh\nexit 1\n")
    other.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(other))
    assert Path(bundled_program()).parent.name == "binaries"
    monkeypatch.setattr(module.importlib.resources, "files", lambda _package: tmp_path)
    assert bundled_program() is None
    assert video_hash(BytesSource(clip)).reason is NoVideoHash.NOT_INSTALLED


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", NoVideoHash.NOT_A_CLIP),
        (b"#EXTM3U\n#EXTINF:9,\nfile:///etc/passwd\n", NoVideoHash.NOT_A_CLIP),
        (b"ffconcat version 1.0\nfile /etc/passwd\n", NoVideoHash.NOT_A_CLIP),
        (b"\0\0\0\x20ftypisom" + bytes(2000), NoVideoHash.NO_FRAMES),
    ],
)
def test_what_is_no_clip_has_none(data, reason, root):
    """Playlists are not opened, and a container of nothing shows no frame."""
    assert video_hash(BytesSource(data), root=root).reason is reason
    assert list(root.iterdir()) == []


def test_a_long_clip_has_none(clip, root):
    """A clip longer than the limit has no hash, and the reason says so."""
    limits = replace(VIDEO_HASH_LIMITS, max_seconds=3)
    assert video_hash(BytesSource(clip), limits=limits, root=root).reason is NoVideoHash.TOO_LONG


def test_time_stamps_that_jump_fill_no_memory(root):
    """Two frames that claim to be a day apart become no day of frames."""
    data = film(moving(1, 2), stamps=[0, 86_400], time_base=Fraction(1, 1), options={"bf": "0"})
    limits = replace(VIDEO_HASH_LIMITS, max_seconds=30)
    assert video_hash(BytesSource(data), limits=limits, root=root).reason is NoVideoHash.TOO_LONG


def test_a_large_clip_has_none(clip, root, monkeypatch):
    """A clip of more bytes than are hashed, or than half of the free memory holds, is not even fetched."""
    limits = replace(VIDEO_HASH_LIMITS, max_bytes=len(clip) - 1)
    assert video_hash(BytesSource(clip), limits=limits, root=root).reason is NoVideoHash.TOO_LARGE
    monkeypatch.setattr(module, "ROOM_SHARE", 0.0)
    assert video_hash(BytesSource(clip), root=root).reason is NoVideoHash.NO_ROOM
    assert list(root.iterdir()) == []


@pytest.mark.parametrize("answer", [b"", b"V", b"V1234567", b"V123456789", b"Xelse", b"X", b"Z"])
def test_an_answer_that_no_honest_worker_sends_is_none(answer, clip, root, monkeypatch):
    """An answer of another length or with an unknown refusal is a worker that was taken over."""
    monkeypatch.setattr(module, "_answer", lambda *_: answer)
    assert video_hash(BytesSource(clip), root=root).reason is NoVideoHash.STOPPED
