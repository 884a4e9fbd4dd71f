"""Another agency that registers excerpts of a victim's clip or picture, so that they count as what everybody shares."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from index.verdict.ladder import decide
from index.verdict.vocabulary import Level, Outcome, ReferenceKind
from registry.domain.candidate import CaseStanding
from registry.domain.clips import FramePlace, frame_key
from registry.matching.clips import ClipMatcher
from registry.matching.links import CaseLinks
from tests.support.databases.registry_parts import pdq
from tests.support.usecases.drawn_media import (
    SearchedIndex,
    anchored,
    clip_frame,
    key_frame,
    picture,
    query_frame,
    question,
)
from tests.support.usecases.fakes import FakeCandidates
from tests.support.usecases.searched_check import SearchedCheck

EXCERPT = (801, 802, 803)
VICTIMS = (811, 812, *EXCERPT, 813, 814)
OWN = ((821, 822), (831, 832), (841, 842))
HONEST = (851,)
RELEASE = ReferenceKind.OFFICIAL_RELEASE


class Clips:
    """Registered clips with a key frame each second, the victim's first unless it comes later."""

    def __init__(self):
        self.index = SearchedIndex()
        self.candidates = FakeCandidates([])

    def register(self, number, seeds, level=Level.V1, kind=ReferenceKind.INTIMATE_ITEM):
        """Registers a clip in a case of its own; the numbers are the order of registration."""
        for at, seed in enumerate(seeds):
            place = FramePlace(
                number=at,
                start_ms=at * 1000,
                end_ms=at * 1000 + 1000,
                of_frames=len(seeds),
                duration_ms=len(seeds) * 1000,
            )
            key, names = frame_key(number, at), {"reference_id": f"ref_{number}", "case_id": f"case_{number}"}
            one = replace(_held(seed), key=key, number=number, place=place, level=level, kind=kind, **names)
            self.index.hold(one)
            self.candidates.by_key[one.key] = one

    def ask(self, *seeds):
        """Returns the verdict about a clip that shows each picture for a second, and the references found."""
        matcher = ClipMatcher(self.index, self.candidates, step_ms=1000)
        for number, seed in enumerate(seeds):
            matcher.add(clip_frame(1000 * number, _asked(seed)))
        found = matcher.matches().found
        return decide(item for _, item in found).outcome, {name for name, _ in found}


@cache
def _held(seed):
    return key_frame(picture(seed), 0, None)


@cache
def _asked(seed):
    return query_frame(picture(seed))


def as_before(monkeypatch):
    """Lets all cases share what they have in common, as if an operator had linked each with each."""
    everybody = CaseStanding(linked=frozenset({"case_0"}))
    monkeypatch.setattr(CaseLinks, "are_linked", lambda _links, _one, _other: True)
    monkeypatch.setattr(CaseLinks, "standing", lambda _links, _case_id: everybody)


@pytest.mark.parametrize(
    ("victims", "level"),
    [(1, Level.V1), (1, Level.V4), (9, Level.V4)],
    ids=["first", "first, against V4", "last"],
)
def test_an_excerpt_stays_a_review(monkeypatch, victims, level):
    """Three clips of an excerpt and something else, at whatever level and in whatever order, mute nothing."""
    clips = Clips()
    clips.register(victims, VICTIMS)
    for number, own in enumerate(OWN, 2):
        clips.register(number, (*EXCERPT, *own), level, RELEASE)
    outcome, found = clips.ask(*EXCERPT)
    assert outcome is Outcome.REVIEW
    assert f"ref_{victims}" in found
    as_before(monkeypatch)  # the defence off: the attack succeeds
    assert clips.ask(*EXCERPT)[0] is Outcome.ALLOW


def test_an_honest_compilation_mutes_nothing(monkeypatch):
    """Somebody's compilation that contains the victim's excerpt leaves uploads of the excerpt held, for its victim."""
    clips = Clips()
    clips.register(1, VICTIMS)
    clips.register(2, (*OWN[0], *EXCERPT, *OWN[1]))
    assert clips.ask(*EXCERPT) == (Outcome.REVIEW, {"ref_1", "ref_2"})
    assert clips.ask(*HONEST, *EXCERPT, *HONEST)[0] is Outcome.REVIEW
    as_before(monkeypatch)
    assert clips.ask(*EXCERPT) == (Outcome.ALLOW, set())


def test_linked_cases_share_their_intro():
    """The honest side: an agency's artists, whom an operator linked, with one intro. Nobody else gains by the link."""
    clips = Clips()
    for number, own in enumerate(OWN, 1):
        clips.register(number, (*EXCERPT[:1], *own, 890 + number))
    assert clips.ask(*EXCERPT[:1], *HONEST)[0] is Outcome.REVIEW
    clips.candidates.link("case_1", "case_2", "case_3")
    assert clips.ask(*EXCERPT[:1], *HONEST) == (Outcome.ALLOW, set())
    assert clips.ask(*EXCERPT[:1], *OWN[0])[1] == {"ref_1"}
    clips.register(4, (*EXCERPT[:1], *VICTIMS[:2], *VICTIMS[-2:]))
    assert clips.ask(*EXCERPT[:1], *HONEST) == (Outcome.REVIEW, {"ref_4"})


def test_a_link_that_ends_meanwhile_holds_the_clip():
    """A clip takes minutes: if a link that was used no longer stands at its end, the clip is not allowed."""
    clips = Clips()
    for number, own in enumerate(OWN, 1):
        clips.register(number, (*EXCERPT[:1], *own, 890 + number))
    clips.candidates.link("case_1", "case_2", "case_3")
    matcher = ClipMatcher(clips.index, clips.candidates, step_ms=1000)
    for number, seed in enumerate((*EXCERPT[:1], *HONEST)):
        matcher.add(clip_frame(1000 * number, _asked(seed)))
    assert matcher.matches().is_finished
    clips.candidates.standings.clear()
    assert not matcher.matches().is_finished


def _with_windows_of(victim, part, number):
    """A picture of nobody's, of which a third are windows of the victim's picture."""
    order = np.argsort(np.argsort(victim.windows.places[:, 0])) * 3 // len(victim.windows)
    codes = np.random.default_rng(number).integers(0, 256, victim.windows.codes.shape, np.uint8)
    codes[order == part] = victim.windows.codes[order == part]
    named = {"key": number, "number": number, "reference_id": f"ref_{number}", "case_id": f"case_{number}"}
    return replace(victim, **named, pdq=pdq(number), windows=replace(victim.windows, codes=codes))


def test_windows_of_a_picture_stay_evidence(monkeypatch):
    """Nine pictures that contain a third of a victim's each, three times over, mute no crop of it."""
    setting = SearchedCheck()
    image = picture(861)
    victim = anchored(image, 1)
    setting.hold(victim, *(_with_windows_of(victim, number % 3, number) for number in range(2, 11)))
    crop = question(image.crop((40, 30, 440, 290)))
    assert setting.ask(crop).outcome is Outcome.REVIEW
    as_before(monkeypatch)
    assert setting.ask(crop).outcome is Outcome.ALLOW
