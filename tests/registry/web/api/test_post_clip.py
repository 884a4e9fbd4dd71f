"""Clips over HTTP: a file that is one becomes a job, on every address that takes files."""

import io
import threading
from dataclasses import replace

import av
import pytest
from PIL import Image

from index.limits import STANDARD_CLIP
from registry.errors import StorageUnavailable
from registry.web import uploads
from registry.web.background import APPLIED
from registry.web.bodies import MAX_FIELDS
from tests.support.media.clips import film
from tests.support.web.clips import (
    BROKEN,
    RATE,
    checks,
    ended,
    joined,
    new_clip,
    new_seed,
    registers,
    scene,
    spooled,
    work_off,
    worker,
)
from tests.support.web.service import assert_problem

pytestmark = pytest.mark.usefixtures("idle")

JOB = {
    "job",
    "kind",
    "state",
    "progress",
    "attempts",
    "created_at",
    "check",
    "enrolment",
    "problem",
}
HOSTILE = "$(touch injected);`touch injected`|'\u0000%22\\\r\n 한글 ..\\/../x.mp4"
SLICE = 32
SAYING_WHERE = ("Location", "Retry-After")


@pytest.fixture
def clip():
    """A clip that no other test uses."""
    return new_clip()


def place(answer):
    """The id of the job that an answer leads to."""
    return answer.headers["Location"].removeprefix("/v1/jobs/")


def test_a_clip_becomes_a_job(service, dana, clip):
    """The answer is 202, leads to the job, says when to ask again, and the job says that nothing has come of it yet."""
    answer = dana.send("/v1/checks", clip)
    assert answer.status_code == 202
    assert set(answer.json) == JOB
    assert (answer.json["job"], answer.json["kind"]) == (place(answer), "check")
    assert (answer.json["state"], answer.json["attempts"]) == ("waiting", 0)
    assert answer.json["progress"] == {"seen_s": 0.0, "of_s": None}
    assert [answer.json[name] for name in ("check", "enrolment", "problem")] == [None] * 3
    assert int(answer.headers["Retry-After"]) == 1
    assert APPLIED not in answer.headers
    work_off(service)


def test_a_waiting_clip_lies_encrypted(service, dana, clip):
    """The waiting file holds no 32 bytes of the clip, belongs to its owner alone, and is gone with the job's end."""
    before = spooled(service)
    answer = dana.send("/v1/checks", clip)
    [path] = set(spooled(service)) - set(before)
    content = path.read_bytes()
    slices = {clip[start : start + SLICE] for start in range(0, len(clip) - SLICE, SLICE)}
    assert len(content) >= len(clip)
    assert not any(content[start : start + SLICE] in slices for start in range(len(content)))
    assert path.stat().st_mode & 0o777 == 0o600
    assert ended(service, dana, answer)["state"] == "done"
    assert spooled(service) == before


def test_a_registered_clip_is_found_in_a_longer_one(service, bob, dana):
    """A clip registered over HTTP is found in a longer upload, with its time there; unrelated parts are not told."""
    seed = new_seed()
    enrolled = registers(service, bob, film(scene(4, seed), rate=RATE), level="V1")
    assert (enrolled["outcome"], enrolled["found_by"]) == ("enrolled", ["file", "copies", "edits"])
    check = checks(service, dana, joined(scene(3), scene(4, seed), scene(3)))
    assert check["verdict"] in {"review", "block"}
    [segment] = check["segments"]
    assert abs(segment["start_s"] - 3) <= 1
    assert abs(segment["end_s"] - 7) <= 1
    assert dana.get(f"/v1/checks/{check['check_id']}").json == check | {"decision": None}


def test_an_unrelated_clip_is_allowed(service, bob, dana, clip):
    """A clip that nobody registered is allowed, and has no segments."""
    registers(service, bob, new_clip(), level="V1")
    check = checks(service, dana, clip)
    assert (check["verdict"], check["segments"], check["boxes"]) == ("allow", [], [])


def test_pictures_and_clips_find_each_other(service, bob, dana):
    """A frame of a registered clip is found as a picture, and a registered picture as a frame of a clip."""
    frames = list(scene(4))
    registers(service, bob, film(frames, rate=RATE), level="V1")
    assert dana.checks(png(frames[20]))["verdict"] != "allow"
    others = list(scene(1))
    bob.opens(png(others[0]), level="V1")
    assert checks(service, dana, joined(scene(2), [others[0]] * RATE, scene(2)))["verdict"] != "allow"


def png(array):
    """Saves a picture."""
    file = io.BytesIO()
    Image.fromarray(array).save(file, "PNG")
    return file.getvalue()


@pytest.mark.parametrize("path", ["/v1/checks", "/v1/cases", "/v1/cases/{case}/references"])
def test_who_waits_is_answered_as_for_a_picture(service, frank, clip, path):
    """With `Prefer: wait` the answer has a picture's status, fields and Location, and says that it has waited."""
    case = frank.opens()["case"]
    by_picture = frank.send(path.format(case=case), png(next(scene())))
    with worker(service):
        answer = frank.send(path.format(case=case), clip, headers={"Prefer": "wait=60"})
    assert answer.status_code == by_picture.status_code == 201
    assert set(answer.json) == set(by_picture.json)
    assert answer.headers[APPLIED] == "wait=60"
    assert "Retry-After" not in answer.headers
    if path == "/v1/checks":
        assert answer.headers["Location"] == f"/v1/checks/{answer.json['check_id']}"
    else:
        assert answer.headers["Location"] == f"/v1/cases/{answer.json['case']}"
        assert answer.json["outcome"] == "enrolled"
        assert len(answer.json["receipt"]) == 64


def test_the_same_clip_is_a_duplicate(service, alice, clip):
    """Registering a clip again answers 200 with the case that holds it, and registers nothing new."""
    first = registers(service, alice, clip)
    with worker(service):
        answer = alice.send("/v1/cases", clip, headers={"Prefer": "wait=60"})
    assert (answer.status_code, answer.json["outcome"]) == (200, "duplicate")
    assert (answer.json["case"], answer.json["reference"]) == (first["case"], first["reference"])
    assert len(alice.get(f"/v1/cases/{first['case']}").json["references"]) == 1


def test_a_clip_is_registered_in_the_case_named(service, alice, clip):
    """A clip posted to a case becomes a reference of that case."""
    case = alice.opens()["case"]
    job = ended(service, alice, alice.send(f"/v1/cases/{case}/references", clip, kind="source_original"))
    [reference] = alice.get(f"/v1/cases/{case}").json["references"]
    assert job["enrolment"]["reference"] == reference["reference"]
    assert (job["enrolment"]["case"], reference["kind"]) == (case, "source_original")


def test_who_waits_too_short_gets_the_job(service, dana, clip):
    """Where the end does not come in time the answer is the job, as for who does not wait."""
    answer = dana.send("/v1/checks", clip, headers={"Prefer": "wait=1"})
    assert (answer.status_code, answer.headers[APPLIED]) == (202, "wait=1")
    assert ended(service, dana, answer)["state"] == "done"


@pytest.mark.parametrize("prefer", ["wait=0", "wait", "wait=x", "wait=-1", "respond-async", "wait=1.5", ""])
def test_other_preferences_are_none(service, dana, clip, prefer):
    """Any other value of `Prefer` is ignored, as RFC 7240 requires."""
    answer = dana.send("/v1/checks", clip, headers={"Prefer": prefer})
    assert answer.status_code == 202
    assert APPLIED not in answer.headers
    dana.ask("DELETE", answer.headers["Location"])


@pytest.mark.parametrize(
    ("prefer", "applied"),
    [
        ("respond-async, WAIT = 60; x=y", "wait=60"),
        ('wait="7"', "wait=7"),
        ("wait=8, wait=9", "wait=8"),
        ("wait=999", "wait=60"),
    ],
)
def test_a_preference_is_read_among_others(service, dana, prefer, applied):
    """A wish to wait is found among others, the first counts, and nobody waits longer than a minute."""
    with worker(service):
        answer = dana.send("/v1/checks", BROKEN, headers={"Prefer": prefer})
    assert (answer.status_code, answer.headers[APPLIED]) == (422, applied)


def test_waiters_leave_threads_to_others(service, dana, clip):
    """Half of the request threads wait at most; who finds no place gets the job at once, and does not wait."""
    places = service.container.settings.threads // 2
    accepted = []

    def wait(number):
        accepted.append(dana.send("/v1/checks", clip + bytes([number]), headers={"Prefer": "wait=60"}))

    waiting = [threading.Thread(target=wait, args=(number,)) for number in range(places + 1)]
    for thread in waiting:
        thread.start()
    # Nobody works: the one that has come back is the one that found no place.
    while not accepted:
        waiting[0].join(0.01)
    [refused] = accepted
    assert refused.status_code == 202
    assert APPLIED not in refused.headers
    with worker(service):
        for thread in waiting:
            thread.join()
    assert sorted(answer.status_code for answer in accepted) == [201] * places + [202]


def test_a_broken_clip_is_a_problem_of_its_own(service, dana):
    """A broken clip fails: the job and a waiting request get the problem that a broken picture gets."""
    job = ended(service, dana, dana.send("/v1/checks", BROKEN))
    assert (job["state"], job["check"]) == ("failed", None)
    assert (job["problem"]["status"], job["problem"]["code"]) == (422, "media-undecodable")
    with worker(service):
        answer = dana.send("/v1/checks", BROKEN, headers={"Prefer": "wait=60"})
    problem = assert_problem(answer, 422, "media-undecodable")
    assert problem["detail"] == job["problem"]["detail"]
    assert answer.headers[APPLIED] == "wait=60"


def test_a_blank_clip_is_never_allowed(service, dana):
    """A clip that shows nothing is refused, not allowed."""
    blank = film([next(scene()) * 0 + 90] * 20, rate=RATE)
    job = ended(service, dana, dana.send("/v1/checks", blank))
    assert (job["state"], job["problem"]["code"]) == ("failed", "media-low-information")


def test_excluded_parts_are_not_found(service, bob, dana):
    """A clip registered without its intro is found by the rest, and not by the intro."""
    intro, rest = new_seed(), new_seed()
    clip = joined(scene(4, intro), scene(4, rest))
    registers(service, bob, clip, level="V1", exclude="0-4.0")
    assert checks(service, dana, film(scene(4, rest), rate=RATE))["verdict"] != "allow"
    assert checks(service, dana, film(scene(4, intro), rate=RATE))["verdict"] == "allow"


@pytest.mark.parametrize(
    "exclude",
    [
        "5-4",
        "1-1",
        "1",
        "-1-2",
        "1-2,",
        ",1-2",
        "1 - 2",
        "01-2",
        "1-2.0000",
        "1-1e3",
        "1-\u0662",
        "1-2;3-4",
        ",".join(["1-2"] * 65),
        "1-2" + "," * 5000,
    ],
)
def test_excluded_parts_have_one_spelling(service, alice, clip, exclude):
    """Parts that are spelled otherwise, end before they start, or are too many are refused, and the clip is gone."""
    before = spooled(service)
    problem = assert_problem(alice.send("/v1/cases", clip, exclude=exclude), 422, "body-invalid")
    assert [fault["pointer"] for fault in problem["errors"]] == ["/exclude"]
    assert spooled(service) == before


def test_of_a_picture_nothing_is_excluded(alice, picture):
    """A picture has no time: parts of it are refused instead of being passed over."""
    problem = assert_problem(alice.send("/v1/cases", picture, exclude="0-1"), 422, "body-invalid")
    assert problem["errors"][0]["pointer"] == "/exclude"


def test_who_chooses_copies_only_is_found_by_the_file_alone(service, bob, dana, clip):
    """With `edits=false` a clip is found by its very bytes, and `found_by` says so."""
    assert registers(service, bob, clip, level="V1", edits="false")["found_by"] == ["file"]
    assert checks(service, dana, clip)["verdict"] == "block"
    assert checks(service, dana, remuxed(clip))["verdict"] == "allow"


def remuxed(clip):
    """The same frames in other bytes."""
    file = io.BytesIO()
    with av.open(io.BytesIO(clip)) as source, av.open(file, "w", format="matroska") as out:
        stream = out.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.size:
                packet.stream = stream
                out.mux(packet)
    return file.getvalue()


@pytest.fixture
def again():
    """The header of one idempotent request."""
    return {"Idempotency-Key": f"clip-{new_seed()}"}


@pytest.mark.parametrize("path", ["/v1/checks", "/v1/cases"])
def test_the_same_request_is_the_same_job(service, frank, clip, again, path):
    """A repetition gets the same job and its Location, and leaves no second clip on the disk."""
    first = frank.send(path, clip, headers=again)
    before = spooled(service)
    second = frank.send(path, clip, headers=again)
    assert (second.status_code, second.data) == (202, first.data)
    assert [second.headers[name] for name in SAYING_WHERE] == [first.headers[name] for name in SAYING_WHERE]
    assert second.headers["Idempotent-Replayed"] == "true"
    assert spooled(service) == before
    assert ended(service, frank, second)["state"] == "done"


def test_a_repetition_may_wait(service, frank, clip, again):
    """A repeated request that waits gets the result of the job, marked as a repetition."""
    first = frank.send("/v1/checks", clip, headers=again)
    work_off(service)
    second = frank.send("/v1/checks", clip, headers=again | {"Prefer": "wait=60"})
    assert (second.status_code, second.headers["Idempotent-Replayed"]) == (201, "true")
    assert second.json == frank.get(first.headers["Location"]).json["check"]


def test_another_clip_under_the_same_key_is_an_error(service, frank, clip, again):
    """The same key with another clip, or with another field beside it, is refused; that clip is gone."""
    first = frank.send("/v1/cases", clip, headers=again)
    before = spooled(service)
    for media, fields in ((new_clip(), {}), (clip, {"exclude": "0-1"})):
        answer = frank.send("/v1/cases", media, headers=again, **fields)
        assert_problem(answer, 422, "idempotency-key-reused")
    assert spooled(service) == before
    frank.ask("DELETE", first.headers["Location"])


REFUSED = {
    "an unknown field": (422, "body-invalid", lambda clip: {"media": (clip, "a.mp4"), "context": "x"}),
    "a field twice": (422, "body-invalid", lambda clip: {"level": ["V0", "V0"], "media": (clip, "a.mp4")}),
    "two clips": (422, "media-missing", lambda clip: {"media": [(clip, "a"), (clip, "b")]}),
    "a clip and a picture": (422, "media-missing", lambda clip: {"media": (clip, "a"), "more": (b"x", "b")}),
    "another name": (422, "media-missing", lambda clip: {"medium": (clip, "a.mp4")}),
    "many fields": (
        413,
        "body-too-large",
        lambda clip: {"media": (clip, "a")} | {f"f{number}": "" for number in range(MAX_FIELDS + 1)},
    ),
    "a large field": (413, "body-too-large", lambda clip: {"media": (clip, "a"), "f": "c" * 600_000}),
    "a level that is none": (422, "body-invalid", lambda clip: {"media": (clip, "a"), "level": "V9"}),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_leaves_nothing(service, frank, clip, name):
    """A request that fails after its clip has come in writes nothing and leaves nothing in the spool."""
    status, code, fields = REFUSED[name]
    files, rows = spooled(service), service.rows()
    assert_problem(frank.post("/v1/cases", data=fields(clip)), status, code)
    assert (spooled(service), service.rows()) == (files, rows)


def test_what_cannot_be_registered_is_refused_at_once(service, alice, charlie, dana, clip):
    """A missing case, a stranger's, a withdrawn one, and a level that is not the caller's to set, are told at once."""
    case = alice.opens()["case"]
    alice.post(f"/v1/cases/{case}/withdrawal")
    before = spooled(service)
    for person, path, status, code in (
        (alice, "/v1/cases/case_0000000000000000/references", 404, "not-found"),
        (alice, "/v1/cases/nonsense/references", 404, "not-found"),
        (charlie, f"/v1/cases/{case}/references", 404, "not-found"),
        (alice, f"/v1/cases/{case}/references", 409, "case-withdrawn"),
    ):
        assert_problem(person.send(path, clip), status, code)
    assert_problem(dana.send("/v1/cases", clip, level="V1"), 403, "not-permitted")
    assert spooled(service) == before


def test_an_oversized_clip_is_refused(service, dana, clip, monkeypatch):
    """A clip over the limit is refused when it has come in, and by what it announces before anything is read."""
    before = spooled(service)
    with monkeypatch.context() as patch:
        patch.setattr(uploads, "STANDARD_CLIP", replace(STANDARD_CLIP, max_bytes=len(clip) - 1))
        assert_problem(dana.send("/v1/checks", clip), 413, "media-too-many-bytes")
    announced = {"CONTENT_LENGTH": str(STANDARD_CLIP.max_bytes + 100_000)}
    answer = dana.post("/v1/checks", data={"media": (clip, "a.mp4")}, environ_overrides=announced)
    assert_problem(answer, 413, "body-too-large")
    assert spooled(service) == before


def test_a_full_disk_is_no_answer(service, dana, clip, monkeypatch):
    """Where the disk refuses the clip the platform is told to ask again, and nothing is left."""
    files, rows = spooled(service), service.rows()
    for name in ("write", "finish"):

        def refuse(*_arguments):
            raise StorageUnavailable

        with monkeypatch.context() as patch:
            patch.setattr(f"registry.security.spool.SpoolWriter.{name}", refuse)
            assert_problem(dana.send("/v1/checks", clip), 503, "storage-unavailable")
    assert (spooled(service), service.rows()) == (files, rows)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty folder, in which this process is."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_hostile_name_is_nobodys_business(service, frank, clip, folder):
    """A file name with shell characters, quotes, line ends and Korean runs nothing, and is in no file and no log."""
    logged = len(service.log.getvalue())
    name = HOSTILE.replace("\r\n", "%0D%0A").replace("\0", "%00")  # as browsers send them
    for path, fields in (("/v1/cases", {"level": "V1"}), ("/v1/checks", {})):
        job = ended(service, frank, frank.post(path, data={**fields, "media": (clip, name)}))
        assert job["state"] == "done"
        if fields:
            frank.verified(job["enrolment"], fields["level"])
    assert job["check"]["verdict"] == "block"
    assert not list(folder.iterdir())
    said = service.log.getvalue()[logged:] + str(service.rows())
    assert not [part for part in ("touch", "injected", "한글", ".mp4") if part in said]


@pytest.mark.parametrize("form", ["matroska", "avi", "mpegts", "flv"])
def test_the_content_tells_what_is_a_clip(service, dana, form):
    """Every container is known by its first bytes, whatever the file is called."""
    codec = {"avi": "mpeg4", "flv": "flv"}.get(form, "libx264")
    job = ended(service, dana, dana.send("/v1/checks", new_clip(container=form, codec=codec)))
    assert job["check"]["verdict"] == "allow", job
