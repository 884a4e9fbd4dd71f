"""The service on PostgreSQL: the same journey, with an index that follows by polling."""

import time

import httpx
import pytest

from index.verdict.vocabulary import Level
from registry.cli.backends import local_actor, open_local
from registry.config import Settings
from registry.demo.pictures import drawn, recompressed_half
from tests.support.databases.postgres_server import NoServerProgram, running_server
from tests.support.usecases.verifying import raise_level

ASKED = 12  # enough for both workers to answer some


@pytest.fixture(scope="module")
def database():
    """A fresh database on a private server."""
    try:
        with running_server() as server:
            yield server.url(server.create())
    except NoServerProgram:
        pytest.skip("no PostgreSQL server program (initdb, pg_ctl, postgres) on this machine")


def client(data, lines):
    key = (data / "first-credential").read_text(encoding="ascii").strip()
    return httpx.Client(
        base_url=lines[-1].removeprefix("ready "), headers={"Authorization": f"Bearer {key}"}, trust_env=False
    )


def verdicts(http, media):
    """Asks several times, on connections of their own, so that every worker answers."""
    answers = [
        httpx.post(
            f"{http.base_url}/v1/checks", headers=dict(http.headers), files={"media": media}, trust_env=False
        )
        for _ in range(ASKED)
    ]
    return {answer.json()["verdict"] for answer in answers}


def until(wanted, ask):
    deadline = time.monotonic() + 20
    while (found := ask()) != wanted and time.monotonic() < deadline:
        continue
    return found


@pytest.mark.postgres
def test_the_journey_on_postgresql(tmp_path, serve, database):
    """Registered is matched soon on every worker and after a restart; withdrawn is gone at once, and then erased."""
    data, settings = tmp_path / "data", {"TAKEDOWN_DATABASE_URL": database}
    photo, copy = drawn(321), recompressed_half(drawn(321))
    with serve(data, settings=settings) as lines, client(data, lines) as http:
        opened = http.post("/v1/cases", data={"level": "V1"}, files={"media": photo})
        assert opened.status_code == 201, opened.text
        case = opened.json()["case"]
        with open_local(Settings(data=data, database_url=database)) as container:
            parts = {"units": container.units, "environment": container.environment}
            raise_level(case, Level.V1, actor=local_actor(container), **parts)
        assert until({"block"}, lambda: verdicts(http, copy)) == {"block"}
        assert verdicts(http, drawn(322)) == {"allow"}
    with serve(data, settings=settings) as lines, client(data, lines) as http:
        assert verdicts(http, copy) == {"block"}
        assert http.post(f"/v1/cases/{case}/withdrawal").status_code == 200
        assert verdicts(http, copy) == {"allow"}
        assert until(True, lambda: http.get(f"/v1/cases/{case}").json()["erased_at"] is not None)
