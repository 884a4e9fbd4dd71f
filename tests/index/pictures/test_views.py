"""Further views of an upload, as a check describes and matches them."""

import numpy as np
from PIL import Image

from index.media.pictures import work
from index.pictures.describing import Purpose, describe_in_process
from index.verdict import WHOLE
from index.windows import TRIGGER_BITS, code_distances, reference_windows
from tests.support.media.pages import soft
from tests.support.media.perspectives import seen_at_angle
from tests.support.media.pictures import saved

PICTURE = np.asarray(soft(1, 320, 240))
SCENE = Image.fromarray(seen_at_angle(np.pad(PICTURE, 8), 55, ground=255)[0])


def described(picture, **options):
    """Describe a drawn upload for a check."""
    return describe_in_process(saved(picture, "PNG"), Purpose.CHECK, **options)


def near_windows(query_frame):
    """Number of windows of the picture that a query frame has."""
    near = code_distances(query_frame.windows.codes, reference_windows(PICTURE).codes) <= TRIGGER_BITS
    return int(near.any(axis=0).sum())


def test_a_picture_at_55_degrees_is_seen_from_the_front():
    """The view has most windows of the picture, the upload itself has hardly one."""
    first, view = described(SCENE).query_frames
    assert first.part == WHOLE
    assert view.part != WHOLE
    assert near_windows(view) >= 15 > 3 * near_windows(first)


def test_a_view_without_time_does_not_hold_an_upload(monkeypatch):
    """What the file shows is represented without it."""
    monkeypatch.setattr(work, "MAX_WORK_S", 0.0)
    made = described(SCENE)
    assert (len(made.query_frames), made.is_whole) == (1, True)


def test_without_windows_there_are_no_views():
    """The whole codes of views are not searched."""
    assert len(described(SCENE, profile=None).query_frames) == 1


def test_an_enrolment_has_no_views():
    """A reference is registered as it is."""
    assert describe_in_process(saved(SCENE, "PNG"), Purpose.ENROL).query_frames == ()
