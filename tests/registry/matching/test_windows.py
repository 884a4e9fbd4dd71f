"""Anchored windows: parts and altered copies of registered pictures, the stop list, and bounded work."""

from dataclasses import replace
from functools import cache
from itertools import count

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageOps

from index.comparison import MAX_LOOSE, MAX_TOLD
from index.errors import LowInformation
from index.search import Hits
from index.verdict.boxes import Box
from index.verdict.evidence import WindowEvidence
from index.verdict.reasons import Reason
from index.verdict.thresholds import MIN_NATS
from index.verdict.vocabulary import Band, Level, MatchKind, Outcome, ReferenceKind
from index.windows import LOOSE_BITS, PROPOSED_BITS, split_ids
from index.windows.windows import Windows
from registry.domain.candidate import Rank
from registry.domain.family import Family
from registry.matching import frames as match_frame
from registry.matching import windows as module
from registry.matching.frames import MAX_COMPARED, NEAR_NATS
from registry.matching.windows import WORK_S, match_windows
from registry.usecases.checks import check_upload
from tests.support.databases.registry_parts import DANA, near, pdq
from tests.support.usecases.drawn_media import (
    GREY,
    SIZE,
    anchored,
    picture,
    plane,
    query_frame,
    question,
    whole,
)
from tests.support.usecases.searched_check import SearchedCheck

PICTURE = picture(21)
LEFT = SIZE[0] // 2


def captioned(image):
    """Writes on a picture."""
    image = image.copy()
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 280, *SIZE), fill="white")
    pen.text((20, 285), "look at this", fill="black", font_size=24)
    return image


def bordered(image):
    """Puts a picture in a frame."""
    return ImageOps.expand(image, 40, (20, 20, 20))


def replaced(image):
    """Replaces the right half of a picture by another one."""
    image = image.copy()
    image.paste(picture(24).crop((LEFT, 0, *SIZE)), (LEFT, 0))
    return image


COPIES = {
    "captioned": captioned(PICTURE),
    "tilted": PICTURE.rotate(6, expand=True, fillcolor=(255, 255, 255)),
    "mirrored": ImageOps.mirror(PICTURE),
    "framed and mirrored": ImageOps.mirror(bordered(PICTURE)),
}
CROP = PICTURE.crop((100, 60, 420, 300))


class _Setting(SearchedCheck):
    """A check over an index of windows that searches."""

    def match(self, asked, **changes):
        return match_windows(asked, self.index, self.candidates, **changes)

    def found(self, asked):
        """Names the references that there is enough evidence about, with that evidence."""
        found = self.match(asked).found
        return {name: evidence for name, evidence in found if evidence.nats >= MIN_NATS}

    def ask(self, asked):
        return check_upload(asked, actor=DANA, services=self.services).verdict


@pytest.fixture
def setting():
    return _Setting()


def test_a_crop_is_reviewed_as_a_part(setting):
    """Half of a registered picture is a partial copy: for a person to look at, however sure."""
    setting.hold(anchored(PICTURE))
    verdict = setting.ask(question(CROP))
    assert (verdict.outcome, verdict.band, verdict.kinds) == (
        Outcome.REVIEW,
        Band.LOOSE,
        (MatchKind.PARTIAL_COPY,),
    )
    assert {Reason.WINDOWS_AGREE, Reason.FRAME_CUT} <= set(verdict.reasons)


def test_the_index_is_told_which_bits_are_doubtful(setting):
    """Questions about windows carry the marks of the upload's codes, and those about whole codes none."""
    setting.hold(anchored(PICTURE))
    setting.ask(question(CROP))
    told = {
        family: marks for (family, _), marks in zip(setting.index.asked, setting.index.doubted, strict=True)
    }
    assert told[Family.ANCHORED].shape == dict(setting.index.asked)[Family.ANCHORED].shape
    assert told[Family.ANCHORED].any(axis=1).all()
    assert told[Family.WHOLE] is None


def test_a_replaced_half_is_reviewed_as_altered(setting):
    """A copy of which half shows something else is an altered copy."""
    setting.hold(anchored(PICTURE))
    verdict = setting.ask(question(replaced(PICTURE)))
    assert (verdict.outcome, verdict.kinds) == (Outcome.REVIEW, (MatchKind.ALTERED_COPY,))


@pytest.mark.parametrize("copy", COPIES)
@pytest.mark.parametrize(("level", "outcome"), [(Level.V1, Outcome.BLOCK), (Level.V0, Outcome.REVIEW)])
def test_a_copy_is_tight_in_the_references_frame(setting, copy, level, outcome):
    """A picture that is there as a whole blocks in a verified case, and is reviewed in one that is not."""
    setting.hold(anchored(PICTURE, level=level))
    verdict = setting.ask(question(COPIES[copy]))
    assert (verdict.outcome, verdict.band, verdict.kinds) == (outcome, Band.TIGHT, (MatchKind.COPY,))
    assert (Reason.CASE_NOT_VERIFIED in verdict.reasons) is (level is Level.V0)


def test_a_box_says_where_it_lies(setting):
    """In a framed picture the box leaves the frame out."""
    setting.hold(anchored(PICTURE))
    (box,) = setting.ask(question(bordered(PICTURE))).boxes
    wide, high = SIZE[0] + 80, SIZE[1] + 80
    assert box.edges == pytest.approx((40 / wide, 40 / high, 1 - 40 / wide, 1 - 40 / high), abs=0.04)


def test_another_picture_is_allowed(setting):
    """An upload that shows nothing registered has no evidence."""
    setting.hold(anchored(PICTURE))
    assert setting.ask(question(picture(22))).outcome is Outcome.ALLOW


@pytest.mark.parametrize("place", [0, 1])
def test_each_frame_is_matched(setting, place):
    """A part of a registered picture is found in whichever frame it stands."""
    setting.hold(anchored(PICTURE))
    frames = [picture(22)]
    frames.insert(place, CROP)
    assert setting.ask(question(*frames)).outcome is Outcome.REVIEW


def test_a_reference_without_whole_codes_is_reviewed(setting):
    """A picture that was too poor for whole codes is found, and cannot block: nothing says that it is the same."""
    setting.hold(anchored(PICTURE, pdq=None, dhash=None))
    verdict = setting.ask(question(COPIES["captioned"]))
    assert (verdict.outcome, verdict.band) == (Outcome.REVIEW, Band.LOOSE)
    assert {Reason.FRAME_DIFFERS, Reason.SECOND_FAMILY_MISSING} <= set(verdict.reasons)


def test_a_source_original_does_not_block(setting):
    """The kind of the reference is the ladder's, whatever matched."""
    setting.hold(anchored(PICTURE, kind=ReferenceKind.SOURCE_ORIGINAL))
    assert setting.ask(question(COPIES["captioned"])).outcome is Outcome.REVIEW


def test_what_was_withdrawn_since_is_allowed(setting):
    """A reference that only the index still holds, and not the database, is no evidence."""
    setting.hold(anchored(PICTURE))
    setting.candidates.by_key.clear()
    assert setting.ask(question(CROP)).outcome is Outcome.ALLOW
    assert ("confirm_pictures", (1,)) in setting.calls


def test_nothing_is_asked_where_nothing_is_held(setting):
    """An empty index of windows is not searched."""
    assert setting.ask(question(CROP)).outcome is Outcome.ALLOW
    assert Family.ANCHORED not in {family for family, _ in setting.index.asked}


def test_a_mirrored_negative_of_a_part_is_held(setting):
    """The windows of an upload's negative are asked where the upload itself shows nothing."""
    setting.hold(anchored(PICTURE))
    part = PICTURE.crop((30, 20, 430, 300))
    assert setting.ask(question(ImageOps.invert(ImageOps.mirror(part)))).outcome is Outcome.REVIEW
    assert setting.ask(question(ImageOps.invert(picture(99)))).outcome is Outcome.ALLOW


def test_a_tight_whole_code_asks_no_windows(setting):
    """Where whole codes block already, no windows are searched; only the match is read, to see what was replaced."""
    setting.hold(whole(PICTURE), anchored(PICTURE))
    assert setting.ask(question(PICTURE)).outcome is Outcome.BLOCK
    assert {family for family, _ in setting.index.asked} == {Family.WHOLE}
    assert [call[1] for call in setting.calls if call[0] == "confirm_pictures"] == [(1,)]


def test_a_whole_code_that_is_only_reviewed_asks_them(setting):
    """Below a block the windows are asked too: they may say more."""
    setting.hold(whole(PICTURE, level=Level.V0), anchored(PICTURE, 2))
    assert setting.ask(question(PICTURE)).outcome is Outcome.BLOCK


def test_a_picture_without_points_is_answered_by_whole_codes(setting):
    """A picture that anchors no window asks the index of windows nothing, and is answered."""
    setting.hold(whole(PICTURE), anchored(picture(22), 2))
    without = query_frame(PICTURE, windows=Windows(width=160, height=160), inverse=None)
    assert setting.ask(question(without)).outcome is Outcome.BLOCK
    far = without.pdq_codes ^ np.uint8(0b01011010)  # half of all bits
    assert setting.ask(question(replace(without, pdq_codes=far))).outcome is Outcome.ALLOW
    assert {family for family, _ in setting.index.asked} == {Family.WHOLE}


def test_a_flat_picture_has_no_points(setting):
    """A picture of one colour anchors nothing, is proposed nothing, and is refused."""
    setting.hold(anchored(PICTURE))
    with pytest.raises(LowInformation):
        setting.ask(question(Image.new("RGB", SIZE, GREY)))
    assert setting.index.asked == []


def test_an_uninformative_upload_whose_windows_match_is_answered(setting):
    """A picture too poor for whole codes is not refused where its windows match, and not allowed."""
    setting.hold(anchored(PICTURE))
    assert setting.ask(question(query_frame(CROP, quality=9))).outcome is Outcome.REVIEW


def test_an_uninformative_upload_whose_windows_do_not_is_refused(setting):
    """Without a match an allow would be a guess; nothing is kept."""
    setting.hold(anchored(PICTURE))
    with pytest.raises(LowInformation):
        setting.ask(question(query_frame(picture(22), quality=9)))
    assert setting.checks.kept == {}


def test_weak_evidence_is_no_answer_for_an_uninformative_upload(setting, monkeypatch):
    """Evidence below the ladder's threshold leaves such a picture as unanswered as none would, and is counted."""
    setting.hold(anchored(PICTURE))
    monkeypatch.setattr(module, "evidence_of", lambda one, match: _weak(one))
    with pytest.raises(LowInformation):
        setting.ask(question(query_frame(CROP, quality=9)))
    assert ("add_probe", DANA.tenant_id, ("ref_1",)) in setting.calls


def _weak(one):
    return WindowEvidence(reference=one.facts, nats=MIN_NATS - 1)


def test_an_unfinished_animation_is_never_allowed(setting):
    """Where not all frames were seen an allow becomes a review, and says why (promise 6)."""
    verdict = setting.ask(question(picture(22), is_whole=False))
    assert (verdict.outcome, verdict.reasons, verdict.kinds) == (Outcome.REVIEW, (Reason.WORK_BOUND,), ())


def test_what_an_unfinished_animation_shows_still_blocks(setting):
    """A block is a block, whatever the frames show that were not seen."""
    setting.hold(whole(PICTURE))
    verdict = setting.ask(question(PICTURE, is_whole=False))
    assert (verdict.outcome, Reason.WORK_BOUND in verdict.reasons) == (Outcome.BLOCK, False)


# The stop list. A template is what several pictures share: here a strip of one picture, a third of their windows.


def _sharing(keys, **changes):
    """Registers pictures that have a strip of `PICTURE` in common and nothing else."""
    return [_template(key, **changes) for key in keys]


def _template(key, **changes):
    held = _held_once()
    shared = held.windows
    strip = _part(shared, np.argsort(shared.places[:, 0]) < len(shared) // 3)
    own = _part(shared, np.arange(len(shared)) < 2 * len(strip))
    codes = np.random.default_rng(key).integers(0, 256, own.codes.shape, np.uint8)  # nobody else's
    windows = _joined(strip, replace(own, codes=codes))
    numbered = {"key": key, "reference_id": f"ref_{key}", "case_id": f"case_{key}"}
    return replace(held, **{**numbered, "pdq": pdq(key), "windows": windows, **changes})


@cache
def _held_once():
    return anchored(PICTURE)


def _joined(one, other):
    return Windows(
        width=one.width,
        height=one.height,
        places=np.concatenate([one.places, other.places]),
        codes=np.concatenate([one.codes, other.codes]),
        flipped=np.concatenate([one.flipped, other.flipped]),
    )


def test_windows_of_three_unrelated_cases_trigger_nothing(setting):
    """Windows that three linked cases with different pictures share are a template, and evidence for none of them."""
    setting.hold(*_sharing(range(3)))
    setting.candidates.link("case_0", "case_1", "case_2")
    assert setting.match(question(PICTURE)).found == []
    assert setting.ask(question(PICTURE)).outcome is Outcome.ALLOW


@pytest.mark.parametrize("linked", [(), ("case_0", "case_1"), ("case_1", "case_2", "case_3", "case_9")])
def test_cases_that_nobody_linked_stop_list_nothing(setting, linked):
    """However many verified cases share windows, those of a case are evidence unless three linked ones have them."""
    setting.hold(*_sharing(range(3)))
    if linked:
        setting.candidates.link(*linked)
    assert set(setting.found(question(PICTURE))) == {"ref_0", "ref_1", "ref_2"}


def test_windows_of_two_unrelated_cases_are_evidence(setting):
    """Two cases are no template."""
    setting.hold(*_sharing(range(2)))
    assert set(setting.found(question(PICTURE))) == {"ref_0", "ref_1"}


def test_stopped_windows_do_not_count(setting):
    """A reference that shares a part with a template is found by the rest alone, with less evidence."""
    own = anchored(PICTURE, 9)
    muting, mute = _sharing(range(3)), _Setting()
    setting.hold(*muting, own)
    mute.hold(*(replace(one, level=Level.V0) for one in muting), own)
    for one in (setting, mute):
        one.candidates.link("case_0", "case_1", "case_2", "case_9")
    less, more = setting.found(question(PICTURE)), mute.found(question(PICTURE))
    assert set(less) == {"ref_9"}
    assert set(more) == {"ref_0", "ref_1", "ref_2", "ref_9"}
    assert MIN_NATS <= less["ref_9"].nats < more["ref_9"].nats


def _part(windows, keep):
    return Windows(
        width=windows.width,
        height=windows.height,
        places=windows.places[keep],
        codes=windows.codes[keep],
        flipped=windows.flipped[keep],
    )


def test_unverified_cases_mute_nobody(setting):
    """Three cases at V0 take nothing away from a victim's windows."""
    setting.hold(*_sharing(range(3), level=Level.V0), anchored(PICTURE, 9))
    assert "ref_9" in setting.found(question(PICTURE))


def test_one_case_mutes_nobody(setting):
    """Many references of one case are one subject: a series of photographs in one room."""
    setting.hold(*_sharing(range(5), case_id="case_1"))
    assert len(setting.found(question(PICTURE))) == 5


def test_the_same_picture_registered_thrice_mutes_nobody(setting):
    """A picture that three people registered is no template: their whole codes say that it is one picture."""
    held = [anchored(PICTURE, key, pdq=near(pdq("one"), 10, key)) for key in range(3)]
    setting.hold(*held)
    assert len(setting.found(question(PICTURE))) == 3


def test_variants_of_one_picture_mute_nobody(setting):
    """Whole, cut and mirrored, in three verified cases, it is one picture still: most of its windows say so."""
    setting.hold(*(anchored(PICTURE, key, pdq=pdq(key)) for key in range(3)))
    assert len(setting.found(question(PICTURE))) == 3


def test_references_without_whole_codes_mute_nobody(setting):
    """Pictures count as different only when something shows that they are."""
    setting.hold(*_sharing(range(3), pdq=None))
    assert len(setting.found(question(PICTURE))) == 3


# Bounded work.


def test_more_references_than_are_compared_are_not_allowed(setting):
    """The likeliest are confirmed, and the check says that there were more (promise 6)."""
    held = _sharing(range(MAX_COMPARED + 1))
    setting.index.hold(*held)
    ranks = {one.key: Rank(tenant_id=one.tenant_id, kind=one.kind, level=one.level) for one in held}
    setting.candidates.rank_references = lambda keys: {key: ranks[key] for key in keys}
    verdict = setting.ask(question(CROP))
    assert (verdict.outcome, verdict.reasons) == (Outcome.REVIEW, (Reason.WORK_BOUND,))
    ((_, keys),) = [call for call in setting.calls if call[0] == "confirm_pictures"]
    assert len(keys) == MAX_COMPARED


def test_the_likeliest_come_first(setting, monkeypatch):
    """References that fewer windows matched are left out first."""
    monkeypatch.setattr(match_frame, "MAX_COMPARED", 1)
    own = anchored(PICTURE, 9)
    some = replace(own, key=1, windows=_part(own.windows, np.arange(len(own.windows)) < 4))
    setting.hold(some, own)
    matched = setting.match(question(CROP))
    assert ([name for name, _ in matched.found], matched.is_finished) == (["ref_9"], False)


def test_time_ends_the_work(setting):
    """Once the CPU time is spent nothing more is compared, and the check says so."""
    setting.hold(anchored(PICTURE))
    ticks = count(step=WORK_S)
    matched = setting.match(question(PICTURE, CROP), cpu=lambda: next(ticks))
    assert not matched.is_finished
    assert len(setting.index.asked) == 1


def test_time_that_is_not_spent_is_not_told(setting):
    """Within the time the work is finished: the clock is that of this thread's work, not the wall's."""
    setting.hold(anchored(PICTURE))
    matched = setting.match(question(CROP), cpu=lambda: 1e6)
    assert matched.is_finished
    assert [name for name, _ in matched.found] == ["ref_1"]


def test_spent_time_is_never_an_allow(setting, monkeypatch):
    """An upload that could not be compared in time is reviewed (promise 6)."""
    monkeypatch.setattr(module, "WORK_S", -1.0)
    setting.hold(anchored(PICTURE))
    verdict = setting.ask(question(CROP))
    assert (verdict.outcome, verdict.reasons) == (Outcome.REVIEW, (Reason.WORK_BOUND,))


def _met(monkeypatch, setting, asked, *kept):
    """Leaves of what the index finds one hit of a large window for each (key, distance), at that distance."""
    (frame,) = asked.query_frames
    hits = setting.index.propose(Family.ANCHORED, frame.windows.codes, PROPOSED_BITS)
    keys, _, large = split_ids(hits.ids)
    places = [int(np.flatnonzero(large & (keys == key))[0]) for key, _ in kept]
    some = Hits(
        queries=hits.queries[places],
        ids=hits.ids[places],
        distances=np.array([bits for _, bits in kept], np.int32),
    )
    monkeypatch.setattr(match_frame, "_proposed", lambda *_: some)


def _upright(asked):
    """A question without the negative."""
    return replace(asked, query_frames=tuple(replace(one, inverse=None) for one in asked.query_frames))


def test_a_loose_hit_is_compared_beside_the_others(setting, monkeypatch):
    """Where sure hits take all places of the bound, it still has one of its own."""
    monkeypatch.setattr(match_frame, "MAX_COMPARED", 1)
    setting.hold(anchored(PICTURE, 1), anchored(PICTURE, 2))
    asked = _upright(question(PICTURE))
    _met(monkeypatch, setting, asked, (1, LOOSE_BITS))
    matched = setting.match(asked)
    assert ([name for name, _ in matched.found], matched.is_finished) == (["ref_1"], True)
    assert (matched.triggered, matched.loose) == (0, {"ref_1"})


def test_loose_hits_beyond_their_number_are_left_out(setting, monkeypatch):
    """A crowd of loose hits hides another one, and never holds an upload by itself."""
    held = [anchored(PICTURE, key, pdq=near(pdq("one"), 10, key)) for key in range(1, MAX_LOOSE + 3)]
    setting.hold(*held)
    asked = _upright(question(PICTURE))
    _met(monkeypatch, setting, asked, *((one.key, LOOSE_BITS) for one in held))
    matched = setting.match(asked)
    assert (len(matched.compared), matched.is_finished) == (MAX_LOOSE, True)


def test_loose_hits_are_not_compared_where_something_is_shown(setting, monkeypatch):
    """They cost nothing then, and put no window on the stop list for the others."""
    setting.hold(*_sharing(range(3)), anchored(PICTURE, 9))
    asked = _upright(question(PICTURE))
    _met(monkeypatch, setting, asked, (9, 10), *((key, LOOSE_BITS) for key in range(3)))
    matched = setting.match(asked)
    assert ([name for name, _ in matched.found], set(matched.compared)) == (["ref_9"], {"ref_9"})


def test_a_release_that_is_shown_hides_no_loose_hit(setting, monkeypatch):
    """Anybody may register a release of the very upload, and it leads to nothing."""
    setting.hold(anchored(PICTURE, 1), anchored(PICTURE, 9, kind=ReferenceKind.OFFICIAL_RELEASE))
    asked = _upright(question(PICTURE))
    _met(monkeypatch, setting, asked, (9, 10), (1, LOOSE_BITS))
    assert {name for name, _ in setting.match(asked).found} == {"ref_1", "ref_9"}


def test_time_that_is_spent_leaves_loose_hits_out(setting, monkeypatch):
    """They are compared with what is left of the time, and the check is finished without them."""
    setting.hold(anchored(PICTURE))
    asked = _upright(question(PICTURE))
    _met(monkeypatch, setting, asked, (1, LOOSE_BITS))
    readings = iter([0.0, 0.0, 0.0])  # the start, before the look-up, and after what triggered surely
    matched = setting.match(asked, cpu=lambda: next(readings, 10.0))
    assert (matched.found, matched.is_finished) == ([], True)


@pytest.mark.parametrize("parts", [3, 4])
def test_sheets_are_compared_faster_after_some_parts_that_show_something(setting, monkeypatch, parts):
    """All pictures of a sheet are found: the sheet as a whole and later parts are not refined and not told."""
    setting.hold(anchored(PICTURE))
    made = []

    class Spy(match_frame.Matcher):
        def __init__(self, *given, **options):
            made.append((options["is_thorough"], options["is_refined"], options["max_told"]))
            super().__init__(*given, **options)

    monkeypatch.setattr(match_frame, "Matcher", Spy)
    monkeypatch.setattr(module, "MAX_FULLY_SHOWN", 1)
    asked = question(*[CROP] * (1 + parts))
    whole_frame, *others = asked.query_frames
    part = Box(left=0.0, top=0.0, right=0.5, bottom=0.5)
    asked = replace(asked, query_frames=(whole_frame, *(replace(one, part=part) for one in others)))
    assert setting.match(asked).is_finished
    fully, quick = (True, True, MAX_TOLD), (False, False, 0)
    assert made == ([quick, fully, quick, quick, quick] if parts == 4 else [fully] * 4)


def test_frames_that_show_something_add_time(setting, monkeypatch):
    """A frame is compared although the work of those before it ended all time there was, if they showed something."""
    setting.hold(anchored(PICTURE))
    for added, frames in ((module.SHOWN_WORK_S, 2), (0.0, 1)):
        monkeypatch.setattr(module, "SHOWN_WORK_S", added)
        readings = iter([0.0] * 4)  # the start, before the look-up, before and after the comparison
        setting.index.asked.clear()
        setting.match(question(PICTURE, CROP), cpu=lambda readings=readings: next(readings, WORK_S + 0.01))
        assert sum(family == Family.ANCHORED for family, _ in setting.index.asked) == frames


# Probing.


def test_evidence_is_told_from_a_little_below_the_threshold(setting, monkeypatch):
    """Evidence a little below the threshold is kept, so that probing is noticed; evidence further below is not."""
    setting.hold(anchored(PICTURE))
    ((_, full),) = setting.match(question(CROP)).found
    for threshold, told in ((full.nats + NEAR_NATS, True), (full.nats + NEAR_NATS + 0.01, False)):
        monkeypatch.setattr(match_frame, "MIN_NATS", threshold)
        assert bool(setting.match(question(CROP)).found) is told


def test_sure_evidence_of_a_part_spends_nothing(setting):
    """A crop far above the threshold is answered exactly however often: it finds nobody's threshold."""
    setting.budget.is_spent = True
    image = PICTURE.crop((60, 40, 440, 300))
    setting.hold(anchored(PICTURE))
    ((_, evidence),) = setting.match(question(image)).found
    assert evidence.nats > 2 * MIN_NATS
    assert setting.ask(question(image)).outcome is Outcome.REVIEW


def test_no_plane_is_changed(setting):
    """Matching leaves what was seen as it was."""
    setting.hold(anchored(PICTURE))
    asked = question(CROP)
    setting.match(asked)
    assert np.array_equal(asked.query_frames[0].luma, plane(CROP))
