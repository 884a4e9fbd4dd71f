"""The detector: whose faces it finds, where, and what it says of files that are none."""

import itertools
import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from index.errors import ModelDamaged
from index.faces.engine.contract import MAX_FACES
from index.faces.yunet import YuNet
from tests.support.faces import made_models as made
from tests.support.paths import DEMO_PICTURES, EVAL

MODELS = Path(os.environ.get("TAKEDOWN_TEST_MODELS", EVAL / "models"))
PICTURES = DEMO_PICTURES
SURE = 0.6


@pytest.fixture(scope="module")
def finder():
    """A detector for made-up faces."""
    return YuNet(made.detector(), sure=SURE)


@pytest.fixture(scope="module")
def real():
    """The published detector."""
    path = MODELS / "face_detection_yunet_2023mar.onnx"
    if not path.is_file():
        pytest.skip("the published YuNet is not on this machine (shared/eval/models)")
    return YuNet(path.read_bytes(), sure=SURE)


@pytest.fixture(scope="module")
def astronaut():
    """A photograph of one person, in the public domain."""
    return np.ascontiguousarray(cv2.imread(str(PICTURES / "astronaut.jpg"))[:, :, ::-1])


def test_a_face_is_found_where_it_is(finder):
    """Box and points are pixels of the picture, in the contract's order."""
    picture = made.grey()
    made.face_at(picture, 64, 96)
    (face,) = finder.detect(picture)
    assert (face.left, face.top, face.right, face.bottom) == (64, 96, 96, 128)
    assert face.side == made.CELL
    assert face.points == pytest.approx(made.POINTS * made.CELL + (64, 96), abs=0.01)
    assert face.score == pytest.approx(1)
    assert face.quarter_turns == 0


def test_colours_reach_the_network_blue_first(finder):
    """YuNet was trained on OpenCV's order of colours, the picture is red first."""
    seen = []

    class Recording:
        def setInputSize(self, _size):  # noqa: N802
            pass

        def detect(self, picture):
            seen.append(picture[0, 0].tolist())
            return 1, None

    own = YuNet(made.detector(), sure=SURE)
    own._network = Recording()
    assert own.detect(np.full((640, 640, 3), (1, 2, 3), np.uint8)) == ()
    assert seen[0] == [3, 2, 1]


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_turned_face_is_found_upright(finder, turns):
    """The turn is told, and the points are those of the picture as it is."""
    upright = made.grey()
    made.face_at(upright, 64, 128, 64)
    (face,) = finder.detect(np.ascontiguousarray(np.rot90(upright, turns)))
    assert face.quarter_turns == turns
    points = made.POINTS * 64 + (64, 128)
    for _ in range(turns):  # anticlockwise, by pixels' centres
        points = np.stack((points[:, 1], 639 - points[:, 0]), axis=1)
    assert face.points == pytest.approx(points, abs=1.5)


def test_small_pictures_are_enlarged(finder):
    """A picture of 60 pixels is looked at three times as large."""
    picture = made.grey(64, 64)
    # 32 pixels of the enlarged picture, on its grid.
    large = made.grey(192, 192)
    made.face_at(large, 64, 96)
    picture = np.asarray(cv2.resize(large, (64, 64), interpolation=cv2.INTER_NEAREST))
    (face,) = finder.detect(picture)
    assert face.side == pytest.approx(made.CELL / 3, abs=0.1)
    assert face.left == pytest.approx(64 / 3, abs=0.1)


def test_a_crowd_is_told_to_be_one(finder):
    """Of more faces than are described one more is kept, so that the picture is not called seen as a whole."""
    picture = made.grey()
    for row, column in itertools.product(range(0, 640, 64), range(0, 640, 64)):
        made.face_at(picture, column, row)
    assert len(finder.detect(picture)) == MAX_FACES + 1


@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 500), (20, 20), (30, 5000), (640, 640)])
def test_a_picture_without_faces_gives_none(finder, height, width):
    """Neither a size nor a flat picture is an error."""
    assert finder.detect(made.grey(height, width)) == ()


@pytest.mark.parametrize(
    "model",
    [b"", b"no network" * 20, made.detector()[:4000], made.embedder()],
    ids=["empty", "text", "cut", "another"],
)
def test_what_is_no_detector_is_refused(model, capfd):
    """A file that OpenCV cannot run, or that gives other outputs, is named damaged."""
    with pytest.raises(ModelDamaged):
        YuNet(model, sure=SURE)


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_the_published_detector_finds_the_astronaut(real, astronaut, turns):
    """One face, in any quarter turn, with the eyes above the mouth as the face is held."""
    (face,) = real.detect(np.ascontiguousarray(np.rot90(astronaut, turns)))
    assert face.quarter_turns == turns
    right, left, nose, *mouth = face.points
    height = astronaut.shape[0] - 1
    for _ in range(turns):  # clockwise, back to upright
        right, left, nose, *mouth = (np.array((height - y, x)) for x, y in (right, left, nose, *mouth))
    assert right[0] < left[0]
    assert right[1] < nose[1] < min(mouth[0][1], mouth[1][1])


def test_the_published_detector_finds_faces_of_most_sizes(real, astronaut):
    """A face of 11 pixels, and one of 680."""
    small = np.asarray(cv2.resize(astronaut, (64, 64), interpolation=cv2.INTER_AREA))
    assert [face.side < 20 for face in real.detect(small)] == [True]
    close = np.asarray(cv2.resize(astronaut[60:230, 150:320], (1280, 1280)))
    (face,) = real.detect(close)
    assert face.side > 600
