"""Quadrilaterals: pictures seen at an angle are found, upright and turned ones and scenes are not."""

import cv2
import numpy as np
import pytest

from index.frames.views.quads import quad_in
from index.frames.views.rectifying import aspect_of, rectified
from tests.support.media.pages import soft
from tests.support.media.perspectives import seen_at_angle

SMALL = (160, 120)


def framed(seed):
    """A picture within a dark rim, as a monitor shows it."""
    return np.pad(np.asarray(soft(seed, 320, 240)), 10, constant_values=15)


def small(scene):
    """The plane on which lines are looked for."""
    return cv2.resize(scene, SMALL, interpolation=cv2.INTER_AREA)


@pytest.mark.parametrize("ground", [90, 150, 255])
@pytest.mark.parametrize("degrees", [30, 45, 55])
def test_corners_of_a_picture_at_an_angle(degrees, ground):
    """They are found up to the rim, on a ground of any level."""
    scene, corners = seen_at_angle(framed(1), degrees, ground=ground)
    found = quad_in(small(scene))
    assert found is not None
    apart = np.linalg.norm(found.corners[:, None] - corners / scene.shape[::-1], axis=2)
    assert apart.min(axis=1).max() < 0.025


@pytest.mark.parametrize("turn", [0, 8, 20, 90])
def test_a_rectangle_is_left_to_the_windows(turn):
    """Upright or turned, a picture that is seen from the front needs no help."""
    scene, _ = seen_at_angle(framed(2), 0, turn=turn, ground=255)
    assert quad_in(small(scene)) is None


@pytest.mark.parametrize("seed", range(4))
def test_a_scene_has_no_quadrilateral(seed):
    """Without straight lines, and as noise."""
    noise = np.random.default_rng(seed).integers(0, 256, SMALL[::-1]).astype(np.uint8)
    assert quad_in(small(np.asarray(soft(seed, 640, 480)))) is None
    assert quad_in(noise) is None


@pytest.mark.parametrize("plane", [np.zeros((96, 96), np.uint8), np.full((96, 160), 255, np.uint8)])
def test_a_flat_plane_has_none(plane):
    """It has no edges."""
    assert quad_in(plane) is None


def test_a_plane_full_of_lines_is_bounded():
    """However many lines cross, few are judged."""
    plane = np.full((160, 160), 250, np.uint8)
    for number in range(40):
        angle = np.pi * number / 40
        cv2.line(plane, (80, 80), (int(80 + 200 * np.cos(angle)), int(80 + 200 * np.sin(angle))), 0, 1)
        cv2.line(plane, (0, 4 * number), (159, 4 * number + number - 20), 0, 1)
    quad = quad_in(plane)
    assert quad is None or quad.corners.shape == (4, 2)


@pytest.mark.parametrize("degrees", [30, 45, 55])
@pytest.mark.parametrize("size", [(320, 240), (240, 320), (300, 300)])
def test_proportions_from_the_front(degrees, size):
    """They are right within a quarter, though the focal length is assumed."""
    _, corners = seen_at_angle(np.zeros(size[::-1], np.uint8), degrees, focal=1.4)
    assert aspect_of(corners, (480, 640)) == pytest.approx(size[0] / size[1], rel=0.25)


def test_a_picture_from_the_front_is_the_picture():
    """Up to blur, the rectified view shows the picture that was photographed."""
    picture = framed(3)
    scene, _ = seen_at_angle(picture, 45, ground=255)
    view = rectified(scene, quad_in(small(scene)))
    alike = cv2.resize(picture, view.shape[::-1], interpolation=cv2.INTER_AREA)
    assert np.corrcoef(view.ravel(), alike.ravel())[0, 1] > 0.9
    assert max(view.shape) <= 320
