"""The command that measures the time that faces add to a check, run with the default engine."""

import json

import pytest

from tests.support.bench.commands import run_bench

SIDE = 640
SEARCHED = (500, 2000)
STAGES = {
    "describe",
    "describe_colours",
    "faces",
    "find",
    "align",
    "embed",
    "matching",
    "check_off",
    "check_on",
}


@pytest.mark.slow
def test_every_stage_is_timed_with_a_face_and_without(tmp_path):
    """Only a face is described, and a check with faces takes longer because faces are looked for."""
    path = tmp_path / "figures.json"
    small = ["--sides", SIDE, "--searched", *SEARCHED]
    run_bench("faces_checks", "--rounds", 1, "--templates", 20, *small, "--json", path)
    figures = json.loads(path.read_text())
    assert (figures["rounds"], figures["templates"]) == (1, 20)
    took = {(run["side"], run["shows"], run["stage"]): run["p50_ms"] for run in figures["runs"]}
    assert min(took.values()) > 0
    timed = {shows: {stage for *at, stage in took if at == [SIDE, shows]} for shows in ("face", "nobody")}
    assert timed == {"face": STAGES, "nobody": STAGES - {"embed"}}
    for shows in timed:
        assert took[SIDE, shows, "check_on"] > took[SIDE, shows, "check_off"]
    assert {stage for side, _, stage in took if side is None} == {f"search_{count}" for count in SEARCHED}
