"""The commands that measure search, enrolment and freshness, run whole on a few made-up codes."""

import json

import pytest

from tests.support.bench.commands import documented, last_line, run_bench


def test_bulk_enrols_all_and_begins_again():
    """A few codes are enrolled, read back, and indexed without files and with them."""
    figures = last_line(run_bench("bulk", "--codes", 500, "--json"))
    assert set(figures) == documented("bulk")
    assert figures["codes"] == 500
    assert figures["ratio_hma"] == pytest.approx(figures["enrol_per_s"] / 99, abs=0.1)
    assert min(figures.values()) > 0


def test_freshness_sees_every_change_and_no_stale_match():
    """Two workers see a registration and a withdrawal, and the withdrawn code is erased."""
    size = ["--codes", 500, "--workers", 2, "--rounds", 1]
    figures = last_line(run_bench("freshness", *size, "--json"))
    assert set(figures) == documented("freshness")
    assert (figures["codes"], figures["workers"], figures["stale_matches"]) == (500, 2, 0)
    for change in ("add", "withdraw"):
        assert 0 < figures[f"{change}_p50_ms"] <= figures[f"{change}_p99_ms"]
    assert figures["erased_s"] > 0
    assert figures["checks_per_s"] > 0


def test_hamming_finds_all_that_a_scan_finds_and_the_share_that_is_stated():
    """Exact engines agree, and the banded plan finds the share of codes at a distance that its formula gives."""
    engines = ["flat", "ours", "multihash"]
    size = ["--n", 1000, "--data", "uniform", "--queries", 60, "--banded", 40_000]
    figures = last_line(run_bench("hamming", *size, "--engines", *engines, "--json"))
    assert set(figures) == documented("hamming")
    assert {run["engine"]: run["recall"] for run in figures["runs"]} == dict.fromkeys(engines, 1)
    (ours,) = (run for run in figures["runs"] if run["engine"] == "ours")
    assert min(ours[name] for name in ("p50_us", "build_s", "bytes_per_code", "open_ms")) > 0
    (banded,) = figures["banded"]
    assert 0 < banded["touched_share"] < 0.1
    assert banded["shares"][-1]["met"] < 1
    for share in banded["shares"]:
        assert share["met"] == pytest.approx(share["stated"], abs=0.03)  # of 3,000


def test_vectors_are_found_as_a_scan_finds_them(tmp_path):
    """Ours is exact, and its changes are timed; the approximate peer has a high recall."""
    path = tmp_path / "vectors.json"
    run_bench("vectors", "--n", 2000, "--dim", 128, "--queries", 20, "--json", path)
    figures = json.loads(path.read_text())
    assert set(figures) == documented("vectors")
    runs = {run["engine"]: run for run in figures["runs"]}
    assert (runs["flatip"]["recall"], runs["ours"]["recall"]) == (1, 1)
    assert 0.9 < runs["pqscan"]["recall"] <= 1
    assert min(runs["ours"][name] for name in ("p50_ms", "bytes_per_face", "add_ms", "erase_ms")) > 0
