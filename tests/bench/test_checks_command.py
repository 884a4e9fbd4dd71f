"""The command that measures checks over HTTP, run whole against a server with a few dozen references."""

import pytest

from benchmarks.service.stages import STAGES, UNSEEN
from index.windows.choosing import FULL
from tests.support.bench.commands import documented, last_line, run_bench

REFERENCES = 80
MET = {"confirm: anchored", "evidence", "rectification"}
"""Stages of a check that meets a reference: `checks` itself requires that pictures like registered ones reach them."""

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def figures() -> dict:
    """Return the figures of 0.5 s of each load."""
    size = ["--n", REFERENCES, "--images", 2, "--workers", 1, "--clients", 2]
    return last_line(run_bench("checks", *size, "--seconds", 0.5, "--patience", 0, "--json"))


def test_the_figures_are_those_that_the_help_names(figures):
    """The JSON fields are exactly the documented ones, with the options."""
    assert set(figures) == documented("checks")
    assert (figures["n"], figures["workers"], figures["clients"]) == (REFERENCES, 1, 2)
    assert figures["references"] == REFERENCES
    assert figures["anchored_codes"] == REFERENCES * FULL.reference_windows


def test_checks_by_codes_and_by_image_are_answered(figures):
    """Both have a rate, and the ratios are to the peer's rate and to the server's own limit."""
    assert 0 < figures["images_per_s"] < figures["codes_per_s"]
    assert 0 < figures["codes_cpu_ms"] < figures["images_cpu_ms"]
    assert figures["codes_p50_ms"] <= figures["codes_p99_ms"]
    assert figures["images_p50_ms"] <= figures["images_p99_ms"]
    assert figures["ratio_hma_codes"] == pytest.approx(figures["codes_per_s"] / 319, abs=0.01)
    assert figures["ratio_limit_codes"] == pytest.approx(
        figures["codes_per_s"] / figures["limit_per_s"], abs=0.01
    )


def test_every_stage_of_a_check_is_clocked(figures):
    """Every stage is reported, and those that any picture reaches take time."""
    where = figures["where"]
    assert set(where) == {*STAGES, "http"}
    assert all(where[stage] > 0 for stage in set(STAGES) - MET - UNSEEN)
    assert FULL.reference_windows < figures["windows_asked"] <= FULL.query_windows


def test_the_stages_sum_up_to_a_check(figures):
    """With the share of HTTP they sum up to a check, and that share is smaller than a check."""
    where, whole = figures["where"], figures["images_alone_cpu_ms"]
    assert sum(where.values()) == pytest.approx(whole, abs=0.05)
    assert abs(where["http"]) < whole
