"""Frames that two clips share are no evidence for either, but only where the clips go on differently."""

from dataclasses import replace
from functools import cache

import pytest
from PIL import ImageOps

from index.verdict.vocabulary import Level
from registry.domain.clips import MAX_FRAMES_PER_CLIP, FramePlace
from registry.domain.family import Family
from registry.matching import shared_intros
from registry.matching.links import CaseLinks
from registry.matching.shared_intros import (
    CONTEXT_FRAMES,
    MAX_PARTNERS,
    MIN_CONTEXT_MS,
    NEIGHBOURS_MS,
    ClipContexts,
    ClipSpan,
    Part,
)
from tests.support.usecases.drawn_media import key_frame, picture
from tests.support.usecases.fakes import FakeCandidates

INTRO = (901, 902, 903)
ONE, OTHER = (101, 102, 103, 104), (201, 202, 203, 204)


@cache
def described(seed, form="whole"):
    """A frame that shows a drawn picture: whole, mirrored, or without its borders."""
    image = picture(seed)
    if form == "mirrored":
        image = ImageOps.mirror(image)
    if form == "cropped":
        image = image.crop((40, 30, 440, 290)).resize(image.size)
    return key_frame(image, 0, None)


class Frames:
    """The stored frames of clips, a second each."""

    def __init__(self, **clips):
        self.held, self.reads = {}, []
        self.keys = {name: (place + 1) * MAX_FRAMES_PER_CLIP for place, name in enumerate(clips)}
        self.counts = {name: len(shown) for name, shown in clips.items()}
        for name, shown in clips.items():
            for number, item in enumerate(shown):
                self._add(name, number, *(item if isinstance(item, tuple) else (item,)))

    def _add(self, name, number, seed, form="whole"):
        one = described(seed, form)
        key = self.keys[name] + number
        self.held[key] = _framed(one, key, number, self.counts[name])

    def confirm_key_frames(self, keys, family):
        """Answers what is held, and notes what was asked for."""
        assert family == Family.FRAMES
        self.reads.append(tuple(keys))
        return tuple(self.held[key] for key in keys if key in self.held)

    def part(self, name, first, last, **changes):
        """Takes frames of a clip as shown."""
        return Part(
            first_key=self.keys[name], key_frames=self.counts[name], first=first, last=last, **changes
        )

    def differ(self, one, other):
        """Compares two clips, with nothing read before."""
        return ClipContexts(self).differ(one, other)


def _framed(one, key, number, count):
    place = FramePlace(
        number=number,
        start_ms=number * 1000,
        end_ms=number * 1000 + 1000,
        of_frames=count,
        duration_ms=count * 1000,
    )
    return replace(one, key=key, place=place)


def intros(frames):
    """The intro as either clip has it."""
    return frames.part("a", 0, 2), frames.part("b", 0, 2)


def test_clips_that_go_on_differently_are_different_ones():
    """Two clips with one intro and different contents are two clips."""
    frames = Frames(a=(*INTRO, *ONE), b=(*INTRO, *OTHER))
    assert frames.differ(*intros(frames))


@pytest.mark.parametrize("form", ["whole", "mirrored", "cropped"])
def test_a_clip_that_is_registered_twice_is_one(form):
    """The same clip goes on alike, whoever registers it, mirrored and cropped too."""
    frames = Frames(a=(*INTRO, *ONE), b=(*INTRO, *((seed, form) for seed in ONE)))
    assert not frames.differ(*intros(frames))


def test_an_outro_is_told_by_what_goes_before():
    """If two clips share their end, the frames before it are compared."""
    frames = Frames(a=(*ONE, *INTRO), b=(*OTHER, *INTRO), c=(*ONE, *INTRO))
    assert frames.differ(frames.part("a", 4, 6), frames.part("b", 4, 6))
    assert not frames.differ(frames.part("a", 4, 6), frames.part("c", 4, 6))


def test_in_doubt_clips_are_one():
    """An excerpt has nothing around the shared part; of two that overlap one has it before, the other behind."""
    frames = Frames(a=(*INTRO, *ONE), b=INTRO, c=(*OTHER, *INTRO))
    assert not frames.differ(*intros(frames))
    assert not frames.differ(frames.part("a", 0, 2), frames.part("c", 4, 6))


def test_a_short_context_decides_nothing():
    """One second that differs is a trim or a fade; two are another clip."""
    assert MIN_CONTEXT_MS == 2000
    for seconds, differ in ((1, False), (2, True)):
        frames = Frames(a=(*INTRO, *ONE), b=(*INTRO, *OTHER[:seconds]))
        assert frames.differ(*intros(frames)) is differ


def test_a_part_of_an_intro_is_common_too():
    """Where the upload shows but a part of the intro, the clips go on alike for a while, and differ all the same."""
    frames = Frames(a=(*INTRO, *ONE), b=(*INTRO, *OTHER))
    assert frames.differ(frames.part("a", 0, 1), frames.part("b", 0, 1))


def test_a_clip_shown_backwards_is_compared_with_its_own_end():
    """What goes before a part that one upload shows backwards is what comes after it in another clip's order."""
    frames = Frames(a=(*INTRO, *ONE), b=(*reversed(ONE), *INTRO))
    assert not frames.differ(frames.part("a", 0, 2), frames.part("b", 4, 6, is_reversed=True))
    assert not frames.differ(frames.part("a", 0, 2, is_reversed=True), frames.part("b", 4, 6))


def test_an_intro_that_seems_to_run_backwards_is_an_intro_all_the_same():
    """Frames that look alike may be met in any order; what comes after two different clips' intros still differs."""
    frames = Frames(a=(*INTRO, *ONE), b=(*INTRO, *OTHER))
    assert frames.differ(frames.part("a", 0, 2, is_reversed=True), frames.part("b", 0, 2))
    assert frames.differ(frames.part("a", 0, 2), frames.part("b", 0, 2, is_reversed=True))
    twice = Frames(a=(*INTRO, *ONE), b=(*INTRO, *ONE))
    assert not twice.differ(twice.part("a", 0, 2, is_reversed=True), twice.part("b", 0, 2))


def test_no_more_is_read_than_lies_near_and_nothing_twice():
    """Of long clips some frames on either side are read, once each."""
    frames = Frames(a=(*INTRO, *ONE), b=(*INTRO, *OTHER))
    bodies = ClipContexts(frames)
    long = Part(first_key=frames.keys["a"], key_frames=1000, first=500, last=502)
    bodies.differ(long, frames.part("b", 0, 2))
    bodies.differ(long, frames.part("b", 0, 2))
    read = [key for keys in frames.reads for key in keys]
    assert len(read) == len(set(read)) == 2 * CONTEXT_FRAMES + len(OTHER)


# Which looks are common.


def stretch(case, looks, *, level=Level.V1, is_small=True, is_disputed=False):
    """A part of the upload that shows a clip: a frame each second."""
    return ClipSpan(
        case_id=f"case_{case}",
        level=level,
        first_key=case * MAX_FRAMES_PER_CLIP,
        key_frames=50,
        shown={at_ms: frozenset({at_ms // 1000}) for at_ms in looks},
        is_reversed=False,
        is_small=is_small,
        is_disputed=is_disputed,
    )


def always(_one, _other):
    """All clips are different ones."""
    return True


def shared_times(clips, differ, linked=None):
    """The shared times of clips of cases that an operator linked, all of them unless some are named."""
    candidates = FakeCandidates([])
    candidates.link(*sorted({one.case_id for one in clips} if linked is None else linked))
    return shared_intros.shared_times(clips, differ, CaseLinks(candidates))


LOOKS = (0, 1000, 2000)


def test_looks_at_two_different_clips_are_common():
    """What both meet speaks for neither; what one meets alone is its own."""
    assert shared_times([stretch(1, (*LOOKS, 9000)), stretch(2, LOOKS)], always) == [frozenset(LOOKS)] * 2


def test_clips_that_may_be_one_have_nothing_in_common():
    """If the comparison is in doubt no query frame is stop-listed, however many cases have it."""
    clips = [stretch(case, LOOKS) for case in range(6)]
    assert shared_times(clips, lambda _one, _other: False) == [frozenset()] * 6


@pytest.mark.parametrize("linked", [(), ("case_2", "case_3"), ("case_1", "case_3")])
def test_cases_that_nobody_linked_share_nothing(linked):
    """However many verified cases have a part, without an operator's link it is evidence of each."""
    clips = [stretch(case, LOOKS) for case in (1, 2, 4)]
    assert shared_times(clips, always, linked) == [frozenset()] * 3


def test_one_case_alone_asks_nothing():
    """Clips of one case need no look at the links."""
    candidates = FakeCandidates([])
    shared_intros.shared_times([stretch(1, LOOKS), stretch(1, LOOKS)], always, CaseLinks(candidates))
    assert candidates.calls == []


@pytest.mark.parametrize(
    "other",
    [stretch(2, LOOKS, level=Level.V0), stretch(2, LOOKS, is_disputed=True), stretch(1, LOOKS)],
)
def test_strangers_and_the_same_case_stop_list_nothing(other):
    """A case that nobody looked at, and another clip of the same case, take nothing from a victim's frames."""
    assert shared_times([stretch(1, LOOKS), other], always)[0] == frozenset()


def test_a_large_part_is_not_stop_listed_and_stop_lists_others():
    """The clip itself is still found, and a clip of its intro alone is not."""
    clips = [stretch(1, (*LOOKS, 3000, 4000), is_small=False), stretch(2, LOOKS)]
    assert shared_times(clips, always) == [frozenset(), frozenset(LOOKS)]


def test_neighbouring_query_frames_are_one_part():
    """Not each query frame of an intro matches all clips that have it; frames farther away are another part."""
    near, far = stretch(2, (NEIGHBOURS_MS,)), stretch(2, (NEIGHBOURS_MS + 1,))
    assert shared_times([stretch(1, (0,)), near], always)[0] == {0}
    assert shared_times([stretch(1, (0,)), far], always)[0] == frozenset()


def test_the_work_is_bounded():
    """Among very many clips that share an intro few are compared with each, and few in all."""
    compared = []

    def counted(one, other):
        compared.append((one.first_key, other.first_key))
        return False

    clips = [stretch(case, LOOKS) for case in range(30)]
    shared_times(clips[: MAX_PARTNERS + 5], counted)
    assert max(sum(one == pair[0] for pair in compared) for one, _ in compared) == MAX_PARTNERS
    compared.clear()
    shared_times(clips, counted)
    assert len(compared) == shared_intros.MAX_PAIRS
