"""Stretched clips of a moving camera: found by windows between key frames, once the stretch is known or guessed."""

from functools import cache

import pytest

from index.frames.query_frame import MAX_SIDE, unstretched
from index.verdict.segments import Segment
from index.verdict.vocabulary import Band
from registry.domain.clips import FramePlace, frame_key
from registry.domain.family import Family
from registry.matching import stretches
from registry.matching.clips import ClipMatcher
from registry.matching.frames import FrameMatcher
from registry.matching.links import CaseLinks
from registry.matching.stretches import (
    FIRST_GUESSES,
    GUESS_EVERY,
    MAX_MISSES,
    MAX_WAITING,
    SeenFrame,
    Unstretcher,
)
from tests.support.media.pictures import scene
from tests.support.usecases.drawn_media import SearchedIndex, clip_frame, key_frame, picture, query_frame
from tests.support.usecases.fakes import FakeCandidates

SCENE, OTHER = 731, 741
STEP = 20  # pixels that the camera moves between two query frames


@cache
def wide(seed):
    return scene(seed, 960, 640)


def shot(seed, number):
    """What a camera that moves over a drawn picture shows: whole codes differ from step to step."""
    left = STEP * number
    return wide(seed).crop((left, left // 2, left + 480, left // 2 + 320))


def square(image):
    """A picture stored square."""
    return image.resize((392, 392))


class Setting:
    """A registered clip of a moving camera, with a key frame for each second query frame."""

    def __init__(self):
        self.index = SearchedIndex()
        self.candidates = FakeCandidates([])

    def hold(self, seed, count=8):
        """Registers the clip."""
        for number in range(count):
            place = FramePlace(
                number=number,
                start_ms=number * 1000,
                end_ms=number * 1000 + 1000,
                of_frames=count,
                duration_ms=count * 1000,
            )
            one = key_frame(
                shot(seed, 2 * number),
                frame_key(1, number),
                place,
                reference_id="ref_1",
                case_id="case_1",
            )
            self.index.hold(one)
            self.candidates.by_key[one.key] = one

    def matcher(self):
        """Begins the comparison of an upload."""
        return ClipMatcher(self.index, self.candidates, step_ms=500)

    def found(self, images):
        """What an upload of these query frames matches."""
        matcher = self.matcher()
        for number, image in enumerate(images):
            matcher.add(clip_frame(500 * number, query_frame(image)))
        matches = matcher.matches()
        assert matches.is_finished
        return dict(matches.found)

    def unstretcher(self):
        """Begins the comparison of stretched query frames alone."""
        frames = FrameMatcher(
            index=self.index,
            candidates=self.candidates,
            links=CaseLinks(self.candidates),
            cpu=lambda: 0.0,
            is_thorough=False,
        )
        return Unstretcher(frames, lambda _one, _nats: True)


@pytest.fixture
def setting():
    return Setting()


def seen(image, number=0):
    when = Segment(start_ms=500 * number, end_ms=500 * number + 500)
    return SeenFrame(when=when, run=number, query_frame=query_frame(image))


def test_a_stretched_moving_camera_is_found_all_along(setting):
    """Query frames between key frames hit too, so the segment is all of the upload."""
    setting.hold(SCENE)
    evidence = setting.found(square(shot(SCENE, number)) for number in range(16))["ref_1"]
    assert [(one.start_ms, one.end_ms) for one in evidence.segments] == [(0, 8000)]
    assert evidence.grade().band is Band.TIGHT


def test_a_stretch_is_guessed_where_no_whole_code_matches(setting):
    """An upload whose query frames all lie between key frames is found from its first query frame on."""
    setting.hold(SCENE)
    setting.index.engines[Family.FRAME_WHOLE] = SearchedIndex().engines[Family.FRAME_WHOLE]
    evidence = setting.found(square(shot(SCENE, number)) for number in range(1, 15))["ref_1"]
    assert [(one.start_ms, one.end_ms) for one in evidence.segments] == [(0, 7000)]


def test_frames_before_the_stretch_was_known_are_compared_later(setting, monkeypatch):
    """If the stretch becomes known late, the last query frames are compared again, at their own times."""
    setting.hold(SCENE)
    monkeypatch.setattr(stretches, "GUESSES", ((),))
    empty, whole = SearchedIndex().engines[Family.FRAME_WHOLE], setting.index.engines[Family.FRAME_WHOLE]
    setting.index.engines[Family.FRAME_WHOLE] = empty
    matcher = setting.matcher()
    for number in range(13):
        if number == 12:
            setting.index.engines[Family.FRAME_WHOLE] = whole
        one = query_frame(square(shot(SCENE, number)))
        matcher.add(clip_frame(500 * number, one))
    evidence = dict(matcher.matches().found)["ref_1"]
    assert [(one.start_ms, one.end_ms) for one in evidence.segments] == [(0, 6500)]


def test_another_moving_camera_matches_nothing(setting):
    """Guesses find nothing in a stranger's clip, stretched or not."""
    setting.hold(SCENE)
    assert setting.found(square(shot(OTHER, number)) for number in range(18)) == {}
    assert setting.found(shot(OTHER, number) for number in range(18)) == {}


def test_guesses_are_few(setting):
    """Of query frames that match nothing, one in so many is guessed, and all others wait, up to a bound."""
    setting.hold(SCENE)
    unstretcher = setting.unstretcher()
    for number in range(FIRST_GUESSES + 2 * GUESS_EVERY):
        assert unstretcher.add(seen(shot(OTHER, number % 8), number), [], [], deadline=1.0).hits == []
    assert sum(family is Family.FRAMES for family, _ in setting.index.asked) == 2 * 3
    assert len(unstretcher._waiting) == MAX_WAITING


def test_nothing_is_stretched_where_no_clip_is_registered(setting):
    """Without key frames no query frame is stretched or kept."""
    unstretcher = setting.unstretcher()
    unstretcher.add(seen(shot(OTHER, 0)), [], [], deadline=1.0)
    assert (setting.index.asked, len(unstretcher._waiting)) == ([], 0)


def test_a_clip_that_is_not_stretched_costs_nothing_more(setting):
    """Query frames that windows match are neither stretched nor kept."""
    setting.hold(SCENE)
    matcher = setting.matcher()
    for number in range(8):
        one = query_frame(shot(SCENE, number))
        matcher.add(clip_frame(500 * number, one))
    assert sum(family is Family.FRAMES for family, _ in setting.index.asked) == 8
    assert len(matcher._unstretcher._waiting) == 0


def test_a_stretch_that_no_longer_matches_is_forgotten(setting):
    """After so many query frames without a hit the stretch is dropped, and guesses begin again."""
    setting.hold(SCENE)
    unstretcher = setting.unstretcher()
    assert unstretcher.add(seen(square(shot(SCENE, 1))), [], [], deadline=1.0).hits[0][1]
    for number in range(1, MAX_MISSES + 1):
        assert len(unstretcher._misses) == 1
        unstretcher.add(seen(square(shot(OTHER, number)), number), [], [], deadline=1.0)
    assert not unstretcher._misses


def test_what_the_time_did_not_allow_is_said(setting):
    """A frame that could not be compared with a known stretch is not finished; earlier ones go on waiting."""
    setting.hold(SCENE)
    unstretcher = setting.unstretcher()
    unstretcher.add(seen(square(shot(SCENE, 1))), [], [], deadline=1.0)
    assert not unstretcher.add(seen(square(shot(SCENE, 3))), [], [], deadline=-1.0).is_finished


@pytest.mark.parametrize("factor", [0.5, 1.0, 1.778, 2.0])
def test_a_frame_is_stretched_back_within_the_bounds_of_a_plane(factor):
    """Its aspect changes by the factor, its sides stay within the bound, and its whole codes are the same."""
    one = query_frame(picture(SCENE))
    back = unstretched(one, factor)
    rows, columns = back.luma.shape
    assert columns / rows == pytest.approx(factor * 1.5, rel=0.02)
    assert max(rows, columns) <= MAX_SIDE
    assert (back.pdq, back.dhash) == (one.pdq, one.dhash)
    assert len(back.windows) > 20
