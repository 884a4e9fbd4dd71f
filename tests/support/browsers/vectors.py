"""Picture files of all kinds that a browser and the server decode: drawn, and small where size does not matter."""

from functools import cache

import cv2
import numpy as np
from PIL import Image, ImageCms, ImageDraw, PngImagePlugin

from tests.support.media import pictures
from tests.support.media.pages import contact_sheet
from tests.support.media.pictures import saved

DRAWN = (480, 360)  # larger ones are enlarged, since drawing many pixels takes long
ORIENTATION = 0x0112
SIDEWAYS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


MOTIFS = 9


@cache
def _motif(number):
    return pictures.scene(number, *DRAWN)


def scene(seed, width, height):
    """A picture of this size: one of a few motifs."""
    return _motif(seed % MOTIFS).resize((width, height), Image.Resampling.BICUBIC)


def drawn_files():
    """Files by their names."""
    return {**_orientations(), **_jpegs(), **_modes(), **_formats(), **_profiles(), **_sizes(), **_pages()}


def _orientations():
    """All eight orientations, of a picture that is reduced by whole factors first and of a small one, and of WebP."""
    files = {}
    for orientation in range(1, 9):
        for name, size, form in (
            ("large", (2_111, 1_503), "jpeg"),
            ("small", (331, 257), "jpeg"),
            ("webp", (331, 257), "webp"),
        ):
            exif = Image.Exif()
            exif[ORIENTATION] = orientation
            image = scene(orientation + size[0], *size)
            lying = image.transpose(SIDEWAYS[orientation]) if orientation in SIDEWAYS else image
            files[f"{name}-orientation-{orientation}"] = saved(lying, form, exif=exif, quality=90)
    return files


def _jpegs():
    """JPEG of several qualities, samplings and scans, and of one channel."""
    files = {
        f"jpeg-quality-{quality}": saved(scene(quality, 700, 501), "jpeg", quality=quality)
        for quality in (30, 60, 98)
    }
    for name, sampling in (("444", 0), ("422", 1), ("420", 2)):
        files[f"jpeg-{name}"] = saved(
            scene(200 + sampling, 641, 479), "jpeg", quality=85, subsampling=sampling
        )
    files["jpeg-progressive"] = saved(scene(210, 641, 479), "jpeg", quality=85, progressive=True)
    files["jpeg-grey"] = saved(scene(211, 641, 479).convert("L"), "jpeg", quality=85)
    return files


def _modes():
    """Colour modes of PNG."""
    rgb, grey = scene(300, 400, 300), scene(301, 400, 300).convert("L")
    soft = np.asarray(scene(302, 400, 300).convert("L"))
    hard = np.where(soft > 128, 255, 0).astype(np.uint8)
    deep = np.asarray(scene(303, 400, 300)).astype(np.uint16) * 257 + 100
    return {
        "png-rgb": saved(rgb, "png"),
        "png-grey": saved(grey, "png"),
        "png-1-bit": saved(grey.convert("1"), "png"),
        "png-palette": saved(rgb.quantize(64), "png"),
        "png-palette-transparent": saved(rgb.quantize(64), "png", transparency=3),
        "png-grey-alpha": saved(Image.merge("LA", (grey, Image.fromarray(hard))), "png"),
        "png-hard-alpha": saved(Image.merge("RGBA", (*rgb.split(), Image.fromarray(hard))), "png"),
        "png-soft-alpha": saved(Image.merge("RGBA", (*rgb.split(), Image.fromarray(soft))), "png"),
        "png-16-bit-grey": saved(Image.fromarray(deep[..., 0]), "png"),
        "png-16-bit-rgb": cv2.imencode(".png", deep)[1].tobytes(),
        "png-compressed-little": saved(rgb, "png", compress_level=1),
        "png-interlaced-by-cv2": cv2.imencode(".png", np.asarray(scene(304, 400, 300)))[1].tobytes(),
    }


def _formats():
    """Other formats, still and animated."""
    image, other = scene(400, 480, 360), scene(401, 480, 360)
    soft = scene(402, 480, 360).convert("L")
    return {
        "webp-lossy": saved(image, "webp", quality=80),
        "webp-lossless": saved(image, "webp", lossless=True),
        "webp-alpha": saved(Image.merge("RGBA", (*image.split(), soft)), "webp", lossless=True),
        "webp-animated": saved(image, "webp", save_all=True, append_images=[other], quality=80),
        "avif": saved(image, "avif", quality=70),
        "avif-444": saved(image, "avif", quality=70, subsampling="4:4:4"),
        "gif": saved(image, "gif"),
        "gif-animated": saved(image.quantize(64), "gif", save_all=True, append_images=[other.quantize(64)]),
        "bmp": saved(image, "bmp"),
        "jpeg-cmyk": saved(image.convert("CMYK"), "jpeg", quality=90),
    }


def _profiles():
    """Files that say how their colours are meant, which the server ignores."""
    image = scene(500, 480, 360)
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    strange = srgb.replace(_xyz(srgb, b"rXYZ"), _xyz(srgb, b"bXYZ"))
    linear = PngImagePlugin.PngInfo()
    linear.add(b"gAMA", (100_000).to_bytes(4, "big"))
    return {
        "jpeg-srgb": saved(image, "jpeg", quality=90, icc_profile=srgb),
        "jpeg-strange-profile": saved(image, "jpeg", quality=90, icc_profile=strange),
        "png-strange-profile": saved(image, "png", icc_profile=strange),
        "webp-strange-profile": saved(image, "webp", quality=90, icc_profile=strange),
        "png-linear": saved(image, "png", pnginfo=linear),
    }


def _xyz(profile, tag):
    """The bytes of a colorant of an ICC profile."""
    entry = profile.index(tag, 128)
    start = int.from_bytes(profile[entry + 4 : entry + 8], "big")
    return profile[start : start + 20]


def _pages():
    """A chat and a sheet: pictures on a page, whose other windows are no evidence."""
    chat = Image.new("RGB", (540, 960), (236, 236, 240))
    chat.paste(scene(700, 360, 270), (40, 180))
    chat.paste(scene(701, 360, 270), (140, 560))
    for line in range(5):
        ImageDraw.Draw(chat).text(
            (60, 40 + 22 * line), "the quick brown fox jumps over a lazy dog", fill=(20, 20, 20)
        )
    sheet, _ = contact_sheet([scene(710 + tile, 240, 180).convert("L") for tile in range(6)], 3, gap=14)
    return {"page-chat": saved(chat, "png"), "page-sheet": saved(sheet, "png")}


def _sizes():
    """Shapes at the borders of reductions, strips, and twelve megapixels."""
    sizes = [(1_024, 768), (2_048, 300), (2_049, 301), (3_073, 200), (60, 700), (97, 83), (40, 40)]
    files = {
        f"png-{width}x{height}": saved(scene(width, width, height), "png", compress_level=1)
        for width, height in sizes
    }
    return {**files, "jpeg-12-megapixels": saved(scene(600, 4_000, 3_000), "jpeg", quality=85)}
