"""Pictures that the grid would miss: flashes, fast slides, insets, covers. They are seen, or the clip is not whole."""

import io
from dataclasses import replace

import av
import numpy as np
import pytest
from PIL import Image

from index.hashing.whole import pdq
from index.limits import STANDARD_CLIP
from index.media.clips.besides import BURST
from index.media.clips.covers import MAX_COVERS
from index.media.clips.decoding import Clip
from index.media.clips.sketches import Sketch, is_strange, thumb_of
from tests.support.media.clips import film, moving, still
from tests.support.media.pictures import saved, scene

NEAR_BITS = 40
SHOWN = 12
NO_SCENES = {"x264-params": "scenecut=0:b-adapt=0:bframes=3"}


def seen(data, limits=STANDARD_CLIP):
    """The described frames of a clip, and the clip after its end."""
    with Clip(io.BytesIO(data), limits) as clip:
        return list(clip.frames(500, besides=True)), clip


def code_of(picture):
    return pdq(np.asarray(picture.convert("L")))


def shows(frames, picture):
    """Times of the frames that show a picture."""
    wanted = code_of(picture)
    return [frame.at_ms for frame in frames if pdq(frame.luma).distance(wanted) <= NEAR_BITS]


def flashed(places, count=40, picture=SHOWN):
    """Pictures of a moving camera, of which some are replaced by another one."""
    other = np.asarray(scene(picture, 320, 240))
    return [other if number in places else one for number, one in enumerate(moving(1, count, step=2))]


@pytest.mark.parametrize("options", [None, NO_SCENES], ids=["as usual", "no scene cuts"])
@pytest.mark.parametrize("place", range(13, 27))
def test_a_picture_of_one_frame_is_seen_wherever_it_is(place, options):
    """A picture that is shown for 40 ms is described at its time, at every place of a slot, in any kind of frame."""
    frames, clip = seen(film(flashed({place}), options=options))
    assert shows(frames, scene(SHOWN, 320, 240)) == [place * 40]
    assert clip.is_whole


@pytest.mark.parametrize(
    ("container", "codec"), [("webm", "libvpx"), ("avi", "mpeg4"), ("mpeg", "mpeg1video")]
)
def test_a_picture_of_one_frame_is_seen_in_any_codec(container, codec):
    """Codecs whose frames are never skipped show it as well."""
    options = {"b": "1500000"} if codec == "libvpx" else None
    frames, _ = seen(film(flashed({17, 30}), container, codec, options=options))
    assert len(shows(frames, scene(SHOWN, 320, 240))) >= 1


def test_a_picture_at_the_end_is_seen():
    """What is shown behind the last frame of the grid is described too."""
    frames, _ = seen(film(flashed(set(range(33, 37)), count=37)))
    assert shows(frames, scene(SHOWN, 320, 240))


def test_a_picture_that_fades_in_and_out_is_seen():
    """A picture that comes and goes within two frames each is described."""
    pictures = [one.astype(np.float32) for one in flashed(set())]
    other = np.asarray(scene(SHOWN, 320, 240), np.float32)
    for number, share in enumerate((0.33, 0.67, 1, 1, 0.67, 0.33), 14):
        pictures[number] = pictures[number] * (1 - share) + other * share
    frames, _ = seen(film([one.astype(np.uint8) for one in pictures]))
    assert shows(frames, scene(SHOWN, 320, 240))


def test_an_inset_of_one_frame_is_seen():
    """A picture that appears for one frame on a ninth of another one makes that frame a described one."""
    pictures = list(still(1, 40, 960, 540))
    pictures[17] = pictures[17].copy()
    pictures[17][300:480, 500:820] = np.asarray(scene(SHOWN, 320, 180))
    frames, _ = seen(film(pictures))
    assert 17 * 40 in [frame.at_ms for frame in frames if frame.is_besides]


def test_fast_slides_are_all_seen_or_the_clip_is_not_whole():
    """Ten pictures a second are described up to the bound; behind it, the clip does not count as seen whole."""
    slides = [np.asarray(scene(100 + number, 160, 120)) for number in range(120)]
    wanted = [pdq(np.asarray(Image.fromarray(slide).convert("L"))) for slide in slides]
    for count in (40, 120):
        frames, clip = seen(film([slide for slide in slides[:count] for _ in range(2)], rate=20))
        besides = sum(frame.is_besides for frame in frames)
        assert besides <= BURST + (len(frames) - besides) // 2
        codes = [pdq(frame.luma) for frame in frames]
        shown = [min(code.distance(one) for code in codes) <= NEAR_BITS for one in wanted[:count]]
        assert all(shown) == clip.is_whole == (count == 40)


def test_no_more_are_described_than_the_limits_say():
    """The number in all is bounded, and what lies behind the bound is told."""
    pictures = flashed({14})
    pictures[20], pictures[30] = flashed({20}, picture=13)[20], flashed({30}, picture=14)[30]
    frames, clip = seen(film(pictures), replace(STANDARD_CLIP, max_besides=1))
    assert sum(frame.is_besides for frame in frames) == 1
    assert not clip.is_whole


def test_two_pictures_that_alternate_cost_little():
    """A strobe of two pictures is two pictures, however long it lasts."""
    one, other = (np.asarray(scene(seed, 160, 120)) for seed in (1, 2))
    frames, clip = seen(film([one if number % 2 else other for number in range(500)]))
    assert sum(frame.is_besides for frame in frames) <= 4
    assert clip.is_whole


def test_a_moving_camera_adds_nothing():
    """Steady motion, at whatever pace, is no other picture."""
    for step in (1, 3):
        frames, clip = seen(film(moving(3, 100, step=step)))
        assert not any(frame.is_besides for frame in frames)
        assert clip.is_whole


def test_times_increase_whatever_is_described():
    """Frames besides the grid stand between those of the grid."""
    frames, _ = seen(film(flashed({13, 14, 20, 24, 26, 38})))
    assert np.diff([frame.at_ms for frame in frames]).min() > 0
    assert all(frame.colours is None for frame in frames if frame.is_besides)


def test_an_enrolment_takes_the_grid_alone():
    """Without being asked for, nothing besides the grid is described."""
    with Clip(io.BytesIO(film(flashed({17}))), STANDARD_CLIP) as clip:
        assert not any(frame.is_besides for frame in clip.frames(500))


def test_jumps_within_a_slot_hide_nothing():
    """Pictures whose time stamps jump, so that they share a slot, are described."""
    pictures = [picture for seed in (5, 6, 7) for picture in still(seed, 1)]
    frames, _ = seen(film(pictures, "mpegts", stamps=[0, 300 * 25, 900 * 25]))
    assert all(shows(frames, scene(seed, 320, 240)) for seed in (5, 6, 7))


def covered(*covers, container="mp4"):
    """A clip with still pictures of some formats."""
    file = io.BytesIO()
    with av.open(file, "w", format=container) as out:
        stream = out.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        stills = []
        for picture, form in covers:
            cover = out.add_stream({"JPEG": "mjpeg", "PNG": "png"}[form], rate=1)
            cover.width, cover.height = picture.size
            cover.pix_fmt = {"JPEG": "yuvj420p", "PNG": "rgb24"}[form]
            cover.disposition = av.stream.Disposition.attached_pic
            stills.append((cover, saved(picture, form)))
        out.start_encoding()
        for cover, data in stills:
            packet = av.Packet(data)
            packet.stream, packet.pts, packet.dts, packet.is_keyframe = cover, 0, 0, True
            out.mux(packet)
        for picture in moving(1, 25, step=2):
            out.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        out.mux(stream.encode(None))
    return file.getvalue()


@pytest.mark.parametrize("form", ["JPEG", "PNG"])
def test_the_cover_of_a_clip_is_seen(form):
    """A cover that shows another picture than the clip is described at the end of the clip."""
    frames, clip = seen(covered((scene(SHOWN, 320, 240), form)))
    assert shows(frames, scene(SHOWN, 320, 240)) == [frames[-1].at_ms] == [1000]
    assert (clip.is_whole, clip.duration_ms) == (True, 1000)


def test_more_covers_than_are_looked_at_are_told():
    """Beyond the bound on covers, the clip does not count as seen whole."""
    frames, clip = seen(covered(*[(scene(seed, 64, 48), "JPEG") for seed in range(MAX_COVERS + 1)]))
    assert sum(frame.is_besides for frame in frames) == MAX_COVERS
    assert not clip.is_whole


def test_a_damaged_cover_is_told():
    """A cover that cannot be decoded makes the clip not whole, and hides none of its frames."""
    data = bytearray(covered((scene(SHOWN, 320, 240), "PNG")))
    place = data.index(b"IHDR")
    data[place : place + 400] = bytes(400)
    frames, clip = seen(bytes(data))
    assert len(frames) == 2
    assert not clip.is_whole


@pytest.mark.parametrize("size", [(1, 1), (2, 300), (300, 2), (16, 16), (17, 63), (2000, 40)])
def test_a_sketch_is_made_of_any_size(size):
    """Frames of a few pixels have a sketch and a thumbnail."""
    frame = av.VideoFrame.from_ndarray(np.zeros((size[1], size[0], 3), np.uint8), format="rgb24")
    assert Sketch.of(frame).changed(Sketch.of(frame)) == 0
    assert not is_strange(thumb_of(frame), [thumb_of(frame)])
