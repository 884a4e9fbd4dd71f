"""scripts/bench/recall --registered-by device: the same uploads asked of both registries, as figures."""

from benchmarks.recall.devices import Pair, print_devices


def test_figures_are_means_over_kinds(capsys):
    """Each kind counts equally, and the interval contains the difference."""
    pairs = [
        *(Pair(kind="crop", found=(True, True), tight=(False, True), strangers=(1, 0)) for _ in range(3)),
        Pair(kind="tilt", found=(False, True), tight=(False, False), strangers=(0, 2)),
    ]
    figures = print_devices(pairs)
    assert figures["found"] == [0.5, 1.0]
    assert figures["tight"] == [0.0, 0.5]
    assert figures["strangers"] == [3, 2]
    assert figures["kinds"]["crop"] == {"n": 3, "found": (1.0, 1.0), "tight": (0.0, 1.0)}
    low, high = figures["difference"]
    assert low <= -0.5 <= high
    assert "-0.5000" in capsys.readouterr().out
