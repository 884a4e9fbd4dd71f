"""Failures that are not the client's: 503 with Retry-After or a refusal, nothing half-written, and back again after."""

import itertools
import os
import signal
import sqlite3
from contextlib import closing, contextmanager
from dataclasses import replace

import pytest
from sqlalchemy import event

from index.errors import NotReady
from index.limits import STANDARD
from index.sandbox.pool import Sandbox
from registry.demo.pictures import drawn
from registry.storage import database
from tests.support.paths import ROOT
from tests.support.web.media import codes, made_up_pdq
from tests.support.web.service import assert_problem, built, running, until

BUSY_TIMEOUT_MS = 20
PICTURE = drawn(910, (480, 320))
ACTS = {
    "opening": ("registry", "/v1/cases", {}),
    "enrolling": ("registry", "/v1/cases/{case}/references", {"codes": codes(made_up_pdq(911))}),
    "withdrawing": ("registry", "/v1/cases/{case}/withdrawal", None),
    "deciding": ("registry", "/v1/checks/{check}/decision", {"decision": "held"}),
    "checking": ("checks", "/v1/checks", {"codes": codes(made_up_pdq(912))}),
}


@pytest.fixture(scope="module")
def hasty(tmp_path_factory):
    """A service that waits for its turn at the database a moment only."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database, "BUSY_TIMEOUT_MS", BUSY_TIMEOUT_MS)
        with running(tmp_path_factory.mktemp("hasty")) as started:
            yield started


@pytest.fixture
def broken(hasty):
    """Puts another task in the place of the decoder, with limits of its own."""

    @contextmanager
    def breaking(task, **limits):
        fingerprints = hasty.container.fingerprints
        sound = fingerprints._sandbox
        sandbox = Sandbox(task=task, workers=1, limits=replace(STANDARD, **limits), import_paths=[ROOT])
        with sandbox:
            fingerprints._sandbox = sandbox
            try:
                yield sandbox
            finally:
                fingerprints._sandbox = sound

    return breaking


def known_ids(service):
    """Opens a case and asks a check, and returns their ids."""
    return {
        "case": service.operator.opens()["case"],
        "check": service.operator.checks(codes=codes(made_up_pdq(913)))["check_id"],
    }


@contextmanager
def locked(service, name):
    """Holds the write lock of a database, as another process in the middle of its transaction does."""
    path = service.container.settings.data / f"{name}.sqlite"
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "again"}], ids=["plain", "idempotent"])
def test_a_locked_database_is_503(hasty, act, headers):
    """Behind a locked database nothing is written, and the same request succeeds once the lock is gone."""
    name, path, body = ACTS[act]
    path = path.format(**known_ids(hasty))
    headers = {key: f"{value} {act}".replace(" ", "-") for key, value in headers.items()}
    before = hasty.rows()
    with locked(hasty, name):
        answer = hasty.operator.post(path, json=body, headers=headers)
    assert_problem(answer, 503, "storage-unavailable")
    assert hasty.rows() == before
    assert hasty.operator.post(path, json=body, headers=headers).status_code in {200, 201}


def test_reading_needs_no_lock(hasty):
    """Cases and checks are read while another process writes."""
    known = known_ids(hasty)
    with locked(hasty, "registry"), locked(hasty, "checks"):
        assert hasty.operator.get(f"/v1/cases/{known['case']}").status_code == 200
        assert hasty.operator.get(f"/v1/checks/{known['check']}").status_code == 200


@pytest.mark.parametrize("name", ["registry", "checks"])
def test_a_full_disk_is_503(tmp_path, name):
    """On a full disk each request is either answered and kept, or 503 and not there at all."""
    with running(tmp_path) as service:
        engine = getattr(service.container.databases, name).engine
        limit = {"pages": 1}  # SQLite raises it to what the file has already

        @event.listens_for(engine, "checkout")
        def _limited(connection, _record, _proxy):
            connection.execute(f"PRAGMA max_page_count = {limit['pages']}").close()

        def act(number):
            asked = {"codes": codes(made_up_pdq(10_000 + number))}
            if name == "checks":
                return service.operator.post("/v1/checks", json=asked)
            return service.operator.post("/v1/cases", json={"reference": asked})

        table = {"registry": "cases", "checks": "checks"}[name]
        kept = service.count(table)
        answers = (act(number) for number in range(500))
        kept += sum(1 for _ in itertools.takewhile(lambda answer: answer.status_code == 201, answers))
        before = service.rows()
        answer = act(501)
        assert_problem(answer, 503, "storage-unavailable")
        assert service.rows() == before
        assert service.count(table) == kept
        limit["pages"] = 1_000_000
        assert act(501).status_code == 201
        assert service.count(table) == kept + 1


@pytest.mark.parametrize("path", ["/v1/cases", "/v1/checks"])
@pytest.mark.parametrize("deed", ["crash", "lie"])
def test_a_crashed_decoder_refuses_the_file(hasty, broken, path, deed):
    """A file on which the decoder dies, or goes mad, is refused with its own code, and nothing is written."""
    before = hasty.rows()
    with broken(f"tests.support.workers.crashing_tasks:{deed}"):
        answer = hasty.operator.send(path, PICTURE)
        assert_problem(answer, 422, "media-decoder-failed")
    assert hasty.rows() == before


def test_a_hanging_decoder_refuses_the_file(hasty, broken):
    """A file on which the decoder hangs is refused when its time is over."""
    before = hasty.rows()
    with broken("tests.support.workers.crashing_tasks:hang", wall_seconds=0.05):
        answer = hasty.operator.send("/v1/checks", PICTURE)
        assert_problem(answer, 422, "media-decoder-failed")
    assert hasty.rows() == before


def test_a_decoder_that_was_killed_is_replaced(hasty):
    """Killing the decoder between two files, as the kernel does when memory is short, fails neither."""
    assert hasty.operator.send("/v1/checks", PICTURE).status_code == 201
    for pid in hasty.container.fingerprints._sandbox.worker_ids():
        os.kill(pid, signal.SIGKILL)
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    assert hasty.operator.send("/v1/checks", PICTURE).status_code == 201


def test_busy_decoders_are_503(hasty, broken):
    """Where no decoder becomes free in time the file was not looked at: 503, never an allow."""
    before = hasty.rows()
    with broken("index.pictures.wire:serve", queue_seconds=0.0) as sandbox:
        sandbox.warm_up()
        with sandbox._places.place(0):
            answer = hasty.operator.send("/v1/checks", PICTURE)
    assert_problem(answer, 503, "media-decoders-busy")
    assert hasty.rows() == before


def test_an_index_that_is_not_ready_is_503(tmp_path):
    """Until the index reflects the database no check is answered; cases can be opened already."""
    with built(tmp_path) as service:
        before = service.rows()
        for answer in (
            service.operator.post("/v1/checks", json={"codes": codes(made_up_pdq(914))}),
            service.operator.send("/v1/checks", PICTURE),
        ):
            assert_problem(answer, 503, "index-not-ready")
        assert service.rows() == before
        service.operator.opens(PICTURE, level="V1")
        service.container.start()
        until(lambda: service.operator.get("/readyz").status_code == 200)
        assert service.operator.checks(PICTURE)["verdict"] == "block"


def test_a_failed_index_is_503_not_allow(hasty, monkeypatch):
    """Where the search fails there is no answer, and no check is kept."""
    follower = hasty.container.follower
    engine = follower._engine
    before = hasty.rows()
    with monkeypatch.context() as patch:
        patch.setattr(type(engine), "propose", _fail)
        answer = hasty.operator.post("/v1/checks", json={"codes": codes(made_up_pdq(915))})
    assert_problem(answer, 503, "index-not-ready")
    assert hasty.rows() == before


def test_the_unforeseen_is_500_without_its_text(hasty, monkeypatch):
    """A bug of ours is a problem document like any other: its text is neither answered nor logged."""
    logged = len(hasty.log.getvalue())
    with monkeypatch.context() as patch:
        patch.setattr(hasty.container.follower, "ready_position", _stumble)
        answer = hasty.operator.post("/v1/checks", json={"codes": codes(made_up_pdq(916))})
    assert_problem(answer, 500, "internal-error")
    said = answer.text + hasty.log.getvalue()[logged:]
    assert "Canary" not in said
    assert '"error_type": "RuntimeError"' in said


def _fail(*_arguments):
    raise NotReady


def _stumble():
    raise RuntimeError("Canary")
