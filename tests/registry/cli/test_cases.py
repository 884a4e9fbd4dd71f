"""`takedown cases`, and `takedown enrol --level`: who raises a case, and what is said where nobody may."""

import json

import pytest
from click.testing import CliRunner

from registry.cli.main import main
from tests.support.usecases.verifying import open_many


@pytest.fixture
def run(shell, monkeypatch):
    """Runs a command in this process, which is faster than a shell."""
    monkeypatch.setenv("TAKEDOWN_DATA", str(shell.data))

    def invoke(*arguments, key=None):
        env = {} if key is None else {"TAKEDOWN_KEY": key}
        return CliRunner().invoke(main, [str(one) for one in arguments], env=env)

    return invoke


def made(run, name, role, *more):
    done = run("credentials", "create", name, "--role", role, "--json", *more)
    assert done.exit_code == 0, done.output
    return json.loads(done.output)


def test_an_operators_case_is_verified_by_another_key(run, pictures):
    """The operator's own statement is refused; a verifier's raises the case, and a copy is blocked."""
    done = run("enrol", pictures / "photo.jpg", "--level", "V1", "--json")
    line = json.loads(done.output)
    assert (done.exit_code, line["level"], line["code"]) == (0, "V0", None)
    case = line["case"]
    refused = run("cases", "verify", case, "--level", "V1")
    assert refused.exit_code == 1
    assert "own-case" in refused.output
    assert "verifier's key" in refused.output
    assert run("check", pictures / "copy.jpg").exit_code == 10
    waiting = run("cases", "list", "--waiting", "--ids")
    assert waiting.output.split() == [case]
    key = made(run, "Vera", "verifier")["key"]
    done = run("cases", "verify", case, "--level", "V1", key=key)
    assert (done.exit_code, done.output) == (0, f"{case}: V1 (active)\nstated for 1 cases\n")
    assert run("check", pictures / "copy.jpg").exit_code == 20
    shown = json.loads(run("cases", "show", case, "--json").output)
    assert (shown["level"], [one["evidence"] for one in shown["records"]]) == ("V1", ["contact_confirmed"])
    assert run("cases", "list", "--waiting", "--ids").output == ""


def test_a_known_picture_is_raised_where_the_key_may(run, pictures):
    """Of a picture registered lower, `--level` says what to do and ends with 1; then it is raised, and says so."""
    photo = pictures / "photo.jpg"
    case = json.loads(run("enrol", photo, "--json").output)["case"]
    done = run("enrol", photo, "--level", "V1")
    assert done.exit_code == 1
    assert "at V0 until another key verifies it (own-case)" in done.output
    assert f"takedown cases verify {case} --level V1" in done.output
    key = made(run, "Vera", "verifier")["key"]
    assert run("cases", "verify", case, "--level", "V1", key=key).exit_code == 0
    done = run("enrol", photo, "--level", "V1", "--json")
    assert (done.exit_code, json.loads(done.output)["level"]) == (0, "V1")


def test_all_cases_of_an_agency_are_raised_by_one_command(run, shell):
    """300 cases of an agency are raised by the operator with one command, and a second time nothing is stated."""
    agency = made(run, "Bob's agency", "agency")
    open_many(shell.data, agency["tenant"], agency["credential"], 300)
    done = run("cases", "verify", "--all-of-tenant", agency["tenant"], "--level", "V1")
    assert done.exit_code == 0, done.output
    assert done.output.endswith("stated for 300 cases\n")
    assert run("cases", "list", "--json", key=agency["key"]).output.count('"level": "V1"') == 300
    again = run("cases", "verify", "--all-of-tenant", agency["tenant"], "--level", "V1")
    assert again.output == "stated for 0 cases\n"


def test_a_refused_case_stops_no_others(run, shell):
    """Of all cases of a tenant those that the key opened itself are refused by name; the others are stated."""
    operator = next(
        json.loads(line)
        for line in run("credentials", "list", "--json").output.splitlines()
        if "operator" in line
    )
    agency = made(run, "Bob's agency", "agency", "--tenant", operator["tenant"])
    for credential, count in ((operator["credential"], 1), (agency["credential"], 2)):
        open_many(shell.data, operator["tenant"], credential, count)
    done = run("cases", "verify", "--all-of-tenant", operator["tenant"], "--level", "V1")
    assert done.exit_code == 1
    assert done.output.count("refused (own-case)") == 1
    assert done.output.endswith("stated for 2 cases\n")


def test_a_reviewer_belongs_to_a_platform(run):
    """A reviewer's key without a platform's tenant would reach no check, and is refused; with it, it is made."""
    assert run("credentials", "create", "Rita", "--role", "reviewer").exit_code == 2
    platform = made(run, "Dana's platform", "platform")
    reviewer = made(run, "Rita", "reviewer", "--tenant", platform["tenant"])
    assert "tenant:check:explain" in reviewer["permissions"]


def test_an_unknown_tenant_is_told(run):
    """A tenant's id that nobody has is an error of one line, and no success about no case."""
    done = run("cases", "verify", "--all-of-tenant", "ten_1", "--level", "V1")
    assert done.exit_code == 1
    assert done.output == "takedown: There is no such tenant. (not-found)\n"


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["case_1", "--all-of-tenant", "ten_1"],
        ["--all-of-tenant", "ten_1", "--url", "http://127.0.0.1:9"],
        ["case_1", "--evidence", "before_records"],
    ],
    ids=str,
)
def test_wrong_usage_ends_with_two(arguments):
    """What is no statement is refused before anything is opened."""
    wrong = ["cases", "verify", "--level", "V1", *arguments]
    assert CliRunner().invoke(main, wrong, env={"TAKEDOWN_KEY": "tdr_x"}).exit_code == 2


def test_an_export_is_a_document(run, pictures):
    """`cases export` prints what is held as JSON, and an unknown case is one line."""
    case = json.loads(run("enrol", pictures / "photo.jpg", "--json").output)["case"]
    export = json.loads(run("cases", "export", case).output)
    assert (export["case"], export["acts"][0]["event"]) == (case, "case.opened")
    assert export["references"][0]["codes"]
    assert run("cases", "export", "case_0000000000000000").exit_code == 1
