"""`takedown takedowns`, in a data folder and over HTTP."""

import json
import os

import pytest
from click.testing import CliRunner

from index.verdict.vocabulary import Level
from registry.bootstrap.databases import ENVIRONMENT, Databases
from registry.cli.main import main
from registry.config import Settings
from registry.domain.roles import Actor
from registry.security.keys import Keys
from registry.security.sealing import Sealer
from registry.storage.rows.units import SqlUnits
from registry.usecases.cases.opening import open_case
from tests.support.takedowns import SEEDED, TARGET, takedown_body, without


@pytest.fixture
def run(here, monkeypatch):
    """Runs a command in this process, which is faster than a shell."""
    monkeypatch.setenv("TAKEDOWN_DATA", str(here.data))

    def invoke(*arguments, key=None, stdin=None):
        env = {} if key is None else {"TAKEDOWN_KEY": key}
        return CliRunner().invoke(main, ["takedowns", *map(str, arguments)], stdin, env=env)

    return invoke


@pytest.fixture
def case(here):
    """A case of the operator, without media."""
    databases = Databases.open(Settings(data=here.data))
    units = SqlUnits(databases.registry, Sealer.of(Keys.load(here.data, os.urandom)))
    here.run("credentials", "list")  # the first command makes the operator's key
    with units.read() as unit:
        operator = unit.credentials.all()[0]
    actor = Actor(tenant_id=operator.tenant_id, credential_id=operator.id, permissions=operator.permissions)
    opened = open_case(Level.V0, None, actor=actor, units=units, environment=ENVIRONMENT)
    databases.close()
    return opened.case.id


def test_a_request_by_its_operator(run, case, tmp_path):
    """Opened from a file, completed, sent, answered for a platform outside, listed and shown."""
    body = takedown_body(case)
    file = tmp_path / "request.json"
    file.write_text(json.dumps({**body, "elements": without(body["elements"], "contact")}), encoding="utf-8")
    done = run("open", file)
    assert done.exit_code == 0, done.output
    assert "missing contact: A contact at which" in done.output
    assert "연락처가 없습니다" in done.output
    takedown = done.output.split(":")[0]
    refused = run("send", takedown)
    assert (refused.exit_code, "takedown-forbids" in refused.output) == (1, True)
    supplied = run(
        "event", takedown, "supply", "--elements", "-", stdin=json.dumps({"contact": "a@b.example"})
    )
    assert supplied.output == f"{takedown}: validated\n"
    assert ": sent, due " in run("send", takedown).output
    assert run("event", takedown, "remove", "--reason", "law", "--json").exit_code == 0
    shown = run("show", takedown).output
    assert SEEDED in shown
    assert TARGET in shown
    assert "This is not legal advice" in shown
    assert "claimant  remove (law): removed" in shown
    listed = [json.loads(line) for line in run("list", "--json").output.splitlines()]
    assert [(one["takedown"], one["state"]) for one in listed] == [(takedown, "removed")]
    assert run("list", "--state", "draft").output == ""
    assert run("list", "--due-before", "2099-01-01T00:00:00Z").output == ""


def test_what_does_not_fit_is_one_line(run, case, tmp_path):
    """A file that is none, no JSON, no object, or of another form ends with one line that repeats nothing."""
    for content in (b"seeded", b'["seeded"]', b'{"seeded": 1}', b"\xff", b"[" * 60_000, b"1" * 70_000):
        done = run("open", "-", stdin=content)
        assert (done.exit_code, done.output.count("\n")) == (1, 1)
        assert "seeded" not in done.output
        assert "internal-error" not in done.output
    assert run("open", tmp_path / "absent.json").exit_code == 1
    bad = run("open", "-", stdin=json.dumps(takedown_body(case, target="ftp://seeded.example/")))
    assert (bad.exit_code, "(address-unfit)" in bad.output, "seeded" in bad.output) == (1, True, False)
    assert run("list", "--due-before", "tomorrow").exit_code == 1
    assert run("show", "tkd_0000000000000000").exit_code == 1


def test_a_platforms_key_sees_what_was_sent_to_it(run, here, case):
    """In a data folder a key acts in place of the operator: the platform decides, and opens nothing."""
    platform = json.loads(here.run("credentials", "create", "Dana", "--role", "platform", "--json").out)
    body = takedown_body(case, platform=_tenant(platform))
    takedown = json.loads(run("open", "-", "--json", stdin=json.dumps(body)).output)["takedown"]
    assert run("show", takedown, key=platform["key"]).exit_code == 1
    run("send", takedown)
    done = run("event", takedown, "remove", "--reason", "terms", key=platform["key"])
    assert done.output.startswith(f"{takedown}: removed")
    assert "not-permitted" in run("open", "-", stdin=json.dumps(body), key=platform["key"]).output


def _tenant(created):
    return created.get("tenant") or created["tenant_id"]
