"""The command that measures captures, strips and sheets, run whole with few drawn pictures."""

import pytest

from benchmarks.reuploads.shapes import SHAPES
from tests.support.bench.commands import documented, last_line, run_bench
from tests.support.media.pictures import saved, scene

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def figures(tmp_path_factory) -> dict:
    """Return the figures of one upload of each kind."""
    folder = tmp_path_factory.mktemp("pictures")
    for seed in range(12):
        (folder / f"{seed}.jpg").write_bytes(saved(scene(seed, 480, 320), "JPEG"))
    return last_line(run_bench("shapes", folder, "--per-kind", 1, "--json"))


def test_the_figures_are_those_that_the_help_names(figures):
    """The JSON fields are exactly the documented ones."""
    assert set(figures) == documented("shapes")


def test_each_kind_is_measured(figures):
    """Each kind has an upload and a control, and no control is tight."""
    assert set(figures["kinds"]) == {kind.name for kind in SHAPES}
    for row in figures["kinds"].values():
        assert (row["n"], row["controls"], row["control_tight"]) == (1, 1, 0)
