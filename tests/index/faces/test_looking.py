"""Looking with engines that lie or fail: no face is dropped in silence, and no vector goes on that is none."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.faces.describing import describe_faces
from index.faces.dlib.manifest import DEFAULT_MANIFEST
from index.faces.engine.contract import MAX_FACES, Detection, FaceRefusal, is_unit

UNIT = np.eye(1, 128, dtype=np.float32)[0]
PICTURE = np.zeros((400, 600, 3), np.uint8)


class MadeUpEngine:
    """Finds what it is told to, on chips of noise, and describes each face by the vector it is told."""

    manifest = DEFAULT_MANIFEST

    def __init__(self, faces, vector=UNIT, *, noise=90):
        self.faces, self.vector, self.noise = tuple(faces), vector, noise
        self.described = 0

    def detect(self, _picture):
        """Finds them."""
        return self.faces

    def chips(self, _picture, detections):
        """Draws their chips."""
        random = np.random.default_rng(4)
        return random.integers(0, self.noise + 1, (len(detections), 150, 150, 3)).astype(np.uint8)

    def embed(self, chips):
        """Describes them."""
        self.described += len(chips)
        return np.tile(self.vector, (len(chips), 1)).astype(np.float32)


def detection(side=100.0, score=1.0, left=50.0):
    points = np.zeros((5, 2), np.float32)
    return Detection(left=left, top=40.0, right=left + side, bottom=40.0 + side, points=points, score=score)


@pytest.mark.parametrize(
    "vector",
    [np.full(128, np.nan), np.full(128, np.inf), np.zeros(128), UNIT * 1.01, np.where(UNIT, np.nan, 0)],
    ids=["nan", "inf", "zero", "long", "one nan"],
)
def test_a_vector_that_is_none_is_told(vector):
    """A vector that is not finite and of unit length is no vector: the face stays, with its reason."""
    (face,) = describe_faces(PICTURE, MadeUpEngine([detection()], vector)).faces
    assert face.vector is None
    assert face.refusals == (FaceRefusal.NOT_DESCRIBED,)


def test_a_face_that_fails_gates_names_them_all():
    """Small, unsure and flat: all three gates are named, and the embedder is not asked."""
    engine = MadeUpEngine([detection(side=5, score=0.01)], noise=0)
    (face,) = describe_faces(PICTURE, engine).faces
    assert face.refusals == (FaceRefusal.TOO_SMALL, FaceRefusal.TOO_BLURRED, FaceRefusal.UNSURE)
    assert face.vector is None
    assert engine.described == 0


@pytest.mark.parametrize(("side", "score"), [(np.nan, 1.0), (100.0, np.nan)])
def test_a_measure_that_is_no_number_fails_its_gate(side, score):
    """NaN passes no gate."""
    (face,) = describe_faces(PICTURE, MadeUpEngine([detection(side=side, score=score)])).faces
    assert face.vector is None


def test_vectors_stay_with_their_faces():
    """Where only some faces pass, each of these has its vector and the others have none, in the same order."""
    faces = [detection(side=side) for side in (90.0, 10.0, 80.0, 12.0, 70.0)]
    seen = describe_faces(PICTURE, MadeUpEngine(faces))
    assert [face.side_px for face in seen.faces] == [90, 10, 80, 12, 70]
    assert [face.vector is not None for face in seen.faces] == [True, False, True, False, True]


def test_what_lies_beyond_the_most_is_told():
    """One face more than are described makes the answer not whole."""
    assert describe_faces(PICTURE, MadeUpEngine([detection()] * MAX_FACES)).is_whole
    seen = describe_faces(PICTURE, MadeUpEngine([detection()] * (MAX_FACES + 1)))
    assert (len(seen.faces), seen.is_whole) == (MAX_FACES, False)


@given(left=st.floats(-1e6, 1e6), side=st.floats(0, 1e6))
def test_boxes_lie_in_the_picture(left, side):
    """Whatever a detector says, the box is a part of the picture and not empty."""
    (face,) = describe_faces(PICTURE, MadeUpEngine([detection(left=left, side=side)])).faces
    assert 0 <= face.box.left < face.box.right <= 1
    assert 0 <= face.box.top < face.box.bottom <= 1


def test_unit_vectors_are_told_from_others():
    """Unit length within a thousandth, and nothing else."""
    assert is_unit(UNIT)
    assert is_unit(np.full(512, 512**-0.5, np.float32))
    assert not is_unit(UNIT * 0.998)
    assert not is_unit(np.full(4, 1e30, np.float32))
