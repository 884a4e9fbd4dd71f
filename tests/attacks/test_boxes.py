"""The holder of a crop, who pastes it on a canvas and asks where all of the registered picture would lie."""

import numpy as np
import pytest

from index.comparison import matching
from index.frames.query_frame import look
from index.windows.choosing import FULL
from tests.support.media.reuploads import luma_of, registered

SHARE = 0.6
SLACK = 0.06  # of the canvas: a window may reach over the edge of a crop, and boxes are rounded outwards
SEEDS = range(6)


def pasted(luma):
    """Return a canvas on which all of the picture would have room, with its upper left part, and that part's edges."""
    rows, columns = luma.shape
    height, width = round(SHARE * rows), round(SHARE * columns)
    canvas = np.full((2 * rows, 2 * columns), 128, np.uint8)
    top, left = rows // 4, columns // 4
    canvas[top : top + height, left : left + width] = luma[:height, :width]
    return canvas, (left + width) / (2 * columns), (top + height) / (2 * rows)


def overhang(seed):
    """Return how far the box reaches beyond what the canvas shows, as a share of it; None if nothing matches."""
    canvas, right, bottom = pasted(luma_of(seed))
    query_frame = look(canvas, FULL)
    one = registered(query_frame.windows, luma_of(seed))
    if not len(one.hits):
        return None
    (match,) = matching.Matcher(query_frame).compare([one])
    return None if match.view is None else max(match.box.right - right, match.box.bottom - bottom)


def test_a_box_ends_with_what_the_holder_shows():
    """Nobody is told how far the registered picture goes on: not the platform, not its reviewer."""
    found = [reach for seed in SEEDS if (reach := overhang(seed)) is not None]
    assert len(found) >= len(SEEDS) // 2
    assert max(found) <= SLACK


def test_without_the_cut_it_tells_the_whole_frame(monkeypatch):
    """The predicted place has the size of the registered picture."""
    monkeypatch.setattr(matching, "shown_box", lambda _evidence, _windows, view, _luma: view.box)
    found = [reach for seed in SEEDS if (reach := overhang(seed)) is not None]
    assert found == pytest.approx([(1 - SHARE) / 2] * len(found), abs=0.05)
