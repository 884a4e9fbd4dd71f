"""Evidence of drawings does not count where these may be all that two pictures have in common."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from index.comparison.drawings import drawn_shares, trusted_nats
from index.frames.query_frame import look
from index.verdict.thresholds import MIN_NATS
from index.windows.choosing import FULL
from index.windows.likelihood import weigh_windows
from index.windows.patches import AreaPlane
from tests.support.media.reuploads import caption, crop, lower_half_replaced, luma_of, plain, tilt, triggered

SEEDS = range(6)


def stickered(luma):
    """Four stickers of few levels, always at the same places, over a quarter of a picture."""
    out = luma.copy()
    for x, y, ground, ink in ((90, 80, 240, 40), (380, 90, 200, 20), (110, 240, 225, 90), (370, 235, 180, 0)):
        cv2.circle(out, (x, y), 56, ground, -1)
        cv2.circle(out, (x, y), 56, ink, 3)
        cv2.circle(out, (x - 20, y - 16), 9, ink, -1)
        cv2.circle(out, (x + 20, y - 16), 9, ink, -1)
        cv2.ellipse(out, (x, y + 10), (30, 20), 0, 0, 180, ink, 6)
        cv2.line(out, (x - 40, y - 34), (x - 8, y - 40), ink, 5)
    return out


def seen(upload, luma):
    """Evidence of a registered picture in an upload, with all that it is trusted by."""
    query_frame = look(upload, FULL)
    one = triggered(query_frame.windows, luma)
    (evidence,) = weigh_windows(AreaPlane.of(query_frame.luma), query_frame.windows, [one])
    return evidence, one.windows, query_frame


def trusted(upload, luma):
    """Nats before and after."""
    evidence, windows, query_frame = seen(upload, luma)
    return evidence.nats, trusted_nats(evidence, windows, query_frame.luma, query_frame.windows)


def test_strangers_under_the_same_stickers_are_strangers():
    """Their windows agree beyond the ladder's threshold, and hardly speak once drawings do not count."""
    pairs = [trusted(stickered(luma_of(seed)), stickered(luma_of(seed + 200))) for seed in SEEDS]
    assert np.median([before for before, _ in pairs]) > MIN_NATS
    assert all(after < MIN_NATS for _, after in pairs)


@pytest.mark.parametrize(
    "make",
    [plain, caption, tilt, lambda luma: crop(luma, 0, 0, 0.6, 0.7),
     lambda luma: lower_half_replaced(luma, luma_of(500))],
    ids=["plain", "caption", "tilt", "crop", "half"],
)  # fmt: skip
def test_reuploads_are_trusted(make):
    """A copy that keeps the whole picture, or half of it, has enough evidence."""
    for seed in SEEDS:
        _, after = trusted(make(luma_of(seed)).luma, luma_of(seed))
        assert after >= MIN_NATS


def test_a_copy_of_a_stickered_picture_is_trusted_whole():
    """Where nothing contradicts, drawings count as before: the whole picture is the same."""
    for seed in SEEDS:
        luma = stickered(luma_of(seed))
        before, after = trusted(luma, luma)
        assert after == before


def test_evidence_is_never_raised_and_nothing_seen_is_nothing():
    """No windows, no evidence; with any, the trusted part is at most all."""
    evidence, windows, query_frame = seen(stickered(luma_of(1)), stickered(luma_of(201)))
    assert trusted_nats(evidence, windows, query_frame.luma, query_frame.windows) <= evidence.nats
    none = np.zeros(0, np.int64)
    empty = replace(evidence, nats=3.0, rows=none, distances=none, weights=np.zeros(0))
    assert trusted_nats(empty, windows, query_frame.luma, query_frame.windows) == 0


def test_shares_are_those_of_the_mirrored_upload_too():
    """A mirrored sticker is as drawn as the sticker."""
    luma = stickered(luma_of(2))
    own, windows, query_frame = seen(luma, luma)
    over, _, mirrored = seen(np.ascontiguousarray(luma[:, ::-1]), luma)
    assert over.similarity.mirror
    straight = dict(
        zip(own.rows.tolist(), drawn_shares(own, windows, query_frame.luma, query_frame.windows), strict=True)
    )
    turned = dict(
        zip(over.rows.tolist(), drawn_shares(over, windows, mirrored.luma, mirrored.windows), strict=True)
    )
    both = straight.keys() & turned.keys()
    assert len(both) >= 10
    assert np.median([abs(straight[row] - turned[row]) for row in both]) < 0.05
