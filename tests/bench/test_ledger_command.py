"""The command that measures the ledger, run whole with a few entries."""

import pytest

from tests.support.bench.commands import documented, last_line, run_bench

pytestmark = pytest.mark.slow


def test_the_figures_are_those_that_the_help_names():
    """A small ledger is filled, verified and proven."""
    figures = last_line(run_bench("ledger", "--entries", 300, "--json"))
    assert set(figures) == documented("ledger")
    assert figures["entries"] == 300
    assert all(value > 0 for name, value in figures.items() if name != "tiles_mb")
