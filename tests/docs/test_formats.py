"""docs/formats.md states the limits that the code has."""

import re

from index.limits import MEBIBYTE, MEGAPIXEL, STANDARD, STANDARD_CLIP
from index.media.pictures.distinct_frames import MAX_DISTINCT, MAX_IN_FULL
from index.media.pictures.formats import SIZE_LIMITS
from index.media.pictures.later_frames import MAX_FRAME_PIXELS, MAX_FRAMES, MAX_PAGES
from index.media.pictures.scenes import MAX_SCENES
from index.media.pictures.work import MAX_WORK_S
from index.pictures.parts import MAX_PARTS
from tests.support.paths import ROOT

TEXT = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")
PLAIN = " ".join(TEXT.split())


def rows(heading):
    """The cells of the table rows below a heading, up to the next one."""
    part = re.split(r"^#+ ", TEXT.split(heading, 1)[1], maxsplit=1, flags=re.MULTILINE)[0]
    lines = [line for line in part.splitlines() if line.startswith("|") and not line.startswith("|---")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_the_largest_picture_of_each_format_is_stated():
    """Every kind of file has its row, with both limits in megapixels."""
    stated = {row[0]: row[1:3] for row in rows("## Pictures\n")[1:]}
    assert set(stated) == {limit.name for limit in SIZE_LIMITS}
    for limit in SIZE_LIMITS:
        checked, registered = stated[limit.name]
        assert checked.removesuffix(" megapixels") == str(limit.checked)
        assert registered == str(limit.registered)


def test_the_bounds_of_animations_are_stated():
    """Frames, pages, pixels and seconds."""
    stated = {row[0]: row[1] for row in rows("### Several pictures in one file\n")[1:]}
    assert stated == {
        "frames of an animation that are decoded": f"{MAX_FRAMES:,}",
        "pages of a TIFF or MPO, pictures of a HEIC": f"{MAX_PAGES:,}",
        "distinct frames": f"{MAX_DISTINCT:,}",
        "frames that show something new": f"{MAX_IN_FULL:,}",
        "pixels of one frame of an animation": f"{MAX_FRAME_PIXELS // MEGAPIXEL} megapixels",
        "processor time for the whole file": f"{MAX_WORK_S} s",
        "scenes in which faces are looked for, besides the first picture": f"{MAX_SCENES}",
    }


def test_the_sizes_of_files_and_sides_are_stated():
    """Bytes, sides, parts, and the bounds of clips."""
    assert f"at most {STANDARD.max_bytes // MEBIBYTE} MiB and {STANDARD.max_side:,} pixels a side" in PLAIN
    assert f"at most {MAX_PARTS} parts" in PLAIN
    decoder = STANDARD_CLIP.decoder
    assert f"at most {STANDARD_CLIP.max_bytes // MEBIBYTE // 1024} GiB" in PLAIN
    assert (
        f"at most {decoder.max_pixels // MEGAPIXEL} megapixels and {decoder.max_side:,} pixels a side"
        in PLAIN
    )
    assert f"| {STANDARD_CLIP.max_frames:,} |" in PLAIN
    assert f"| {STANDARD_CLIP.max_sampled:,} |" in PLAIN
    assert (STANDARD_CLIP.max_seconds, STANDARD_CLIP.total_cpu_seconds) == (3 * 3600, 3600)
