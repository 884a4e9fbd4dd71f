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


def under_dialog(luma):
    """A dialog window with text over half of a picture that is out of focus, as behind a dialog."""
    out = np.ascontiguousarray(cv2.GaussianBlur(luma, (0, 0), 8))
    cv2.rectangle(out, (95, 60), (385, 260), 240, -1)
    cv2.rectangle(out, (95, 60), (385, 92), 90, -1)
    for row, text in enumerate(("Save changes", "before close", "of this file?")):
        cv2.putText(out, text, (110, 130 + 36 * row), cv2.FONT_HERSHEY_SIMPLEX, 1, 30, 2, cv2.LINE_AA)
    for left, level in ((115, 120), (265, 200)):
        cv2.rectangle(out, (left, 215), (left + 100, 248), level, -1)
    return out


def with_figure(luma):
    """A shaded cartoon figure, whose levels are as many as those of a photograph."""
    figure, mask = np.zeros(luma.shape, np.float32), np.zeros(luma.shape, np.uint8)
    for x, y, across, down, level in (
        (240, 210, 120, 100, 150), (240, 110, 110, 90, 200), (150, 50, 40, 40, 110), (330, 50, 40, 40, 110),
        (200, 95, 26, 32, 250), (280, 95, 26, 32, 250), (205, 102, 9, 13, 10), (275, 102, 9, 13, 10),
        (240, 150, 44, 16, 60), (240, 230, 60, 55, 230), (120, 220, 26, 60, 100), (360, 220, 26, 60, 100),
    ):  # fmt: skip
        for reach, fill in ((4, 5), (0, level)):
            cv2.ellipse(figure, (x, y), (across + reach, down + reach), 0, 0, 360, fill, -1)
        cv2.ellipse(mask, (x, y), (across + 4, down + 4), 0, 0, 360, 1, -1)
    light = cv2.GaussianBlur(np.random.default_rng(3).normal(0, 1, luma.shape), (0, 0), 40)
    figure *= 1 + 0.2 * light / light.std()
    return np.where(mask > 0, figure.clip(0, 255), luma).astype(np.uint8)


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


@pytest.mark.parametrize(("draw", "held"), [(under_dialog, 1), (with_figure, 3)])
def test_strangers_behind_the_same_drawing_have_little_evidence(draw, held):
    """A drawing over half of the frame counts for little, though little or nothing of the rest can be compared."""
    pairs = [trusted(draw(luma_of(seed)), draw(luma_of(seed + 200))) for seed in SEEDS[:4]]
    assert np.median([before for before, _ in pairs]) > MIN_NATS
    assert np.median([after for _, after in pairs]) < np.median([before for before, _ in pairs]) / 2
    # Large windows around a dialog may show most of the frame; a shaded figure is much like a photograph.
    assert sum(after >= MIN_NATS for _, after in pairs) <= held


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
