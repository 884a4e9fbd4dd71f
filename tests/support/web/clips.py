"""Clips that tests send, and a worker that tests run step by step."""

import itertools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from werkzeug.test import TestResponse

from registry.usecases.checks.clips import check_clip
from registry.usecases.jobs.running import run_job
from registry.usecases.jobs.services import JobServices
from tests.support.media.clips import film, moving
from tests.support.web.service import Person, Service

RATE = 10
SECONDS = 4
_seeds = itertools.count(50_000)
BROKEN = b"\0\0\0\x18ftypisom" + bytes(200) + b"no clip follows" * 100


def new_clip(seconds: int = SECONDS, **options: Any) -> bytes:
    """Draws a clip that no other test uses."""
    return film(scene(seconds), rate=RATE, **options)


def scene(seconds: int = SECONDS, seed: int | None = None) -> "itertools.chain[Any]":
    """Draws the pictures of a camera that moves over something new, or over the same again."""
    return itertools.chain(moving(next(_seeds) if seed is None else seed, seconds * RATE))


def new_seed() -> int:
    """Returns the seed of a scene that no other test uses."""
    return next(_seeds)


def joined(*scenes: Any) -> bytes:
    """Makes one clip of several scenes."""
    return film(itertools.chain(*scenes), rate=RATE)


def work_off(service: Service) -> int:
    """Runs every job that is due, here and now; returns how many."""
    parts = service.container
    services = JobServices(
        units=parts.units,
        checks=parts.checks,
        spool=parts.spool,
        environment=parts.environment,
        check=partial(check_clip, services=parts.check_services, clips=parts.clips),
        describe=parts.describe_clip,
    )
    with parts.units.read() as unit:
        due = unit.jobs.due(parts.machine_id, parts.environment.now(), 100)
    return sum(run_job(one.id, services) is not None for one in due)


@contextmanager
def worker(service: Service) -> Iterator[None]:
    """Works in a thread of its own for as long as the block lasts."""
    ended = threading.Event()

    def work() -> None:
        while not ended.is_set():
            if not work_off(service):
                ended.wait(0.02)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def spooled(service: Service) -> list[Path]:
    """Lists what lies in the spool."""
    return sorted((service.container.settings.data / "spool").glob("*"))


def ended(service: Service, person: Person, accepted: TestResponse) -> dict[str, Any]:
    """Works until the job of an answer has ended, and returns the job."""
    assert accepted.status_code == 202, accepted.text
    work_off(service)
    answer = person.get(accepted.headers["Location"])
    assert answer.status_code == 200
    return answer.json


def registers(service: Service, person: Person, clip: bytes, **fields: str) -> dict[str, Any]:
    """Opens a case with a clip that must be registered, and returns the enrolment."""
    job = ended(service, person, person.send("/v1/cases", clip, **fields))
    assert job["state"] == "done", job
    return person.verified(job["enrolment"], fields.get("level"))


def checks(service: Service, person: Person, clip: bytes) -> dict[str, Any]:
    """Asks about a clip that must be answered, and returns the answer."""
    job = ended(service, person, person.send("/v1/checks", clip))
    assert job["state"] == "done", job
    return job["check"]
