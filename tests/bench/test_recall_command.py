"""The command that measures recall, run whole on a few drawn pictures."""

import json

import pytest

from benchmarks.recall.stages import STAGES
from benchmarks.reuploads.negatives import NEGATIVES
from index.verdict.thresholds import MIN_NATS
from tests.support.bench.commands import documented, last_line, run_bench, write_drawn

PLAIN, CUT = "recompression_jpeg60", "crop_centre70"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> tuple[dict, dict[str, dict]]:
    """Return the figures, and the details of the upload of each kind, for 12 scenes and 3 people's pictures."""
    folder = tmp_path_factory.mktemp("recall")
    names = [f"{number}.jpg" for number in range(12)]
    names += [f"person_{person}/{number}.jpg" for person in range(3) for number in range(2)]
    write_drawn(folder / "drawn", names)
    options = ["--kinds", PLAIN, CUT, "--per-kind", 1, "--negatives", 1, "--details", folder / "details"]
    options += ["--scales", "1e3"]
    printed = run_bench("recall", folder / "drawn", *options, "--json")
    lines = [json.loads(line) for line in (folder / "details").read_text().splitlines()]
    return last_line(printed), {line["kind"]: line for line in lines}


def test_the_figures_are_those_that_the_help_names(run):
    """The JSON fields are exactly the documented ones, and every requested kind is present."""
    figures, details = run
    assert set(figures) == documented("recall")
    assert set(figures["kinds"]) == set(details) == {PLAIN, CUT}


def test_a_plain_recompression_is_found_by_all(run):
    """PDQ alone and both profiles find it, and it is tight."""
    figures, _ = run
    assert figures["kinds"][PLAIN] == {"n": 1, "pdq": 1, "found": 1, "found_lean": 1, "tight": 1}
    assert min(figures["imagehash"].values()) >= 0.5


def test_recall_among_more_references_is_emulated(run):
    """The share found is that of the means, since a thousand references lose nothing."""
    assert run[0]["found_at"] == {"1000": 1}


def test_a_crop_is_found_by_its_windows(run):
    """PDQ alone misses it, so the means differ."""
    figures, _ = run
    assert figures["kinds"][CUT]["pdq"] == 0
    assert figures["kinds"][CUT]["found"] == 1
    assert (figures["mean_pdq"], figures["mean_found"]) == (0.5, 1)


def test_every_comparison_of_windows_is_reported(run):
    """Without it strangers' evidence would be missing, from which the false matches are extrapolated."""
    _, details = run
    for detail in details.values():
        assert detail["triggered"] >= 1
        assert detail["own_nats"] >= MIN_NATS


def test_every_stage_is_timed(run):
    """A stage that the product no longer marks would show no time."""
    ms = run[0]["ms"]
    assert set(ms) == {*STAGES, "total"}
    assert all(ms[stage] > 0 for stage in STAGES)
    assert ms["total"] == pytest.approx(sum(ms[stage] for stage in STAGES), abs=0.01)


def test_strangers_are_counted_and_none_is_mistaken(run):
    """Pictures drawn apart have nothing in common."""
    figures, _ = run
    assert figures["pairs"] >= 2
    assert (figures["false_tight_seen"], figures["false_review_1m"]) == (0, 0)


def test_each_sort_of_hard_negative_has_its_pair(run):
    """Most can be registered, and none matches its reference tightly."""
    negatives = run[0]["negatives"]
    assert set(negatives) == {negative.name for negative in NEGATIVES}
    assert {(one["n"], one["tight"], one["tight_alone"]) for one in negatives.values()} == {(1, 0, 0)}
    assert sum(one["refused"] for one in negatives.values()) <= 3
