"""Finer grids over faces, from the colours of a registered picture."""

import io
from dataclasses import replace

import numpy as np
import pytest

from index.pictures.describing import Purpose, describe_in_process
from index.pictures.face_regions import with_face_regions
from index.regions import regional_signature
from index.verdict.boxes import Box
from tests.support.media.pictures import scene

FACES = (Box(left=0.3, top=0.2, right=0.5, bottom=0.45), Box(left=0.6, top=0.6, right=0.75, bottom=0.8))


def _fingerprint(width, height, **options):
    file = io.BytesIO()
    scene(5, width, height).save(file, "PNG")
    return describe_in_process(file.getvalue(), Purpose.ENROL, colours=True, **options)


@pytest.mark.parametrize("size", [(400, 300), (1000, 1400)])
def test_faces_are_described_as_in_the_matching_plane(size):
    """The grids of faces differ in few signs from those of the plane that the worker saw, and the whole stays."""
    width, height = size
    fingerprint = _fingerprint(width, height)
    made = with_face_regions(fingerprint, FACES)
    assert (made.regions.whole, made.colours) == (fingerprint.regions.whole, ())
    grey = scene(5, width, height).convert("L")
    grey.thumbnail((512, 512))
    direct = regional_signature(np.asarray(grey), FACES).faces
    assert len(made.regions.faces) == len(direct) == 2
    for one, other in zip(made.regions.faces, direct, strict=True):
        assert np.allclose(one.box.edges, other.box.edges, atol=0.01)
        assert float((one.signs == other.signs).mean()) > 0.95


def test_nothing_is_added_without_faces_or_signature():
    """A picture without faces keeps its signature; one by whole codes only, or without colours, gets no grid."""
    fingerprint = _fingerprint(400, 300)
    assert with_face_regions(fingerprint, ()).regions == fingerprint.regions
    assert with_face_regions(replace(fingerprint, colours=()), FACES).regions.faces == ()
    bare = with_face_regions(_fingerprint(400, 300, profile=None), FACES)
    assert (bare.regions, bare.colours) == (None, ())
