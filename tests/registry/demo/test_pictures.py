"""The demonstration's pictures: rich, unlike each other, found again as poor copies, and free to show."""

import io
from dataclasses import FrozenInstanceError
from functools import cache
from importlib import resources
from itertools import combinations

import pytest
from PIL import Image

from index.pictures.describing import Purpose, describe_in_process
from index.pictures.fingerprint import require_enrollable
from index.verdict.thresholds import (
    LOOSE_PDQ_BITS,
    MAX_DHASH_BITS,
    MAX_FLAT_SHARE,
    MIN_QUALITY,
    TIGHT_PDQ_BITS,
)
from registry.demo.pictures import drawn, public_domain, recompressed_half

SHIPPED = public_domain()
SHIPPED_FOLDER = resources.files("registry.demo") / "pictures"
MAX_FILE_BYTES = 150_000
SOME_SEEDS = range(10)
ALL_SEEDS = range(0, 200, 4)


@cache
def some_media():
    """The files that most tests look at: the shipped ones and a few drawn."""
    return (*(picture.media for picture in SHIPPED), *(drawn(seed) for seed in SOME_SEEDS))


@cache
def some_described():
    """What a check knows of these files."""
    return described(some_media())


def described(media, purpose=Purpose.CHECK):
    return [describe_in_process(file, purpose) for file in media]


def nearest(fingerprints):
    """The smallest PDQ distance between two of them, in bits."""
    return min(one.pdq.distance(other.pdq) for one, other in combinations(fingerprints, 2))


def test_poor_copies_stay_near():
    """Every picture's half-size JPEG copy is a tight match of it in both families of codes."""
    originals = some_described()
    copies = described(recompressed_half(media) for media in some_media())
    for original, copy in zip(originals, copies, strict=True):
        assert original.pdq.distance(copy.pdq) <= TIGHT_PDQ_BITS
        assert original.dhash.distance(copy.dhash) <= MAX_DHASH_BITS
        assert min(original.quality, copy.quality) >= MIN_QUALITY
        assert max(original.flat_share, copy.flat_share) <= MAX_FLAT_SHARE


def test_distinct_pictures_are_not_near():
    """No two pictures, shipped or drawn, come within the radius that is worth a look."""
    assert nearest(some_described()) > LOOSE_PDQ_BITS


def test_every_picture_may_be_enrolled():
    """Registering any of the pictures is never refused for showing too little."""
    for fingerprint in described(some_media(), Purpose.ENROL):
        require_enrollable(fingerprint)


@pytest.mark.slow
def test_many_seeds_give_as_many_pictures():
    """Every fourth seed from 0 to 199 gives rich pictures, at least 64 PDQ bits apart."""
    fingerprints = described(drawn(seed) for seed in ALL_SEEDS)
    assert min(fingerprint.quality for fingerprint in fingerprints) >= 80
    assert max(fingerprint.flat_share for fingerprint in fingerprints) <= 0.5
    assert nearest(fingerprints) >= 64


@pytest.mark.parametrize("size", [(320, 240), (360, 640), (640, 640), (1200, 300)])
def test_drawn_pictures_have_the_size_asked_for(size):
    """A drawn picture is a rich JPEG of exactly the columns and rows asked for."""
    fingerprints = described(drawn(seed, size) for seed in range(4))
    assert {(found.media_format, found.width, found.height) for found in fingerprints} == {("jpeg", *size)}
    assert min(fingerprint.quality for fingerprint in fingerprints) >= 80
    assert nearest(fingerprints) >= 64


def test_the_same_seed_draws_the_same_picture():
    """Drawing is deterministic: equal seeds give equal bytes, other seeds others."""
    assert drawn(7) == drawn(7) != drawn(8)


@pytest.mark.parametrize(("size", "half"), [((641, 427), (320, 213)), ((40, 1), (20, 1))])
def test_a_poor_copy_has_half_the_size(size, half):
    """The copy is a JPEG of half the columns and rows, rounded down but never to nothing, and smaller."""
    media = drawn(1, size)
    copy = recompressed_half(media)
    with Image.open(io.BytesIO(copy)) as image:
        assert (image.format, image.size) == ("JPEG", half)
    assert len(copy) < len(media)
    assert copy == recompressed_half(media)


def test_poor_copies_of_pictures_with_transparency_are_made():
    """A picture that JPEG cannot hold as it is, with transparency, gets its poor copy all the same."""
    file = io.BytesIO()
    Image.new("RGBA", (20, 10), (255, 0, 0, 128)).save(file, "PNG")
    with Image.open(io.BytesIO(recompressed_half(file.getvalue()))) as image:
        assert (image.mode, image.size) == ("RGB", (10, 5))


def test_every_shipped_file_stands_in_the_sources():
    """Each file beside SOURCES.md is offered, and has a row there that says public domain."""
    files = {entry.name for entry in SHIPPED_FOLDER.iterdir()} - {"SOURCES.md"}
    rows = (SHIPPED_FOLDER / "SOURCES.md").read_text(encoding="utf-8").splitlines()
    assert files == {f"{picture.name}.jpg" for picture in SHIPPED}
    for file in files:
        (row,) = (row for row in rows if row.startswith(f"| `{file}` |"))
        assert "public domain" in row


@pytest.mark.parametrize("picture", SHIPPED, ids=lambda picture: picture.name)
def test_shipped_files_are_small_and_bare(picture):
    """A shipped file is a JPEG of at most 150 kB without EXIF, profile or comment."""
    assert len(picture.media) <= MAX_FILE_BYTES
    with Image.open(io.BytesIO(picture.media)) as image:
        assert image.format == "JPEG"
        assert not {"exif", "icc_profile", "comment", "xmp", "photoshop"} & set(image.info)


def test_shipped_pictures_come_in_the_order_of_their_names():
    """The names are unique and sorted, and each picture says that it is in the public domain."""
    names = [picture.name for picture in SHIPPED]
    assert names == sorted(set(names)) == ["astronaut", "rocket"]
    assert all("public domain" in picture.source for picture in SHIPPED)


@pytest.mark.parametrize("picture", SHIPPED, ids=lambda picture: picture.name)
def test_a_named_picture_is_a_value(picture):
    """A named picture cannot be changed, and prints its name but not its bytes."""
    with pytest.raises(FrozenInstanceError):
        picture.name = "another"
    assert picture.name in repr(picture)
    assert repr(picture.media) not in repr(picture)
