"""Evidence: large for re-uploads, small for strangers, and never from what proves nothing."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.verdict.thresholds import MIN_NATS
from index.windows.choosing import query_windows, reference_windows
from index.windows.likelihood import (
    PROPOSED_BITS,
    SAMPLED_FROM_BITS,
    SAMPLED_WINDOWS,
    TRIGGER_NATS,
    Triggered,
    _guesses,
    nats_of,
    weigh_windows,
)
from index.windows.patches import AreaPlane
from index.windows.windows import Windows
from tests.support.media.reuploads import (
    caption,
    crop,
    darkened,
    forced_hits,
    inset,
    luma_of,
    mirror,
    tilt,
    triggered,
    windows_of,
)

REUPLOADS = {
    "crop": lambda luma: crop(luma, 0.1, 0.15, 0.75, 0.85),
    "tilt": tilt,
    "mirror": mirror,
    "caption": caption,
    "inset": lambda luma: inset(luma, luma_of(777)),
    "darkened": darkened,
}


def seen(luma):
    """An upload's area plane and windows."""
    area = AreaPlane.of(luma)
    return area, query_windows(area)


@pytest.mark.parametrize("kind", REUPLOADS)
def test_reuploads_have_far_more_evidence_than_is_asked_for(kind):
    """Each kind of re-upload is found in all drawn pictures, and most with three times the least evidence."""
    nats = []
    for seed in range(6):
        luma = luma_of(seed)
        area, upload = seen(REUPLOADS[kind](luma).luma)
        (found,) = weigh_windows(area, upload, [triggered(upload, luma)])
        assert found.similarity.mirror is (kind == "mirror")
        nats.append(found.nats)
    assert min(nats) >= MIN_NATS
    assert np.median(nats) >= 3 * MIN_NATS


def test_strangers_have_less_evidence_than_is_asked_for():
    """Though their nearest windows are said to have met, unrelated pictures stay below a third of the least."""
    nats = []
    for seed in range(8):
        area, upload = seen(luma_of(1000 + seed))
        references = [windows_of(number) for number in range(6)]
        forced = [Triggered(windows=held, hits=forced_hits(upload, held)) for held in references]
        nats += [one.nats for one in weigh_windows(area, upload, forced)]
    assert max(nats) < MIN_NATS
    assert np.quantile(nats, 0.95) < MIN_NATS / 3


def test_the_same_upload_weighs_the_same():
    """References weighed again, in another order or alone, have the same evidence."""
    lumas = [luma_of(seed) for seed in range(3)]
    area, upload = seen(lumas[0])
    all_three = [
        triggered(upload, lumas[0]),
        *(Triggered(windows=w, hits=forced_hits(upload, w)) for w in map(windows_of, (1, 2))),
    ]
    together = [one.nats for one in weigh_windows(area, upload, all_three)]
    assert together == [one.nats for one in weigh_windows(area, upload, all_three[::-1])][::-1]
    assert together == pytest.approx([weigh_windows(area, upload, [one])[0].nats for one in all_three])
    assert weigh_windows(area, upload, []) == []


def at_angle(luma, depth=0.5):
    """The picture as a camera sees it from the side."""
    rows, columns = luma.shape
    flat = np.array([[0, 0], [columns, 0], [columns, rows], [0, rows]], np.float32)
    seen_as = flat * (depth, 1) + np.array([[0, 30], [0, 0], [0, 0], [0, -30]], np.float32)
    matrix = cv2.getPerspectiveTransform(flat, seen_as.astype(np.float32))
    return cv2.warpPerspective(luma, matrix, (round(columns * depth), rows))


def test_what_is_seen_at_an_angle_is_found_by_an_affine_map():
    """Refinement takes no evidence away, and some pictures of half their width are found by it alone."""
    gains = []
    for seed in range(6):
        luma = luma_of(seed)
        area, upload = seen(at_angle(luma))
        one = triggered(upload, luma, PROPOSED_BITS + 8)
        if len(one.hits):
            (before,) = weigh_windows(area, upload, [one], max_refined=0)
            (after,) = weigh_windows(area, upload, [one])
            gains.append(after.nats - before.nats)
            assert (after.similarity.squash == 0) == (after.nats == before.nats)
    assert min(gains) >= 0
    assert max(gains) >= 2 * MIN_NATS


def test_few_references_are_refined_and_only_promising_ones():
    """An unrelated picture with one window by chance is not refined, and of many copies only as many as allowed."""
    luma = luma_of(3)
    area, upload = seen(at_angle(luma, 0.7))
    stranger = windows_of(1)
    chance = Triggered(windows=stranger, hits=forced_hits(upload, stranger))
    copy = triggered(upload, luma, PROPOSED_BITS + 8)
    for most in (2, 1, 0):
        found = weigh_windows(area, upload, [chance, copy, copy, copy], max_refined=most)
        assert [one.is_refined for one in found] == [False, *(place < most for place in range(3))]


def shuffled(luma):
    """The picture as nine tiles in another order."""
    rows, columns = (side // 3 for side in luma.shape)
    tiles = [
        luma[y * rows : (y + 1) * rows, x * columns : (x + 1) * columns] for y in range(3) for x in range(3)
    ]
    order = (4, 8, 0, 5, 1, 6, 2, 7, 3)
    return np.vstack([np.hstack([tiles[place] for place in order[row : row + 3]]) for row in (0, 3, 6)])


def test_pieces_of_a_picture_add_their_evidence():
    """Shuffled tiles are several guesses about one reference: together they tell more than the best of them."""
    more = []
    for seed in range(4):
        luma = luma_of(seed)
        area, upload = seen(shuffled(luma))
        (found,) = weigh_windows(area, upload, [triggered(upload, luma)])
        more.append(found.more_nats)
    assert sum(nats > 0 for nats in more) >= 2
    area, upload = seen(luma_of(1))
    (whole,) = weigh_windows(area, upload, [triggered(upload, luma_of(1))])
    assert whole.more_nats == 0


def test_stop_listed_windows_do_not_count():
    """With all windows stop-listed only the trigger is evidence; with some, the others add as before."""
    luma = luma_of(2)
    area, upload = seen(caption(luma).luma)
    one = triggered(upload, luma)
    (full,) = weigh_windows(area, upload, [one])
    (none,) = weigh_windows(area, upload, [replace(one, stop_listed=np.ones(len(one.windows), np.bool_))])
    assert none.nats == pytest.approx(TRIGGER_NATS[none.trigger_bits])
    half = np.arange(len(one.windows)) % 2 == 0
    (some,) = weigh_windows(area, upload, [replace(one, stop_listed=half)])
    assert not some.weights[half[some.rows]].any()
    assert some.weights[~half[some.rows]].any()
    assert none.nats < some.nats < full.nats


def without_agreement(one, upload):
    """A copy's nearest hit said to have met at 30 bits, in an upload of which no other window was chosen."""
    row = one.hits[0, 0]
    alone = upload.taken(np.arange(len(upload)) == row)
    return replace(one, hits=np.array([[0, one.hits[0, 1], 30]])), alone


def test_a_guess_that_only_its_trigger_supports_is_sampled_first():
    """Of a stranger at most 16 windows are described; of a copy all, though none of the upload's own agrees."""
    luma = luma_of(5)
    area, upload = seen(luma)
    one, alone = without_agreement(triggered(upload, luma), upload)
    (copy,) = weigh_windows(area, alone, [one])
    (guess,) = _guesses(0, one, alone)
    assert guess.is_alone
    assert len(copy.rows) == len(guess.rows) > SAMPLED_WINDOWS
    assert copy.nats >= MIN_NATS
    held = windows_of(6)
    (stranger,) = weigh_windows(area, upload, [Triggered(windows=held, hits=forced_hits(upload, held, 1))])
    assert len(stranger.rows) == SAMPLED_WINDOWS
    assert stranger.nats < MIN_NATS / 3


def test_a_near_trigger_is_never_glanced_at():
    """A stranger's window met at 24 bits has all others described."""
    area, upload = seen(luma_of(5))
    held = windows_of(6)
    hits = forced_hits(upload, held, 1)
    hits[:, 2] = SAMPLED_FROM_BITS - 1
    (stranger,) = weigh_windows(area, upload, [Triggered(windows=held, hits=hits)])
    assert len(stranger.rows) > SAMPLED_WINDOWS


def test_triggers_that_say_the_same_are_one_guess():
    """Six hits of one true place make one guess or two, and their own window is not a witness."""
    luma = luma_of(3)
    _, upload = seen(luma)
    one = triggered(upload, luma)
    guesses = _guesses(0, one, upload)
    assert len(one.hits) >= 6
    assert 1 <= len(guesses) <= 2
    assert all(guess.trigger_row not in guess.rows for guess in guesses)


def test_a_trigger_without_other_windows_has_no_evidence_but_its_own():
    """A reference of one window, met, has the trigger's nats, no rows and no failure."""
    luma = luma_of(4)
    area, upload = seen(luma)
    whole = reference_windows(luma)
    lone = Windows(
        width=whole.width, height=whole.height,
        places=whole.places[:1], codes=whole.codes[:1], flipped=whole.flipped[:1],
    )  # fmt: skip
    (found,) = weigh_windows(area, upload, [Triggered(windows=lone, hits=np.array([[0, 0, 20]]))])
    assert found.nats == pytest.approx(TRIGGER_NATS[20])
    assert len(found.rows) == len(found.distances) == len(found.weights) == 0


bits = st.integers(0, 256)
weights = st.floats(0, 1)


@given(st.lists(st.tuples(bits, weights), min_size=1, max_size=48), st.data())
def test_evidence_falls_with_distance(windows, data):
    """A window that lies farther never raises the sum."""
    distances = np.array([distance for distance, _ in windows])
    weighed = np.array([weight for _, weight in windows])
    row = data.draw(st.integers(0, len(windows) - 1))
    farther = distances.copy()
    farther[row] = data.draw(st.integers(int(distances[row]), 256))
    assert nats_of(farther, weighed) <= nats_of(distances, weighed) + 1e-9


@given(st.lists(bits, max_size=48))
def test_evidence_without_weight_is_none(distances):
    """Windows that the trigger saw already, or that are stop-listed, say nothing for or against; no windows say 0."""
    assert nats_of(np.array(distances, np.int64), np.zeros(len(distances))) == 0


def test_an_altered_copy_is_not_held_against_itself():
    """Half of the windows at random distances cost the other half less than a third of what they say."""
    near, far = np.full(10, 20), np.full(10, 128)
    alone = nats_of(near, np.ones(10))
    assert nats_of(np.concatenate([near, far]), np.ones(20)) > alone * 2 / 3
