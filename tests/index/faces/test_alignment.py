"""Alignment: the similarity is exact, never mirrors, and cuts chips that dlib's own cutting agrees with."""

import cv2
import dlib
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.faces.dlib.engine import DlibEngine
from index.faces.engine.alignment import TEMPLATES, aligned, similarity
from index.faces.engine.manifest import Alignment
from tests.support.faces.pictures import astronaut, lfw, pixels, resized

POINTS = TEMPLATES[Alignment.DLIB_150].points


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    """The network's own vectors, as dlib has them: centring turns small differences up."""
    return DlibEngine.open(tmp_path_factory.mktemp("engine"), centred=False)


@given(
    turn=st.floats(-np.pi, np.pi),
    scale=st.floats(0.01, 100),
    shift=st.tuples(st.floats(-1000, 1000), st.floats(-1000, 1000)),
)
def test_a_similarity_is_found_again(turn, scale, shift):
    """Points that were turned, scaled and shifted are brought back onto the template."""
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    found = similarity(POINTS @ rotation.T * scale + shift, POINTS)
    back = (POINTS @ rotation.T * scale + shift) @ found[:, :2].T + found[:, 2]
    assert abs(back - POINTS).max() < 1e-6


def test_it_agrees_with_a_general_solver():
    """For points that fit no similarity the closed form is the least-squares solution."""
    random = np.random.default_rng(2)
    source = random.normal(size=(5, 2)) * 30
    columns = [[(x, -y, 1, 0), (y, x, 0, 1)] for x, y in source]
    a, b, across, down = np.linalg.lstsq(np.reshape(columns, (10, 4)), POINTS.ravel(), rcond=None)[0]
    assert similarity(source, POINTS) == pytest.approx(np.array([[a, -b, across], [b, a, down]]))


def test_it_never_mirrors():
    """Mirrored points get a turn, and no reflection."""
    assert np.linalg.det(similarity(POINTS * [-1, 1], POINTS)[:, :2]) > 0


@pytest.mark.parametrize("wrong", [np.zeros((5, 2)), np.full((5, 2), np.nan), np.full((5, 2), np.inf)])
def test_points_that_tell_nothing_give_a_black_chip(wrong):
    """Five points on one spot, or that are no numbers, give no transform and a chip without anything on it."""
    with np.errstate(invalid="ignore"):
        assert similarity(wrong, POINTS) is None
        chips = aligned(astronaut(), wrong[np.newaxis].astype(np.float32), Alignment.DLIB_150)
    assert chips.shape == (1, 150, 150, 3)
    assert not chips.any()


@pytest.mark.parametrize(("template", "side"), [(Alignment.DLIB_150, 150), (Alignment.ARCFACE_112, 112)])
def test_a_chip_that_lies_there_already_is_kept(template, side):
    """A picture whose points are the template's is its own chip, whole."""
    picture = resized(astronaut(), side)
    points = TEMPLATES[template].points[np.newaxis].astype(np.float32)
    assert abs(aligned(picture, points, template)[0].astype(int) - picture).max() <= 1


@pytest.mark.parametrize("factor", [2, 3.5, 8])
def test_a_large_face_is_reduced_without_aliasing(factor):
    """A face many times its chip's size gives the chip that averaging areas gives, and not every so many-th pixel."""
    large = cv2.resize(astronaut(), None, fx=factor * 150 / 512, fy=factor * 150 / 512)
    rows, columns = np.indices(large.shape[:2])
    # A pattern of single pixels, which a chip of every so many-th pixel would show.
    large = np.where(((rows + columns) % 2)[:, :, np.newaxis], large, 255 - large).astype(np.uint8)
    points = ((POINTS + 0.5) * len(large) / 150 - 0.5)[np.newaxis].astype(np.float32)
    found = aligned(large, points, Alignment.DLIB_150)[0].astype(int)
    assert abs(found - resized(large, 150)).mean() < 2


def test_a_face_beyond_the_picture_is_black_there():
    """Where the template reaches beyond the picture, the chip is black; all of it where nothing of it is inside."""
    points = np.array([POINTS - 75, POINTS * 3 + 5000], np.float32)
    beyond, outside = aligned(np.full((150, 150, 3), 200, np.uint8), points, Alignment.DLIB_150)
    assert not beyond[:70, :70].any()
    assert (beyond[80:, 80:] == 200).all()
    assert not outside.any()


def test_chips_are_described_as_dlibs_own(engine):
    """Faces cut by us and by dlib have cosines above .98 to each other, half of them above .999."""
    cosines = []
    for path in lfw(40):
        picture = pixels(path)
        for face in engine.detect(picture)[:1]:
            box = dlib.rectangle(*(int(edge) for edge in (face.left, face.top, face.right, face.bottom)))
            parts = [dlib.point(round(float(x)), round(float(y))) for x, y in face.points]
            theirs = dlib.get_face_chip(picture, dlib.full_object_detection(box, parts))
            one, other = engine.embed(np.stack((engine.chips(picture, (face,))[0], theirs)))
            cosines.append(one @ other)
    assert min(cosines) > 0.98
    assert np.median(cosines) > 0.999
