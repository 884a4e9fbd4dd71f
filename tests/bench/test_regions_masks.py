"""Masks of the kinds of re-upload that replace a region of a portrait."""

import numpy as np
import pytest
from PIL import Image

from benchmarks.regions.masks import ALTERED_KINDS
from benchmarks.reuploads.kinds import ALL_KINDS

NOT_PLACED = {
    "altered_surroundings_recoloured",
    "altered_face_blurred",
    "altered_ai_edit",
    "altered_body_tinted",
}  # other colours, a blur or a bend: nothing was replaced


def test_each_kind_that_replaces_a_region_has_a_mask():
    """A new kind of replacement is fitted on too, or named here."""
    replacing = {kind.name for kind in ALL_KINDS if kind.family in {"altered", "replaced"}}
    assert {kind.name for kind, _ in ALTERED_KINDS} == replacing - NOT_PLACED


@pytest.mark.parametrize("mask_of", [mask_of for _, mask_of in ALTERED_KINDS])
def test_a_mask_covers_a_part_of_the_picture(mask_of):
    """Weights from 0 to 1, in the size of the picture."""
    mask = mask_of(Image.new("RGB", (120, 100)))
    assert mask.shape == (100, 120)
    assert 0.05 < mask.mean() < 0.95
    assert np.all((mask >= 0) & (mask <= 1))
