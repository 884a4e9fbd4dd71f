"""The command that measures a neighbour under attack, run whole with a few checks."""

import pytest

from tests.support.bench.commands import documented, last_line, run_bench

ATTACKS = ["pictures", "bodies"]

pytestmark = pytest.mark.slow


def test_a_neighbour_is_answered_under_attack():
    """The figures are those that the help names, and every check of the neighbour was answered."""
    options = ["--workers", 1, "--asks", 3, "--seconds", 10, "--json", "--attacks", *ATTACKS]
    figures = last_line(run_bench("starvation", *options))
    named = documented("starvation")
    general = {name for name in named if "NAME" not in name}
    of_attacks = {name.replace("NAME", attack) for name in named - general for attack in ATTACKS}
    assert set(figures) == general | of_attacks
    assert [figures[f"{attack}_refused"] for attack in ATTACKS] == [0, 0]
    assert (figures["asks"], figures["workers"]) == (3, 1)
