"""The client: pictures and clips by the same calls, over the application itself."""

import io

import httpx
import pytest

from registry.client.http import RegistryClient
from registry.client.replies import Problem, ProgressReply
from registry.domain.roles import Role
from tests.support.web.clips import BROKEN, new_clip, new_seed, scene, spooled, work_off, worker
from tests.support.web.clips import joined as clip_of

pytestmark = pytest.mark.usefixtures("idle")

PAUSE = "registry.client.http.time.sleep"


@pytest.fixture
def client(service):
    """The operator's client."""
    with RegistryClient(
        "http://registry", service.operator.key, transport=httpx.WSGITransport(app=service.app)
    ) as client:
        yield client


@pytest.fixture
def working(service, monkeypatch):
    """Works off what is due whenever the client pauses; returns how often it did."""
    pauses = []

    def pause(seconds):
        pauses.append(seconds)
        work_off(service)

    monkeypatch.setattr(PAUSE, pause)
    return pauses


def test_a_clip_is_registered_and_found(client, working):
    """A clip is registered in a new case and in that one, and found with its time in a longer one."""
    seed = new_seed()
    first = client.enrol(clip_of(scene(3, seed)), case=None, kind="intimate_item", level="V1")
    assert (first.outcome, first.found_by) == ("enrolled", ("file", "copies", "edits"))
    second = client.enrol(new_clip(), case=first.case, kind="intimate_item", level=None)
    assert (second.outcome, second.case) == ("enrolled", first.case)
    reply = client.check(clip_of(scene(3), scene(3, seed), scene(2)))
    assert reply.verdict in {"review", "block"}
    [segment] = reply.segments
    assert abs(segment.start_s - 3) <= 1
    assert abs(segment.end_s - 6) <= 1
    assert client.check(new_clip()).segments == ()
    assert set(working) == {1.0}  # as the server asks


def test_an_open_file_is_sent_from_its_start(service, client, working, tmp_path):
    """A file is read from the disk, wherever it stands, and stays open."""
    clip = new_clip()
    (tmp_path / "a").write_bytes(clip)
    with (tmp_path / "a").open("rb") as file:
        file.seek(100)
        enrolled = client.enrol(file, case=None, kind="intimate_item", level="V1")
        service.operator.verified({"case": enrolled.case}, "V1")
        assert client.check(file).verdict == "block"
        assert not file.closed
    assert client.enrol(io.BytesIO(clip), case=None, kind="intimate_item", level=None).case == enrolled.case


def test_parts_can_be_excluded(client, working):
    """An excluded part of a clip is not found."""
    intro = new_seed()
    clip = clip_of(scene(3, intro), scene(3))
    client.enrol(clip, case=None, kind="intimate_item", level="V1", exclude="0-3")
    assert client.check(clip_of(scene(3, intro))).verdict == "allow"


def test_a_picture_is_answered_at_once(service, client, working, picture):
    """A picture needs no job, and has no segments."""
    enrolled = client.enrol(picture, case=None, kind="intimate_item", level="V1")
    assert enrolled.level == "V0"
    service.operator.verified({"case": enrolled.case}, "V1")
    reply = client.check(picture)
    assert (reply.verdict, reply.segments, working) == ("block", (), [])


def test_an_uploader_is_told(client, picture, monkeypatch):
    """The name of the platform's user goes beside the file; without one no field is sent."""
    sent = []
    post = client._wire.post
    monkeypatch.setattr(
        client._wire, "post", lambda path, **body: sent.append(body["fields"]) or post(path, **body)
    )
    client.check(picture, uploader="user 7")
    client.check(picture, context="sexual")
    assert sent == [{"uploader": "user 7"}, {"context": "sexual"}]


def test_a_failed_job_is_a_problem(client, working):
    """Media that the server could not decode raise the server's problem with its code."""
    with pytest.raises(Problem) as caught:
        client.check(BROKEN)
    assert (caught.value.code, caught.value.status) == ("media-undecodable", 422)
    assert str(caught.value).endswith(".")


def test_progress_is_told(client, working):
    """A waiting client reports the progress at each pause."""
    told = []
    client.check(new_clip(), told=told.append)
    assert told == [ProgressReply(seen_s=0.0, of_s=None)] * len(working)


def test_who_gives_up_cancels(service, client):
    """An exception of the progress callback passes through, and the server cancels the job."""

    class GivenUp(Exception):
        """Not any more."""

    def give_up(_progress):
        raise GivenUp

    with pytest.raises(GivenUp):
        client.check(new_clip(), told=give_up)
    assert work_off(service) == 0
    assert spooled(service) == []


def test_a_job_that_somebody_cancels_is_a_problem(service, client, monkeypatch):
    """Where somebody else cancels the job the client says so."""
    tenant = service.container.authenticator.actor(f"Bearer {service.operator.key}").tenant_id

    def cancel(_seconds):
        with service.container.units.read() as unit:
            [due] = unit.jobs.due(service.container.machine_id, service.container.environment.now(), 9)
            assert unit.jobs.get(due.id, tenant)
        service.operator.ask("DELETE", f"/v1/jobs/{due.id}")

    monkeypatch.setattr(PAUSE, cancel)
    with pytest.raises(Problem) as caught:
        client.check(new_clip())
    assert caught.value.code == "job-cancelled"


def test_an_answer_lost_on_the_way_is_one_job(service, client, monkeypatch):
    """A request whose answer was lost is repeated with its key: there is one job, and its answer is found."""
    monkeypatch.setattr("registry.client.wire.time.sleep", lambda _seconds: None)
    jobs = service.count("jobs")
    send, lost = client._wire._http.request, []

    def losing(method, path, **content):
        response = send(method, path, **content)
        if method == "POST" and not lost:
            lost.append(response)
            raise httpx.ReadError("lost")
        return response

    monkeypatch.setattr(client._wire._http, "request", losing)
    with worker(service):
        reply = client.check(io.BytesIO(new_clip()))
    assert reply.verdict == "allow"
    assert (service.count("jobs"), len(lost)) == (jobs + 1, 1)


def test_cases_are_verified_and_read(service, client, picture):
    """A verifier's client raises the case, another's is refused, and the opener's reads level and records."""
    case = client.enrol(picture, case=None, kind="intimate_item", level="V1").case
    with pytest.raises(Problem) as own:
        client.verify(case, level="V1", evidence="contact_confirmed")
    assert own.value.code == "own-case"
    key = service.newcomer(Role.VERIFIER, tenant_id=service.operator.tenant_id).key
    with RegistryClient("http://registry", key, transport=httpx.WSGITransport(app=service.app)) as verifier:
        done = verifier.verify(case, level="V1", evidence="contact_confirmed")
    assert (done.case, done.level, done.awaits_second) == (case, "V1", False)
    found = client.case(case)
    assert (found.level, found.claimed_level, found.state) == ("V1", "V1", "active")
    assert [(one.record, one.evidence) for one in found.records] == [(done.record, "contact_confirmed")]
    listed = {one.case: one for one in client.cases()}
    assert listed[case].level == "V1"


@pytest.mark.parametrize("typed", ["../cases", "x?cursor=y", "\x01", "..", "a/b"])
def test_an_id_is_one_part_of_the_address(client, typed):
    """Whatever is typed in place of an id leads to no other address, and is not found."""
    for ask in (
        client.case,
        client.withdraw,
        client.explain,
        lambda case: client.verify(case, level="V1", evidence="contact_confirmed"),
    ):
        with pytest.raises(Problem) as refused:
            ask(typed)
        assert refused.value.code in {"not-found", "no-such-endpoint"}
