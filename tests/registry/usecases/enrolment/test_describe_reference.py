"""Places of faces in pictures that are registered, where faces are switched on."""

from dataclasses import replace

import numpy as np
import pytest

from index.errors import DecoderFailed, DecodersBusy
from index.faces.engine.contract import FaceRefusal
from index.pictures.describing import Purpose
from index.verdict.boxes import Box
from index.verdict.vocabulary import ReferenceKind
from registry.usecases.enrolment.describe_likeness import draft_from_picture
from tests.support.databases.registry_parts import regions, windows
from tests.support.usecases.fake_faces import FakeFaces, engine, face, unfit
from tests.support.usecases.fake_fingerprints import PHOTOGRAPH, FakeFingerprints

FACE = replace(face(), box=Box(left=0.1, top=0.1, right=0.25, bottom=0.35))
COLOURS = np.zeros((300, 400, 3), np.uint8)
PICTURE = replace(
    PHOTOGRAPH,
    windows=windows(1).windows,
    profile="full",
    regions=replace(regions(1), faces=()),
    colours=(COLOURS,),
)


def _drafted(faces, *, edits=True, kind=ReferenceKind.INTIMATE_ITEM):
    fingerprints = FakeFingerprints(PICTURE)
    draft = draft_from_picture(b"picture", kind, fingerprints, faces, edits=edits, has_consented=False)
    return fingerprints.asked, draft


@pytest.mark.parametrize("kind", [ReferenceKind.INTIMATE_ITEM, ReferenceKind.SOURCE_ORIGINAL])
def test_the_places_of_faces_are_kept_and_nothing_else_of_them(kind):
    """Each face gets a grid in the sealed signature, whether it can be compared or not; there is no template."""
    small = replace(unfit(), box=Box(left=0.5, top=0.5, right=0.7, bottom=0.7))
    faces = FakeFaces([], shown={0: (FACE, small)}, engines=(engine(), engine("two")))
    asked, draft = _drafted(faces, kind=kind)
    assert asked == [(Purpose.ENROL, True)]
    assert len(draft.windows.regions.faces) == 2
    assert draft.windows.regions.whole == PICTURE.regions.whole
    assert draft.likeness is None


def test_a_doubted_face_is_left_out():
    """What the detector is not sure of is more often a pattern than a face."""
    faces = FakeFaces([], shown={0: (FACE, unfit(FaceRefusal.UNSURE))})
    assert len(_drafted(faces)[1].windows.regions.faces) == 1


@pytest.mark.parametrize("failure", [DecoderFailed("x"), DecodersBusy("x")])
def test_a_picture_is_registered_while_faces_cannot_be_found(failure):
    """Faces only make an answer finer, so their worker keeps nobody from registering."""
    draft = _drafted(FakeFaces([], failure=failure))[1]
    assert draft.windows.regions == PICTURE.regions


@pytest.mark.parametrize(
    ("faces", "edits"), [(None, True), (FakeFaces([], engines=()), True), (FakeFaces([]), False)]
)
def test_nobody_looks_for_faces_where_they_are_off_or_unwanted(faces, edits):
    """Without engines, and for a claimant who chose whole codes only, no picture in colour is asked for."""
    asked, draft = _drafted(faces, edits=edits)
    assert asked == [(Purpose.ENROL, False)]
    assert (draft.windows is None) is not edits
