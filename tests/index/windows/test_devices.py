"""Windows of another device: those of pictures are taken, and what no picture has is refused."""

from dataclasses import replace

import numpy as np
import pytest

from index.errors import CodeError, MalformedCode, WrongLength
from index.windows.choosing import reference_windows
from index.windows.devices import windows_of_device
from index.windows.windows import HEAD_BYTES, Windows
from registry.demo.pictures import drawn
from tests.support.web.media import fingerprint


@pytest.fixture(scope="module")
def genuine():
    """The windows of drawn pictures, packed."""
    found = [fingerprint(drawn(seed, (480, 320))).windows for seed in (1, 2, 3)]
    packed = [windows.pack() for windows in found if windows is not None and len(windows)]
    assert packed
    return packed


def test_windows_of_pictures_are_taken(genuine):
    """What this registry makes of pictures is accepted from a device, and means the same."""
    for packed in genuine:
        assert windows_of_device(packed).pack() == packed


def _changed(packed, **fields):
    return replace(Windows.unpack(packed), **fields).pack()


def _moved(packed, column, value):
    windows = Windows.unpack(packed)
    places = windows.places.copy()
    places[0, column] = value
    return replace(windows, places=places).pack()


def _first_twice(packed):
    windows = Windows.unpack(packed)
    places, codes = windows.places.copy(), windows.codes.copy()
    places[1] = places[0]
    return replace(windows, places=places, codes=codes).pack()


BAD = {
    "nothing": lambda packed: b"",
    "a head alone": lambda packed: packed[: HEAD_BYTES - 1] + b"\0",
    "a byte too few": lambda packed: packed[:-1],
    "a byte too many": lambda packed: packed + b"\0",
    "another area": lambda packed: _changed(packed, width=400),
    "a window beyond the left edge": lambda packed: _moved(packed, 0, 0.0),
    "a window beyond the lower edge": lambda packed: _moved(packed, 1, 10_000.0),
    "a window that is too small": lambda packed: _moved(packed, 2, 4.0),
    "a window that is too large": lambda packed: _moved(packed, 2, 83.0),
    "two windows at one place": _first_twice,
    "flat codes": lambda packed: _changed(packed, codes=np.zeros_like(Windows.unpack(packed).codes)),
    "full codes": lambda packed: _changed(packed, codes=np.full_like(Windows.unpack(packed).codes, 255)),
    "equal codes": lambda packed: _changed(
        packed, codes=np.repeat(Windows.unpack(packed).codes[:1], len(Windows.unpack(packed)), axis=0)
    ),
}


@pytest.mark.parametrize("fault", BAD)
def test_what_no_picture_has_is_refused(genuine, fault):
    """Each fault by itself, in windows that are otherwise genuine."""
    for packed in genuine:
        with pytest.raises((MalformedCode, WrongLength)):
            windows_of_device(BAD[fault](packed))


def test_random_bytes_are_refused():
    """Of random bytes of the right length nothing is taken."""
    random = np.random.default_rng(5)
    for count in (1, 6, 64, 65, 255):
        body = random.integers(0, 256, count * 39, np.uint8).tobytes()
        head = np.array([160, 160], "<u2").tobytes() + bytes([count])
        with pytest.raises(CodeError):
            windows_of_device(head + body)


def test_more_windows_than_a_reference_has_are_refused():
    """Sixty-five windows, even of a picture."""
    windows = reference_windows(np.random.default_rng(1).integers(0, 256, (320, 480), np.uint8))
    packed = bytearray(windows.pack())
    if len(windows) == 64:
        packed[4] = 65
        with pytest.raises(CodeError):
            windows_of_device(bytes(packed) + bytes(39))
