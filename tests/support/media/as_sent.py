"""Uploads as people send them, drawn: animations, captures, motion photos, stretched and old clips, damaged files.

Each function takes what is registered (a picture, or the file of a clip) and returns the bytes of an upload that shows
it; with a stranger in its place the same function makes an upload that must be allowed.
"""

import io
from fractions import Fraction

import av
import numpy as np
import pillow_heif
from PIL import Image, ImageDraw

from tests.support.media.clips import film
from tests.support.media.pictures import saved, scene

SIDE = (480, 360)  # of an animation's frames
_SAVED_AS = {
    "GIF": {"duration": 1_000},
    "PNG": {"duration": 1_000},
    "WEBP": {"duration": 1_000, "quality": 80},
    "AVIF": {"duration": 1_000, "quality": 70},
    "TIFF": {"compression": "tiff_lzw"},
    "MPO": {},
}


def slides(shown, media_format, *, count, place, seed=70_000):
    """An animation or a file of several pages: `count` pictures, of which one is registered."""
    pictures = [scene(seed + number, *SIDE) for number in range(count)]
    pictures[place] = shown.resize(SIDE)
    if media_format == "HEIC":
        return collection(pictures)
    return saved(
        pictures[0], media_format, save_all=True, append_images=pictures[1:], **_SAVED_AS[media_format]
    )


def collection(pictures):
    """A HEIC of several pictures, as bursts are stored. The default preset takes a second a megapixel."""
    file = io.BytesIO()
    made = pillow_heif.HeifFile()
    for picture in pictures:
        made.add_from_pillow(picture)
    made.save(file, quality=80, enc_params={"preset": "ultrafast"})
    return file.getvalue()


def chat(shown, *, width=1080, height=4_680, at=(60, 2_600), shown_width=700):
    """A scroll capture of a chat: bubbles of text, and one photograph among them."""
    page = Image.new("RGB", (width, height), (236, 229, 221))
    draw = ImageDraw.Draw(page)
    random = np.random.default_rng(width + height)
    photo = shown.resize((shown_width, round(shown_width * shown.height / shown.width)))
    top = 40
    while top < height - 200:
        lines, left = int(random.integers(1, 5)), int(random.choice([40, width // 4]))
        bubble = (left, top, left + int(width * 0.7), top + 30 + 44 * lines)
        if bubble[3] > at[1] - 20 and top < at[1] + photo.height + 20:
            top = at[1] + photo.height + 40
            continue
        draw.rounded_rectangle(bubble, 18, fill=(255, 255, 255) if left == 40 else (220, 248, 198))
        for line in range(lines):
            words = " ".join("x" * int(random.integers(2, 9)) for _ in range(7))
            draw.text((left + 24, top + 16 + 44 * line), words, fill=(20, 20, 20), font_size=30)
        top = bubble[3] + int(random.integers(16, 60))
    page.paste(photo, at)
    return saved(page, "PNG")


def strip(shown, *, count, place, across=False, side=640, gap=12, seed=71_000):
    """Photographs below or beside each other."""
    size = (side, side * 2 // 3)
    pictures = [scene(seed + number, *size) for number in range(count)]
    pictures[place] = shown.resize(size)
    step = (size[0] if across else size[1]) + gap
    length = step * count - gap
    page = Image.new("RGB", (length, size[1]) if across else (size[0], length), (250, 250, 250))
    for number, picture in enumerate(pictures):
        page.paste(picture, (number * step, 0) if across else (0, number * step))
    return saved(page, "JPEG", quality=85)


def sheet(shown, *, cells, place, side=240, gap=10, ground=(255, 255, 255), seed=72_000):
    """A contact sheet of square cells."""
    step = side + gap
    page = Image.new("RGB", (step * cells + gap,) * 2, ground)
    middle = (shown.width - shown.height) // 2
    square = shown.crop((middle, 0, middle + shown.height, shown.height)).resize((side, side))
    for number in range(cells * cells):
        picture = square if number == place else scene(seed + number, side, side)
        page.paste(picture, (gap + number % cells * step, gap + number // cells * step))
    return saved(page, "JPEG", quality=88)


def samsung_motion_photo(still, clip):
    """A JPEG with the marker and the clip behind its end."""
    return (
        saved(still, "JPEG", quality=88)
        + b"\0\0\x30\x0a\x10\0\0\0MotionPhoto_Data"
        + clip
        + b"SEFHk\0\0\0SEFT"
    )


def google_motion_photo(still, clip):
    """A JPEG with the clip right behind its end; its XMP tells how long the clip is."""
    xmp = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description xmlns:GCamera="http://ns.google.com/photos/1.0/camera/" GCamera:MicroVideo="1" '
        f'GCamera:MicroVideoOffset="{len(clip)}"/></rdf:RDF></x:xmpmeta>'
    )
    return saved(still, "JPEG", quality=88, xmp=xmp.encode()) + clip


def heic_motion_photo(still, clip):
    """A HEIC with the clip in a box of its own."""
    return collection([still]) + (len(clip) + 8).to_bytes(4) + b"mpvd" + clip


def stretched(pictures, size, *, aspect=None, rate=10):
    """The same pictures stored at another size, with the pixel shape that undoes it where one is given."""
    resized = [np.asarray(Image.fromarray(picture).resize(size)) for picture in pictures]
    data = film(resized, rate=rate)
    if aspect is None:
        return data
    file = io.BytesIO()
    with av.open(io.BytesIO(data)) as source, av.open(file, "w", format="mp4") as out:
        stream = out.add_stream_from_template(source.streams.video[0])
        stream.codec_context.sample_aspect_ratio = stream.sample_aspect_ratio = Fraction(aspect)
        for packet in source.demux(video=0):
            if packet.size:
                packet.stream = stream
                out.mux(packet)
    return file.getvalue()


def held(still, hold_s, then, *, rate=10):
    """A clip that holds one picture, and then shows others."""
    pictures = [still, *then]
    stamps = [0, *(hold_s * 1_000 + number * 1_000 // rate for number in range(len(then)))]
    return film(pictures, rate=rate, stamps=stamps, time_base=Fraction(1, 1_000))


def without_last_bytes(data, count):
    """A file that was cut off."""
    return data[:-count]


def stripped_of_its_preview(still):
    """A JPEG whose index names a second picture that a messenger has cut off."""
    both = saved(still, "MPO", save_all=True, append_images=[still.resize((96, 64))])
    end = both.index(b"\xff\xd9\xff\xd8") + 2
    return both[:end]
