"""The test vectors for second implementations are what this implementation computes."""

import json

import numpy as np
import pytest

from benchmarks.common.vectors import (
    VERSIONS,
    WITH_AREA_PLANE,
    area_plane,
    drawn_planes,
    read_pgm,
    vector_of,
)
from index.regions import RegionalSignature
from index.windows.windows import Windows
from tests.support.paths import ROOT

FOLDER = ROOT / "tests" / "vectors"
NAMES = ("wide", "tall", "small", "dim")
REGENERATE = "the fingerprint changed: raise its version, then run scripts/make_vectors"

# Another processor or BLAS library rounds differently: the tolerances of `tests/vectors/README.md` for one program.
MAX_CODE_BITS = 2
MAX_SIGNATURE_BITS = 8
MAX_PLACE = 0.01


def _held(name):
    return json.loads((FOLDER / f"{name}.json").read_text())


def _bits(one, other):
    one, other = bytes.fromhex(one), bytes.fromhex(other)
    assert len(one) == len(other), REGENERATE
    return (int.from_bytes(one) ^ int.from_bytes(other)).bit_count()


def _same_windows(made, held):
    assert len(made) == len(held), REGENERATE
    for one, other in zip(made, held, strict=True):
        assert one["flipped"] is other["flipped"], REGENERATE
        for measure in ("x", "y", "half_side", "direction"):
            assert abs(one[measure] - other[measure]) <= MAX_PLACE, REGENERATE
        assert _bits(one["code"], other["code"]) <= MAX_CODE_BITS, REGENERATE
        assert ("doubtful" in one) is ("doubtful" in other)


@pytest.mark.parametrize("name", NAMES)
def test_a_vector_is_what_is_computed(name):
    """Whole codes are equal, and windows and signature are within the rounding of another machine."""
    held, made = _held(name), vector_of(read_pgm(FOLDER / f"{name}.pgm"))
    assert held["versions"] == VERSIONS, REGENERATE
    for part in ("luma", "whole", "area_plane"):
        assert made[part] == held[part], REGENERATE
    for codes in ("pdq_variants", "dhash128_variants"):
        assert made["upload"][codes] == held["upload"][codes], REGENERATE
    for side in ("reference", "upload"):
        _same_windows(made[side]["windows"], held[side]["windows"])
    assert _bits(made["regions"]["packed"], held["regions"]["packed"]) <= MAX_SIGNATURE_BITS, REGENERATE


@pytest.mark.parametrize("name", WITH_AREA_PLANE)
def test_area_planes_are_what_is_computed(name):
    """A reduced and an enlarged area plane, by which another implementation can test its resizing."""
    luma = read_pgm(FOLDER / f"{name}.pgm")
    assert np.array_equal(area_plane(luma), read_pgm(FOLDER / f"{name}.area.pgm")), REGENERATE


@pytest.mark.parametrize("name", NAMES)
def test_packed_forms_are_read(name):
    """The packed forms in a vector are those that a registry stores and reads."""
    held = _held(name)
    windows = Windows.unpack(bytes.fromhex(held["reference"]["packed"]))
    assert [code.tobytes().hex() for code in windows.codes] == [
        one["code"] for one in held["reference"]["windows"]
    ]
    signature = RegionalSignature.unpack(bytes.fromhex(held["regions"]["packed"]))
    (face,) = signature.faces
    assert face.box.edges == pytest.approx(held["regions"]["faces"][0], abs=0.2)


def test_there_are_enough_windows_to_compare():
    """Every picture of the drawing script has a vector, with windows of an upload and of a reference."""
    assert tuple(drawn_planes()) == NAMES
    for name in NAMES:
        held = _held(name)
        assert len(held["reference"]["windows"]) >= 20
        assert len(held["upload"]["windows"]) >= 100
