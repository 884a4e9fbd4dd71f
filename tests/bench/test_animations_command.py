"""The command that measures animations, run whole with small files."""

import pytest

from benchmarks.animations.drawing import KINDS
from tests.support.bench.commands import documented, last_line, run_bench

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def figures() -> dict:
    """Return the figures of files of three pictures."""
    return last_line(run_bench("animations", "--frames", 3, "--size", 320, 240, "--json"))


def test_the_figures_are_those_that_the_help_names(figures):
    """The JSON fields are exactly the documented ones."""
    assert set(figures) == documented("animations")
    assert figures["size"] == [320, 240]


def test_each_kind_is_measured(figures):
    """Each format has its costs, and the registered picture is found at every place."""
    assert [run["kind"] for run in figures["runs"]] == list(KINDS)
    for run in figures["runs"]:
        assert min(run["decode_ms"], run["worker_ms"], run["parent_ms"], run["over_decoding"]) > 0
        assert (run["looked_at"], run["in_full"], run["is_whole"], run["found"]) == (3, 3, True, 1.0)
    assert figures["slowest_s"] > 0
