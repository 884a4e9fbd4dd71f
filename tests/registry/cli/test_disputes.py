"""`takedown cases challenge|challenges|decide|suspend|resume|renew|clear`, in a data folder and behind a URL."""

import json

import httpx
import pytest
from click.testing import CliRunner

from registry.cli.main import main
from registry.client.http import RegistryClient
from registry.client.replies import Problem
from registry.domain.roles import Role
from tests.support.web.fixtures import (  # noqa: F401  fixtures
    new_picture,
    picture,
    plain_environment,
    service,
)


@pytest.fixture
def run(shell, monkeypatch):
    """Runs a command in this process, which is faster than a shell."""
    monkeypatch.setenv("TAKEDOWN_DATA", str(shell.data))

    def invoke(*arguments, key=None):
        env = {} if key is None else {"TAKEDOWN_KEY": key}
        return CliRunner().invoke(main, [str(one) for one in arguments], env=env)

    return invoke


@pytest.fixture
def people(run):
    """A claimant's key, and two officers', all of the operator's tenant."""

    def made(role, *more):
        return json.loads(run("credentials", "create", "somebody", "--role", role, "--json", *more).output)

    officers = [made("officer") for _ in range(2)]
    return made("claimant", "--tenant", officers[0]["tenant"])["key"], [one["key"] for one in officers]


def test_a_challenge_from_the_command_line(run, people, pictures):
    """Each command says what it did; the first decision waits, and an opener's own is refused with one line."""
    clara, officers = people
    case = json.loads(run("enrol", pictures / "photo.jpg", "--json").output)["case"]
    done = run("cases", "challenge", case, "--reason", "no_mandate", key=clara)
    assert done.exit_code == 0, done.output
    challenge = done.output.split()[0]
    assert done.output == f"{challenge}  {case}  no_mandate  open; the case is challenged\n"
    refused = run("cases", "decide", challenge, "uphold", key=clara)
    assert (refused.exit_code, "not-permitted" in refused.output) == (1, True)
    first = run("cases", "decide", challenge, "uphold", "--bad-faith", key=officers[0])
    assert first.output.endswith("open, 1 to decide; the case is challenged\n")
    listed = run("cases", "challenges", "--state", "open", "--json", key=officers[1])
    assert json.loads(listed.output)["challenge"] == challenge
    assert run("cases", "challenges").output.split()[0] == challenge  # the operator's own, of all tenants
    last = run("cases", "decide", challenge, "uphold", "--bad-faith", key=officers[1])
    assert last.output.endswith("upheld; the case is active\n")
    again = run("cases", "challenge", case, "--reason", "not_agreed", key=clara)
    assert again.output.endswith("; warned: an earlier challenge was in bad faith\n")


def test_suspend_and_resume(run, people, pictures):
    """An officer suspends and resumes, and what cannot be is one line."""
    clara, officers = people
    case = json.loads(run("enrol", pictures / "photo.jpg", "--json").output)["case"]
    reference = run("cases", "challenge", case, "--reason", "not_agreed", "--reference", "ref_1", key=clara)
    assert (reference.exit_code, "not-found" in reference.output) == (1, True)
    done = run("cases", "suspend", case, "--reason", "abuse", key=officers[0])
    assert (done.exit_code, done.output) == (0, f"{case}: suspended\n")
    assert "(own-case)" in run("cases", "renew", case).output
    done = run("cases", "resume", case, "--reason", "mistake", "--json", key=officers[0])
    assert json.loads(done.output) == {"case": case, "reference": None, "state": "active"}
    assert run("cases", "challenge", "--reason", "not_agreed").exit_code == 2
    assert run("cases", "challenge", case, "--check", "chk_1", "--reason", "not_agreed").exit_code == 2
    assert run("cases", "clear", "ref_" + "0" * 16).exit_code == 1


def test_the_client_asks_a_registry_behind_a_url(service, picture):  # noqa: F811  fixtures
    """The same methods over HTTP, page by page."""
    agency = service.newcomer(Role.AGENCY)
    people = [agency, *(service.newcomer(Role.OFFICER, tenant_id=agency.tenant_id) for _ in range(2))]
    platform = service.newcomer(Role.PLATFORM)
    opened = agency.opens(picture, level="V1")
    check = platform.checks(picture)["check_id"]
    clients = [
        RegistryClient("http://registry", one.key, transport=httpx.WSGITransport(app=service.app)).disputes
        for one in (*people, platform)
    ]
    bob, olive, oscar, dana = clients
    assert dana.challenge_check(check, reason="wrong_match") == "clear"
    (listed,) = olive.challenges("open")
    assert (listed.reference, listed.in_effect) == (opened["reference"], True)
    made = bob.challenge(opened["case"], reason="not_agreed")
    assert [one.challenge for one in oscar.challenges()] == [listed.challenge, made.challenge]
    for one in (listed, made):
        olive.decide(one.challenge, outcome="uphold")
        told = oscar.decide(one.challenge, outcome="uphold")
        assert (told.state, told.people_missing) == ("upheld", 0)
    assert olive.suspend(opened["case"], reason="abuse").state == "suspended"
    assert olive.resume(opened["case"], reason="mistake").state == "active"
    assert olive.clear(opened["reference"]).state == "indexed"
    with pytest.raises(Problem, match="lacks the permission"):
        olive.renew(opened["case"])
