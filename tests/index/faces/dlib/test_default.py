"""The default engine on pictures: every way in which a face may lie there, and what there is where none lies."""

import threading
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest

from index.faces.describing import describe_faces
from index.faces.dlib.manifest import DEFAULT_MANIFEST
from index.faces.dlib.opening import open_default
from index.faces.engine.contract import MAX_FACES, FaceRefusal
from index.faces.engine.views import detect_in_views, detect_scaled, turned_back
from tests.support.faces.pictures import astronaut, head, lfw, pixels, resized


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    return open_default(tmp_path_factory.mktemp("engine"))


@pytest.fixture(scope="module")
def known(engine):
    (face,) = compared(describe_faces(astronaut(), engine))
    return face


def compared(seen):
    return [face for face in seen.faces if face.vector is not None]


SAME = DEFAULT_MANIFEST.calibration.cosine
"""From here on a face is sent to review as this person's."""


def cosine(seen, known):
    return max((float(face.vector @ known.vector) for face in compared(seen)), default=-1.0)


def test_the_portrait_has_its_one_face(known):
    """The face is found where it is, is described by 128 numbers of unit length, and passes every gate."""
    assert known.box.left < 225 / 512 < known.box.right
    assert known.box.top < 115 / 512 < known.box.bottom
    assert known.vector.dtype == np.float32
    assert known.vector.shape == (128,)
    assert np.linalg.norm(known.vector) == pytest.approx(1, abs=1e-6)
    assert known.refusals == ()


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_turned_picture_has_the_same_face(engine, known, turns):
    """In each quarter turn the face is found, told in the picture's own pixels, and described as before."""
    picture = np.ascontiguousarray(np.rot90(astronaut(), -turns))
    found = engine.detect(picture)
    assert found[0].quarter_turns == 4 - turns
    assert cosine(describe_faces(picture, engine), known) > 0.99
    (face,) = compared(describe_faces(picture, engine))
    middle = np.array([face.box.left + face.box.right, face.box.top + face.box.bottom]) / 2
    upright = {1: (1 - 0.22, 0.43), 2: (1 - 0.43, 1 - 0.22), 3: (0.22, 1 - 0.43)}[turns]
    assert abs(middle - upright).max() < 0.06


def test_a_mirrored_picture_has_the_same_face(engine, known):
    """The mean of a face and its mirror image is the same for both."""
    assert cosine(describe_faces(np.ascontiguousarray(astronaut()[:, ::-1]), engine), known) > 0.99


@pytest.mark.parametrize("side", [200, 256, 900, 1280])
def test_any_usual_size_has_the_same_face(engine, known, side):
    """Small pictures are enlarged, large ones are not: the face is found in all."""
    assert cosine(describe_faces(resized(astronaut(), side), engine), known) > SAME


def test_a_grey_picture_has_the_same_face(engine, known):
    """Without colours the face is still this one rather than another."""
    grey = np.repeat(cv2.cvtColor(astronaut(), cv2.COLOR_RGB2GRAY)[:, :, np.newaxis], 3, axis=2)
    assert cosine(describe_faces(grey, engine), known) > SAME


def test_a_face_cut_by_the_edge_is_found(engine, known):
    """A picture that is only a face is searched with a border around it."""
    picture = np.ascontiguousarray(astronaut()[66:170, 172:276])
    (first,) = compared(describe_faces(picture, engine))
    assert float(first.vector @ known.vector) > SAME


def test_forty_faces_are_all_found(engine, known):
    """Forty heads in one picture of 1,280 x 800 are forty faces, each this one."""
    picture = np.tile(head(), (5, 8, 1))
    seen = describe_faces(picture, engine)
    assert seen.is_whole
    assert len(compared(seen)) == 40
    assert min(float(face.vector @ known.vector) for face in compared(seen)) > SAME
    assert len({(face.box.left, face.box.top) for face in seen.faces}) == 40


def test_more_faces_than_are_described_is_said(engine):
    """Of 81 faces the 64 largest are told, and that these are not all."""
    seen = describe_faces(np.tile(head(140), (9, 9, 1)), engine)
    assert len(seen.faces) == MAX_FACES
    assert not seen.is_whole


@pytest.mark.parametrize(
    "picture",
    [
        np.zeros((1, 1, 3), np.uint8),
        np.zeros((1, 1280, 3), np.uint8),
        np.zeros((1280, 2, 3), np.uint8),
        np.full((300, 400, 3), 255, np.uint8),
        np.random.default_rng(3).integers(0, 256, (480, 640, 3)).astype(np.uint8),
    ],
    ids=["pixel", "line", "column", "white", "noise"],
)
def test_a_picture_of_nothing_has_no_faces(engine, picture):
    """A pixel, a line, a white page and noise have no face, and are no failure."""
    seen = describe_faces(picture, engine)
    assert compared(seen) == []
    assert seen.is_whole


def test_a_cartoon_is_compared_with_nobody(engine):
    """A face drawn of shapes is not found, or told with a gate's name."""
    picture = np.full((400, 400, 3), 255, np.uint8)
    cv2.circle(picture, (200, 200), 150, (250, 220, 90), -1)
    for x in (150, 250):
        cv2.circle(picture, (x, 160), 18, (0, 0, 0), -1)
    cv2.ellipse(picture, (200, 250), (70, 40), 0, 0, 180, (0, 0, 0), 8)
    assert compared(describe_faces(picture, engine)) == []


def test_a_face_of_twelve_pixels_is_compared_with_nobody(engine):
    """Twelve pixels tell nothing of who it is: no vector, in a small picture and in a large one."""
    small = resized(head(160), 19)
    large = np.full((480, 640, 3), 90, np.uint8)
    large[200:219, 300:319] = small
    assert compared(describe_faces(small, engine)) == []
    assert compared(describe_faces(large, engine)) == []


def test_a_small_face_is_told_to_be_too_small(engine):
    """A face of some 20 pixels is seen, and refused by name."""
    seen = describe_faces(resized(head(160), 34), engine)
    assert any(FaceRefusal.TOO_SMALL in face.refusals for face in seen.faces)
    assert compared(seen) == []


def test_a_blurred_face_is_told_to_be_blurred(engine):
    """A face blurred beyond recognition is refused by name."""
    seen = describe_faces(cv2.GaussianBlur(astronaut(), (0, 0), 3), engine)
    assert any(FaceRefusal.TOO_BLURRED in face.refusals for face in seen.faces)
    assert compared(seen) == []


def test_threads_find_the_same(engine):
    """Four threads on one engine's finder find what one does: each has a detector of its own."""
    pictures = [np.ascontiguousarray(resized(astronaut(), 300)[:, shift:]) for shift in range(0, 64, 8)]
    alone = [boxes(engine.detect(picture)) for picture in pictures]
    together = threading.Barrier(4)

    def find(part):
        together.wait(timeout=30)
        return [boxes(engine.detect(picture)) for picture in pictures[part::4]]

    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(find, range(4)))
    assert [found[row % 4][row // 4] for row in range(len(pictures))] == alone


def boxes(detections):
    return [(face.left, face.top, face.right, face.bottom, face.points.tolist()) for face in detections]


def test_no_look_is_larger_than_is_bounded():
    """Whatever the picture's size, no look costs more than 1.5 megapixels, and a surely found face costs one look."""
    for sides in ((1280, 1280), (640, 480), (100, 90), (20, 3000)):
        looks = []
        detect_in_views(
            np.zeros((*sides, 3), np.uint8),
            lambda shown, looks=looks: looks.append(shown.shape) or (),
            sure=1,
        )
        assert 0 < len(looks) <= 6
        assert max(rows * columns for rows, columns, _ in looks) <= 1_510_000
        assert sum(rows * columns for rows, columns, _ in looks) <= 5_000_000


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_turning_back_gives_the_pixel_that_was_there(engine, turns):
    """The points of a turned picture's face name the same levels in the picture as it is."""
    picture = astronaut()[:, :400]
    shown = np.ascontiguousarray(np.rot90(picture, -turns))
    x, y = 301, 57
    face = look_for_point(shown, x, y)
    back = turned_back(face, turns, 400, 512)
    column, row = (round(float(value)) for value in back.points[0])
    assert (picture[row, column] == shown[y, x]).all()


def look_for_point(shown, x, y):
    """A detection whose first point is a pixel of `shown`."""
    from index.faces.engine.contract import Detection  # noqa: PLC0415 - beside its only use

    points = np.full((5, 2), (x, y), np.float32)
    (face,) = detect_scaled(
        shown,
        lambda _: (
            Detection(left=x - 9.0, top=y - 9.0, right=x + 9.0, bottom=y + 9.0, points=points, score=1.0),
        ),
        1.0,
    )
    return face


def test_lfw_keeps_its_faces(engine):
    """Of LFW's pictures at least 97 % keep a face that is compared."""
    paths = lfw(16)
    kept = sum(bool(compared(describe_faces(pixels(path), engine))) for path in paths)
    assert kept / len(paths) >= 0.97


def test_the_manifest_names_what_is_made(engine):
    """The manifest's dimension and id are the engine's, and its assurance is low."""
    assert engine.manifest is DEFAULT_MANIFEST
    assert engine.embed(engine.chips(astronaut(), ())).shape == (0, DEFAULT_MANIFEST.dimension)
    assert DEFAULT_MANIFEST.assurance == "low"
