"""`takedown enrol-persons` with the built-in engine: on a data folder, and over HTTP."""

import sqlite3
from contextlib import closing, contextmanager

import httpx
import pytest
from click.testing import CliRunner

from registry.cli.backends import RemoteBackend
from registry.cli.commands import persons
from registry.client.http import RegistryClient
from tests.support.paths import EVAL
from tests.support.web.service import built

LFW = EVAL / "faces"
BUILT_IN = {"TAKEDOWN_FACES": "dlib-resnet-1"}
PERSONS = 2
MAX_PHOTOGRAPHS = 4
REFUSALS = {"face-not-found", "face-not-alone", "face-unfit"}


def cases(shell):
    with closing(sqlite3.connect(shell.data / "registry.sqlite")) as connection:
        return connection.execute("SELECT id, level FROM cases ORDER BY id").fetchall()


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    """A folder of two public figures, four photographs each, by reference to where they are."""
    chosen = sorted(path for path in LFW.glob("*") if len(list(path.glob("*.jpg"))) == MAX_PHOTOGRAPHS)[
        :PERSONS
    ]
    if not chosen:
        pytest.skip("evaluation data faces/ are not on this machine (../shared/eval)")
    folder = tmp_path_factory.mktemp("people")
    for number, person in enumerate(chosen):
        (folder / f"{number}").symlink_to(person, target_is_directory=True)
    return folder


@pytest.mark.slow
def test_people_are_registered_twice_and_stand_once(shell, people):
    """With the built-in engine people become cases, another run makes nothing, and they are found."""
    command = ["enrol-persons", people, "--consent", "--json"]
    *lines, summary = shell.run(*command, env=BUILT_IN).lines
    assert (summary["persons"], summary["postponed"], summary["few"]) == (PERSONS, 0, {})
    assert summary["photographs"] + summary["refused"] == len(lines) == PERSONS * MAX_PHOTOGRAPHS
    assert {line["code"] for line in lines if line["outcome"] == "refused"} <= REFUSALS
    before = cases(shell)
    *again, summary_again = shell.run(*command, env=BUILT_IN).lines
    assert {line["outcome"] for line in again} <= {"duplicate", "refused"}
    assert [(line["file"], line["case"]) for line in again] == [
        (line["file"], line["case"]) for line in lines
    ]
    assert (summary_again, cases(shell)) == (summary, before)
    shown = next(line["file"] for line in lines if line["outcome"] == "enrolled")
    found = shell.run("check", shown, "--json", env=BUILT_IN)
    assert (found.code, found.lines[0]["verdict"]) == (10, "review")
    assert found.lines[0]["reason"] in {"held_for_reviewer", "tight_match"}


def test_without_faces_nobody_is_registered(shell, people):
    """Where faces are switched off the command says so once."""
    done = shell.run("enrol-persons", people, "--consent")
    assert (done.code, done.out) == (1, "")
    assert "(likeness-not-offered)" in done.err


@pytest.mark.slow
def test_people_are_registered_over_http(tmp_path, people, monkeypatch):
    """A registry behind a URL gets the same cases, and no name from them."""
    with built(tmp_path / "data", faces=BUILT_IN["TAKEDOWN_FACES"]) as service:
        transport = httpx.WSGITransport(app=service.app)

        @contextmanager
        def opening(_target, *, index):
            assert index is False
            with RegistryClient("http://registry", service.operator.key, transport=transport) as client:
                yield RemoteBackend(client)

        monkeypatch.setattr(persons, "open_backend", opening)
        for _ in range(2):
            done = CliRunner().invoke(persons.command, [str(people), "--consent"])
            assert done.stdout.splitlines()[-1].startswith(f"{PERSONS} persons, ")
            assert service.count("cases") == PERSONS
        left = b"".join(path.read_bytes() for path in (tmp_path / "data").glob("*.sqlite*"))
        for person in people.iterdir():
            assert person.resolve().name.encode() not in left
            assert person.resolve().name not in service.log.getvalue()
