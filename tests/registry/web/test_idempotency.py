"""Idempotency-Key: the same request again gets the same answer, and is one act."""

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from registry.bootstrap.databases import ENVIRONMENT
from registry.domain.roles import Role
from registry.ports import Environment
from tests.support.web.media import codes, flat, made_up_pdq
from tests.support.web.service import assert_problem, built, running

THREADS = 8
_numbers = itertools.count(30_000)  # of made-up codes that no other file asks about


@pytest.fixture
def again():
    """The header of one idempotent request."""
    return {"Idempotency-Key": f"key-{next(_numbers)}"}


def at_once(act, times=THREADS):
    """Runs an act in many threads at the same moment, and returns all answers."""
    gate = threading.Barrier(times)

    def run(_number):
        gate.wait()
        return act()

    with ThreadPoolExecutor(times) as threads:
        return list(threads.map(run, range(times)))


def assert_replayed(first, second):
    """Passes the same status, body and type, marked as a repetition."""
    assert (second.status_code, second.data) == (first.status_code, first.data)
    assert second.content_type == first.content_type
    assert second.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers


def acts(person):
    """Every idempotent request of a person, ready to be sent with a key."""
    asked = {"codes": codes(made_up_pdq(next(_numbers)))}
    case = person.opens()["case"]
    check = person.checks(codes=asked["codes"])["check_id"]
    return {
        "opening": ("/v1/cases", {"reference": asked}),
        "enrolling": (f"/v1/cases/{case}/references", asked),
        "withdrawing": (f"/v1/cases/{case}/withdrawal", None),
        "checking": ("/v1/checks", asked),
        "deciding": (f"/v1/checks/{check}/decision", {"decision": "held"}),
    }


NAMES = ["opening", "enrolling", "withdrawing", "checking", "deciding"]


@pytest.mark.parametrize("name", NAMES)
def test_the_same_request_is_the_same_answer(service, frank, again, name):
    """The same key with the same parameters repeats status and body, and writes nothing more."""
    path, body = acts(frank)[name]
    first = frank.post(path, json=body, headers=again)
    before = service.rows() if name != "withdrawing" else None
    assert first.status_code in {200, 201}
    assert_replayed(first, frank.post(path, json=body, headers=again))
    assert before is None or service.rows() == before


def test_a_file_is_the_same_under_another_boundary(frank, picture, again):
    """Boundary, file name and order of the fields are no parameters; the bytes and the fields are."""
    named = {"kind": "source_original", "level": "V1"}
    first = frank.post("/v1/cases", data={**named, "media": (picture, "a.jpg")}, headers=again)
    turned = {"media": (picture, "b.png"), **dict(reversed(named.items()))}
    second = frank.post("/v1/cases", data=turned, boundary="another", headers=again)
    assert_replayed(first, second)


def test_json_is_the_same_however_it_is_written(frank, again):
    """Blanks and the order of names are no parameters."""
    first = frank.post(
        "/v1/cases", data='{"level": "V1", "reference": null}', content_type="application/json", headers=again
    )
    second = frank.post(
        "/v1/cases", data='{ "reference":null,"level":"V1" }', content_type="application/json", headers=again
    )
    assert_replayed(first, second)


def test_a_repeated_check_is_the_same_check(service, dana, picture, again):
    """A check's repetition has its id, and only one check is kept."""
    first = dana.send("/v1/checks", picture, headers=again)
    before = service.count("checks")
    assert_replayed(first, dana.send("/v1/checks", picture, headers=again))
    assert service.count("checks") == before


def test_a_replay_outlives_what_it_tells(bob, again, picture):
    """A repetition answers what was answered, even after a withdrawal."""
    first = bob.send("/v1/cases", picture, headers=again)
    bob.post(f"/v1/cases/{first.json['case']}/withdrawal")
    assert_replayed(first, bob.send("/v1/cases", picture, headers=again))


CHANGES = {
    "the body": lambda path, body: (path, {"codes": codes(made_up_pdq(7_000))}),
    "the quality": lambda path, body: (path, {"codes": codes(made_up_pdq(7_001), quality=99)}),
    "the path": lambda path, body: ("/v1/cases", {"reference": body}),
}


@pytest.mark.parametrize("what", CHANGES)
def test_other_parameters_are_an_error(service, frank, again, what):
    """The same key with another body or path is refused, and the first answer stays what it was."""
    case = frank.opens()["case"]
    path, body = f"/v1/cases/{case}/references", {"codes": codes(made_up_pdq(7_001))}
    first = frank.post(path, json=body, headers=again)
    other_path, other_body = CHANGES[what](path, body)
    before = service.rows()
    assert_problem(frank.post(other_path, json=other_body, headers=again), 422, "idempotency-key-reused")
    assert service.rows() == before
    assert_replayed(first, frank.post(path, json=body, headers=again))


def test_another_file_or_field_is_an_error(frank, new_picture, again):
    """The same key with another file, or another field beside it, is refused."""
    picture = new_picture()
    frank.send("/v1/cases", picture, headers=again)
    for media, fields in ((new_picture(), {}), (picture, {"level": "V1"})):
        answer = frank.send("/v1/cases", media, headers=again, **fields)
        assert_problem(answer, 422, "idempotency-key-reused")


def test_errors_of_the_act_are_repeated(service, frank, again):
    """An error after the act began is the answer from then on, even if its cause goes away."""
    first = frank.send("/v1/cases", flat(), headers=again)
    assert_problem(first, 422, "media-low-information")
    assert_replayed(first, frank.send("/v1/cases", flat(), headers=again))


def test_a_conflict_is_repeated(frank, again):
    """A conflict is kept like any other answer."""
    path, _ = acts(frank)["deciding"]
    frank.post(path, json={"decision": "held"})
    first = frank.post(path, json={"decision": "removed"}, headers=again)
    assert_problem(first, 409, "already-decided")
    assert_replayed(first, frank.post(path, json={"decision": "removed"}, headers=again))


def test_a_refused_verification_is_repeated(frank, again):
    """A refusal by the act itself is kept, whatever the reason."""
    path = f"/v1/cases/{frank.opens()['case']}/verification"
    asked = {"level": "V1", "evidence": "contact_confirmed"}
    first = frank.post(path, json=asked, headers=again)
    assert_problem(first, 409, "own-case")
    assert_replayed(first, frank.post(path, json=asked, headers=again))


def test_an_error_before_the_act_keeps_nothing(frank, again):
    """A body that was not understood leaves its key free for the corrected one."""
    assert_problem(frank.post("/v1/cases", json={"level": "V9"}, headers=again), 422, "body-invalid")
    assert frank.post("/v1/cases", json={"level": "V1"}, headers=again).status_code == 201


def test_a_503_keeps_nothing(tmp_path, again):
    """A temporary failure is not kept: the same key succeeds later."""
    asked = {"codes": codes(made_up_pdq(7_100))}
    with built(tmp_path) as service:
        answer = service.operator.post("/v1/checks", json=asked, headers=again)
        assert_problem(answer, 503, "index-not-ready")
        assert service.count("check_acknowledgements") == 0
        service.container.indexes.begin()
        answer = service.operator.post("/v1/checks", json=asked, headers=again)
        assert answer.status_code == 201
        assert "Idempotent-Replayed" not in answer.headers


def test_another_tenants_key_is_another_key(alice, charlie, picture, again):
    """The same key of two tenants is two requests; neither learns of the other."""
    first = alice.send("/v1/cases", picture, headers=again)
    second = charlie.send("/v1/cases", picture, headers=again)
    assert second.status_code == 201
    assert second.json["case"] != first.json["case"]
    assert "Idempotent-Replayed" not in second.headers


def test_colleagues_share_keys(service, alice, again):
    """Two credentials of one tenant share their keys: who takes over a task repeats its request safely."""
    colleague = service.newcomer(Role.CLAIMANT, tenant_id=alice.tenant_id)
    first = alice.post("/v1/cases", json={}, headers=again)
    assert_replayed(first, colleague.post("/v1/cases", json={}, headers=again))


def test_without_a_key_nothing_is_kept(service, alice):
    """Two requests without a key are two cases."""
    before = service.count("acknowledgements")
    assert alice.opens()["case"] != alice.opens()["case"]
    assert service.count("acknowledgements") == before


@pytest.mark.parametrize("by", ["codes", "file"])
def test_many_at_once_open_one_case(service, frank, picture, again, by):
    """Eight threads with one key open one case, and all are told of it."""
    body = {"reference": {"codes": codes(made_up_pdq(next(_numbers)))}}

    def act():
        if by == "file":
            return frank.send("/v1/cases", picture, headers=again)
        return frank.post("/v1/cases", json=body, headers=again)

    before = service.count("cases"), service.count("ledger_entries")
    answers = at_once(act)
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.data for answer in answers}) == 1
    assert (service.count("cases"), service.count("ledger_entries")) == (before[0] + 1, before[1] + 2)
    assert sum("Idempotent-Replayed" not in answer.headers for answer in answers) == 1


def test_many_at_once_ask_one_check(service, dana, again):
    """Eight threads with one key ask one check."""
    asked = {"codes": codes(made_up_pdq(next(_numbers)))}
    before = service.count("checks")
    answers = at_once(lambda: dana.post("/v1/checks", json=asked, headers=again))
    assert len({answer.json["check_id"] for answer in answers}) == 1
    assert service.count("checks") == before + 1


def test_many_at_once_fail_once(service, frank, again):
    """Eight threads with one key get one error, kept once."""
    before = service.count("acknowledgements")
    answers = at_once(lambda: frank.send("/v1/cases", flat(), headers=again))
    assert {answer.status_code for answer in answers} == {422}
    assert len({answer.data for answer in answers}) == 1
    assert service.count("acknowledgements") == before + 1


@pytest.mark.parametrize("path", ["/v1/cases", "/v1/checks"])
def test_a_key_is_new_after_a_day(tmp_path, again, path):
    """A second before 24 hours are over the answer is repeated; after them the key is new, and the old row gone."""
    clock = [datetime(2026, 1, 1, tzinfo=UTC)]
    environment = Environment(now=lambda: clock[0], random=ENVIRONMENT.random)
    asked = {"codes": codes(made_up_pdq(7_200))} if path == "/v1/checks" else {}
    with running(tmp_path, environment=environment) as service:
        first = service.operator.post(path, json=asked, headers=again)
        clock[0] += timedelta(hours=24) - timedelta(seconds=1)
        assert_replayed(first, service.operator.post(path, json=asked, headers=again))
        clock[0] += timedelta(seconds=1)
        second = service.operator.post(path, json=asked, headers=again)
        assert second.status_code == 201
        assert second.data != first.data
        assert_replayed(second, service.operator.post(path, json=asked, headers=again))
        assert service.count("acknowledgements") + service.count("check_acknowledgements") == 1
