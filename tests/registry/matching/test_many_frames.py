"""Files of many pictures, from their bytes to the evidence: the registered one is found at every place."""

import math

import numpy as np
import pytest
from PIL import ImageOps

from index.frames.query_frame import without_luma
from index.media.pictures import distinct_frames, work
from index.pictures.describing import Purpose, describe_in_process
from index.verdict.reasons import Reason
from index.verdict.vocabulary import Outcome
from registry.domain.clips import FramePlace, frame_key
from registry.matching import windows as module
from registry.matching.question import question_of
from registry.matching.whole_codes import match_whole
from registry.matching.windows import MAX_WORK_S, UNDISCOUNTED, WORK_S, discount_of, match_windows, work_s
from tests.support.media.pictures import saved
from tests.support.usecases.drawn_media import (
    anchored,
    key_frame,
    picture,
    query_frame,
    question,
    whole,
)
from tests.support.usecases.searched_check import SearchedCheck

OPTIONS = {
    "GIF": {},
    "PNG": {},
    "WEBP": {"quality": 80},
    "AVIF": {"speed": 10},
    "HEIF": {"quality": 80},
    "TIFF": {"compression": "tiff_lzw"},
}
FILES = [
    ("GIF", 12),
    ("PNG", 6),
    ("WEBP", 30),
    ("AVIF", 6),
    ("HEIF", 6),
    ("TIFF", 20),
    pytest.param("WEBP", distinct_frames.MAX_IN_FULL + 4, marks=pytest.mark.slow),
]


@pytest.fixture(autouse=True)
def unhurried(monkeypatch):
    """No test depends on how busy the machine is."""
    monkeypatch.setattr(work, "MAX_WORK_S", 1e6)


@pytest.fixture
def setting():
    """A check over indexes that search."""
    return SearchedCheck()


def upload(name, pictures):
    """A file with a frame or page for each picture, as a check describes it."""
    data = saved(pictures[0], name, save_all=True, append_images=pictures[1:], **OPTIONS[name])
    return question_of(describe_in_process(data, Purpose.CHECK))


@pytest.mark.parametrize(("name", "number"), FILES)
def test_a_registered_picture_is_found_at_every_place(setting, name, number):
    """Whichever of the pictures is registered, it is found, and tightly."""
    pictures = [picture(seed) for seed in range(1000, 1000 + number)]
    setting.hold(*(whole(one, seed) for seed, one in enumerate(pictures)))
    asked = upload(name, pictures)
    assert asked.is_whole is (number <= distinct_frames.MAX_IN_FULL)
    assert len(asked.query_frames) == number
    found = match_whole(asked, setting.index, setting.candidates).by_code
    assert {one for one, evidence in found if evidence.pdq_bits <= 31} == {
        f"ref_{place}" for place in range(number)
    }


def test_a_framed_picture_is_found_at_every_place(setting):
    """A picture that is not the whole frame is found by windows, at every place of twelve."""
    seeds = range(1000, 1012)
    setting.hold(*(anchored(picture(seed), seed) for seed in seeds))
    pictures = [ImageOps.expand(picture(seed), 60, (20, 20, 20)) for seed in seeds]
    asked = upload("WEBP", pictures)
    found = dict(match_windows(asked, setting.index, setting.candidates, cpu=lambda: 0.0).found)
    assert set(found) == {f"ref_{seed}" for seed in seeds}


@pytest.mark.parametrize("place", [1, 10, 19])
def test_a_flashed_frame_is_held(setting, place):
    """A registered picture that one frame of twenty shows within another picture is never allowed."""
    setting.hold(anchored(picture(1000)))
    base = picture(1001).resize((640, 480))
    pictures = []
    for number in range(20):
        frame = base.copy()
        frame.paste((number * 9, 60, 90), (0, 0, 40, 40))
        pictures.append(frame)
    pictures[place].paste(picture(1000).resize((360, 240)), (200, 120))
    assert setting.ask(upload("PNG", pictures)).outcome is not Outcome.ALLOW


def test_more_pictures_than_are_looked_at_are_never_allowed(setting, monkeypatch):
    """Beyond a bound an upload that shows nothing registered is a review, and says why."""
    pictures = [picture(seed) for seed in range(1000, 1006)]
    setting.hold(whole(picture(21)))
    assert setting.ask(upload("GIF", pictures)).outcome is Outcome.ALLOW
    monkeypatch.setattr(distinct_frames, "MAX_DISTINCT", 4)
    verdict = setting.ask(upload("GIF", pictures))
    assert (verdict.outcome, verdict.reasons) == (Outcome.REVIEW, (Reason.WORK_BOUND,))


def test_key_frames_among_many_frames_are_the_clip(setting):
    """Frames of a registered clip are found in an animation of many frames."""
    seeds = range(1000, 1006)
    for number, seed in enumerate(seeds):
        place = FramePlace(
            number=number,
            start_ms=number * 1000,
            end_ms=number * 1000 + 1000,
            of_frames=len(seeds),
            duration_ms=len(seeds) * 1000,
        )
        named = {"reference_id": "ref_1", "case_id": "case_1"}
        setting.hold(key_frame(picture(seed), frame_key(1, number), place, **named))
    others = [query_frame(picture(2000 + number % 4)) for number in range(48)]
    asked = question(*others[:20], *map(picture, seeds), *others[20:])
    evidence = dict(match_windows(asked, setting.index, setting.candidates, cpu=lambda: 0.0).found)["ref_1"]
    assert evidence.support == len(seeds)


# The discount and the time for many frames.


def test_evidence_of_many_frames_is_discounted(setting):
    """Up to five frames with windows count as they are; twenty cost log(4) nats. Frames without windows are free."""
    setting.hold(anchored(picture(1000)))
    shown, other = query_frame(picture(1000).crop((60, 40, 440, 300))), query_frame(picture(1001))

    def nats(*frames):
        ((_, evidence),) = match_windows(question(*frames), setting.index, setting.candidates).found
        return evidence.nats

    alone = nats(shown)
    assert nats(shown, *[other] * (UNDISCOUNTED - 1)) == alone
    assert nats(shown, *[other] * 19) == pytest.approx(alone - math.log(4))
    assert discount_of(20) == pytest.approx(math.log(4))
    without = without_luma(query_frame(picture(1001), windows=query_frame(picture(1001)).windows))
    assert nats(shown, *[without] * 30) == alone


def test_many_frames_have_more_time():
    """The time for comparisons grows with the frames that have windows, up to a bound."""
    assert work_s(1) == work_s(UNDISCOUNTED) == WORK_S
    assert WORK_S < work_s(20) < work_s(60) < MAX_WORK_S
    assert work_s(1_000) == MAX_WORK_S


def test_frames_without_windows_cost_no_comparison(setting, monkeypatch):
    """A frame that has whole codes alone is not searched by windows."""
    setting.hold(anchored(picture(1000)))
    frames = [without_luma(query_frame(picture(seed))) for seed in range(1001, 1004)]
    match_windows(question(*frames), setting.index, setting.candidates)
    assert setting.index.asked == []
    assert max(max(one.luma.shape) for one in frames) == 64


def test_runs_are_those_of_the_first_frame_alike():
    """Frames that are alike have the number of the first of them."""
    codes = [0, 1, 0, 2, 1, 0]
    rows = np.random.default_rng(0).integers(0, 256, (3, 9, 32), np.uint8)
    frames = [query_frame(picture(1), pdq_codes=rows[code]) for code in codes]
    assert module._runs(frames) == [0, 1, 0, 3, 1, 0]
