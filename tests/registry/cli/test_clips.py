"""`takedown enrol` and `check` of clips on a data folder, and the bar that they move."""

import itertools
import os
import pty
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from registry.cli.bar import Bar, Stopped
from registry.cli.files import in_order, shown
from registry.client.replies import ProgressReply
from tests.support.media.clips import film, moving
from tests.support.usecases.verifying import raise_in_folder

RATE = 10
HOSTILE = "$(touch injected);`touch injected`|'\"\n 한글 &.mp4"
SHOWN = "$(touch injected);`touch injected`|'\"\\n 한글 &.mp4"


def scene(seed, seconds):
    return moving(seed, seconds * RATE)


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    """Files: a clip, a longer one that holds it, another clip, and what only begins as one."""
    folder = tmp_path_factory.mktemp("clips")
    longer = itertools.chain(scene(72, 3), scene(71, 4), scene(73, 3))
    (folder / "clip.mp4").write_bytes(film(scene(71, 4), rate=RATE))
    (folder / "longer.mp4").write_bytes(film(longer, rate=RATE))
    (folder / "other.mp4").write_bytes(film(scene(74, 2), rate=RATE))
    (folder / "broken.mp4").write_bytes(b"\0\0\0\x18ftypisom" + bytes(5000))
    return folder


def enrolled(shell, *arguments):
    done = shell.run("enrol", *arguments, "--level", "V1", "--json")
    assert done.code == 0, done.out + done.err
    raise_in_folder(shell.data, done.lines[0]["case"])
    return done.lines[0]


def test_a_clip_is_found_with_its_time(shell, clips):
    """A clip is found in a longer one with its time there, in JSON and in words, until it is withdrawn."""
    line = enrolled(shell, clips / "clip.mp4")
    assert line["found_by"] == ["file", "copies", "edits"]
    files = [clips / "longer.mp4", clips / "other.mp4"]
    done = shell.run("check", *files, "--json")
    assert done.code in {10, 20}
    found, other = done.lines
    [segment] = found["segments"]
    assert abs(segment["start_s"] - 3) <= 1
    assert abs(segment["end_s"] - 7) <= 1
    assert (other["verdict"], other["segments"]) == ("allow", [])
    said = shell.run("check", *files).out.splitlines()
    assert " at 0:0" in said[0]
    assert said[1] == f"{files[1]}: allow (no_match)"
    shell.run("withdraw", line["case"])
    assert shell.run("check", files[0]).code == 0


def test_a_hostile_name_is_a_name(shell, clips, tmp_path):
    """Shell characters, quotes, a line end and Korean in a name run nothing; JSON has the name, a line shows it."""
    folder = tmp_path / "files"
    folder.mkdir()
    path = folder / HOSTILE
    path.write_bytes((clips / "clip.mp4").read_bytes())
    assert enrolled(shell, path)["file"] == str(path)
    done = shell.run("check", "-", stdin=os.fsencode(path) + b"\0")
    assert done.code == 20
    assert done.out == f"{folder}/{SHOWN}: block, {done.out.split('block, ')[1]}"
    assert done.out.count("\n") == 1
    assert [item.name for item in folder.iterdir()] == [HOSTILE]
    assert not Path("injected").exists()


def test_what_only_begins_as_a_clip_has_no_verdict(shell, clips):
    """A broken clip is refused by both commands with the server's own code."""
    for command in ("check", "enrol"):
        done = shell.run(command, clips / "broken.mp4", "--json")
        assert (done.code, done.lines[0]["code"]) == (1, "media-undecodable")


def test_parts_are_excluded(shell, clips):
    """With `--exclude` the rest is found, and what was left out is not."""
    enrolled(shell, clips / "longer.mp4", "--exclude", "0-2.9,7.1-60")
    assert shell.run("check", clips / "clip.mp4").code in {10, 20}
    done = shell.run("enrol", clips / "clip.mp4", "--exclude", "5-1")
    assert (done.code, done.out) == (2, "")
    assert "--exclude" in done.err


def test_of_a_picture_nothing_is_excluded(shell, pictures):
    """Parts of a picture are refused instead of being passed over."""
    done = shell.run("enrol", pictures / "photo.jpg", "--exclude", "0-1", "--json")
    assert (done.code, done.lines[0]["code"]) == (1, "body-invalid")


def test_copies_only_finds_the_very_file(shell, clips):
    """With `--copies-only` a clip is found by its bytes alone, and the line says so."""
    done = shell.run("enrol", clips / "clip.mp4", "--copies-only", "--level", "V1")
    assert (
        "; not found in copies; not found in crops and edits; at V0 until another key verifies it" in done.out
    )
    raise_in_folder(shell.data, re.search(r"case_\w+", done.out)[0])
    assert shell.run("check", clips / "longer.mp4").code == 0
    assert shell.run("check", clips / "clip.mp4").code == 20


def test_a_terminal_shows_a_bar(shell, clips):
    """On a terminal one clip moves a bar; the line on standard output is as without."""
    shell.run("enrol", clips / "other.mp4")
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "registry.cli.main", "check", str(clips / "other.mp4")]
    environment = os.environ | {"TAKEDOWN_DATA": str(shell.data), "TERM": "xterm"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=theirs, env=environment) as process:
        os.close(theirs)
        seen = b"".join(iter(lambda: _read(ours), b""))
        out = process.stdout.read().decode()
    os.close(ours)
    assert "Checking" in seen.decode()
    assert "1/1" in seen.decode()
    assert out.startswith(f"{clips / 'other.mp4'}: review")


def _read(descriptor):
    try:
        return os.read(descriptor, 65536)
    except OSError:  # the other end is closed
        return b""


@pytest.mark.parametrize(
    ("name", "expected"),
    [("a b.mp4", "a b.mp4"), ("한글", "한글"), ("a\n\x1b[2Jb", "a\\n\\x1b[2Jb"), ("\udcff", "\\udcff")],
)
def test_names_are_shown_on_one_line(name, expected):
    """Characters that move a terminal's cursor, and bytes that are not text, are shown escaped."""
    assert shown(name) == expected


def test_who_stops_reading_stops_the_work():
    """Ending the iteration cancels the files in progress, and those not begun."""
    begun, ended = threading.Event(), []

    def work(name, told):
        if name == "first":
            begun.wait()
            return name
        begun.set()
        try:
            while True:
                told(ProgressReply(seen_s=1.0, of_s=2.0))
        except Stopped:
            ended.append(name)
            raise

    results = in_order(["first", "second", *map(str, range(20))], work, label="", quiet=True)
    assert next(results) == "first"
    results.close()
    assert "second" in ended
    assert len(ended) < 20


def test_a_clip_counts_by_parts():
    """A clip moves the bar as far as it was looked at, never beyond its own file, whatever its header says."""
    with Bar(2, label="", quiet=True) as bar:
        told = bar.of_one(0)
        for seen, of, share in ((1.0, 4.0, 0.25), (9.0, 4.0, 0.99), (1.0, None, 0.0), (1.0, 0.0, 0.0)):
            told(ProgressReply(seen_s=seen, of_s=of))
            assert bar.done == pytest.approx(share)
        bar.advance()
        assert bar.done == 1
        bar.of_one(1)(ProgressReply(seen_s=1.0, of_s=2.0))
        assert bar.done == pytest.approx(1.5)
