"""The operator's list of benign pictures, and what it keeps from being registered."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageOps
from sqlalchemy import func, select

from index.errors import LowInformation
from index.pictures.describing import Purpose
from index.pictures.fingerprint import Fingerprinter
from index.verdict.thresholds import LOOSE_PDQ_BITS
from index.verdict.vocabulary import Level, ReferenceKind
from registry.domain.benign import MAX_BENIGN, BenignCodes, BenignPicture, without_benign
from registry.errors import KnownBenign, NotFound, Refused
from registry.events import LedgerEvent
from registry.matching.question import question_of
from registry.storage.schema.tables import references
from registry.usecases.benign import adding
from registry.usecases.benign.adding import MAX_LABEL, add_benign
from registry.usecases.benign.listing import list_benign
from registry.usecases.benign.removing import remove_benign
from registry.usecases.cases.opening import open_case
from registry.usecases.enrolment.bulk import bulk_enrol
from registry.usecases.enrolment.describe_reference import draft_from_codes, draft_from_media
from registry.usecases.enrolment.enrolling import EnrolOutcome, enrol
from tests.support.databases.registry_parts import (
    ALICE,
    FRANK,
    NOW,
    clip_draft,
    draft,
    environment,
    near,
    pdq,
)
from tests.support.media.pictures import saved, scene

KIND = ReferenceKind.INTIMATE_ITEM
JOKE = scene(4_100, 480, 320)


@pytest.fixture(scope="module")
def fingerprinter():
    with Fingerprinter(workers=1) as made:
        yield made


@pytest.fixture(scope="module")
def question(fingerprinter):
    """The joke, as the operator adds it."""
    return question_of(fingerprinter.describe(saved(JOKE, "PNG"), Purpose.CHECK))


@pytest.fixture
def around(sqlite):
    return {"units": sqlite.units, "environment": environment()}


@pytest.fixture
def entry(around, question):
    """The list with the joke."""
    return add_benign(question, "a joke", actor=FRANK, **around).picture_id


def _codes(*pdqs):
    return BenignCodes(pdqs=np.stack([np.frombuffer(one.value, np.uint8) for one in pdqs]), digests=())


def _rows(sqlite):
    with sqlite.registry.read() as connection:
        return connection.execute(select(func.count()).select_from(references)).scalar_one()


SHOWN = {
    "the file itself": JOKE,
    "smaller": JOKE.resize((300, 200), Image.Resampling.LANCZOS),
    "mirrored": ImageOps.mirror(JOKE),
    "turned": JOKE.rotate(90, expand=True),
    "negative": ImageOps.invert(JOKE),
}


@pytest.mark.usefixtures("entry")
@pytest.mark.parametrize("name", SHOWN)
@pytest.mark.parametrize("level", [Level.V0, Level.V4])
def test_what_is_near_an_entry_is_not_registered(sqlite, around, fingerprinter, name, level):
    """In whatever variant and at whatever level; nothing is written, also no case."""
    made = draft_from_media(saved(SHOWN[name], "JPEG", quality=70), KIND, fingerprinter)
    with pytest.raises(KnownBenign, match="cut out"):
        open_case(level, made, actor=ALICE, **around)
    case = open_case(level, None, actor=ALICE, **around).case
    with pytest.raises(KnownBenign):
        enrol(case.id, made, actor=ALICE, **around)
    with pytest.raises(KnownBenign):
        bulk_enrol(case.id, [draft(1), made], actor=ALICE, **around)
    assert _rows(sqlite) == 0


@pytest.mark.usefixtures("entry")
@pytest.mark.parametrize("algorithm", ["pdq", "sha256"])
def test_codes_of_an_entry_are_not_registered(sqlite, around, fingerprinter, algorithm):
    """Whoever sends only codes is refused too: by PDQ of another implementation, and by the file's digest."""
    made = draft_from_media(saved(JOKE, "PNG"), KIND, fingerprinter)
    sent = [stored.code for stored in made.codes if stored.code.algorithm == algorithm][-1:]
    with pytest.raises(KnownBenign):
        open_case(Level.V1, draft_from_codes(sent, KIND), actor=ALICE, **around)
    assert _rows(sqlite) == 0


def test_without_the_entry_it_is_registered(around, entry, fingerprinter):
    """The test above fails without the list; another picture is registered beside it."""
    made = draft_from_media(saved(JOKE, "JPEG"), KIND, fingerprinter)
    other = draft_from_media(saved(scene(4_101, 480, 320), "JPEG"), KIND, fingerprinter)
    assert open_case(Level.V1, other, actor=ALICE, **around).first.outcome is EnrolOutcome.ENROLLED
    remove_benign(entry, actor=FRANK, **around)
    first = open_case(Level.V1, made, actor=ALICE, **around)
    assert first.first.outcome is EnrolOutcome.ENROLLED


def test_what_is_registered_stays(around, question, fingerprinter):
    """An entry that is added later removes nobody's registration, and sending it again is a duplicate."""
    made = draft_from_media(saved(JOKE, "JPEG"), KIND, fingerprinter)
    first = open_case(Level.V1, made, actor=ALICE, **around)
    add_benign(question, "", actor=FRANK, **around)
    again = open_case(Level.V1, made, actor=ALICE, **around)
    assert again.first.outcome is EnrolOutcome.DUPLICATE
    assert again.case.id == first.case.id


def test_official_releases_may_be_popular(around, entry, fingerprinter):
    """They have no effect of their own."""
    made = draft_from_media(saved(JOKE, "JPEG"), ReferenceKind.OFFICIAL_RELEASE, fingerprinter)
    first = open_case(Level.V1, made, actor=ALICE, **around)
    assert first.first.outcome is EnrolOutcome.ENROLLED


def test_benign_frames_of_a_clip_are_left_out():
    """A clip is registered without them; one of nothing else is refused."""
    made = clip_draft("clip", frames=3)
    frames = made.clip.frames
    kept = without_benign(made, _codes(frames[1].pdq)).clip.frames
    assert kept == (frames[0], frames[2])
    assert without_benign(made, _codes(pdq("else"))) is made
    with pytest.raises(KnownBenign):
        without_benign(made, _codes(*(frame.pdq for frame in frames)))
    exact = replace(made, clip=replace(made.clip, frames=()))
    assert without_benign(exact, _codes(frames[0].pdq)) is exact


def test_near_is_what_would_be_worth_a_review():
    """40 bits are near, 41 are not; an empty list is near nothing."""
    code = pdq("joke")
    asked = np.stack(
        [
            np.frombuffer(near(code, bits, seed=bits).value, np.uint8)
            for bits in (0, LOOSE_PDQ_BITS, LOOSE_PDQ_BITS + 1, 128)
        ]
    )
    assert _codes(pdq("other"), code).near(asked).tolist() == [True, True, False, False]
    empty = BenignCodes(pdqs=np.zeros((0, 32), np.uint8), digests=())
    assert not empty.near(asked).any()
    assert _codes(code).near(asked[:0]).tolist() == []


def test_entries_are_added_once_listed_and_removed(sqlite, around, entry, question):
    """With the ledger naming each; a near picture is known already."""
    again = add_benign(question, "again", actor=FRANK, **around)
    assert (again.picture_id, again.is_new) == (entry, False)
    (listed,) = list_benign(actor=FRANK, units=sqlite.units)
    assert (listed.id, listed.label, listed.sha256) == (entry, "a joke", question.sha256)
    remove_benign(entry, actor=FRANK, **around)
    with pytest.raises(NotFound):
        remove_benign(entry, actor=FRANK, **around)
    assert list_benign(actor=FRANK, units=sqlite.units) == ()
    with sqlite.units.read() as unit:
        acts = [one.act for one in unit.ledger.entries()]
    assert [(act.event, act.detail) for act in acts] == [
        (LedgerEvent.BENIGN_ADDED, entry),
        (LedgerEvent.BENIGN_REMOVED, entry),
    ]


def test_what_cannot_be_an_entry_is_refused(around, question, fingerprinter, monkeypatch):
    """A flat picture, a label that is too long, and one entry more than there may be."""
    flat = question_of(fingerprinter.describe(saved(Image.new("RGB", (64, 64), "red"), "PNG"), Purpose.CHECK))
    with pytest.raises(LowInformation):
        add_benign(flat, "", actor=FRANK, **around)
    with pytest.raises(Refused, match="characters"):
        add_benign(question, "x" * (MAX_LABEL + 1), actor=FRANK, **around)
    monkeypatch.setattr(adding, "MAX_BENIGN", 0)
    with pytest.raises(Refused, match="0 entries"):
        add_benign(question, "", actor=FRANK, **around)
    assert MAX_BENIGN == 2_000


def test_entries_are_rows(sqlite):
    """An entry comes back as it was added, and its codes as rows of 32 bytes."""
    picture = BenignPicture(id="ben_1", label="ä", pdqs=bytes(range(64)), sha256=bytes(32), added_at=NOW)
    with sqlite.units.write() as unit:
        assert unit.benign.codes().pdqs.shape == (0, 32)
        unit.benign.add(picture)
        assert unit.benign.all() == (picture,)
        assert unit.benign.codes().pdqs.tobytes() == picture.pdqs
        assert unit.benign.codes().digests == {bytes(32)}
        assert unit.benign.remove("ben_1")
        assert not unit.benign.remove("ben_1")
