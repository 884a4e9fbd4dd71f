"""Faces in a check of a clip: which query frames are searched, how they vote, and withdrawals meanwhile."""

from dataclasses import dataclass, field, replace
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.clips.values import ClipHead, ClipQueryFrame, ClipSummary
from index.errors import DecoderFailed, DecodersBusy
from index.media.clips.sniffing import ClipFormat
from index.verdict.reasons import Reason
from index.verdict.vocabulary import Context, Level, MatchKind, Outcome, ReferenceKind
from registry.domain.candidate import ExactCandidate
from registry.domain.probe import Strictness
from registry.errors import SealBroken
from registry.matching.seen_clips import FACES_EVERY_MS
from registry.permissions import Permission
from registry.usecases.checks.clips import check_clip
from tests.support.databases.registry_parts import DANA
from tests.support.usecases.drawn_media import picture as drawn_picture
from tests.support.usecases.drawn_media import query_frame
from tests.support.usecases.fake_faces import FaceSetting, face, picture, template, unfit

EVERY_MS = 1000
NOBODY = face(-0.5)
ALICES = face(0.5)


@dataclass
class FakeClip:
    """Implements `ClipFingerprinter.read_frames`: one frame a second, each in colour where colours are asked for.

    `shows` tells of each look the number of its picture (`FakeFaces.shown`), or None for one without colours.
    """

    shows: tuple = (1, 1, 1, 1)
    is_whole: bool = True
    asked_ms: int = EVERY_MS
    asked: list = field(default_factory=list)
    during: object = None

    def read_frames(self, source, progress=None, *, colours_every_ms=None):
        """Begins."""
        self.asked.append(colours_every_ms)
        return _Watch(self, colours_every_ms)


@cache
def _content():
    """A look that shows enough for an allow to be an answer."""
    return query_frame(drawn_picture(7))


class _Watch:
    def __init__(self, clip, every_ms):
        self._clip = clip
        self._every_ms = every_ms
        self.summary = None

    def __iter__(self):
        plain = _content()
        for number, shown in enumerate(self._clip.shows):
            if self._clip.during is not None:
                self._clip.during(number)
            in_colour = self._every_ms is not None and shown is not None
            yield ClipQueryFrame(
                at_ms=EVERY_MS * number,
                until_ms=EVERY_MS * (number + 1),
                query_frame=plain,
                colours=picture(shown) if in_colour else None,
            )
        self.summary = ClipSummary(
            sha256=bytes(32),
            md5=bytes(16),
            head=ClipHead(media_format=ClipFormat.MP4, width=4, height=4, announced_ms=None),
            duration_ms=EVERY_MS * len(self._clip.shows),
            is_whole=self._clip.is_whole,
        )

    def close(self):
        """Ends."""


@pytest.fixture
def setting():
    """Alice is registered; picture 1 shows a stranger and picture 2 shows her."""
    setting = FaceSetting()
    setting.register(template())
    setting.faces.shown = {1: (NOBODY,), 2: (ALICES,)}
    return setting


def ask(setting, *shows, actor=DANA, context=Context.GENERAL, **clip):
    """Check a clip whose query frames show these pictures."""
    return check_clip(
        object(),
        check_id="chk_1",
        actor=actor,
        services=setting.services,
        clips=FakeClip(shows=shows, **clip),
        context=context,
    )


def looked(setting):
    return [call for call in setting.calls if call[0] == "look"]


def test_two_query_frames_that_agree_are_a_likeness(setting):
    """Held with its kind and its times: half a second for each look that shows it."""
    check = ask(setting, 1, 2, 1, 2)
    assert (check.verdict.outcome, check.verdict.kinds) == (Outcome.REVIEW, (MatchKind.LIKENESS,))
    assert [(part.start_ms, part.end_ms) for part in check.verdict.segments] == [(1000, 1500), (3000, 3500)]
    assert check.reference_ids == ("ref_face_1",)


def test_one_query_frame_alone_may_be_chance(setting):
    """One look of several that shows a likeness is allowed."""
    assert ask(setting, 1, 2, 1, 1).verdict.outcome is Outcome.ALLOW


def test_a_clip_of_one_query_frame_is_fully_supported_by_it(setting):
    """If all query frames that were searched show the face, a single one is enough."""
    assert ask(setting, 2).verdict.outcome is Outcome.REVIEW
    assert ask(setting, None, 2, None).verdict.outcome is Outcome.REVIEW


def test_query_frames_without_colours_have_no_vote(setting):
    """Only query frames with colours are searched, each once."""
    ask(setting, 2, None, None, 2)
    assert looked(setting) == [("look", 1)] * 2


@pytest.mark.parametrize("off", ["platform", "deployment"])
def test_colours_are_asked_for_only_with_faces_on(setting, off):
    """Without a search for faces no frame is sent in colour."""
    clip, on = FakeClip(shows=(2, 2)), FakeClip(shows=(2, 2))
    actor, services = DANA, setting.services
    if off == "platform":
        actor = replace(DANA, permissions=DANA.permissions - {Permission.CHECK_LIKENESS})
    else:
        services = replace(services, faces=None)
    check = check_clip(object(), check_id="chk_1", actor=actor, services=services, clips=clip)
    assert (check.verdict.outcome, clip.asked, looked(setting)) == (Outcome.ALLOW, [None], [])
    check_clip(object(), check_id="chk_2", actor=DANA, services=setting.services, clips=on)
    assert on.asked == [FACES_EVERY_MS]


def test_who_is_withdrawn_meanwhile_is_not_found(setting):
    """A likeness that was met and then withdrawn leads to nothing (promise 3)."""

    def withdraw(number):
        if number == 3:
            setting.candidates.withdrawn.add("ref_face_1")

    assert ask(setting, 2, 2, 2, 2, 2, during=withdraw).verdict.outcome is Outcome.ALLOW
    setting.candidates.withdrawn.clear()
    setting.candidates.confirm_faces = lambda keys, family: (template(),)
    setting.candidates.withdrawn.add("ref_face_1")
    assert ask(setting, 2, 2).verdict.outcome is Outcome.ALLOW  # withdrawn after its template was confirmed


def test_a_level_that_is_lost_meanwhile_counts_no_more(setting):
    """A case that falls below V2 while the clip is looked at leads to nothing, as one that fell before."""
    (held,) = next(iter(setting.candidates.templates.values()))
    setting.candidates.confirm_faces = lambda keys, family: (held,)
    assert ask(setting, 2, 2).verdict.outcome is Outcome.REVIEW
    for family in setting.candidates.templates:
        setting.candidates.templates[family] = (replace(held, level=Level.V1),)
    assert ask(setting, 2, 2).verdict.outcome is Outcome.ALLOW


@pytest.mark.parametrize("error", [DecoderFailed("crashed"), DecodersBusy("busy"), SealBroken()])
def test_what_fails_is_no_answer(setting, error):
    """A worker that crashes, or a seal that does not open, ends the check, and nothing is kept."""
    if isinstance(error, SealBroken):

        def fail(*_):
            raise error

        setting.candidates.confirm_faces = fail
    else:
        setting.faces.failure = error
    with pytest.raises(type(error)):
        ask(setting, 2, 2)
    assert setting.checks.kept == {}


def test_the_context_reaches_the_ladder(setting):
    """In a sexual context the review says that it is to be held."""
    told = [ask(setting, 2, 2, context=context).verdict.reasons for context in Context]
    assert [Reason.SEXUAL_CONTEXT in reasons for reasons in told] == [
        context is Context.SEXUAL for context in Context
    ]


def test_unfit_faces_of_a_clip_are_reported(setting):
    """An allow says that some faces were unfit; a crowd in one query frame is held."""
    setting.faces.shown[1] = (unfit(),)
    assert ask(setting, 1, 1).verdict.reasons == (Reason.FACES_UNFIT, Reason.NO_MATCH)
    setting.faces.is_whole = False
    verdict = ask(setting, 1, 1).verdict
    assert (verdict.outcome, verdict.reasons) == (Outcome.REVIEW, (Reason.FACES_UNCOMPARED,))


def test_a_clip_that_was_not_seen_whole_is_held(setting):
    """Frames that were not seen may show anybody."""
    assert ask(setting, 1, 1, is_whole=False).verdict.outcome is Outcome.REVIEW


@given(st.data())
def test_no_combination_of_likenesses_blocks(data):
    """Any query frames, at any level, even the registered photograph itself, lead to a review at most (promise 2)."""
    setting = FaceSetting()
    level = data.draw(st.sampled_from(Level))
    setting.register(*(template(key, level=level) for key in range(data.draw(st.integers(0, 3)))))
    likenesses = data.draw(st.lists(st.floats(-1, 1), max_size=5))
    setting.faces.shown = {number: (face(one),) for number, one in enumerate(likenesses)}
    setting.faces.is_whole = data.draw(st.booleans())
    setting.budget.strictness = data.draw(st.sampled_from(Strictness))
    if data.draw(st.booleans()):
        setting.candidates.by_digest[bytes(32)] = ExactCandidate(
            reference_id="ref_file", case_id="case_file", number=1, kind=ReferenceKind.LIKENESS, level=level
        )
    shows = data.draw(st.lists(st.none() | st.integers(0, 5), min_size=1, max_size=8))
    check = ask(setting, *shows, context=data.draw(st.sampled_from(Context)))
    assert check.verdict.outcome is not Outcome.BLOCK
