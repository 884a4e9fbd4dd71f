"""The same picture in every format and dress is found, where HMA misses five of them."""

import io

import numpy as np
import pillow_heif
import pytest
from PIL import Image, features

from index.errors import MediaError
from index.pictures.describing import Purpose
from registry.demo.pictures import drawn, public_domain
from tests.support.web.media import fingerprint, png, saved

# What is stored so that a viewer that honours the orientation shows the picture upright (EXIF 2.32, 0x0112).
STORED_AS = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
ORIENTATION = 0x0112
PICTURES = {"drawn": drawn(930), **{item.name: item.media for item in public_domain()}}


def oriented(image, orientation, form="JPEG"):
    """Saves a picture turned, with the EXIF tag that turns it back."""
    method = STORED_AS[orientation]
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    return saved(image if method is None else image.transpose(method), form, exif=exif)


def see_through(image):
    """Makes a picture as transparent as it can be while looking the same on white."""
    levels = 255.0 - np.asarray(image.convert("RGB"), np.float32)
    alpha = levels.max(axis=-1, keepdims=True)
    colour = 255.0 - levels * 255.0 / np.maximum(alpha, 1.0)
    both = np.concatenate([colour, alpha], axis=-1)
    return Image.fromarray(both.round().clip(0, 255).astype(np.uint8))


def deep_png(image):
    """Saves a picture as PNG with 16 bits for each of red, green and blue, which Pillow cannot write."""
    levels = np.asarray(image.convert("RGB")).astype(">u2") * 257
    rows = b"".join(b"\0" + row.tobytes() for row in levels)
    return png(image.width, image.height, depth=16, colours=2, rows=rows)


def deep_grey(image):
    """Makes a picture of 16-bit grey levels."""
    return Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 257)


def heic(image):
    """Saves a picture as HEIC."""
    file = io.BytesIO()
    pillow_heif.from_pillow(image).save(file, quality=80)
    return file.getvalue()


DRESSES = {
    "CMYK JPEG": lambda image: saved(image.convert("CMYK"), "JPEG", quality=90),
    "grey JPEG": lambda image: saved(image.convert("L"), "JPEG", quality=85),
    "progressive JPEG": lambda image: saved(image, "JPEG", quality=60, progressive=True),
    "GIF": lambda image: saved(image, "GIF"),
    "animated GIF": lambda image: saved(
        image, "GIF", save_all=True, append_images=[Image.new("RGB", image.size, "white")]
    ),
    "palette PNG": lambda image: saved(image.quantize(256), "PNG"),
    "palette PNG of 32 colours": lambda image: saved(image.quantize(32), "PNG"),
    "16-bit colour PNG": deep_png,
    "16-bit grey PNG": lambda image: saved(deep_grey(image), "PNG"),
    "opaque alpha PNG": lambda image: saved(image.convert("RGBA"), "PNG"),
    "see-through PNG": lambda image: saved(see_through(image), "PNG"),
    "grey alpha PNG": lambda image: saved(image.convert("LA"), "PNG"),
    "WebP": lambda image: saved(image, "WEBP", quality=80),
    "lossless WebP with alpha": lambda image: saved(see_through(image), "WEBP", lossless=True, exact=True),
    "TIFF": lambda image: saved(image, "TIFF", compression="tiff_lzw"),
    "CMYK TIFF": lambda image: saved(image.convert("CMYK"), "TIFF"),
    "16-bit TIFF": lambda image: saved(deep_grey(image), "TIFF"),
    "BMP": lambda image: saved(image, "BMP"),
    "AVIF": lambda image: saved(image, "AVIF", quality=70),
    "HEIC": heic,
    **{
        f"JPEG of orientation {number}": lambda image, number=number: oriented(image, number)
        for number in STORED_AS
    },
    "PNG of orientation 6": lambda image: oriented(image, 6, "PNG"),
    "WebP of orientation 8": lambda image: oriented(image, 8, "WEBP"),
    "TIFF of orientation 6": lambda image: oriented(image, 6, "TIFF"),
}
NEEDED = {"AVIF": "avif", "WebP": "webp", "lossless WebP with alpha": "webp", "WebP of orientation 8": "webp"}


@pytest.fixture(scope="module")
def registered(bob):
    """The pictures, registered as plain JPEG in verified cases."""
    for media in PICTURES.values():
        bob.opens(media, level="V1")


@pytest.mark.parametrize("dress", DRESSES)
@pytest.mark.parametrize("name", PICTURES)
def test_the_picture_is_found_in_every_dress(registered, dana, name, dress):
    """However a registered picture is saved, the copy is blocked; a drawing in few colours is a graphic, and held."""
    if dress in NEEDED and not features.check(NEEDED[dress]):
        pytest.skip("this Pillow cannot write the format")
    media = DRESSES[dress](Image.open(io.BytesIO(PICTURES[name])).convert("RGB"))
    check = dana.checks(media)
    is_graphic = (name, dress) == ("drawn", "palette PNG of 32 colours")
    expected = ("review", "loose") if is_graphic else ("block", "tight")
    assert (check["verdict"], check["band"]) == expected, distances(PICTURES[name], media)


@pytest.mark.parametrize(
    "dress", ["CMYK JPEG", "GIF", "16-bit colour PNG", "see-through PNG", "JPEG of orientation 5"]
)
def test_a_dressed_picture_protects_the_plain_one(bob, dana, picture, dress):
    """A picture registered in any dress protects its plain JPEG."""
    media = DRESSES[dress](Image.open(io.BytesIO(picture)).convert("RGB"))
    bob.opens(media, level="V1")
    assert dana.checks(picture)["verdict"] == "block"


def distances(one, other):
    """Tells how far apart two files are, for the report of a failure."""
    try:
        first, second = (fingerprint(media, Purpose.CHECK) for media in (one, other))
    except MediaError as error:
        return error.code
    return first.pdq.distance(second.pdq), first.dhash.distance(second.dhash), second.quality
