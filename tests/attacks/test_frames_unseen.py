"""Files made against this source: harmless wherever the registry is known to look, registered media elsewhere.

Each is held, because nobody knows where the registry looks; without the secret each attack succeeds.
"""

import hashlib
import io
from fractions import Fraction

import cv2
import numpy as np
import pytest
from PIL import Image

from index.clips.fingerprint import ClipFingerprinter
from index.hashing.whole import pdq, pdq_bits
from index.limits import STANDARD, STANDARD_CLIP
from index.media.choices import OPEN_CHOICES, SecretChoices
from index.media.clips import second_looks
from index.media.clips.colours import Rhythm
from index.media.clips.decoding import Clip
from index.media.pictures.decoding import matching_plane
from index.media.pictures.distinct_frames import MEAN_WITHOUT_WINDOWS, LaterPlanes
from index.media.pictures.scenes import MAX_SCENES
from index.pictures.describing import Purpose
from index.sandbox.streaming import BytesSource
from index.verdict.vocabulary import Level, Outcome, ReferenceKind
from registry.bootstrap.databases import ENVIRONMENT
from registry.cli.backends import local_actor, open_local, prepare_data
from registry.config import Settings
from registry.matching.clip_assessment import assess_clip
from registry.matching.question import question_of
from registry.usecases.cases.opening import open_case
from registry.usecases.checks.uploads import check_upload
from registry.usecases.enrolment.describe_clip import draft_from_clip
from registry.usecases.enrolment.describe_reference import draft_from_media
from tests.support.media.clips import film, moving, still
from tests.support.media.pictures import saved, scene

WIDTH, HEIGHT = 320, 240
SLOT_MS = 500
SECONDS = 4
NEAR_BITS = 31
CELLS = 16  # means of a sketch, in each direction (`index.media.clips.sketches`)
REGISTERED = 12  # seed of the registered picture
FILM = 31  # seed of the registered clip
RATES = (24, 30, 60)


def secret(number):
    return SecretChoices(seed=hashlib.sha256(b"%d" % number).digest())


def turned_cells(picture):
    """The picture with each cell of a sketch turned upside down: the same means, and other codes."""
    changed = picture.copy()
    high, wide = HEIGHT // CELLS, WIDTH // CELLS
    for top in range(0, HEIGHT, high):
        for left in range(0, WIDTH, wide):
            changed[top : top + high, left : left + wide] = picture[top : top + high, left : left + wide][
                ::-1, ::-1
            ]
    return changed


def around_the_grid(pictures, rate, share):
    """Pictures of which `share` stays as it is, in the middle of each slot; the others have turned cells."""
    made = []
    for number, picture in enumerate(pictures):
        within = Fraction(number * 1000, rate) % SLOT_MS / SLOT_MS
        is_shown = abs(within - Fraction(1, 2)) * 2 < share
        made.append(picture if is_shown else turned_cells(picture))
    return made


def registered_picture():
    return np.asarray(scene(REGISTERED, WIDTH, HEIGHT))


def registered_film(rate, seconds=SECONDS):
    """Somebody who hardly moves."""
    return list(still(FILM, rate * seconds, WIDTH, HEIGHT))


@pytest.fixture(scope="module")
def container(tmp_path_factory):
    """A registry with one picture and one clip."""
    settings = Settings.model_validate({"data": tmp_path_factory.mktemp("registry"), "pepper": "5a" * 32})
    prepare_data(settings)
    with open_local(settings) as parts:
        clip = film(registered_film(30, 4), rate=30)
        picture = saved(scene(REGISTERED, WIDTH, HEIGHT), "PNG")
        for draft in (
            draft_from_media(picture, ReferenceKind.INTIMATE_ITEM, parts.fingerprints),
            draft_from_clip(BytesSource(clip), ReferenceKind.INTIMATE_ITEM, parts.clips),
        ):
            open_case(Level.V1, draft, actor=local_actor(parts), units=parts.units, environment=ENVIRONMENT)
        parts.indexes.begin()
        yield parts


def outcome_of_clip(container, data, clips):
    services = container.check_services
    return assess_clip(
        BytesSource(data), index=services.index, candidates=services.candidates, clips=clips
    ).verdict.outcome


# Clips.


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("share", [0.1, 0.9])
def test_a_picture_between_the_frames_of_the_grid_is_seen(rate, share):
    """A registered picture that is shown for a tenth of each slot, or for all but a tenth, is seen with any secret."""
    picture = registered_picture()
    data = film(around_the_grid([picture] * (rate * SECONDS), rate, share), rate=rate)
    wanted = pdq(np.asarray(Image.fromarray(picture).convert("L")))

    def looks(choices, code_of):
        with Clip(io.BytesIO(data), STANDARD_CLIP) as clip:
            found = list(clip.frames(SLOT_MS, besides=True, choices=choices, code_of=code_of))
        return sum(pdq(one.luma).distance(wanted) <= NEAR_BITS for one in found)

    assert all(looks(secret(number), pdq_bits) for number in range(2))
    assert looks(OPEN_CHOICES, None) == 0  # without the secret the attack succeeds


@pytest.mark.parametrize("rate", RATES)
def test_a_clip_with_other_frames_at_the_grid_is_held(container, rate):
    """A registered clip with a tenth of its frames replaced, where a source without a secret looks."""
    data = film(around_the_grid(registered_film(rate), rate, 0.9), rate=rate)
    assert outcome_of_clip(container, data, container.clips) is not Outcome.ALLOW
    assert outcome_of_clip(container, data, ClipFingerprinter()) is Outcome.ALLOW


def test_a_picture_flashed_in_each_slot_is_held(container):
    """A registered picture that is shown for a tenth of the time, amid frames of the same means."""
    picture = registered_picture()
    data = film(around_the_grid([picture] * (30 * SECONDS), 30, 0.1), rate=30)
    assert outcome_of_clip(container, data, container.clips) is not Outcome.ALLOW
    assert outcome_of_clip(container, data, ClipFingerprinter()) is Outcome.ALLOW


def test_the_same_clip_is_looked_at_at_the_same_times_and_any_other_is_not(container):
    """The times follow the file's bytes and the deployment's pepper."""
    data = film(moving(5, 75, 160, 120, step=3))

    def times(content, clips):
        with clips.read_frames(BytesSource(content)) as frames:
            return [frame.at_ms for frame in frames if frame.in_full]

    first = times(data, container.clips)
    assert first == times(data, container.clips)
    assert first != times(data + b"\0", container.clips)
    assert first != times(data, ClipFingerprinter(seed_of=lambda digest: hashlib.sha256(digest).digest()))
    assert {at_ms // SLOT_MS for at_ms in first} == set(range(6))


def test_second_looks_are_bounded(monkeypatch):
    """A clip of which every frame is another picture costs no more than the bound says."""
    pictures = [np.asarray(scene(seed, 64, 48)) for seed in range(60)]
    data = film(pictures, rate=30)

    def second(choices):
        with Clip(io.BytesIO(data), STANDARD_CLIP) as clip:
            frames = list(clip.frames(SLOT_MS, besides=True, choices=choices, code_of=pdq_bits))
        return sum(not frame.in_full for frame in frames)

    slots = 4
    assert second(secret(1)) <= second_looks.EACH_SLOT * (slots + 1)
    monkeypatch.setattr(second_looks, "EACH_SLOT", 0)
    assert second(secret(1)) == 0


def test_frames_for_faces_come_at_secret_times():
    """Of each two seconds one frame comes in colour, and nobody can tell which; the first one comes always."""
    looked = range(0, 20_000, SLOT_MS)

    def coloured(choices):
        rhythm = Rhythm(SLOT_MS, 2_000, choices)
        return [at_ms for at_ms in looked if rhythm.takes(at_ms)]

    assert coloured(OPEN_CHOICES) == list(range(0, 20_000, 2_000))
    found = [coloured(secret(number)) for number in range(40)]
    assert all(times[0] == 0 and {at_ms // 2_000 for at_ms in times} == set(range(10)) for times in found)
    assert all(len(times) <= 11 for times in found)
    for at_ms in looked:
        assert sum(at_ms in times for times in found) >= 3


# Animations and pages.

ANIMATED = {
    "GIF": {},
    "WEBP": {"lossless": True},
    "PNG": {},
    "AVIF": {"quality": 95},
    "TIFF": {"compression": "tiff_lzw"},
    "HEIF": {"quality": 95},
}
SIDE = 128
BLOCKS = 8  # blocks a side in which new content is searched for (`index.media.pictures.sketches`)


def exchanged_blocks(picture):
    """The picture with neighbouring blocks exchanged: all of its content is found a little aside, and no window."""
    pixels = np.asarray(picture).copy()
    block = SIDE // BLOCKS
    for top in range(0, SIDE, block):
        for left in range(0, SIDE, 2 * block):
            rows = slice(top, top + block)
            first, second = slice(left, left + block), slice(left + block, left + 2 * block)
            pixels[rows, first], pixels[rows, second] = (
                pixels[rows, second].copy(),
                pixels[rows, first].copy(),
            )
    return Image.fromarray(pixels)


def marked(picture, number):
    """The picture with a small mark by which it differs from all others of the file."""
    pixels = np.asarray(picture).copy()
    top, left = divmod(number, 14)
    pixels[top * 8 + 8 : top * 8 + 16, left * 8 + 8 : left * 8 + 16] ^= 0x60
    return Image.fromarray(pixels)


def around_the_windows(name):
    """A part of a picture in all frames but those that get windows where nobody knows a secret."""
    picture = scene(REGISTERED, SIDE, SIDE)
    harmless = exchanged_blocks(picture)
    count = 4 * MEAN_WITHOUT_WINDOWS + 1
    frames = [
        marked(harmless if number % MEAN_WITHOUT_WINDOWS == 0 else picture, number) for number in range(count)
    ]
    return saved(frames[0], name, save_all=True, append_images=frames[1:], **ANIMATED[name])


@pytest.mark.parametrize("name", ANIMATED)
def test_a_part_of_a_picture_gets_windows_in_some_frame(name):
    """Frames made to look like the last one with windows get windows themselves, at places that nobody knows."""
    data = around_the_windows(name)
    first = matching_plane(data, STANDARD)
    whole = cv2.resize(np.asarray(scene(REGISTERED, SIDE, SIDE).convert("L")), (64, 64))

    def shown_in_full(choices):
        planes = [one.luma for one in LaterPlanes(data, STANDARD, first, None, choices) if one.in_full]
        return sum(float(np.abs(cv2.resize(one, (64, 64)).astype(int) - whole).mean()) < 12 for one in planes)

    assert all(shown_in_full(secret(number)) for number in range(2))
    assert shown_in_full(OPEN_CHOICES) == 0


@pytest.mark.parametrize("name", ANIMATED)
def test_a_picture_in_a_tenth_of_the_frames_is_held(container, name):
    """Wherever the registered picture stands among other frames, each distinct one is looked at."""
    others = [scene(500 + number, 160, 120) for number in range(18)]
    shown = scene(REGISTERED, WIDTH, HEIGHT).resize((160, 120))
    frames = [*others[:7], shown, *others[7:16], shown]
    data = saved(frames[0], name, save_all=True, append_images=[*frames[1:], *others[16:]], **ANIMATED[name])
    question = question_of(container.fingerprints.describe(data, Purpose.CHECK))
    check = check_upload(question, actor=local_actor(container), services=container.check_services)
    assert check.verdict.outcome is not Outcome.ALLOW
    assert check.reference_ids


def colours_of(frames, choices):
    """The frames of an animation in colour, as greys, and whether each scene is among them."""
    data = saved(frames[0], "PNG", save_all=True, append_images=frames[1:])
    first = matching_plane(data, STANDARD, colours=True)
    later = LaterPlanes(data, STANDARD, first, None, choices)
    list(later)
    return [np.asarray(Image.fromarray(one).convert("L")) for one in later.colours], later.has_all_scenes


def test_a_face_in_frames_between_is_seen_with_some_secret():
    """A face that is pasted into a part of a still scene comes in colour, though the known places do not show it."""
    still, face = scene(3, 160, 120), scene(4, 40, 40)
    frames = []
    for number in range(41):
        frame = still.copy()
        if number % 10:
            frame.paste(face, (100, 40))
        frame.paste((number * 6,) * 3, (0, 0, 24, 24))
        frames.append(frame)
    wanted = np.asarray(face.convert("L")).astype(int)

    def sees(choices):
        shown, has_all = colours_of(frames, choices)
        assert has_all
        return any(np.abs(one[40:80, 100:140].astype(int) - wanted).mean() < 4 for one in shown)

    assert not sees(OPEN_CHOICES)
    assert sum(sees(secret(number)) for number in range(6)) >= 5


def test_each_scene_comes_in_colour_or_it_is_told():
    """Cuts come in colour wherever they are; if there are too many, those that are left out are told."""
    for count, expected in ((MAX_SCENES, True), (MAX_SCENES + 3, False)):
        shown, has_all = colours_of([scene(seed, 96, 64) for seed in range(1 + count)], secret(count))
        assert has_all is expected
        assert len(shown) >= MAX_SCENES


def test_an_ordinary_animation_has_all_its_scenes_in_colour():
    """A camera that moves for seconds, with a few cuts, is no upload whose faces were left out."""
    wide = [scene(seed, 480, 180) for seed in (1, 2, 3)]
    frames = [one.crop((4 * step, 0, 4 * step + 240, 180)) for one in wide for step in range(20)]
    shown, has_all = colours_of(frames, secret(1))
    assert has_all
    assert len(shown) <= 8
