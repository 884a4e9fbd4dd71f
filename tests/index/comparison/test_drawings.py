"""Evidence of drawings does not count where these may be all that two pictures have in common."""

from dataclasses import replace

import numpy as np
import pytest

from index.comparison.drawings import drawn_shares, photographed_shares, trusted_nats
from index.frames.query_frame import look
from index.verdict.thresholds import MIN_NATS
from index.windows.choosing import FULL
from index.windows.likelihood import weigh_windows
from index.windows.patches import AreaPlane
from tests.support.media.drawings import stickered, under_dialog, with_figure
from tests.support.media.reuploads import caption, crop, lower_half_replaced, luma_of, plain, tilt, triggered

SEEDS = range(6)


def seen(upload, luma):
    """Evidence of a registered picture in an upload, with all that it is trusted by."""
    query_frame = look(upload, FULL)
    one = triggered(query_frame.windows, luma)
    (evidence,) = weigh_windows(AreaPlane.of(query_frame.luma), query_frame.windows, [one])
    return evidence, one.windows, query_frame


def trusted(upload, luma):
    """Nats before and after."""
    evidence, windows, query_frame = seen(upload, luma)
    return evidence.nats, trusted_of(evidence, windows, query_frame)


def trusted_of(evidence, windows, query_frame):
    """Nats without drawings where these may be all that agrees."""
    photographed = photographed_shares(evidence, windows, query_frame.luma, query_frame.windows)
    return trusted_nats(evidence, windows, query_frame.windows, photographed)


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
    assert trusted_of(evidence, windows, query_frame) <= evidence.nats
    none = np.zeros(0, np.int64)
    empty = replace(evidence, nats=3.0, rows=none, distances=none, weights=np.zeros(0))
    assert trusted_of(empty, windows, query_frame) == 0


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
