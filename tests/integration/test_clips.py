"""Clips through the whole registry: enrolled, found in other clips and in pictures, withdrawn meanwhile, refused."""

import io
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from itertools import chain, islice

import numpy as np
import pytest
from PIL import Image

from index.clips.fingerprint import ClipFingerprinter
from index.errors import LowInformation, MediaError
from index.hashing.codes import Algorithm, Code
from index.limits import STANDARD_CLIP
from index.pictures.describing import Purpose
from index.sandbox.streaming import BytesSource
from index.verdict.reasons import Reason
from index.verdict.vocabulary import Band, Level, MatchKind, Outcome, ReferenceKind
from registry.bootstrap.databases import ENVIRONMENT
from registry.cli.backends import local_actor
from registry.domain import ids
from registry.domain.reference import FoundBy
from registry.errors import IndexBehind
from registry.matching.question import question_of
from registry.usecases.cases.withdrawing import withdraw
from registry.usecases.checks.clips import check_clip
from registry.usecases.checks.uploads import check_upload
from registry.usecases.enrolment.describe_clip import draft_from_clip
from registry.usecases.enrolment.describe_reference import draft_from_media
from tests.support.media.clips import film, moving, still
from tests.support.usecases.verifying import open_verified

RATE = 10


def scene_of(seed, seconds):
    """Pictures of a moving camera, ten a second."""
    return moving(seed, seconds * RATE, step=7)


def clip_of(*parts):
    """Encodes pictures one after the other."""
    return film(chain(*parts), rate=RATE)


@cache
def scene_clip(seed, seconds):
    """Encodes a scene, once."""
    return clip_of(scene_of(seed, seconds))


@cache
def described(data):
    """Describes a clip for its registration, once: several tests register the same."""
    return draft_from_clip(BytesSource(data), ReferenceKind.INTIMATE_ITEM, ClipFingerprinter())


def frame_of(seed, second):
    """One picture of a scene, as a file."""
    (picture,) = islice(scene_of(seed, second + 1), second * RATE, second * RATE + 1)
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "PNG")
    return file.getvalue()


@dataclass(kw_only=True)
class Registry:
    """One process that registers and asks."""

    container: object
    clips: ClipFingerprinter

    @property
    def actor(self):
        """The operator."""
        return local_actor(self.container)

    def open(self, draft, level=Level.V1):
        """Registers in a case of its own."""
        return open_verified(
            level, draft, actor=self.actor, units=self.container.units, environment=ENVIRONMENT
        )

    def enrol(self, data, **changes):
        """Registers a clip."""
        if not changes:
            return self.open(described(data))
        return self.open(
            draft_from_clip(BytesSource(data), ReferenceKind.INTIMATE_ITEM, self.clips, **changes)
        )

    def enrol_picture(self, data):
        """Registers a picture."""
        return self.open(draft_from_media(data, ReferenceKind.INTIMATE_ITEM, self.container.fingerprints))

    def check(self, data, progress=None):
        """Asks about a clip."""
        return check_clip(
            BytesSource(data),
            check_id=ids.new_id(ids.CHECK, ENVIRONMENT.random),
            actor=self.actor,
            services=self.container.check_services,
            clips=self.clips,
            progress=progress,
        )

    def check_picture(self, data):
        """Asks about a picture."""
        question = question_of(self.container.fingerprints.describe(data, Purpose.CHECK))
        return check_upload(question, actor=self.actor, services=self.container.check_services)

    def withdraw(self, opened):
        """Withdraws a case."""
        withdraw(opened.case.id, actor=self.actor, units=self.container.units, environment=ENVIRONMENT)


@pytest.fixture
def registry(start):
    """A registry that is empty."""
    return Registry(container=start().container, clips=ClipFingerprinter())


def test_a_clip_is_found_within_a_longer_one(registry):
    """Three seconds of a registered clip between other scenes: held with their time, and nothing else is told."""
    opened = registry.enrol(scene_clip(1, 8))
    registry.enrol(scene_clip(50, 5))
    assert set(opened.first.reference.found_by) == set(FoundBy) - {FoundBy.LIKENESS}
    part = list(scene_of(1, 8))[20:50]
    check = registry.check(clip_of(scene_of(2, 12), part, scene_of(3, 10)))
    assert check.verdict.outcome is not Outcome.ALLOW
    assert check.reference_ids == (opened.first.reference.id,)
    (segment,) = check.verdict.segments
    assert segment.start_ms == pytest.approx(12_000, abs=1_000)
    assert segment.end_ms == pytest.approx(15_000, abs=1_000)


def test_the_same_clip_encoded_anew_is_blocked_and_a_stranger_allowed(registry):
    """Tight frames in their order are the same clip; another scene matches nothing."""
    registry.enrol(scene_clip(1, 6))
    verdict = registry.check(film(scene_of(1, 6), rate=RATE, options={"crf": "33"})).verdict
    assert (verdict.outcome, verdict.band, verdict.kinds) == (
        Outcome.BLOCK,
        Band.TIGHT,
        (MatchKind.COPY,),
    )
    other = registry.check(scene_clip(4, 6)).verdict
    assert (other.outcome, other.reasons, other.segments) == (Outcome.ALLOW, (Reason.NO_MATCH,), ())


def test_the_very_file_is_found_whatever_it_shows(registry):
    """A registration of the file alone finds the file, for all its time, and no other."""
    data = scene_clip(1, 4)
    opened = registry.enrol(data, edits=False)
    assert opened.first.reference.found_by == (FoundBy.FILE,)
    verdict = registry.check(data).verdict
    assert (verdict.outcome, [segment.start_ms for segment in verdict.segments]) == (Outcome.BLOCK, [0])
    assert (
        registry.check(film(scene_of(1, 4), rate=RATE, options={"crf": "30"})).verdict.outcome
        is Outcome.ALLOW
    )


def test_a_registered_picture_is_found_in_a_clip(registry):
    """A picture that is shown for two seconds of a clip is found, with its time."""
    opened = registry.enrol_picture(frame_of(1, 0))
    (picture,) = islice(scene_of(1, 1), 1)
    check = registry.check(clip_of(scene_of(2, 5), (picture for _ in range(2 * RATE)), scene_of(3, 4)))
    assert check.verdict.outcome is Outcome.BLOCK
    assert check.reference_ids == (opened.first.reference.id,)
    (segment,) = check.verdict.segments
    assert segment.start_ms == pytest.approx(5_000, abs=1_000)
    assert segment.end_ms == pytest.approx(7_000, abs=1_000)


def test_a_registered_picture_that_is_shown_for_one_frame_is_found(registry):
    """A flash of a registered picture is never an allow, and its time is told."""
    opened = registry.enrol_picture(frame_of(1, 0))
    (picture,) = islice(scene_of(1, 1), 1)
    check = registry.check(clip_of(scene_of(2, 3), [picture], scene_of(3, 2)))
    assert check.verdict.outcome is not Outcome.ALLOW
    assert check.reference_ids == (opened.first.reference.id,)
    (segment,) = check.verdict.segments
    assert segment.start_ms == pytest.approx(3_000, abs=100)


def test_a_registered_picture_that_is_held_for_long_has_a_long_segment(registry):
    """A picture that is one frame of 45 seconds is found with its whole time."""
    registry.enrol_picture(frame_of(1, 0))
    pictures = [next(iter(scene_of(seed, 1))) for seed in (2, 1, 3, 3)]
    data = film(pictures, rate=RATE, stamps=[0, 45 * RATE, 90 * RATE, 90 * RATE + 1])
    verdict = registry.check(data).verdict
    assert verdict.outcome is Outcome.BLOCK
    assert [(part.start_ms, part.end_ms) for part in verdict.segments] == [(45_000, 90_000)]


def test_a_frame_of_a_registered_clip_is_found_as_a_picture(registry):
    """A still of the clip is a part of it: for a person to look at, never blocked."""
    opened = registry.enrol(scene_clip(1, 6))
    check = registry.check_picture(frame_of(1, 3))
    assert (check.verdict.outcome, check.verdict.kinds) == (Outcome.REVIEW, (MatchKind.PARTIAL_COPY,))
    assert check.reference_ids == (opened.first.reference.id,)
    assert registry.check_picture(frame_of(4, 1)).verdict.outcome is Outcome.ALLOW


def test_an_excluded_part_is_not_registered(registry):
    """A clip whose first half is somebody else's is found by its second half alone."""
    registry.enrol(clip_of(scene_of(1, 4), scene_of(2, 4)), exclude=[(0, 4_000)])
    assert registry.check(scene_clip(1, 4)).verdict.outcome is Outcome.ALLOW
    assert registry.check(scene_clip(2, 4)).verdict.outcome is not Outcome.ALLOW
    with pytest.raises(LowInformation):
        registry.enrol(scene_clip(3, 3), exclude=[(0, 60_000)])


def test_what_is_withdrawn_during_a_check_is_not_matched(registry):
    """From the acknowledgement on nothing matches, in a check that has met it already neither (promise 3)."""
    clip = registry.enrol(scene_clip(1, 6))
    picture = registry.enrol_picture(frame_of(1, 2))
    upload = scene_clip(1, 6)
    assert set(registry.check(upload).reference_ids) == {
        clip.first.reference.id,
        picture.first.reference.id,
    }

    def progress(report):
        if report.seen_ms >= 5_000 and clips_left:
            for opened in clips_left:
                registry.withdraw(opened)
            clips_left.clear()

    clips_left = [clip, picture]
    check = registry.check(upload, progress)
    assert clips_left == []
    assert (check.verdict.outcome, check.verdict.reasons) == (Outcome.ALLOW, (Reason.NO_MATCH,))
    assert check.reference_ids == ()


def test_an_upload_of_five_registered_clips_names_them_all(registry):
    """Many registered clips one after the other are all found."""
    opened = [registry.enrol(scene_clip(seed, 2)) for seed in range(100, 105)]
    check = registry.check(clip_of(*(scene_of(seed, 2) for seed in range(100, 105))))
    assert set(check.reference_ids) == {one.first.reference.id for one in opened}
    assert check.verdict.outcome is not Outcome.ALLOW


def test_a_clip_that_shows_nothing_is_refused(registry):
    """Black from end to end is neither registered nor allowed."""
    black = film([np.zeros((240, 320, 3), np.uint8)] * 30, rate=RATE)
    with pytest.raises(LowInformation):
        registry.enrol(black)
    with pytest.raises(LowInformation):
        registry.check(black)


def test_a_still_clip_is_found_by_its_one_picture(registry):
    """A clip of one picture stores one frame, and that is enough to hold it."""
    registry.enrol(film(still(5, 30), rate=RATE))
    assert (
        registry.check(film(still(5, 50), rate=RATE, options={"crf": "30"})).verdict.outcome
        is not Outcome.ALLOW
    )
    assert registry.check(film(still(6, 30), rate=RATE)).verdict.outcome is Outcome.ALLOW


def test_what_was_not_seen_is_never_allowed(registry):
    """A clip that is longer than is looked at is held (promise 6)."""
    short = ClipFingerprinter(limits=replace(STANDARD_CLIP, max_seconds=3))
    registry.clips = short
    verdict = registry.check(scene_clip(4, 8)).verdict
    assert (verdict.outcome, verdict.reasons) == (Outcome.REVIEW, (Reason.WORK_BOUND,))


@pytest.mark.parametrize("damage", [b"", b"no clip at all", None])
def test_what_cannot_be_looked_at_has_no_answer(registry, damage):
    """Nothing, something else and a broken file raise, and no check is kept (promise 6)."""
    data = scene_clip(1, 2)[:300] if damage is None else damage
    with pytest.raises(MediaError):
        registry.check(data)


def broken_times(how):
    """A scene of six seconds behind time stamps that mean nothing."""
    if how == "joined":
        return film(scene_of(9, 3), "mpegts", rate=RATE) + film(scene_of(1, 6), "mpegts", rate=RATE)
    stamps = {
        "dense": list(range(6 * RATE)),  # in 90,000ths of a second
        "leaping": [number * 9_000 + 324_000_000 * (number > 25) for number in range(6 * RATE)],
    }[how]
    return film(scene_of(1, 6), rate=RATE, stamps=stamps, time_base=Fraction(1, 90_000))


@pytest.mark.parametrize("how", ["dense", "leaping", "joined"])
def test_registered_content_behind_broken_time_stamps_is_found(registry, how):
    """Stamps too dense to be true, a leap of an hour, and two transport streams in one file hide nothing."""
    opened = registry.enrol(scene_clip(1, 6))
    check = registry.check(broken_times(how))
    assert check.verdict.outcome is not Outcome.ALLOW
    assert check.reference_ids == (opened.first.reference.id,)


def test_an_index_that_is_not_ready_has_no_answer(start):
    """Before the index has begun a clip is not checked (promise 6)."""
    cold = Registry(container=start(begin=False).container, clips=ClipFingerprinter())
    with pytest.raises(IndexBehind):
        cold.check(scene_clip(1, 2))


def test_a_videohash_is_stored_where_it_is_wanted_and_matches_nothing(registry):
    """The advisory code is kept beside the others; two clips of the same one are no match."""
    code = Code(algorithm=Algorithm.VIDEOHASH, value=bytes(8))
    beats = []

    def video_hash(source, beat):
        beat()
        return code if source.size else None

    opened = registry.enrol(scene_clip(1, 3), video_hash=video_hash, progress=beats.append)
    assert Algorithm.VIDEOHASH in {stored.code.algorithm for stored in opened.first.reference.codes}
    assert beats[-1].seen_ms == beats[-1].announced_ms
    other = registry.enrol(scene_clip(4, 3), video_hash=lambda _source, _beat: None)
    assert Algorithm.VIDEOHASH not in {stored.code.algorithm for stored in other.first.reference.codes}


def _squeezed(pictures, width=240, height=240):
    """The pictures at another aspect, as a file whose pixels are not square."""
    return [np.asarray(Image.fromarray(one).resize((width, height))) for one in pictures]


def test_a_stretched_clip_is_found_until_it_is_withdrawn(start):
    """A clip stored square is the same clip for every process, and nothing after its withdrawal; strangers are not."""
    registry = Registry(container=start().container, clips=ClipFingerprinter())
    other = Registry(container=start().container, clips=registry.clips)
    shows = [
        [shown for seed in seeds for shown in still(seed, 20, width=480, height=270)]
        for seeds in ((1, 2, 3), (4, 5, 6))
    ]
    opened = registry.enrol(film(shows[0], rate=RATE))
    for one in (registry, other):
        check = one.check(film(_squeezed(shows[0]), rate=RATE))
        assert check.reference_ids == (opened.first.reference.id,)
        assert [(part.start_ms, part.end_ms) for part in check.verdict.segments] == [(0, 6000)]
        assert one.check(film(_squeezed(shows[1]), rate=RATE)).verdict.reasons == (Reason.NO_MATCH,)
    registry.withdraw(opened)
    for one in (other, registry):
        assert one.check(film(_squeezed(shows[0]), rate=RATE)).verdict.outcome is Outcome.ALLOW
