"""Comparisons of query frames before and after they were packed."""

import numpy as np


def assert_alike(sent, own):
    """Windows are equal but for the steps of packed places."""
    assert (sent is None) == (own is None)
    if sent is None:
        return
    assert (sent.width, sent.height) == (own.width, own.height)
    assert np.array_equal(sent.codes, own.codes)
    assert np.array_equal(sent.flipped, own.flipped)
    assert np.array_equal(sent.doubtful, own.doubtful)
    off = sent.places - own.places
    off[:, 3] = (off[:, 3] + np.pi) % (2 * np.pi) - np.pi
    assert np.abs(off).max(initial=0) < 0.04


def assert_same_query_frame(sent, own):
    """Planes, codes and numbers are equal; windows alike."""
    for name in ("luma", "pdq_codes", "dhash_codes"):
        assert np.array_equal(getattr(sent, name), getattr(own, name))
    assert (sent.quality, sent.flat_share) == (own.quality, own.flat_share)
    assert_alike(sent.windows, own.windows)
