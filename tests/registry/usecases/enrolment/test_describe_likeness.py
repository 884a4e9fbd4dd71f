"""A photograph of the person to be found: described by every engine, or refused with what the claimant can do."""

from dataclasses import replace

import numpy as np
import pytest

from index.errors import DecoderFailed, DecodersBusy, UndecodableMedia
from index.faces.engine.contract import MAX_FACES, FaceRefusal
from index.pictures.describing import Purpose
from index.verdict.vocabulary import Level, ReferenceKind
from registry.domain.reference import FoundBy
from registry.errors import (
    CodesInsufficient,
    ConsentMissing,
    FaceNotAlone,
    FaceNotFound,
    FaceUnfit,
    LevelTooLow,
    LikenessNotOffered,
)
from registry.usecases.cases.opening import open_case
from registry.usecases.enrolment.describe_likeness import OTHERS_UP_TO, draft_from_photograph
from registry.usecases.enrolment.describe_reference import draft_from_codes
from registry.usecases.enrolment.enrolling import enrol
from registry.usecases.ledger.verifying import verify_ledger
from tests.support.databases.registry_parts import BOB, FRANK, environment, pdq
from tests.support.usecases.fake_faces import FakeFaces, engine, face, unfit, vector
from tests.support.usecases.fake_fingerprints import PHOTOGRAPH, FakeFingerprints


def drafted(*faces, consent=True, fingerprints=None, **changes):
    """Describes a photograph that shows these faces."""
    looking = FakeFaces([], shown={1: faces}, **changes)
    return draft_from_photograph(
        b"photograph", fingerprints or FakeFingerprints(), looking, has_consented=consent
    )


@pytest.fixture
def around(sqlite):
    return {"units": sqlite.units, "environment": environment()}


def opened(around, level=Level.V2, actor=BOB):
    return open_case(level, None, actor=actor, **around).case.id


def test_one_face_becomes_a_likeness():
    """A face alone is described by its vector and its model; the photograph by whole codes, never by windows."""
    fingerprints = FakeFingerprints()
    draft = drafted(face(0.7), fingerprints=fingerprints)
    assert fingerprints.asked == [(Purpose.ENROL, True)]
    (photo,) = draft.likeness.photos
    assert (photo.engine, photo.model_sha256) == ("one", bytes(32))
    assert (photo.vector == vector(0.7)).all()
    assert (draft.kind, draft.windows, draft.has_consented) == (ReferenceKind.LIKENESS, None, True)
    assert len(draft.codes) > 1


def test_every_engine_describes_it():
    """Media is not kept, so each engine that is on has its vector, of its own dimension."""
    engines = (engine("one"), engine("two", 16))
    faces = FakeFaces(
        [],
        engines=engines,
        shown={(1, "one"): [face(0.5)], (1, "two"): [face(0.9, dimension=16)]},
    )
    draft = draft_from_photograph(b"photograph", FakeFingerprints(), faces, has_consented=True)
    assert [(photo.engine, len(photo.vector)) for photo in draft.likeness.photos] == [("one", 8), ("two", 16)]


def test_one_engine_that_sees_nothing_refuses_it():
    """A photograph in which one of two engines finds no face is refused: it would never find the person."""
    faces = FakeFaces([], engines=(engine("one"), engine("two")), shown={(1, "one"): [face()]})
    with pytest.raises(FaceNotFound):
        draft_from_photograph(b"photograph", FakeFingerprints(), faces, has_consented=True)


@pytest.mark.parametrize(
    ("faces", "refusal"),
    [
        ((), FaceNotFound),
        ((face(side=100), face(side=100 * OTHERS_UP_TO)), FaceNotAlone),
        ((face(side=100),) * 40, FaceNotAlone),
        ((face(side=100),) * MAX_FACES, FaceNotAlone),
        ((unfit(FaceRefusal.TOO_SMALL, side=12),), FaceUnfit),
        ((unfit(FaceRefusal.UNSURE, side=100), unfit(FaceRefusal.UNSURE, side=90)), FaceUnfit),
        ((unfit(FaceRefusal.UNSURE, side=100), face(side=90)), FaceNotAlone),
        ((unfit(FaceRefusal.TOO_BLURRED, side=100), face(side=40)), FaceUnfit),
        ((unfit(FaceRefusal.TOO_BLURRED, side=90), face(side=100)), FaceNotAlone),
    ],
)
def test_what_is_no_photograph_of_one_person_is_refused(faces, refusal):
    """None, several of a size, forty, and a face that cannot be compared: each has a name of its own."""
    with pytest.raises(refusal) as refused:
        drafted(*faces)
    assert refused.value.status == 422


def test_small_faces_behind_the_subject_are_nobody():
    """A passer-by of less than half the size leaves it a photograph of the subject."""
    behind = face(0.1, side=100 * OTHERS_UP_TO - 1)
    draft = drafted(behind, face(0.8, side=100), unfit(side=20))
    assert (draft.likeness.photos[0].vector == vector(0.8)).all()


@pytest.mark.parametrize("side", [60, 90, 100])
def test_a_pattern_beside_a_sure_face_is_nobody(side):
    """A doubtful detection, such as a badge on a suit, does not make two persons of one."""
    draft = drafted(unfit(FaceRefusal.UNSURE, side=side), face(0.8, side=100))
    assert (draft.likeness.photos[0].vector == vector(0.8)).all()


@pytest.mark.parametrize(
    ("refusals", "words"),
    [
        ((FaceRefusal.TOO_SMALL,), "too small"),
        ((FaceRefusal.TOO_SMALL, FaceRefusal.TOO_BLURRED), "too small and too blurred"),
        ((FaceRefusal.UNSURE,), "unsure"),
        ((FaceRefusal.NOT_DESCRIBED,), "not described"),
    ],
)
def test_an_unfit_face_is_refused_with_its_reasons(refusals, words):
    """The claimant reads which gates failed; a vector of NaN arrives here as a face that is not described."""
    with pytest.raises(FaceUnfit, match=f"^The face cannot be compared: {words}\\.$"):
        drafted(unfit(*refusals))


def test_a_vector_that_no_engine_makes_never_becomes_a_likeness():
    """Were one of NaN to slip through all gates, it is a fault and not a reference."""
    broken = replace(face(), vector=np.full(8, np.nan, np.float32))
    with pytest.raises(ValueError, match="unit length"):
        drafted(broken)


@pytest.mark.parametrize("faces", [None, FakeFaces([], engines=())])
def test_where_faces_are_off_nothing_is_looked_at(faces):
    """No file is opened for a registration that cannot be."""
    fingerprints = FakeFingerprints()
    with pytest.raises(LikenessNotOffered):
        draft_from_photograph(b"photograph", fingerprints, faces, has_consented=True)
    assert fingerprints.asked == []


@pytest.mark.parametrize("error", [DecoderFailed("crashed"), DecodersBusy("busy")])
def test_workers_that_fail_pass_through(error):
    """A crash is the caller's to hear of, and no photograph without a face."""
    with pytest.raises(type(error)):
        drafted(face(), failure=error)
    with pytest.raises(UndecodableMedia):
        drafted(face(), fingerprints=FakeFingerprints(failure=UndecodableMedia("no picture")))


def test_a_face_before_a_plain_wall_is_registered():
    """A photograph that shows too little for whole codes is found by the face, and as the same file."""
    plain = replace(PHOTOGRAPH, pdq=pdq("plain", 3))
    draft = drafted(face(), fingerprints=FakeFingerprints(fingerprint=plain))
    assert [stored.code.algorithm.is_exact for stored in draft.codes] == [True]
    assert draft.likeness is not None


@pytest.mark.parametrize("level", [Level.V0, Level.V1])
def test_a_case_below_v2_takes_no_likeness(around, level):
    """Neither opening with one nor adding one passes the ladder of verification, and nothing is written."""
    case = opened(around, level)
    with pytest.raises(LevelTooLow, match="V2"):
        enrol(case, drafted(face()), actor=BOB, **around)
    with pytest.raises(LevelTooLow):
        open_case(level, drafted(face()), actor=BOB, **around)
    with around["units"].read() as unit:
        assert unit.references.of_case(case) == ()


def test_without_consent_nothing_is_registered(around):
    """A likeness is registered only with consent."""
    case = opened(around)
    with pytest.raises(ConsentMissing):
        enrol(case, drafted(face(), consent=False), actor=BOB, **around)
    with around["units"].read() as unit:
        assert unit.references.of_case(case) == ()


def test_consent_stands_in_the_ledger(around):
    """The reference is found by its likeness, and the ledger says that the subject agreed."""
    case = opened(around)
    reference = enrol(case, drafted(face()), actor=BOB, **around).reference
    assert FoundBy.LIKENESS in reference.found_by
    assert FoundBy.EDITS not in reference.found_by
    assert verify_ledger(actor=FRANK, units=around["units"]).first_broken is None
    assert verify_ledger(actor=FRANK, units=around["units"]).entries == 3  # opened, consented, enrolled


def test_the_same_photograph_is_a_duplicate_until_another_engine_is_on(around):
    """A photograph sent again for a new engine is registered; without a new engine it is a duplicate."""
    case = opened(around)
    two = (engine("one"), engine("two"))
    outcomes = [
        enrol(case, drafted(face(), engines=engines), actor=BOB, **around).outcome
        for engines in (two[:1], two[:1], two, two, two[1:])
    ]
    assert outcomes == ["enrolled", "duplicate", "enrolled", "duplicate", "duplicate"]


def test_codes_show_no_face():
    """A vector or a hash that somebody sends proves nothing."""
    with pytest.raises(CodesInsufficient, match="photographs"):
        draft_from_codes([pdq("photograph")], ReferenceKind.LIKENESS)


def test_nothing_of_a_face_is_shown(around):
    """Neither a draft nor a registered reference prints a vector."""
    draft = drafted(face(0.7))
    reference = enrol(opened(around), draft, actor=BOB, **around).reference
    shown = repr(draft) + repr(reference)
    assert "array" not in shown
    assert "vector" not in shown
