"""From hits to matches: which references are worth reading, and what became of the picture."""

from dataclasses import replace

import numpy as np
import pytest

from index.comparison.matching import RECTIFIED_FROM_NATS, Matcher, Registered, triggers_of
from index.frames.query_frame import look, pack, unpack
from index.regions import regional_signature
from index.search.contract import Hits
from index.verdict.boxes import WHOLE
from index.verdict.thresholds import MIN_NATS
from index.verdict.vocabulary import MatchKind
from index.windows.choosing import FULL
from index.windows.likelihood import (
    LOOSE_BITS,
    PROPOSED_BITS,
    SMALL_LOOSE_BITS,
    SMALL_PROPOSED_BITS,
    SMALL_TRIGGER_BITS,
    TRIGGER_BITS,
)
from index.windows.windows import IDS_PER_REFERENCE
from tests.support.media.reuploads import (
    caption,
    crop,
    forced_hits,
    lower_half_replaced,
    luma_of,
    matched,
    mirror,
    plain,
    registered,
    tilt,
    windows_of,
)

LARGE = 64
COPY, PART, ALTERED = MatchKind.COPY, MatchKind.PARTIAL_COPY, MatchKind.ALTERED_COPY


def met(*hits):
    """Hits as an index gives them, of (query, key, row, is large, distance)."""
    rows = [
        (query, key * IDS_PER_REFERENCE + row + LARGE * large, bits) for query, key, row, large, bits in hits
    ]
    queries, ids, distances = np.array(rows, np.int64).reshape(-1, 3).T
    return Hits(queries=queries.astype(np.int32), ids=ids, distances=distances.astype(np.int32))


def test_nothing_met_triggers_nothing():
    """Without hits there are no keys, and all of it too weak is the same."""
    weak = (0, 5, 1, False, SMALL_TRIGGER_BITS + 1)
    for hits in (met(), met(weak)):
        found = triggers_of(hits)
        assert (found.keys.tolist(), found.hits) == ([], ())
        assert found.keys.dtype == np.int64


@pytest.mark.parametrize(
    ("second", "triggers"),
    [((1, 5, 2, False, SMALL_PROPOSED_BITS), True), ((0, 5, 2, False, SMALL_PROPOSED_BITS), False),
     ((1, 5, 1, True, PROPOSED_BITS), False), ((1, 6, 2, True, PROPOSED_BITS), False),
     ((1, 5, 2, False, SMALL_PROPOSED_BITS + 1), False)],
    ids=["two of each", "one window of the upload", "one window of the reference", "of another", "too far"],
)  # fmt: skip
def test_two_weak_hits_trigger_together(second, triggers):
    """Where none triggers alone, two windows of the upload must be near two windows of one reference."""
    found = triggers_of(met((0, 5, 1, True, PROPOSED_BITS), second))
    assert found.keys.tolist() == ([5] if triggers else [])
    assert [len(hits) for hits in found.hits] == ([2] if triggers else [])


@pytest.mark.parametrize(
    ("large", "bits", "is_loose"),
    [(True, LOOSE_BITS, True), (True, LOOSE_BITS + 1, False), (False, SMALL_LOOSE_BITS, True),
     (False, SMALL_LOOSE_BITS + 1, False)],
)  # fmt: skip
def test_one_loose_hit_triggers_only_where_it_is_asked_for(large, bits, is_loose):
    """A hit a little too far to trigger by itself does so loosely, if the caller has room for it."""
    hits = met((0, 5, 1, large, bits))
    assert len(triggers_of(hits).keys) == 0
    found = triggers_of(hits, 1)
    assert (found.keys.tolist(), found.loose) == (([5], 1) if is_loose else ([], 0))
    assert len(found.sure) == 0


def test_loose_references_come_last_and_the_nearest_of_them_stay():
    """No loose hit displaces a sure one, and of loose ones the farthest from their bounds stay."""
    found = triggers_of(
        met(
            (0, 1, 0, True, LOOSE_BITS), (1, 2, 0, True, LOOSE_BITS - 1), (2, 3, 0, False, SMALL_LOOSE_BITS - 3),
            (3, 4, 0, True, TRIGGER_BITS),
        ),
        2,
    )  # fmt: skip
    assert (found.keys.tolist(), found.sure.tolist(), found.loosely.tolist()) == ([4, 3, 2], [4], [3, 2])
    assert [hits.tolist() for hits in found.hits[1:]] == [
        [[2, 0, SMALL_LOOSE_BITS - 3]],
        [[1, 0, LOOSE_BITS - 1]],
    ]


@pytest.mark.parametrize(
    ("large", "bits", "triggers"),
    [(True, TRIGGER_BITS, True), (False, SMALL_TRIGGER_BITS, True), (False, SMALL_TRIGGER_BITS + 1, False),
     (True, SMALL_TRIGGER_BITS + 1, True), (False, 0, True)],
)  # fmt: skip
def test_small_windows_must_be_nearer_to_trigger(large, bits, triggers):
    """A large window triggers alone up to 31 bits, a small one up to 24 bits."""
    assert triggers_of(met((3, 9, 2, large, bits))).keys.tolist() == ([9] if triggers else [])


def test_one_near_window_triggers_only_where_one_is_enough():
    """Of a negative two windows must be near, however near one is."""
    single, pair = (0, 5, 1, True, 0), ((0, 6, 1, True, PROPOSED_BITS), (1, 6, 2, True, TRIGGER_BITS))
    assert triggers_of(met(single, *pair)).keys.tolist() == [6, 5]
    assert triggers_of(met(single, *pair), min_windows=2).keys.tolist() == [6]


def test_hits_are_told_by_reference_the_nearest_first():
    """Each reference has its own hits: rows of the upload and of the reference, and the distance, in its order."""
    found = triggers_of(met((0, 7, 63, True, 20), (1, 8, 0, True, 9), (4, 7, 2, False, 11)))
    assert dict(zip(found.keys.tolist(), (hits.tolist() for hits in found.hits), strict=True)) == {
        7: [[4, 2, 11], [0, 63, 20]],
        8: [[1, 0, 9]],
    }


def test_the_likeliest_references_come_first():
    """More windows of the upload come before fewer, then the nearest; a window that hits twice counts once."""
    found = triggers_of(
        met(
            (0, 1, 0, True, 5),
            (0, 2, 0, True, 30), (1, 2, 1, True, 31),
            (2, 3, 0, True, 1), (2, 3, 1, True, 2), (2, 3, 2, True, 3),
            (0, 4, 0, True, 12), (1, 4, 1, True, 31), (2, 4, 1, True, 31),
        )
    )  # fmt: skip
    assert found.keys.tolist() == [4, 2, 3, 1]


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (plain, COPY), (caption, COPY), (mirror, COPY), (tilt, COPY),
        (lambda luma: crop(luma, 0.1, 0, 0.9, 0.8), PART), (lambda luma: crop(luma, 0, 0, 0.6, 0.7), PART),
    ],
    ids=["plain", "caption", "mirror", "tilt", "crop", "small crop"],
)  # fmt: skip
def test_the_kind_says_what_became_of_the_picture(make, kind):
    """Copies and parts are told apart, five of five."""
    kinds = [matched(make(luma_of(seed)).luma, luma_of(seed), FULL).kind for seed in range(5)]
    assert kinds == [kind] * 5


def test_a_half_that_was_replaced_is_told():
    """Another picture's lower half makes an altered copy, nine times in ten: a few have hardly a window there."""
    made = [matched(lower_half_replaced(luma_of(s), luma_of(500)).luma, luma_of(s), FULL) for s in range(10)]
    assert all(match.nats >= MIN_NATS for match in made)
    assert sum(match.kind is ALTERED for match in made) >= 9
    assert all(match.view.pdq_bits > 31 for match in made)


def matched_by_signature(upload, luma):
    """Compares an upload with one registered picture that has a regional signature."""
    query_frame = look(upload, FULL)
    one = replace(registered(query_frame.windows, luma), regions=regional_signature(luma))
    return Matcher(query_frame).compare([one])[0]


def test_the_signature_tells_the_replaced_half_with_its_place():
    """With a regional signature each replaced half is told, with a box over it."""
    for seed in range(6):
        match = matched_by_signature(lower_half_replaced(luma_of(seed), luma_of(500)).luma, luma_of(seed))
        assert match.kind is ALTERED
        assert min(box.top for box in match.altered) > 0.3
        assert max(box.bottom for box in match.altered) > 0.9


@pytest.mark.parametrize("make", [plain, mirror, tilt, caption])
def test_the_signature_calls_a_copy_a_copy(make):
    """Copies have no altered region, and the view is as without a signature."""
    upload = make(luma_of(4)).luma
    match = matched_by_signature(upload, luma_of(4))
    without = matched(upload, luma_of(4), FULL)
    assert (match.kind, match.altered) == (COPY, ())
    assert (match.nats, match.view.pdq_bits, match.box) == (without.nats, without.view.pdq_bits, without.box)


def test_regions_are_told_as_often_as_the_caller_allows():
    """Beyond that the windows tell the kind, and no region has a place."""
    query_frame = look(lower_half_replaced(luma_of(2), luma_of(500)).luma, FULL)
    one = replace(registered(query_frame.windows, luma_of(2)), regions=regional_signature(luma_of(2)))
    told = Matcher(query_frame, max_told=1).compare([one, one])
    assert [bool(match.altered) for match in told] == [True, False]


def test_a_replaced_region_of_a_mirrored_copy_lies_where_it_is_seen():
    """Boxes are places in the upload, not in its mirror image."""
    luma, rows = luma_of(5), luma_of(5).shape[0]
    upload = luma.copy()
    upload[: rows // 2, :200] = luma_of(77)[: rows // 2, :200]
    match = matched_by_signature(mirror(upload).luma, luma)
    assert match.kind is ALTERED
    assert all(box.left > 0.45 and box.bottom < 0.65 for box in match.altered)


def test_a_stranger_has_no_view():
    """Below the evidence from which it is looked at, a match has no view, and its box is all of the upload."""
    query_frame = look(luma_of(900), FULL)
    held = windows_of(1)
    one = Registered(windows=held, pdq=None, dhash=None, hits=forced_hits(query_frame.windows, held))
    (match,) = Matcher(query_frame).compare([one])
    assert match.nats < RECTIFIED_FROM_NATS
    assert (match.view, match.box) == (None, WHOLE)


def test_the_ladder_asks_for_no_less_than_is_rectified():
    """Whatever the ladder may hold has been looked at in the reference's frame."""
    assert RECTIFIED_FROM_NATS <= MIN_NATS


def test_several_references_are_told_in_their_order():
    """One call says what the upload shows of each reference, and again the same; of none it says nothing."""
    query_frame = look(crop(luma_of(2), 0, 0, 0.8, 0.9).luma, FULL)
    stranger = windows_of(4)
    several = [
        Registered(windows=stranger, pdq=None, dhash=None, hits=forced_hits(query_frame.windows, stranger)),
        registered(query_frame.windows, luma_of(2)),
    ]
    matcher = Matcher(query_frame)
    first, again = matcher.compare(several), matcher.compare(several)
    assert first[0].nats < MIN_NATS < first[1].nats
    assert [(one.nats, one.kind, one.box) for one in first] == [
        (one.nats, one.kind, one.box) for one in again
    ]
    assert matcher.compare([]) == []


def test_a_query_frame_from_a_worker_matches_as_the_original_does():
    """Packed and read back, read-only and with places rounded, a frame gives the same kind and nearly the evidence."""
    luma = luma_of(3)
    query_frame = look(tilt(luma).luma, FULL)
    read, _ = unpack(memoryview(pack(query_frame)))
    own, sent = (Matcher(one).compare([registered(one.windows, luma)])[0] for one in (query_frame, read))
    assert sent.kind is own.kind
    assert sent.nats == pytest.approx(own.nats, rel=0.1)
    assert sent.view.pdq_bits == pytest.approx(own.view.pdq_bits, abs=8)


def test_all_windows_stop_listed_leave_nothing():
    """A reference whose windows all prove nothing has no view, however well it is met."""
    luma = luma_of(3)
    query_frame = look(luma, FULL)
    one = registered(query_frame.windows, luma)
    (match,) = Matcher(query_frame).compare([replace(one, stop_listed=np.ones(len(one.windows), np.bool_))])
    assert match.nats < RECTIFIED_FROM_NATS
    assert match.view is None
