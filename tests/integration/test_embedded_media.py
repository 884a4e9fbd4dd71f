"""Media within a picture's file through the whole registry: motion photos, previews, trailers."""

import io
from dataclasses import replace
from itertools import chain

import av
import numpy as np
import pytest
from PIL import Image

from index.clips.fingerprint import ClipFingerprinter
from index.errors import DecodersBusy
from index.limits import EMBEDDED_CLIP
from index.sandbox.streaming import BytesSource
from index.shares import Places
from index.verdict.reasons import Reason
from index.verdict.vocabulary import Context, Level, Outcome, ReferenceKind
from registry.bootstrap.databases import ENVIRONMENT
from registry.cli.backends import local_actor
from registry.matching.embedded_clips import EmbeddedClips
from registry.matching.question import question_about, question_of
from registry.usecases.checks.uploads import check_upload
from registry.usecases.enrolment.describe_clip import draft_from_clip
from registry.usecases.enrolment.describe_reference import draft_from_media
from tests.support.media.carriers import (
    google_motion_photo,
    heic_motion_photo,
    letterboxed,
    samsung_motion_photo,
    with_exif_thumbnail,
)
from tests.support.media.clips import film, moving, still
from tests.support.media.pictures import saved, scene
from tests.support.usecases.verifying import open_verified

RATE = 10
STRANGER = scene(70, 640, 480)
REGISTERED = scene(1, 320, 240)
MOTION = {
    "Google": (google_motion_photo, lambda: saved(STRANGER, "JPEG", quality=88)),
    "Samsung": (samsung_motion_photo, lambda: saved(STRANGER, "JPEG", quality=88)),
    "HEIC": (heic_motion_photo, lambda: saved(STRANGER, "HEIF", quality=70)),
    "PNG": (google_motion_photo, lambda: saved(STRANGER, "PNG")),
}


def clip_of(*parts):
    """Encodes pictures one after the other."""
    return film(chain(*parts), rate=RATE)


class Registry:
    """One process that registers and asks."""

    def __init__(self, container):
        self.container = container
        self.actor = local_actor(container)

    def enrol(self, draft):
        """Registers in a case of its own."""
        open_verified(Level.V2, draft, actor=self.actor, units=self.container.units, environment=ENVIRONMENT)

    def enrol_picture(self, data):
        """Registers a picture."""
        self.enrol(draft_from_media(data, ReferenceKind.INTIMATE_ITEM, self.container.fingerprints))

    def verdict(self, data, **changes):
        """Asks about a picture, as the web does."""
        question = question_about(data, Context.GENERAL, self.container.fingerprints, colours=False)
        services = replace(self.container.check_services, **changes)
        return check_upload(question, actor=self.actor, services=services).verdict


@pytest.fixture
def registry(start):
    """A registry that is empty."""
    return Registry(start().container)


@pytest.mark.parametrize("kind", MOTION)
def test_the_clip_of_a_motion_photo_is_looked_at(registry, kind):
    """A registered picture that is shown in the clip is found, and a stranger's motion photo is allowed."""
    join, carrier = MOTION[kind]
    registry.enrol_picture(saved(REGISTERED, "PNG"))
    shown = still(1, 20)
    found = registry.verdict(join(carrier(), clip_of(moving(80, 10), shown)))
    assert found.outcome is not Outcome.ALLOW
    assert Reason.WORK_BOUND not in found.reasons
    assert found.segments
    assert registry.verdict(join(carrier(), clip_of(moving(80, 30)))).outcome is Outcome.ALLOW


def test_a_registered_clip_is_found_in_a_motion_photo(registry):
    """A registered clip behind a stranger's picture is found, by its digest or by its frames."""
    clip = clip_of(moving(3, 40, step=7))
    registry.enrol(draft_from_clip(BytesSource(clip), ReferenceKind.INTIMATE_ITEM, registry.container.clips))
    jpeg = saved(STRANGER, "JPEG", quality=88)
    assert registry.verdict(jpeg + clip).outcome is Outcome.BLOCK
    again = film(moving(3, 40, step=7), rate=RATE, options={"crf": "33"})
    assert registry.verdict(samsung_motion_photo(jpeg, again)).outcome is not Outcome.ALLOW


def test_a_clip_that_is_not_seen_whole_is_held(registry):
    """A clip that is longer than is looked at, damaged or in a codec that is not read makes a review."""
    jpeg = saved(STRANGER, "JPEG", quality=88)
    long_clip = film(moving(80, 40), rate=2)  # 20 s
    short = clip_of(moving(80, 20))
    for clip in (long_clip, short[: len(short) * 2 // 3], short.replace(b"avc1", b"xxxx")):
        verdict = registry.verdict(jpeg + clip)
        assert (verdict.outcome, Reason.WORK_BOUND in verdict.reasons) == (Outcome.REVIEW, True)
    verdict = registry.verdict(jpeg + short, clips=None)
    assert (verdict.outcome, Reason.WORK_BOUND in verdict.reasons) == (Outcome.REVIEW, True)


def test_a_sound_recording_behind_a_picture_shows_nothing(registry):
    """Phones put the sound of a moment behind a picture: there is nothing to be seen."""
    assert registry.verdict(saved(STRANGER, "JPEG") + sound_only()).outcome is Outcome.ALLOW


def test_archives_and_documents_are_held(registry):
    """An archive behind a picture may hold anything."""
    verdict = registry.verdict(saved(STRANGER, "JPEG") + b"PK\x03\x04" + bytes(100))
    assert (verdict.outcome, Reason.WORK_BOUND in verdict.reasons) == (Outcome.REVIEW, True)


@pytest.mark.parametrize("name", ["JPEG", "PNG", "HEIF"])
def test_a_registered_picture_in_a_preview_or_behind_the_end_is_found(registry, name):
    """A thumbnail of the registered picture in a stranger's file is found, and so is the picture behind the end."""
    registry.enrol_picture(saved(REGISTERED, "PNG"))
    preview = with_exif_thumbnail(STRANGER, letterboxed(REGISTERED), name)
    assert registry.verdict(preview).outcome is not Outcome.ALLOW
    behind = saved(STRANGER, name) + saved(REGISTERED, "JPEG", quality=80)
    assert registry.verdict(behind).outcome is not Outcome.ALLOW
    assert (
        registry.verdict(with_exif_thumbnail(STRANGER, letterboxed(STRANGER), name)).outcome is Outcome.ALLOW
    )


def test_the_still_of_a_motion_photo_is_registered(registry):
    """Registering a motion photo registers its picture, and not its clip."""
    clip = clip_of(moving(80, 20))
    registry.enrol_picture(saved(STRANGER, "JPEG", quality=88) + clip)
    assert registry.verdict(saved(STRANGER, "PNG")).outcome is Outcome.BLOCK
    frame = Image.fromarray(next(iter(moving(80, 1))))
    assert registry.verdict(saved(frame, "PNG")).outcome is Outcome.ALLOW


def test_a_question_without_the_file_is_held(registry):
    """A fingerprint tells that the file has a clip; whoever has not the file cannot say what it shows."""
    data = saved(STRANGER, "JPEG") + clip_of(moving(80, 10))
    fingerprint = registry.container.fingerprints.describe(data, "check")
    assert len(fingerprint.clips) == 1
    assert not question_of(fingerprint).is_whole
    first, second = (question_of(fingerprint, data=data[:-1] + bytes([byte])) for byte in (0, 1))
    assert first.is_whole
    assert first.probe() != second.probe()


def test_decoders_of_clips_are_bounded(registry):
    """While all decoders of clips are busy, the answer is an error that passes by itself."""
    places = Places(1)
    clips = EmbeddedClips(ClipFingerprinter(limits=EMBEDDED_CLIP), places=places, wait_s=0.01)
    data = saved(STRANGER, "JPEG") + clip_of(moving(80, 10))
    with places.place(0), pytest.raises(DecodersBusy):
        registry.verdict(data, clips=clips)
    assert registry.verdict(data, clips=clips).outcome is Outcome.ALLOW


def sound_only():
    """An MP4 with sound and no picture."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as out:
        stream = out.add_stream("aac", rate=44_100)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 44_100), np.float32), format="fltp", layout="mono")
        frame.rate = 44_100
        out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return file.getvalue()
