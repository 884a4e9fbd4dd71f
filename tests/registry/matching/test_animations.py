"""An animation is a clip without times: it matches by two frames of a clip that no different clip shares."""

import pytest

from index.verdict.reasons import Reason
from index.verdict.thresholds import MIN_FRAME_NATS
from index.verdict.vocabulary import Level, MatchKind, Outcome
from registry.domain.clips import FramePlace, frame_key
from registry.matching.frames import MAX_FRAMES_OF_ONE_CLIP
from registry.matching.windows import match_windows
from tests.support.usecases.drawn_media import key_frame, picture, question
from tests.support.usecases.searched_check import SearchedCheck

INTRO = (301, 302)
BODY, OTHER = (311, 312, 313), (321, 322, 323)


class Setting(SearchedCheck):
    """A check over registered clips with a key frame each second."""

    def hold(self, number, seeds, **changes):
        """Registers a clip that shows drawn pictures."""
        for place, seed in enumerate(seeds):
            frame = FramePlace(
                number=place,
                start_ms=place * 1000,
                end_ms=place * 1000 + 1000,
                of_frames=len(seeds),
                duration_ms=len(seeds) * 1000,
            )
            named = {"reference_id": f"ref_{number}", "case_id": f"case_{number}", **changes}
            one = key_frame(picture(seed), frame_key(number, place), frame, **named)
            super().hold(one)

    def found(self, *frames):
        """What is found of clips in an upload of these frames, by reference."""
        return dict(match_windows(question(*frames), self.index, self.candidates).found)

    def ask(self, *frames):
        """Decides about an upload of these frames."""
        return super().ask(question(*frames))


@pytest.fixture
def setting():
    return Setting()


def part(seed):
    """A small part of a drawn picture: evidence of one frame, and not enough for one alone."""
    return picture(seed).crop((110, 70, 370, 250))


def test_two_frames_of_a_clip_are_held(setting):
    """Two distinct frames are a part of the clip, for a person to look at."""
    setting.hold(1, BODY)
    evidence = setting.found(*map(part, BODY[:2]))["ref_1"]
    assert (evidence.support, evidence.match) == (2, MatchKind.PARTIAL_COPY)
    verdict = setting.ask(*map(part, BODY[:2]))
    assert (verdict.outcome, Reason.FRAMES_AGREE in verdict.reasons) == (Outcome.REVIEW, True)


def test_one_weak_frame_of_several_is_not_enough(setting):
    """One frame of a clip alone must tell more, as in a clip; of a picture that is one frame it need not."""
    setting.hold(1, BODY)
    assert setting.ask(part(BODY[0])).outcome is Outcome.REVIEW
    evidence = setting.found(part(BODY[0]), picture(900))["ref_1"]
    assert (evidence.support, evidence.nats < MIN_FRAME_NATS) == (1, True)
    assert setting.ask(part(BODY[0]), picture(900)).outcome is Outcome.ALLOW
    assert setting.ask(part(BODY[0]), part(BODY[0])).outcome is Outcome.ALLOW


def test_one_frame_that_tells_enough_is_held(setting):
    """A whole frame of a clip among others is found."""
    setting.hold(1, BODY)
    assert setting.ask(picture(900), picture(BODY[1])).outcome is Outcome.REVIEW


def test_a_still_clip_needs_its_one_frame(setting):
    """A clip of one key frame is found by it."""
    setting.hold(1, BODY[:1])
    assert setting.ask(part(BODY[0]), picture(900)).outcome is Outcome.REVIEW


def test_a_shared_intro_speaks_for_none(setting):
    """An animation of one clip is not taken for another, linked one that has its intro."""
    setting.hold(1, (*INTRO, *BODY))
    setting.hold(2, (*INTRO, *OTHER))
    setting.candidates.link("case_1", "case_2")
    frames = [picture(seed) for seed in (*INTRO, *BODY)]
    assert set(setting.found(*frames)) == {"ref_1"}
    assert setting.found(*frames[:2]) == {}


def test_backwards_too(setting):
    """Played backwards the clips still end differently."""
    setting.hold(1, (*INTRO, *BODY))
    setting.hold(2, (*INTRO, *OTHER))
    setting.candidates.link("case_1", "case_2")
    assert set(setting.found(*(picture(seed) for seed in (*reversed(BODY), *reversed(INTRO))))) == {"ref_1"}


def test_a_clip_that_several_cases_registered_is_found_for_each(setting):
    """An excerpt of one clip is stop-listed by nobody who registered it again."""
    for number in (1, 2, 3):
        setting.hold(number, (*INTRO, *BODY, *OTHER))
    assert set(setting.found(*(picture(seed) for seed in INTRO))) == {"ref_1", "ref_2", "ref_3"}


@pytest.mark.parametrize(("level", "is_linked"), [(Level.V0, True), (Level.V4, False)])
def test_strangers_stop_list_nothing(setting, level, is_linked):
    """A case that nobody verified or linked takes nothing from a victim's frames."""
    setting.hold(1, (*INTRO, *BODY))
    setting.hold(2, (*INTRO, *OTHER), level=level)
    if is_linked:
        setting.candidates.link("case_1", "case_2")
    assert "ref_1" in setting.found(*(picture(seed) for seed in INTRO))


def test_few_frames_of_a_clip_are_compared_with_one(setting):
    """Of a clip whose frames are alike the likeliest are compared, and nothing counts as left out."""
    setting.hold(1, [BODY[0]] * 8)
    setting.hold(2, BODY[:1])
    matched = match_windows(question(picture(BODY[0])), setting.index, setting.candidates)
    by_codes, by_windows = [keys for name, keys in setting.candidates.calls if name == "confirm_key_frames"]
    assert len(by_codes) == len(by_windows) == MAX_FRAMES_OF_ONE_CLIP + 1
    assert matched.is_finished
    assert {name for name, _ in matched.found} == {"ref_1", "ref_2"}
