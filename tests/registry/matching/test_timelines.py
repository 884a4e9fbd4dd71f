"""Evidence for registered clips from the times of their hits: kinds, evidence, shared intros."""

from dataclasses import replace

import pytest

from index.clips.timeline import FrameHit
from index.verdict.evidence import FrameView, ReferenceFacts, WindowEvidence
from index.verdict.ladder import decide
from index.verdict.segments import Segment
from index.verdict.thresholds import MIN_FRAME_NATS, MIN_NATS
from index.verdict.vocabulary import Band, Level, MatchKind, Outcome, ReferenceKind
from registry.domain.clips import MAX_FRAMES_PER_CLIP
from registry.matching.links import CaseLinks
from registry.matching.timelines import MAX_TIGHT_FRAMES, MAX_VIEWS, ShownClip, judge_clips
from tests.support.usecases.fakes import FakeCandidates

STEP_MS = 500
UNKNOWN = FrameView(pdq_bits=None, dhash_bits=None, quality=None, flat_share=0.0, cover=1.0)
COPY, PART, ALTERED = MatchKind.COPY, MatchKind.PARTIAL_COPY, MatchKind.ALTERED_COPY


def clip(number, length_s=20, *, level=Level.V1, case=None, frames=None):
    """A registered clip with a key frame each second."""
    return ShownClip(
        reference_id=f"ref_{number}",
        case_id=case or f"case_{number}",
        reference=ReferenceFacts(kind=ReferenceKind.INTIMATE_ITEM, level=level),
        first_key=number * MAX_FRAMES_PER_CLIP,
        key_frames=length_s if frames is None else frames,
        duration_ms=length_s * 1000,
    )


def show(one, start_ms, first, count, *, nats=150.0, kind=COPY, is_tight=False):
    """Lets the upload show `count` seconds of a clip from its second `first` on, at `start_ms`."""
    for place in range(count):
        at_ms = start_ms + 1000 * place
        one.add(
            FrameHit(
                at_ms=at_ms,
                run=at_ms // STEP_MS,
                key_frame=first + place,
                start_ms=(first + place) * 1000,
                end_ms=(first + place + 1) * 1000,
                nats=nats,
                is_tight=is_tight,
            ),
            WindowEvidence(reference=one.reference, match=kind, nats=nats, view=UNKNOWN),
        )
    return one


def different(one, other):
    """Takes all clips for different ones that go on behind what they share."""
    return all(part.last + 1 < part.key_frames for part in (one, other))


def said(*clips, discount=5.0, differ=different, is_linked=True):
    """What is said about each clip, by its number, if an operator linked all cases or none."""
    candidates = FakeCandidates([])
    if is_linked:
        candidates.link(*sorted({one.case_id for one in clips}))
    links = CaseLinks(candidates)
    found = judge_clips(clips, step_ms=STEP_MS, frame_discount=discount, differ=differ, links=links)
    return {name.removeprefix("ref_"): evidence for name, evidence in found}


def test_all_of_a_clip_is_a_copy_and_a_cut_a_part():
    """How much of the clip is shown decides, as long as its frames are copies."""
    assert said(show(clip(1), 0, 0, 20))["1"].match is COPY
    assert said(show(clip(1), 0, 5, 3))["1"].match is PART
    assert said(show(clip(1), 0, 0, 20, kind=ALTERED))["1"].match is ALTERED
    assert said(show(clip(1), 0, 0, 20, kind=PART))["1"].match is PART


def test_evidence_is_the_weaker_of_the_two_hits_that_it_rests_on():
    """A match needs two independent hits, so the evidence of the second is the margin."""
    one = show(show(clip(1), 0, 0, 1, nats=300.0), 1000, 1, 1, nats=40.0)
    evidence = said(one)["1"]
    assert (evidence.support, evidence.nats) == (2, 40.0)
    assert decide([evidence]).outcome is Outcome.REVIEW


def test_tight_frames_in_order_block():
    """Three tight independent hits on a verified intimate clip are the same clip."""
    one = show(clip(1, 6), 2_000, 2, 3, is_tight=True)
    verdict = decide([said(one)["1"]])
    assert (verdict.outcome, verdict.band) == (Outcome.BLOCK, Band.TIGHT)
    assert verdict.segments == (Segment(start_ms=2_000, end_ms=4_500),)


def test_tight_frames_of_a_small_part_do_not_block():
    """A three-second intro of a longer clip, however tight, is for a person."""
    verdict = decide([said(show(clip(1, 60), 0, 0, 3, is_tight=True))["1"]])
    assert (verdict.outcome, verdict.band) == (Outcome.REVIEW, Band.LOOSE)


def test_one_frame_counts_less_the_more_frames_were_compared():
    """A single frame matches by itself only with evidence that many query frames do not reach by chance."""
    lone = show(clip(1), 0, 3, 1, nats=MIN_FRAME_NATS + 5, is_tight=True)
    near = said(lone, discount=5.0)["1"]
    assert (near.support, near.match, near.grade().band) == (1, PART, Band.LOOSE)
    far = said(show(clip(1), 0, 3, 1, nats=MIN_FRAME_NATS + 5), discount=7.0)["1"]
    assert far.grade().band is Band.NONE


def test_a_still_clip_needs_its_one_frame():
    """A clip of one key frame is found by it."""
    still = show(clip(1, frames=1), 0, 0, 1, nats=MIN_NATS + 6)
    assert said(still)["1"].grade().band is Band.LOOSE


def test_an_intro_of_two_cases_speaks_for_none():
    """An intro shared by different clips of two linked cases belongs to neither: an upload of it matches nothing."""
    assert said(*(show(clip(number), 0, 0, 4) for number in (1, 2))) == {}


def test_an_intro_of_cases_that_nobody_linked_speaks_for_each():
    """Otherwise whoever may register could mute an excerpt of a victim's clip."""
    found = said(*(show(clip(number), 0, 0, 4) for number in (1, 2, 3)), is_linked=False)
    assert set(found) == {"1", "2", "3"}
    assert decide(found.values()).outcome is Outcome.REVIEW


@pytest.mark.parametrize("cases", [2, 3, 6])
def test_a_clip_that_several_cases_registered_is_never_a_shared_intro(cases):
    """An excerpt of one clip that several people registered is found for each of them, however small it is."""
    clips = [show(clip(number, 60), 0, 10, 4) for number in range(cases)]
    assert len(said(*clips, differ=lambda _one, _other: False)) == cases


def test_what_is_the_clips_own_is_found_beside_the_intro():
    """The clip whose body follows the intro is found, and shown from where it is its own."""
    found = said(show(clip(1), 0, 0, 9), show(clip(2), 0, 0, 4))
    assert set(found) == {"1"}
    assert found["1"].segments == (Segment(start_ms=5_000, end_ms=8_500),)


def test_an_upload_of_the_whole_clip_decides_whose_intro_it_is():
    """Beside the clip itself one that has its intro is not found: it goes on differently from what is shown."""
    seen = []

    def noted(one, other):
        seen.append((one, other))
        return True

    assert set(said(show(clip(1), 0, 0, 20), show(clip(2), 0, 0, 4), differ=noted)) == {"1"}
    ((stop_listed, whole),) = seen
    assert (stop_listed.first, stop_listed.last, stop_listed.first_key) == (0, 3, 2 * MAX_FRAMES_PER_CLIP)
    assert (whole.first, whole.last, whole.key_frames) == (0, 4, 20)


def test_an_intro_is_shared_though_not_each_query_frame_matches_every_clip_with_it():
    """Two cases that match neighbouring frames of an intro share all of it."""
    clips = [clip(number) for number in (1, 2)]
    for number, one in enumerate(clips):
        for second in range(6):
            if second % 2 != number:
                show(one, 1000 * second, second, 1)
    assert said(*clips) == {}


def test_reversed_play_is_told_to_the_comparison():
    """A part that an upload shows backwards continues at the other end of the clip."""
    seen = []
    one, other = clip(1), show(clip(2), 0, 8, 4)
    for place in range(4):
        show(one, 1000 * place, 11 - place, 1)
    said(one, other, differ=lambda *parts: bool(seen.append(parts)))
    assert {part.first_key: part.is_reversed for part in seen[0]} == {
        MAX_FRAMES_PER_CLIP: True,
        2 * MAX_FRAMES_PER_CLIP: False,
    }


def test_a_clip_that_many_registered_is_found():
    """Most of a clip is the clip itself, whoever else has it."""
    assert set(said(*(show(clip(number), 0, 0, 12) for number in (1, 2, 3, 4)))) == {"1", "2", "3", "4"}


def test_weak_timeline_fits_stop_list_nothing():
    """A match with less evidence than the ladder asks for does not mark frames as shared."""
    weak = show(clip(2), 0, 0, 4, nats=MIN_NATS - 0.1)
    assert "1" in said(show(clip(1), 0, 0, 4), weak)


@pytest.mark.parametrize("others", [{"level": Level.V0}, {"case": "case_1"}])
def test_strangers_and_the_same_case_stop_list_nothing(others):
    """Cases that nobody looked at, and clips of the same case, do not make an intro."""
    clips = [show(clip(number, **others), 0, 0, 4) for number in (2, 3, 4)]
    assert "1" in said(show(clip(1), 0, 0, 4), *clips)


def test_segments_of_weak_timeline_fits_are_not_reported():
    """A timeline fit that would be no match by itself adds no segment."""
    one = show(show(clip(1, 60), 0, 0, 5), 100_000, 40, 1, nats=MIN_FRAME_NATS + 2)
    assert said(one, discount=5.0)["1"].segments == (Segment(start_ms=0, end_ms=4_500),)


def test_views_are_spent_on_better_hits_until_enough_are_tight():
    """A frame is looked at again only for more evidence, not once it is tight, and not without end."""
    one = clip(1)
    assert one.is_view_wanted(0, 100.0)
    assert not one.is_view_wanted(0, 104.0)
    assert one.is_view_wanted(0, 106.0)
    for frame in range(MAX_TIGHT_FRAMES):
        assert one.is_view_wanted(frame, 1_000.0)
        show(one, 1000 * frame, frame, 1, is_tight=True)
        assert not one.is_view_wanted(frame, 9_000.0)
    assert not one.is_view_wanted(15, 9_000.0)
    other = clip(2, 100)
    assert sum(other.is_view_wanted(frame, 100.0) for frame in range(100)) == MAX_VIEWS


def test_the_frame_on_which_a_block_hangs_is_told_to_the_budget():
    """Of four frames the third nearest decides whether three are tight; with fewer views none does."""
    one = clip(1)
    for frame, bits in enumerate([(4, 2), (30, 9), (12, 20), (60, 1)]):
        assert said(one).get("1") is None or said(one)["1"].deciding is None or frame >= 3
        one.add(
            FrameHit(
                at_ms=1000 * frame,
                run=2 * frame,
                key_frame=frame,
                start_ms=1000 * frame,
                end_ms=1000 * frame + 1000,
                nats=200.0,
            ),
            WindowEvidence(
                reference=one.reference,
                nats=200.0,
                view=replace(UNKNOWN, pdq_bits=bits[0], dhash_bits=bits[1]),
            ),
        )
    evidence = said(one)["1"]
    assert (evidence.deciding.pdq_bits, evidence.deciding.dhash_bits) == (30, 9)
    assert evidence.is_near()


def test_evidence_of_one_frame_is_near_up_to_its_own_threshold():
    """A frame alone must tell more, so what is a probe reaches further up."""
    lone = said(show(clip(1), 0, 3, 1, nats=MIN_FRAME_NATS + 5.9), discount=0.0)["1"]
    assert lone.is_near()
    assert not said(show(clip(1), 0, 3, 1, nats=MIN_FRAME_NATS + 6.0), discount=0.0)["1"].is_near()
    assert not said(show(clip(1), 0, 3, 2, nats=MIN_NATS + 6.0), discount=0.0)["1"].is_near()
