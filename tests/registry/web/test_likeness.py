"""Likenesses over HTTP, with the default engine: registered, found in other pictures, refused, and withdrawn."""

import io
import json
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageOps

from registry.bootstrap.container import Container
from registry.demo.pictures import drawn
from registry.domain.roles import ROLE_PERMISSIONS, Role
from registry.engines.faces import RotatedFaces
from registry.permissions import Permission
from registry.security.logs import ServiceLog
from registry.web.app import create_app
from tests.support.faces.pictures import LFW, head
from tests.support.paths import DEMO_PICTURES
from tests.support.web.answers import ANSWER, EXPLANATION
from tests.support.web.clips import new_clip
from tests.support.web.media import codes_of, saved
from tests.support.web.service import BY_CODES, EXPLAINS, Person, assert_problem, running, until

ENGINE = "dlib-resnet-1"
PORTRAIT = (DEMO_PICTURES / "astronaut.jpg").read_bytes()
LIKENESS = {"kind": "likeness", "consent": "true"}
SUBJECT, STRANGER = "Elizabeth_Dole", "Benjamin_Netanyahu"  # of LFW, four photographs each


def heads(count, side=200):
    """A picture of the portrait's head so many times, in rows of eight."""
    one = Image.fromarray(head(side))
    across = min(count, 8)
    sheet = Image.new("RGB", (side * across, side * -(-count // across)), (90, 120, 90))
    for place in range(count):
        sheet.paste(one, (side * (place % across), side * (place // across)))
    return saved(sheet, "JPEG", quality=90)


def another_picture():
    """The portrait's subject in a picture that is nothing of the portrait's: mirrored, tinted, before a landscape."""
    scene = Image.open(io.BytesIO(drawn(77, (480, 320)))).convert("RGB")
    mirrored = ImageOps.mirror(Image.fromarray(head(170)))
    scene.paste(Image.fromarray((np.asarray(mirrored) * 0.85 + 20).astype(np.uint8)), (250, 90))
    return saved(scene, "JPEG", quality=85)


def photographs(name):
    """Four photographs of a person."""
    paths = sorted(LFW.glob(f"{name}/*.jpg"))
    if len(paths) < 4:
        pytest.skip(f"evaluation data faces/{name} are not on this machine (../shared/eval)")
    return [path.read_bytes() for path in paths]


@pytest.fixture(scope="module")
def seeing(tmp_path_factory):
    """A service with the default engine switched on."""
    folder = tmp_path_factory.mktemp("seeing")
    with running(folder / "data", faces=ENGINE, models=folder / "models") as started:
        started.container.warm_up()
        yield started


@pytest.fixture(scope="module")
def agency(seeing):
    return seeing.newcomer(Role.AGENCY)


@pytest.fixture
def platform(seeing):
    """A platform of the test's own, with unspent budgets of people."""
    return seeing.newcomer(Role.PLATFORM, allowed=BY_CODES | EXPLAINS)


@pytest.fixture
def portrayed(seeing, agency):
    """A case with the portrait, withdrawn at the end."""
    case = agency.opens(PORTRAIT, level="V2", **LIKENESS)["case"]
    yield case
    agency.post(f"/v1/cases/{case}/withdrawal")


@contextmanager
def another_worker(seeing):
    """A second process's parts over the same data."""
    container = Container.build(seeing.container.settings, log=ServiceLog(io.StringIO()), decoders=1)
    app = create_app(container)
    try:
        container.start()
        until(lambda: Person(app=app, key=None).get("/readyz").status_code == 200)
        yield app
    finally:
        container.close()


def test_a_registered_photograph_says_what_it_is_found_by(agency, portrayed):
    """The case says that it is found by the face and not in edits, and shows nothing of the face."""
    (reference,) = agency.get(f"/v1/cases/{portrayed}").json["references"]
    assert reference["kind"] == "likeness"
    assert "likeness" in reference["found_by"]
    assert "edits" not in reference["found_by"]


def test_the_person_is_found_in_another_picture(platform, portrayed):
    """The answer is a loose review that says no more; the explanation names the likeness and its place."""
    check = platform.checks(another_picture())
    assert (check["verdict"], check["band"], check["reason"]) == ("review", "loose", "held_for_reviewer")
    assert (check["kinds"], check["boxes"], check["segments"]) == ([], [], [])
    explained = platform.explains(check)
    assert (explained["kinds"], explained["reasons"]) == (["likeness"], ["likeness_alone"])
    (box,) = explained["boxes"]
    assert 250 / 480 < (box["left"] + box["right"]) / 2 < 420 / 480
    assert 90 / 320 < (box["top"] + box["bottom"]) / 2 < 260 / 320


def test_a_picture_without_the_person_is_allowed(platform, portrayed):
    """A drawn landscape shows nobody."""
    check = platform.checks(drawn(77, (480, 320)))
    assert (check["verdict"], check["kinds"]) == ("allow", [])


def test_the_photograph_itself_is_reviewed(platform, portrayed):
    """Even the very file that was registered blocks nothing: it is a likeness."""
    check = platform.checks(PORTRAIT)
    assert check["verdict"] == "review"
    assert "copy" in check["kinds"]


def test_three_photographs_find_a_fourth(agency, platform):
    """Another photograph of the same person is held; a stranger's is allowed."""
    *known, fourth = photographs(SUBJECT)
    *_, stranger = photographs(STRANGER)
    case = agency.opens(known[0], level="V2", **LIKENESS)["case"]
    for photograph in known[1:]:
        assert agency.send(f"/v1/cases/{case}/references", photograph, **LIKENESS).status_code == 201
    check = platform.checks(fourth)
    assert (check["verdict"], check["band"], check["kinds"]) == ("review", "loose", [])
    assert platform.explains(check)["kinds"] == ["likeness"]
    other = platform.checks(stranger)
    assert (other["verdict"], other["kinds"]) == ("allow", [])
    agency.post(f"/v1/cases/{case}/withdrawal")
    assert platform.checks(fourth)["verdict"] == "allow"


def test_an_answer_tells_no_measure_and_no_name(agency, platform, portrayed):
    """Neither the case nor its reference nor a similarity is in it; numbers are coarse edges."""
    (reference,) = agency.get(f"/v1/cases/{portrayed}").json["references"]
    answer = platform.send("/v1/checks", another_picture())
    explained = platform.get(f"{answer.headers['Location']}/explanation")
    assert (set(answer.json), set(explained.json)) == (ANSWER, EXPLANATION)
    for one in (answer, explained):
        assert reference["reference"] not in one.text
        assert portrayed not in one.text
        assert {type(value) for key, value in one.json.items() if key != "boxes"} == {str, list}
    (box,) = explained.json["boxes"]
    assert all((edge * 64).is_integer() for edge in box.values())


def test_a_sexual_context_says_to_hold(platform, portrayed):
    """The platform's word about the place adds a reason to the explanation; a word that is none is refused."""
    answer = platform.send("/v1/checks", another_picture(), context="sexual")
    assert platform.explains(answer.json)["reasons"] == ["likeness_alone", "sexual_context"]
    assert (answer.json["verdict"], answer.json["reason"]) == ("review", "held_for_reviewer")
    refused = platform.send("/v1/checks", another_picture(), context="intimate")
    assert_problem(refused, 422, "body-invalid")


def test_a_platform_may_have_faces_switched_off(seeing, portrayed):
    """A key without `tenant:check:likeness` gets an allow for the same picture."""
    permissions = ROLE_PERMISSIONS[Role.PLATFORM] - {Permission.CHECK_LIKENESS}
    blind = seeing.newcomer(Role.PLATFORM, permissions=permissions)
    check = blind.checks(another_picture())
    assert (check["verdict"], check["reason"]) == ("allow", "no_match")


def test_codes_are_asked_without_faces(platform, portrayed, monkeypatch):
    """No face is looked for where codes come alone."""

    def look(self, pictures):
        raise AssertionError("somebody looked")

    monkeypatch.setattr(RotatedFaces, "look", look)
    assert platform.checks(codes=codes_of(another_picture()))["verdict"] == "allow"


def test_another_tenants_case_is_not_there(seeing, portrayed):
    """A stranger adds no photograph to it, and learns nothing."""
    stranger = seeing.newcomer(Role.AGENCY)
    answer = stranger.send(f"/v1/cases/{portrayed}/references", PORTRAIT, **LIKENESS)
    assert_problem(answer, 404, "not-found")


def test_a_registration_is_replayed(seeing, agency):
    """The same key is the same answer and one reference; the same photograph again is a duplicate."""
    case = agency.opens(level="V2")["case"]
    path, again = f"/v1/cases/{case}/references", {"Idempotency-Key": "a-likeness"}
    first = agency.send(path, PORTRAIT, headers=again, **LIKENESS)
    second = agency.send(path, PORTRAIT, headers=again, **LIKENESS)
    assert first.status_code == 201
    assert (second.status_code, second.data) == (first.status_code, first.data)
    assert second.headers["Idempotent-Replayed"] == "true"
    duplicate = agency.send(path, PORTRAIT, **LIKENESS)
    assert (duplicate.status_code, duplicate.json["outcome"]) == (200, "duplicate")
    assert len(agency.get(f"/v1/cases/{case}").json["references"]) == 1
    agency.post(f"/v1/cases/{case}/withdrawal")


def test_a_withdrawn_likeness_is_gone_on_every_worker(seeing, agency, platform):
    """From the acknowledgement no worker finds it, and then all copies are overwritten."""
    case = agency.opens(PORTRAIT, level="V2", **LIKENESS)["case"]
    with another_worker(seeing) as app:
        workers = (platform, replace(platform, app=app))
        assert [worker.checks(another_picture())["verdict"] for worker in workers] == ["review"] * 2
        assert agency.post(f"/v1/cases/{case}/withdrawal").status_code == 200
        assert [worker.checks(another_picture())["verdict"] for worker in workers] == ["allow"] * 2
        until(lambda: agency.get(f"/v1/cases/{case}").json["erased_at"] is not None)
    assert seeing.count("face_keys") == seeing.count("face_photos") == seeing.count("face_templates") == 0


@pytest.fixture(scope="module")
def verified(agency):
    """An empty case at V2."""
    return agency.opens(level="V2")["case"]


REFUSED = {
    "no face": (lambda: drawn(78, (480, 320)), {}, "face-not-found"),
    "two of a size": (lambda: heads(2), {}, "face-not-alone"),
    "forty": (lambda: heads(40), {}, "face-not-alone"),
    "twelve pixels": (lambda: saved(Image.fromarray(head(22)), "PNG"), {}, None),
    "no consent": (lambda: PORTRAIT, {"consent": "false"}, "consent-missing"),
    "parts excluded": (lambda: PORTRAIT, {"exclude": "0-5"}, "body-invalid"),
    "a clip": (new_clip, {}, "body-invalid"),
    "no picture": (lambda: PORTRAIT[:3000], {}, None),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_likeness_is_refused(seeing, agency, verified, name):
    """Each has its code, nothing is written, and no face is kept."""
    make, fields, code = REFUSED[name]
    before = seeing.rows()
    answer = agency.send(f"/v1/cases/{verified}/references", make(), **{**LIKENESS, **fields})
    document = assert_problem(answer, 422, code or answer.json["code"])
    assert document["code"] not in {"internal-error", "refused"}
    assert seeing.rows() == before


def test_a_face_of_a_few_pixels_is_told_apart(agency, verified):
    """A face that is too small to identify is no face or an unfit one, never a likeness."""
    for side in (12, 16, 22, 30):
        answer = agency.send(
            f"/v1/cases/{verified}/references", saved(Image.fromarray(head(side)), "PNG"), **LIKENESS
        )
        assert answer.status_code == 422
        assert answer.json["code"] in {"face-not-found", "face-unfit", "media-low-information"}


def test_a_case_below_v2_takes_no_likeness(seeing, agency):
    """Opening and adding are refused alike, and nothing is written."""
    case = agency.opens(level="V1")["case"]
    before = seeing.rows()
    for path, fields in ((f"/v1/cases/{case}/references", {}), ("/v1/cases", {"level": "V1"})):
        assert_problem(agency.send(path, PORTRAIT, **LIKENESS, **fields), 409, "level-too-low")
    assert seeing.rows() == before


def test_codes_are_no_likeness(agency, verified):
    """A kind that no code shows is no kind of codes."""
    body = {"kind": "likeness", "codes": codes_of(PORTRAIT)}
    assert_problem(agency.post(f"/v1/cases/{verified}/references", json=body), 422, "body-invalid")


def test_where_faces_are_off_no_likeness_is_taken(service, bob):
    """A deployment that looks for no faces says so, and nothing is written."""
    case = bob.opens(level="V2")["case"]
    before = service.rows()
    answer = bob.send(f"/v1/cases/{case}/references", PORTRAIT, **LIKENESS)
    assert_problem(answer, 422, "likeness-not-offered")
    assert service.rows() == before


def test_nothing_joins_a_withdrawn_case(agency):
    """A withdrawn case takes no photograph."""
    case = agency.opens(level="V2")["case"]
    agency.post(f"/v1/cases/{case}/withdrawal")
    answer = agency.send(f"/v1/cases/{case}/references", PORTRAIT, **LIKENESS)
    assert_problem(answer, 409, "case-withdrawn")


def test_no_log_line_tells_of_a_face(seeing, agency, platform, portrayed):
    """Of all that is logged of faces the only numbers with a fraction are durations, and nothing is a list."""
    assert platform.checks(another_picture())["verdict"] == "review"
    for _ in range(20):
        agency.get(f"/v1/cases/{portrayed}")
    lines = [json.loads(line) for line in seeing.log.getvalue().splitlines()]
    assert len(lines) > 20
    for line in lines:
        told = {name: value for name, value in line.items() if name != "duration_ms"}
        assert {type(value) for value in told.values()} <= {str, int, bool, type(None)}
        assert not {name for name in told if "vector" in name or "likeness" in name}
