"""Boxes: coarse, within the upload, never empty, and nothing of what was to be shown left out."""

import math

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from index.verdict.boxes import STEPS, WHOLE, Box
from tests.support.evidence import boxes

edges = st.floats() | st.floats(-0.5, 1.5) | st.integers(0, STEPS).map(lambda step: step / STEPS)
sides = st.tuples(edges, edges)


def cut(edge):
    """An edge cut to the upload."""
    return min(max(edge, 0.0), 1.0)


@given(edges, edges, edges, edges)
@example(1.0, 1.0, 1.0, 1.0)
@example(0.0, 0.0, 0.0, 0.0)
@example(math.inf, math.inf, -math.inf, -math.inf)
@example(math.nan, math.nan, math.nan, math.nan)
@example(-0.0, 5e-324, -5e-324, math.nextafter(1, 2))
def test_a_box_lies_on_the_grid_within_the_upload(left, top, right, bottom):
    """Whatever was measured, edges are multiples of a 64th from 0 to 1, and the box is not empty."""
    box = Box.coarse(left, top, right, bottom)
    allowed = {step / STEPS for step in range(STEPS + 1)}
    assert set(box.edges) <= allowed
    assert box.left < box.right
    assert box.top < box.bottom


@given(sides, sides)
def test_a_box_contains_what_it_was_made_of(across, down):
    """What was measured, cut to the upload, lies in the coarse box, at most a step within its edges."""
    assume(not any(map(math.isnan, (*across, *down))))
    (left, right), (top, bottom) = sorted(across), sorted(down)
    box = Box.coarse(left, top, right, bottom)
    for low, high, coarse_low, coarse_high in (
        (left, right, box.left, box.right),
        (top, bottom, box.top, box.bottom),
    ):
        assert coarse_low <= cut(low) <= cut(high) <= coarse_high
        assert cut(low) - coarse_low <= 1 / STEPS
        assert coarse_high - cut(high) <= 1 / STEPS


@given(st.lists(edges, min_size=4, max_size=4), st.integers(0, 3))
def test_an_edge_that_is_no_number_is_the_uploads_own(measured, place):
    """NaN is an edge that nobody knows: the box reaches to the upload's, and its other side stays where it is."""
    unknown = [*measured[:place], math.nan, *measured[place + 1 :]]
    own = [*measured[:place], WHOLE.edges[place], *measured[place + 1 :]]
    assert Box.coarse(*unknown) == Box.coarse(*own)


@pytest.mark.parametrize("far", [math.inf, 1e300, 2.0])
def test_edges_beyond_the_upload_are_cut_to_it(far):
    """Infinite edges are the upload's, as any others that lie outside; all of it outside is the step at the border."""
    assert Box.coarse(-far, -far, far, far) == WHOLE
    assert Box.coarse(far, far, far, far) == Box.of_steps(63, 63, 64, 64)
    assert Box.coarse(-far, -far, -far, -far) == Box.of_steps(0, 0, 1, 1)


@pytest.mark.parametrize(
    ("measured", "steps"),
    [
        ((0.0, 0.25, 0.5, 1.0), (0, 16, 32, 64)),
        ((0.01, 0.26, 0.49, 0.99), (0, 16, 32, 64)),
        ((math.nextafter(0.25, 0), 0.0, math.nextafter(0.5, 1), 1.0), (15, 0, 33, 64)),
        ((0.5, 0.5, 0.5, 0.5), (32, 32, 33, 33)),
        ((0.75, 0.9, 0.25, 0.1), (48, 57, 49, 58)),
    ],
    ids=["on the grid", "outwards", "by a hair", "a point", "the wrong way round"],
)
def test_edges_are_rounded_outwards(measured, steps):
    """Left and top go down, right and bottom up; what is empty becomes one step."""
    assert Box.coarse(*measured).steps == steps


@given(boxes)
def test_a_coarse_box_stays_as_it_is(box):
    """Made from its own edges or from its own steps, a coarse box is itself."""
    assert box.coarsened() == Box.of_steps(*box.steps) == box


@given(edges, edges, edges, edges)
def test_a_fine_box_is_coarsened_as_its_edges_are(left, top, right, bottom):
    """A box of any edges becomes the one that these edges make, and that one stays as it is."""
    box = Box(left=left, top=top, right=right, bottom=bottom).coarsened()
    assert box == Box.coarse(left, top, right, bottom) == box.coarsened()
