"""Whole codes of key frames: stretched frames are found by the rule for whole pictures, flat and strange ones not."""

from dataclasses import replace

import numpy as np
import pytest

from index.frames.query_frame import QueryFrame
from index.verdict.evidence import FrameView, WindowEvidence
from index.verdict.reasons import Reason
from index.verdict.thresholds import (
    LOOSE_PDQ_BITS,
    MAX_DHASH_BITS,
    MAX_PROPOSED_PDQ_BITS,
    MIN_FRAME_NATS,
    MIN_NATS,
    TIGHT_PDQ_BITS,
)
from index.verdict.vocabulary import Band, Level, MatchKind, Outcome, ReferenceKind
from index.windows.windows import Windows
from registry.domain.candidate import KeyFrameCandidate
from registry.domain.clips import FramePlace, frame_key
from registry.domain.family import Family
from registry.matching import frame_codes
from registry.matching.assessment import assess
from registry.matching.clips import ClipMatcher
from registry.matching.frame_codes import (
    MAX_DOUBTFUL_NATS,
    MAX_FRAMES_OF_ONE_CLIP,
    match_key_frame_codes,
    merged,
)
from registry.matching.windows import match_windows
from tests.support.databases.registry_parts import dhash, near, pdq
from tests.support.usecases.drawn_media import (
    SearchedIndex,
    clip_frame,
    coded,
    key_frame,
    picture,
    query_frame,
    question,
)
from tests.support.usecases.fakes import FakeCandidates

FACTORS = (4 / 3, 3 / 2, 16 / 9, 3 / 4, 2 / 3, 9 / 16)
BODY, OTHER, INTRO = (711, 712, 713, 714), (721, 722, 723, 724), (701, 702)
FIRST = frame_key(1, 0)
NO_WINDOWS = Windows(width=64, height=64)


def stretched(image, factor=16 / 9):
    """A picture at another aspect, as a clip that is stored square."""
    width, height = image.size
    return image.resize((round(width * factor**0.5), round(height / factor**0.5)))


def place(number=0, of_frames=1):
    return FramePlace(
        number=number,
        start_ms=number * 1000,
        end_ms=number * 1000 + 1000,
        of_frames=of_frames,
        duration_ms=of_frames * 1000,
    )


class Setting:
    """Registered clips with a key frame each second."""

    def __init__(self):
        self.index = SearchedIndex()
        self.candidates = FakeCandidates([])

    def hold(self, number, seeds, **changes):
        """Registers a clip that shows drawn pictures."""
        for at, seed in enumerate(seeds):
            named = {"reference_id": f"ref_{number}", "case_id": f"case_{number}", **changes}
            self.add(key_frame(picture(seed), frame_key(number, at), place(at, len(seeds)), **named))

    def hold_codes(self, code, second, quality=100, flat_share=0.1, key=FIRST):
        """Registers a key frame of these codes, without windows."""
        self.add(
            KeyFrameCandidate(
                key=key,
                reference_id="ref_1",
                case_id="case_1",
                tenant_id="tnt_1",
                number=1,
                kind=ReferenceKind.INTIMATE_ITEM,
                level=Level.V1,
                flat_share=flat_share,
                pdq=replace(code, quality=quality),
                dhash=second,
                windows=NO_WINDOWS,
                place=place(),
            )
        )

    def add(self, one):
        """Registers a key frame."""
        self.index.hold(one)
        self.candidates.by_key[one.key] = one

    def shown(self, *frames):
        """What whole codes alone show, by frame."""
        return [one.shown for one in match_key_frame_codes(frames, self.index, self.candidates)]

    def clip(self, *images, each=2):
        """What an upload matches that shows each picture for so many query frames."""
        matcher = ClipMatcher(self.index, self.candidates, step_ms=500)
        for number, image in enumerate(image for image in images for _ in range(each)):
            matcher.add(clip_frame(500 * number, query_frame(image)))
        return matcher.matches()

    def found(self, *images, each=2):
        """The evidence about each clip that such an upload shows."""
        return dict(self.clip(*images, each=each).found)


@pytest.fixture
def setting():
    return Setting()


@pytest.mark.parametrize("factor", FACTORS)
def test_a_stretched_clip_is_the_same_clip(setting, factor):
    """At every aspect the upload is a copy with its segments, also where windows find nothing."""
    setting.hold(1, BODY)
    setting.index.engines[Family.FRAMES] = SearchedIndex().engines[Family.FRAMES]  # windows find nothing
    evidence = setting.found(*(stretched(picture(seed), factor) for seed in BODY))["ref_1"]
    assert (evidence.grade().band, evidence.match, evidence.tight_support) == (Band.TIGHT, MatchKind.COPY, 4)
    assert [(one.start_ms, one.end_ms) for one in evidence.segments] == [(0, 4000)]


def test_a_strangers_stretched_clip_matches_nothing(setting):
    """Other pictures, stretched likewise, are no evidence at all."""
    setting.hold(1, BODY)
    assert setting.found(*(stretched(picture(seed)) for seed in OTHER)) == {}


def test_a_mirrored_stretched_clip_is_found(setting):
    """Whole codes are asked in every dihedral variant."""
    setting.hold(1, BODY)
    mirrored = [stretched(picture(seed)).transpose(0) for seed in BODY]
    assert setting.found(*mirrored)["ref_1"].grade().band is Band.TIGHT


def test_a_still_of_a_clip_is_held(setting):
    """A stretched still shows a part of the clip in time: a review, and no more however tight it is."""
    setting.hold(1, BODY)
    verdict = assess(
        question(stretched(picture(BODY[1]))), index=setting.index, candidates=setting.candidates
    )
    assert (verdict.verdict.outcome, verdict.verdict.kinds) == (Outcome.REVIEW, (MatchKind.PARTIAL_COPY,))
    other = assess(question(stretched(picture(OTHER[1]))), index=setting.index, candidates=setting.candidates)
    assert other.verdict.reasons == (Reason.NO_MATCH,)


def test_an_animation_of_stretched_frames_is_held(setting):
    """Each frame is asked in one search; two frames of the clip are evidence of it."""
    setting.hold(1, BODY)
    frames = [stretched(picture(seed)) for seed in (OTHER[0], *BODY[:2])]
    evidence = dict(match_windows(question(*frames), setting.index, setting.candidates).found)["ref_1"]
    assert (evidence.support, evidence.grade().band) == (2, Band.LOOSE)
    asked = [codes for family, codes in setting.index.asked if family is Family.FRAME_WHOLE]
    assert [codes.shape for codes in asked] == [(30, 32)]


def test_one_tight_frame_among_others_is_held_and_a_loose_one_is_not(setting):
    """A key frame that is tight by whole codes is enough alone, as a registered picture is."""
    setting.hold(1, BODY)
    frames = [picture(OTHER[0]), picture(OTHER[1]), stretched(picture(BODY[2]))]
    evidence = setting.found(*frames)["ref_1"]
    assert (evidence.support, evidence.grade().band) == (1, Band.LOOSE)


def test_a_stretched_intro_counts_for_neither_clip(setting):
    """An intro that clips of two linked cases share is no evidence, stretched too."""
    setting.hold(1, (*INTRO, *BODY))
    setting.hold(2, (*INTRO, *OTHER))
    setting.candidates.link("case_1", "case_2")
    assert setting.found(*(stretched(picture(seed)) for seed in INTRO), each=3) == {}
    assert set(setting.found(*(stretched(picture(seed)) for seed in (*INTRO, *BODY)), each=3)) == {"ref_1"}


def test_a_withdrawn_clip_is_not_found(setting):
    """What the database no longer confirms is nothing, although the index still proposes it."""
    setting.hold(1, BODY)
    setting.candidates.by_key.clear()
    assert setting.found(*(stretched(picture(seed)) for seed in BODY)) == {}


def test_a_key_frame_hit_both_ways_is_one_hit(setting):
    """An upload that is not stretched has each key frame once in each query frame, and need not be seen again."""
    setting.hold(1, BODY)
    matcher = ClipMatcher(setting.index, setting.candidates, step_ms=500)
    for number, seed in enumerate(BODY):
        matcher.add(clip_frame(1000 * number, query_frame(picture(seed))))
    (clip,) = matcher._clips.values()
    assert [(hit.at_ms, hit.key_frame, hit.is_tight) for hit in clip.frame_hits] == [
        (1000 * number, number, True) for number in range(4)
    ]
    assert all(hit.nats >= MIN_FRAME_NATS for hit in clip.frame_hits)
    assert clip.views == 0


@pytest.mark.parametrize("level", [0, 16, 255])
def test_a_flat_frame_matches_nothing(setting, level):
    """Black and white frames are not searched, although a flat code lies in the index."""
    flat = query_frame(picture(1).point(lambda _value: level))
    setting.hold_codes(flat.pdq, flat.dhash)
    assert setting.shown(flat) == [[]]
    assert setting.index.asked == []


def test_nothing_is_asked_where_nothing_is_registered(setting):
    """Without key frames there is neither a search nor a read."""
    assert setting.shown(query_frame(picture(1)), query_frame(picture(2))) == [[], []]
    assert (setting.index.asked, setting.candidates.calls) == ([], [])


def frame_of(code, second, **changes) -> QueryFrame:
    return replace(coded(code, second).query_frames[0], **changes)


CODE, SECOND = pdq(1), dhash(1)


@pytest.mark.parametrize(
    ("distances", "facts", "band"),
    [
        ((0, 0), (100, 0.1), Band.TIGHT),
        ((TIGHT_PDQ_BITS, MAX_DHASH_BITS), (50, 0.45), Band.TIGHT),
        ((TIGHT_PDQ_BITS + 1, MAX_DHASH_BITS), (100, 0.1), Band.LOOSE),
        ((LOOSE_PDQ_BITS, MAX_DHASH_BITS), (100, 0.1), Band.LOOSE),
        ((LOOSE_PDQ_BITS, MAX_DHASH_BITS + 1), (100, 0.1), None),
        ((LOOSE_PDQ_BITS + 1, MAX_DHASH_BITS), (100, 0.1), Band.NONE),
        ((MAX_PROPOSED_PDQ_BITS, 0), (100, 0.1), Band.NONE),
        ((MAX_PROPOSED_PDQ_BITS + 1, 0), (100, 0.1), None),
        ((MAX_PROPOSED_PDQ_BITS, MAX_DHASH_BITS + 1), (100, 0.1), None),
        ((4, MAX_DHASH_BITS + 1), (100, 0.1), Band.LOOSE),
        ((4, 0), (100, 0.61), Band.LOOSE),
    ],
)
def test_the_rule_is_that_of_whole_pictures(setting, distances, facts, band):
    """Tight, loose and none lie where they do for pictures; beyond the radius or without dHash-128 there is nothing."""
    (bits, dhash_bits), (quality, flat_share) = distances, facts
    setting.hold_codes(CODE, SECOND, quality=quality, flat_share=flat_share)
    (shown,) = setting.shown(frame_of(near(CODE, bits), near(SECOND, dhash_bits)))
    if band is None:
        assert shown == []
        return
    ((_, evidence),) = shown
    assert evidence.grade().band is band
    assert (evidence.nats >= MIN_NATS) is (band is not Band.NONE)
    assert (evidence.nats >= MIN_FRAME_NATS) is (band is Band.TIGHT)


@pytest.mark.parametrize("bits", [LOOSE_PDQ_BITS + 1, 50, MAX_PROPOSED_PDQ_BITS])
def test_beyond_the_loose_radius_evidence_is_near_and_reaches_its_distance(setting, bits):
    """The probing budget counts such a question, and the hidden edge is compared with its distance."""
    setting.hold_codes(CODE, SECOND)
    (((_, evidence),),) = setting.shown(frame_of(near(CODE, bits), SECOND))
    assert evidence.is_near()
    assert evidence.reach_bits() == pytest.approx(bits)


def test_a_question_near_the_tight_radius_is_a_probe(setting):
    """Distances just below the tight radius count as probing, and those of copies do not."""
    setting.hold_codes(CODE, SECOND)
    seen = [setting.shown(frame_of(near(CODE, bits), SECOND))[0][0][1].is_near() for bits in (8, 23, 24, 31)]
    assert seen == [False, False, True, True]


def test_doubtful_key_frames_are_no_match_alone(setting):
    """A flat key frame, or one that is found median-filtered only, tells as much as a template."""
    setting.hold_codes(CODE, SECOND)
    filtered = frame_of(pdq(2), dhash(2))
    codes, second = filtered.pdq_codes.copy(), filtered.dhash_codes.copy()
    codes[-1] = np.frombuffer(CODE.value, np.uint8)
    second[-1] = np.frombuffer(SECOND.value, np.uint8)
    (((_, evidence),),) = setting.shown(replace(filtered, pdq_codes=codes, dhash_codes=second))
    assert (evidence.nats, evidence.grade().band) == (MAX_DOUBTFUL_NATS, Band.TIGHT)
    (((_, flat),),) = setting.shown(frame_of(CODE, SECOND, flat_share=0.7))
    assert (flat.nats, flat.grade().band) == (MAX_DOUBTFUL_NATS, Band.LOOSE)


def test_few_key_frames_of_a_clip_are_compared_nearest_first(setting):
    """Of many key frames that are alike, those nearest to the query frame are confirmed."""
    for number in range(8):
        setting.hold_codes(near(CODE, 8 - number), SECOND, key=frame_key(1, number))
    setting.hold_codes(near(CODE, 30), SECOND, key=frame_key(2, 0))
    (shown,) = setting.shown(frame_of(CODE, SECOND))
    wanted = [frame_key(1, 7), frame_key(1, 6), frame_key(1, 5), frame_key(2, 0)]
    assert [one.key for one, _ in shown] == wanted
    assert len(wanted) == MAX_FRAMES_OF_ONE_CLIP + 1


def test_work_is_bounded_and_what_is_left_out_is_said(setting, monkeypatch):
    """Beyond the bound the nearest are compared, and the frames whose key frames were left out are not finished."""
    monkeypatch.setattr(frame_codes, "MAX_CONFIRMED_FRAMES", 2)
    for number in range(3):
        setting.hold_codes(near(CODE, number), SECOND, key=frame_key(1 + number, 0))
    other = pdq(9)
    found = match_key_frame_codes(
        [frame_of(CODE, SECOND), frame_of(other, SECOND)], setting.index, setting.candidates
    )
    assert [len(one.shown) for one in found] == [2, 0]
    assert [one.is_finished for one in found] == [False, True]
    clip = ClipMatcher(setting.index, setting.candidates, step_ms=500)
    clip.add(clip_frame(0, frame_of(CODE, SECOND)))
    assert not clip.matches().is_finished


def evidence_with(nats, view=None, match=MatchKind.COPY):
    one = KeyFrameCandidate(
        key=frame_key(1, 0),
        reference_id="ref_1",
        case_id="case_1",
        tenant_id="tnt_1",
        number=1,
        kind=ReferenceKind.INTIMATE_ITEM,
        level=Level.V1,
        flat_share=0.1,
        pdq=CODE,
        dhash=SECOND,
        windows=NO_WINDOWS,
        place=place(),
    )
    return one, WindowEvidence(reference=one.facts, nats=nats, view=view, match=match)


def test_merging_keeps_what_is_tight_with_the_greater_evidence():
    """The hit is tight if either way is, and weighs what the stronger way weighs."""
    view = FrameView(pdq_bits=3, dhash_bits=2, quality=100, flat_share=0.1, cover=1.0)
    half = replace(view, cover=0.5)
    tight, cut = evidence_with(130.0, view), evidence_with(300.0, half, MatchKind.PARTIAL_COPY)
    for by_codes, by_windows in (([tight], [cut]), ([cut], [tight])):
        ((one, found),) = merged(by_codes, by_windows)
        assert (one.key, found.match, found.nats) == (frame_key(1, 0), MatchKind.COPY, 300.0)
    ((_, found),) = merged([evidence_with(18.0, view)], [cut])
    assert (found.match, found.nats) == (MatchKind.PARTIAL_COPY, 300.0)
    assert merged([], []) == []
