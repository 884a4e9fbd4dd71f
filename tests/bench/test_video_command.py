"""The command that measures clips."""

import os
import subprocess
import sys

import pytest

from benchmarks.clips.cost import Cost
from tests.support.bench.commands import ROOT, documented, last_line, run_bench, write_drawn

COST = Cost(stages={}, start=0.0, decode=0.0, decode_all=0.0, rss=(0.0, 0.0), stored=0, asked=0)

KINDS = ("reencode_crf35", "trim_start")

RUN = """
import runpy, sys
sys.argv = ["video", "--help"]
try:
    runpy.run_path({path!r}, run_name="__main__")
except SystemExit:
    names = list(sys.modules)
    print("first:", "index" if names.index("index") < names.index("numpy") else "numpy")
"""


def test_products_run_on_one_thread_as_in_the_product():
    """`index` is imported before NumPy; later, its setting of one thread would have no effect."""
    folder = ROOT / "scripts" / "bench"
    program = RUN.format(path=str(folder / "video"))
    out = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        timeout=60,
        env={**os.environ, "PYTHONPATH": str(folder)},
    )
    assert "first: index" in out.stdout


@pytest.mark.slow
def test_a_drawn_clip_is_found_and_a_stranger_is_not(tmp_path):
    """The whole command on one clip: its re-uploads are found by ours and by other methods, with their segments."""
    write_drawn(tmp_path / "photos", [f"{number}.jpg" for number in range(140)])
    write_drawn(tmp_path / "faces", [f"person_{number}/0.jpg" for number in range(24)])
    samples = tmp_path / "videos"
    samples.mkdir()
    (samples / "never-looked-at.mp4").touch()
    size = ["--clips", 1, "--per-kind", 1, "--others", 1, "--only", *KINDS, "--no-cost"]
    figures = last_line(run_bench("video", samples, *size, "--json", "-"))
    assert set(figures) | set(COST.as_json()) == documented("video")
    assert {name: kind["ours"] for name, kind in figures["kinds"].items()} == dict.fromkeys(KINDS, 1)
    assert figures["kinds"]["reencode_crf35"] == {"n": 1, "ours": 1, "videohash": 1, "vpdq": 1, "md5": 0}
    assert (figures["strangers"], figures["strangers_held"], figures["faults"]) == (2, 0, 0)
    assert (figures["segments"], figures["segments_within_1s"]) == (2, 1)
    assert (figures["pairs"], figures["false_pairs"]) == (1, 0)
