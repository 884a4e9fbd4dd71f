"""The command that records the answers to many uploads, and compares two records."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.common.answer import Told
from benchmarks.verdicts.records import Record, write
from tests.support.bench.commands import FOLDER, run_bench, write_drawn

KINDS = ("recompression_jpeg60", "crop_centre70")


def compare(*files: Path) -> subprocess.CompletedProcess[str]:
    """Compare two files; return how the command ended."""
    command = [sys.executable, str(FOLDER / "verdicts"), "compare", *map(str, files)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def record(source: str, verdict: str = "allow") -> Record:
    """Return a record of an upload of one picture."""
    return Record(media="picture", kind="mirror", source=source, number=0, told=Told(verdict=verdict))


@pytest.mark.slow
def test_a_served_registry_answers_as_one_in_process(tmp_path):
    """The same uploads are asked of both, and every line has all that a platform is told."""
    write_drawn(tmp_path / "drawn", [f"{number}.jpg" for number in range(6)])
    one, other = tmp_path / "one", tmp_path / "other"
    options = [tmp_path / "drawn", "--kinds", *KINDS, "--per-kind", 1]
    run_bench("verdicts", "record", one, *options, "--told")
    run_bench("verdicts", "record", other, *options, "--served")
    lines = [json.loads(line) for line in one.read_text(encoding="utf-8").splitlines()]
    assert [line["kind"] for line in lines] == list(KINDS)
    assert {line["verdict"] for line in lines} <= {"review", "block"}
    assert all(line["reasons"] and line["kinds"] and line["boxes"] for line in lines)
    assert one.read_text(encoding="utf-8") == other.read_text(encoding="utf-8")


def test_equal_records_are_equal_in_any_order(tmp_path):
    """An upload is compared with itself, wherever its line stands."""
    one, other = tmp_path / "one", tmp_path / "other"
    write(one, [record("a"), record("b")])
    write(other, [record("b"), record("a")])
    out = compare(one, other)
    assert (out.returncode, out.stdout) == (0, "compared 2, differing lines 0\n")


def test_the_lines_that_differ_are_printed(tmp_path):
    """Another answer has a line from each file; an upload that one file lacks has one line."""
    one, other = tmp_path / "one", tmp_path / "other"
    write(one, [record("a"), record("b")])
    write(other, [record("a", "review"), record("b"), record("c")])
    out = compare(one, other)
    lines = [
        f"- {record('a').as_line()}",
        f"+ {record('a', 'review').as_line()}",
        f"+ {record('c').as_line()}",
    ]
    assert out.returncode == 1
    assert out.stdout == "".join(lines) + "compared 2, differing lines 3\n"


@pytest.mark.parametrize("content", ["no JSON\n", "[]\n", '{"media":"picture"}\n'])
def test_a_file_that_is_no_record_is_wrong_usage(tmp_path, content):
    """Nothing is compared, and the file is named."""
    one, other = tmp_path / "one", tmp_path / "other"
    write(one, [record("a")])
    other.write_text(content, encoding="utf-8")
    out = compare(one, other)
    assert (out.returncode, out.stdout) == (2, "")
    assert str(other) in out.stderr
