"""The figures about faces: their names, their threshold, their chart."""

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks.faces.album import Album, vectors_of
from benchmarks.faces.calibration import (
    EVERYBODY,
    MAX_IN_A_GROUP,
    OTHERS,
    TooFewFaces,
    calibration_of,
    chosen_threshold,
    populations,
)
from benchmarks.faces.chart import write_det
from benchmarks.faces.dressing import DRESSINGS
from benchmarks.faces.figures import json_of
from benchmarks.faces.folder import pixels, read_people
from benchmarks.faces.measure import WISHED_FAR, Wanted, figures_of
from benchmarks.faces.report import print_figures, write_markdown
from index.faces.dlib.manifest import DEFAULT_MANIFEST
from index.faces.engine.manifest import Calibration
from tests.support.bench.made_up_faces import DIMENSION, MadeUpEngine, write_people

NAMES = (
    *("engine", "detection", "tar_1e4_k1", "tar_1e4_k3", "far_east_asian", "far_others", "threshold"),
    *("speedup_native", "max_difference_native", "stages"),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Return a folder of 40 people with 4 pictures each, 10 of them in a group, and one black picture."""
    folder = tmp_path_factory.mktemp("made_up")
    write_people(folder / "faces", {f"person_{number:02}": 4 for number in range(40)})
    (folder / "group.txt").write_text("".join(f"person_{number:02}\n" for number in range(10)))
    black = folder / "faces" / "person_39" / "0003.png"
    Image.new("RGB", (64, 64)).save(black)
    return folder


@pytest.fixture(scope="module")
def people(folder):
    return read_people(folder / "faces", folder / "group.txt")


def figures(people, tmp_path, calibration=None, *, robust=8):
    engine = MadeUpEngine(calibration=calibration)
    wanted = Wanted(
        group="members", robust=robust, has_cost=True, has_native=False, seed=1, models=tmp_path / "models"
    )
    return figures_of(people, Album(engine=engine, folder=tmp_path / "cache"), wanted)


def test_figures_have_the_names_that_are_promised(people, tmp_path):
    """Every documented name is present in order, with its interval, and the JSON has no NaN."""
    named = json_of(figures(people, tmp_path), "members")
    assert set(NAMES) <= set(named)
    json.dumps(named, allow_nan=False)
    assert named["engine"] == "made-up-1"
    assert named["detection"] == pytest.approx(159 / 160)
    for name in ("far_east_asian", "far_others", "tar_1e3_k1"):
        assert named[f"{name}_low"] <= named[name] <= named[f"{name}_high"]
    assert set(named["stages"]) == {"640", "1280"}
    assert set(named["robustness"]) == {"plain", *DRESSINGS}


def test_what_cannot_be_told_is_null(people, tmp_path):
    """Four pictures give no template of five with a probe, and 25,000 trials give no rate of 1e-6."""
    named = json_of(figures(people, tmp_path), "members")
    assert named["tar_1e4_k5"] is None
    assert named["tar_1e4_k5_low"] is None
    assert named["tar_1e6_k1"] is None
    assert named["tar_1e3_k1"] is not None
    assert named["speedup_native"] is None


def test_the_manifests_threshold_is_the_one_that_is_measured(people, tmp_path):
    """FAR is reported at the manifest's threshold, whichever threshold the folder would give."""
    shipped = Calibration(
        cosine=0.2, far=0.0, far_low=0.0, far_high=0.0, far_by_group=(), tar=1.0, evidence="made up"
    )
    found = figures(people, tmp_path, shipped)
    assert (found.threshold, found.is_calibrated) == (0.2, True)
    named = json_of(found, "members")
    assert named["far_others"] > 0.01  # patterns are less alike than .2 only for the most part
    assert named["is_calibrated"] is True


def test_other_thresholds_are_told(people, tmp_path):
    """They reach from the threshold at a rate of 1e-4 to the manifest's; a higher threshold accepts fewer faces."""
    shipped = Calibration(
        cosine=0.995, far=0.0, far_low=0.0, far_high=0.0, far_by_group=(), tar=1.0, evidence="made up"
    )
    steps = figures(people, tmp_path, shipped).steps
    assert len(steps) == 6
    assert steps[-1].cosine == pytest.approx(0.995)
    for group in (EVERYBODY, "members", OTHERS):
        rates = [step.far[group].value for step in steps]
        assert rates == sorted(rates, reverse=True)
    shares = [step.tar[1].value for step in steps]
    assert shares == sorted(shares, reverse=True)
    assert steps[0].tar[5] is None


def test_a_missed_face_counts_as_a_miss(people, tmp_path):
    """Shares of altered pictures are relative to all uploaded pictures."""
    found = figures(people, tmp_path).dressed
    assert found["plain"].tar[1] > 0.9
    assert found["mirrored"].tar[1] < found["plain"].tar[1]
    for one in found.values():
        assert all(share <= one.fit_face + 1e-9 for share in one.tar.values())


def test_the_threshold_keeps_groups_apart_from_the_average(people, tmp_path):
    """With a group whose members look alike, the threshold rises until it separates them too."""
    rng = np.random.default_rng(3)
    common = rng.normal(size=DIMENSION)
    directions = rng.normal(size=(len(people.names), DIMENSION))
    alike = np.where(np.array(people.in_group)[:, None], directions + 1.2 * common, directions)
    vectors = alike[people.identities] + 0.2 * rng.normal(size=(len(people.portraits), DIMENSION))
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    found = populations(people, vectors, (1, 3), group="members", seed=1)
    threshold = chosen_threshold(found, 5e-3)
    alone = populations(people, vectors, (1, 3), group="members", seed=1).of[EVERYBODY, 1].thresholds(5e-3)[0]
    assert threshold > alone
    measured = populations(people, vectors, (1, 3), group="members", seed=1, threshold=threshold)
    for group in ("members", OTHERS):
        assert measured.far(group, threshold).value <= 1e-3
    calibration = calibration_of(measured, threshold, "made up")
    assert [row[0] for row in calibration.far_by_group] == ["members", OTHERS]
    assert calibration.far_low <= calibration.far <= calibration.far_high


def test_the_shipped_threshold_keeps_the_rule():
    """The default engine's rates are at most the wanted rates, over everybody and in each group."""
    calibration = DEFAULT_MANIFEST.calibration
    assert calibration is not None
    assert calibration.far_low <= calibration.far <= calibration.far_high <= WISHED_FAR
    assert {group for group, *_ in calibration.far_by_group} == {"East-Asian names", OTHERS}
    for _, rate, low, high in calibration.far_by_group:
        assert low <= rate <= high
        assert rate <= MAX_IN_A_GROUP
    assert "scripts/calibrate_faces" in calibration.evidence


def test_too_few_faces_calibrate_nothing(people, tmp_path):
    """A wanted rate that the folder cannot measure is refused."""
    looks = Album(engine=MadeUpEngine(), folder=tmp_path / "cache").looks(people.portraits)
    found = populations(people, vectors_of(looks, DIMENSION), (1,), group="members", seed=1)
    with pytest.raises(TooFewFaces):
        chosen_threshold(found, 1e-7)


def test_the_chart_is_well_formed(tmp_path):
    """It is XML with a line for each name; names are escaped, and everything lies inside the picture."""
    path = tmp_path / "det.svg"
    write_det(path, "a < b & c", {"1 & 2": [(1e-6, 0.9), (1e-4, 0.2), (1e-2, 0.0)], "3": [(1e-3, 0.5)]})
    root = ET.fromstring(path.read_text(encoding="utf-8"))
    lines = root.findall("{http://www.w3.org/2000/svg}polyline")
    assert len(lines) == 2
    _, _, width, height = map(float, root.get("viewBox").split())
    for point in lines[0].get("points").split():
        x, y = map(float, point.split(","))
        assert 0 <= x <= width
        assert 0 <= y <= height


def test_the_document_names_no_folder_of_this_machine(people, tmp_path, capsys):
    """The document and the terminal show the same lines, without a person's name or a path."""
    found = figures(people, tmp_path)
    path = tmp_path / "faces.md"
    write_markdown(path, found, "scripts/bench/faces FOLDER", "img/det.svg")
    print_figures(found)
    text = path.read_text(encoding="utf-8")
    for shown in (text, capsys.readouterr().out):
        assert "not measurable" in shown
        assert "TAR at FAR 1e-4, mean of 3" in shown
        assert "person_" not in shown
        assert str(tmp_path) not in shown
    assert "![DET plot](img/det.svg)" in text


@pytest.mark.parametrize("name", list(DRESSINGS))
def test_dressings_alter_pictures(people, name):
    """Each returns another picture, uint8 of three colours."""
    picture = pixels(people.portraits[0].path.read_bytes())
    dressed = DRESSINGS[name](picture, MadeUpEngine())
    assert dressed.dtype == np.uint8
    assert dressed.ndim == 3
    assert dressed.shape[2] == 3
    assert dressed.shape != picture.shape or not np.array_equal(dressed, picture)


def test_a_face_that_is_not_found_cannot_be_covered():
    """The picture stays unpainted, and None is returned."""
    black = np.zeros((64, 64, 3), np.uint8)
    assert DRESSINGS["masked"](black, MadeUpEngine()) is None
    assert DRESSINGS["sunglasses"](black, MadeUpEngine()) is None
