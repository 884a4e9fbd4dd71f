"""Replacements with a known mask, and the fit of the judgement on examples."""

from functools import cache

import cv2
import numpy as np
import pytest
from PIL import Image

from benchmarks.regions.fitting import Example, cross_scores
from benchmarks.reuploads.replaced import REPLACEMENTS


@cache
def drawn(seed):
    """A small soft picture."""
    noise = np.random.default_rng(seed).normal(size=(100, 120, 3)).astype(np.float32)
    soft = cv2.GaussianBlur(noise, (0, 0), 4)
    return Image.fromarray((128 + 60 * soft / soft.std()).clip(0, 255).astype(np.uint8))


@pytest.mark.parametrize("replacement", REPLACEMENTS, ids=lambda one: one.name)
def test_a_replacement_changes_its_mask_and_little_else(replacement):
    """The size stays, and far from the mask the picture is as it was."""
    picture, others = drawn(1), [drawn(2), drawn(3)]
    altered, mask = replacement.make(picture, np.random.default_rng(4), others)
    assert altered.size == picture.size
    assert mask.shape == (100, 120)
    changed = np.abs(np.asarray(altered, np.int64) - np.asarray(picture, np.int64)).max(axis=2) > 20
    assert 0 < mask.mean() < 0.9
    assert changed[~mask].mean() < 0.35


def examples(count=12):
    """Examples whose first feature tells the replaced cells."""
    random = np.random.default_rng(0)
    made = []
    for number in range(count):
        mask = np.zeros((16, 16), np.float32)
        if number % 2:
            mask[4:9, 3:9] = 1
        features = random.normal(size=(256, 20)).astype(np.float32)
        features[:, 0] += 3 - 6 * mask.ravel()
        made.append(
            Example(
                kind="drawn",
                reference=number // 2,
                features=features,
                covered=np.ones(256, np.bool_),
                mask=mask.ravel(),
            )
        )
    return made


def test_scores_of_the_other_half_tell_altered_pictures():
    """A fit on one half of the references tells the other half, and each example is scored once."""
    scored = cross_scores(examples())
    assert len(scored) == 12
    altered = [score for one, score, _ in scored if one.is_altered]
    plain = [score for one, score, _ in scored if not one.is_altered]
    assert min(altered) > max(plain)
