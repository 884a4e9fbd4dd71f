"""A file as it comes in: what stays in memory, what goes into the spool, and what is gone when."""

import hashlib
import io
import tracemalloc
from itertools import pairwise

import pytest
from PIL import Image

from index.errors import TooManyBytes
from index.limits import STANDARD
from index.media.clips.kinds import KIND_BYTES, is_clip
from registry.demo.pictures import drawn
from registry.errors import UploadLost
from registry.security.spool import Spool
from registry.web import uploads
from registry.web.errors import BodyTooLarge
from registry.web.uploads import MAX_IN_MEMORY, Upload
from tests.support.web.clips import BROKEN, new_clip
from tests.support.web.media import flat

CHUNK = 64 * 1024
LARGE = 96 * 1024 * 1024
MAX_HELD = 8 * 1024 * 1024
HEAD = b"\0\0\0\x18ftypisom" + bytes(12)


@pytest.fixture
def spool(tmp_path):
    """An empty spool."""
    return Spool(tmp_path / "spool", "mac_0000000000000000")


@pytest.fixture
def upload(spool):
    """A file of which nothing has come in."""
    return Upload(spool)


def sent(upload, data, size=CHUNK):
    """Writes a file in parts, as the form's parser does."""
    for start, end in pairwise([*range(0, len(data), size), len(data)]):
        assert upload.write(data[start:end]) == end - start
    upload.seek(0)


@pytest.mark.parametrize("size", [1, 7, KIND_BYTES, CHUNK, 10**9])
def test_a_clip_is_read_back_as_it_was_sent(spool, upload, size):
    """However a clip is cut into parts, its kind, its bytes and its digest are the same."""
    clip = new_clip(seconds=1)
    sent(upload, clip, size)
    assert upload.is_clip
    assert upload.sha256 == hashlib.sha256(clip).digest()
    with spool.open(upload.clip()) as source:
        assert source.read(0, source.size) == clip


@pytest.mark.parametrize("size", [1, CHUNK])
def test_a_picture_stays_in_memory(spool, upload, size):
    """A picture touches no file."""
    picture = flat()
    sent(upload, picture, size)
    assert not upload.is_clip
    assert bytes(upload.picture()) == picture
    assert upload.sha256 == hashlib.sha256(picture).digest()
    assert spool.names() == ()


@pytest.mark.parametrize("data", [b"", b"\0", HEAD[:7], b"text" * 1000, bytes(5000)])
def test_what_is_neither_stays_in_memory(spool, upload, data):
    """An empty file and a nonsensical one are not clips; the decoder reports what is wrong with them."""
    sent(upload, data)
    assert bytes(upload.picture()) == data
    assert spool.names() == ()


def test_a_short_clip_is_one_too(spool, upload):
    """A file of fewer bytes than are looked at to tell its kind is told by all of them."""
    sent(upload, HEAD)
    assert upload.is_clip
    assert upload.clip().size == len(HEAD)


def test_what_is_no_clip_is_bounded(upload):
    """A file that is no clip is refused soon after the bytes that a picture may have, whatever it announced."""
    with pytest.raises(BodyTooLarge):
        sent(upload, bytes(MAX_IN_MEMORY + 1))
    assert STANDARD.max_bytes < MAX_IN_MEMORY <= STANDARD.max_bytes + CHUNK


def test_a_clip_is_bounded(spool, upload, monkeypatch):
    """A clip over the limit is refused."""
    monkeypatch.setattr(uploads, "STANDARD_CLIP", STANDARD)
    sent(upload, HEAD + bytes(STANDARD.max_bytes))
    with pytest.raises(TooManyBytes):
        upload.clip()
    upload.close()
    assert spool.names() == ()


def test_a_clip_takes_little_memory(upload):
    """However long a clip is, hardly any of it is in memory at any time."""
    part = bytes(CHUNK)
    tracemalloc.start()
    upload.write(HEAD)
    for _ in range(LARGE // CHUNK):
        upload.write(part)
    upload.clip()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < MAX_HELD


@pytest.mark.parametrize("until", ["begun", "whole", "finished"])
def test_what_nobody_takes_over_is_gone(spool, upload, until):
    """A clip is gone with its request, wherever that ends; closing again is harmless."""
    upload.write(HEAD + bytes(KIND_BYTES))
    assert len(spool.names()) == 1
    if until != "begun":
        upload.seek(0)
    if until == "finished":
        upload.clip()
    upload.close()
    upload.close()
    assert spool.names() == ()


def test_what_is_taken_over_stays(spool, upload):
    """A clip that a job has taken over outlives its request."""
    sent(upload, BROKEN)
    spooled = upload.clip()
    assert spool.sweep(lambda: ()) == 0  # until the request ends no janitor takes it
    upload.take_over()
    upload.close()
    assert spool.names() == (spooled.name,)
    with spool.open(spooled) as source:
        assert source.read(0, source.size) == BROKEN


def test_what_a_killed_request_leaves_tells_nothing(spool, upload):
    """The file of a request that was cut off cannot be opened: its key was in memory alone."""
    sent(upload, BROKEN)
    spooled = upload.clip()
    [path] = (spool._folder).iterdir()
    assert spooled.key not in path.read_bytes()
    with pytest.raises(UploadLost):
        spool.open(type(spooled)(name=spooled.name, machine_id="", size=spooled.size, key=bytes(32))).read(
            0, 1
        )


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF"])
def test_no_picture_is_a_clip(form):
    """Every format of pictures is known before the containers of clips: AVIF lies in one."""
    file = io.BytesIO()
    Image.open(io.BytesIO(drawn(1, (96, 64)))).save(file, form)
    assert not is_clip(file.getvalue()[:KIND_BYTES])
