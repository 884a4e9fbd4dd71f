"""The packed form of regional signatures, and what they hold."""

import numpy as np
import pytest

from index.errors import MalformedCode, WrongLength
from index.regions import MAX_FACE_GRIDS, MAX_SIGNATURE_BYTES, Grid, RegionalSignature, regional_signature
from index.verdict import Box
from tests.support.media.reuploads import luma_of

FACE = Box.of_edges(0.4, 0.3, 0.5, 0.45)


def test_a_signature_is_read_back_from_its_packed_form():
    """Signs, textures and faces are the same after packing."""
    signature = regional_signature(luma_of(3), [FACE])
    assert RegionalSignature.unpack(signature.pack()) == signature
    assert len(signature.faces) == 1
    assert signature.whole.signs.shape == (256, 16)
    assert signature.faces[0].textures.shape == (64,)


def test_at_most_four_faces_are_kept_the_largest():
    """More faces than the form has room for are left out, the smallest first."""
    faces = [Box.of_edges(0.1 * i, 0.1, 0.1 * i + 0.05 + 0.01 * i, 0.3) for i in range(6)]
    signature = regional_signature(luma_of(3), faces)
    assert len(signature.faces) == MAX_FACE_GRIDS
    assert len(signature.pack()) == MAX_SIGNATURE_BYTES
    assert min(face.box.left for face in signature.faces) > 0.1


def test_tiny_and_huge_faces_have_no_grid():
    """A face without detail, or as large as the picture, gains nothing by a finer grid."""
    boxes = [Box.of_edges(0.5, 0.5, 0.51, 0.51), Box.of_edges(0.1, 0.1, 0.9, 0.9)]
    assert regional_signature(luma_of(3), boxes).faces == ()


def test_a_mirrored_picture_has_mirrored_textures():
    """The grid lies symmetrically in the picture."""
    luma = luma_of(4)
    upright = regional_signature(luma).whole.textures.reshape(16, 16)
    mirrored = regional_signature(np.ascontiguousarray(luma[:, ::-1])).whole.textures.reshape(16, 16)
    assert np.abs(upright - mirrored[:, ::-1]).max() <= 0.41


@pytest.mark.parametrize("data", [b"", b"\0" * 640, b"\0" * 642, b"\1" * 641, b"\0" * 100_000])
def test_a_wrong_length_is_refused(data):
    """The length must follow from the number of faces."""
    with pytest.raises(WrongLength):
        RegionalSignature.unpack(data)


def test_too_many_faces_and_empty_boxes_are_refused():
    """Numbers out of range are no signature."""
    with pytest.raises(MalformedCode):
        RegionalSignature.unpack(bytes([MAX_FACE_GRIDS + 1]) + bytes(640 + 168 * (MAX_FACE_GRIDS + 1)))
    with pytest.raises(MalformedCode):
        RegionalSignature.unpack(bytes([1]) + bytes(640 + 168))


def test_no_sign_is_shown_in_a_message():
    """A log line of a signature tells no part of the picture."""
    signature = regional_signature(luma_of(3))
    assert "packed" not in repr(signature)
    assert isinstance(signature.whole, Grid)
