"""Agreement with a regional signature over all of the frame."""

import numpy as np
import pytest

from index.regions import agreement_quantiles, regional_signature
from index.regions.altered import whole_frame
from tests.support.media.reuploads import lower_half_replaced, luma_of

SIGNATURE = regional_signature(luma_of(1))
PERCENTS = (10.0, 90.0)


def quantiles(luma, frame=None):
    """Percentiles of the agreement with the registered picture."""
    return agreement_quantiles(
        luma, whole_frame(luma.shape, 0) if frame is None else frame, SIGNATURE, PERCENTS
    )


def test_the_picture_itself_agrees_everywhere():
    """Even the worst cells agree."""
    low, _ = quantiles(luma_of(1))
    assert low > 0.9


def test_a_half_that_differs_is_seen_at_the_low_end():
    """The kept half agrees, and the other one does not."""
    low, high = quantiles(lower_half_replaced(luma_of(1), luma_of(201)).luma)
    assert low < 0.3
    assert high > 0.9


@pytest.mark.parametrize("far", [1e4, -1e4])
def test_nothing_seen_is_no_agreement(far):
    """A frame outside the upload has no cells to judge."""
    frame = whole_frame(luma_of(1).shape, 0)
    frame[0, 2] += far
    assert quantiles(np.asarray(luma_of(1)), frame) is None
