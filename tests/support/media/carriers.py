"""Pictures that carry other media: motion photos, thumbnails, boxes and trailers as phones write them."""

import io
import struct

from PIL import Image

from tests.support.media.pictures import saved


def box(name, body):
    """A box of the ISO base media format."""
    return struct.pack(">I4s", 8 + len(body), name) + body


def google_motion_photo(jpeg, clip):
    """A JPEG with its clip directly behind its end."""
    return jpeg + clip


def samsung_motion_photo(jpeg, clip):
    """A JPEG with Samsung's trailer: marked blocks, and a directory of them at the end."""
    blocks = [
        (b"\0\0\1\x0a", b"Image_UTC_Data", b"1600000000000"),
        (b"\0\0\x30\x0a", b"MotionPhoto_Data", clip),
    ]
    packed = [kind + struct.pack("<I", len(name)) + name + body for kind, name, body in blocks]
    left = [sum(map(len, packed[number:])) for number in range(len(packed))]
    entries = [
        kind + struct.pack("<II", left[number], len(packed[number]))
        for number, (kind, _, _) in enumerate(blocks)
    ]
    directory = b"SEFH" + struct.pack("<II", 107, len(blocks)) + b"".join(entries)
    return jpeg + b"".join(packed) + directory + struct.pack("<I", len(directory)) + b"SEFT"


def heic_motion_photo(heic, clip):
    """A HEIC with its clip in a box of its own."""
    return heic + box(b"mpvd", clip)


def with_exif_thumbnail(image, thumbnail, media_format, **options):
    """A file whose EXIF block has this thumbnail."""
    small = saved(thumbnail, "JPEG", quality=85)
    directory = 8 + 2 + 4  # an empty directory for the picture, then one for the thumbnail
    entries = struct.pack("<HHIIHHII", 0x201, 4, 1, directory + 2 + 24 + 4, 0x202, 4, 1, len(small))
    block = (
        b"II*\0" + struct.pack("<IHI", 8, 0, directory) + struct.pack("<H", 2) + entries + bytes(4) + small
    )
    return saved(image, media_format, exif=b"Exif\0\0" + block, **options)


def with_segments(jpeg, *segments):
    """A JPEG with these APP segments at its start: pairs of number and body."""
    packed = b"".join(
        struct.pack(">BBH", 0xFF, 0xE0 + number, 2 + len(body)) + body for number, body in segments
    )
    return jpeg[:2] + packed + jpeg[2:]


def with_photoshop_thumbnail(jpeg, thumbnail):
    """A JPEG with Photoshop's thumbnail resource."""
    small = bytes(28) + saved(thumbnail, "JPEG", quality=85)
    resource = b"8BIM" + struct.pack(">HHI", 1036, 0, len(small)) + small + bytes(len(small) % 2)
    return with_segments(jpeg, (13, b"Photoshop 3.0\0" + resource))


def with_jfif_thumbnail(jpeg, thumbnail):
    """A JPEG with the thumbnail in RGB of its JFIF header."""
    small = thumbnail.convert("RGB")
    header = b"JFIF\0\1\2\0\0\1\0\1" + bytes(small.size) + small.tobytes()
    return with_segments(jpeg, (0, header))


def letterboxed(image, size=(160, 120)):
    """A thumbnail of 4:3 with black bars, as cameras write it."""
    small = image.copy()
    small.thumbnail(size)
    canvas = Image.new("RGB", size)
    canvas.paste(small, ((size[0] - small.width) // 2, (size[1] - small.height) // 2))
    return canvas


def multi_picture(*images, **options):
    """A multi-picture JPEG. Pillow writes wrong offsets for more than three."""
    file = io.BytesIO()
    images[0].save(file, "MPO", save_all=True, append_images=list(images[1:]), **options)
    return file.getvalue()
