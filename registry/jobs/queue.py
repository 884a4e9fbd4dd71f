"""The queue that hands jobs to threads: huey. It only executes; what there is to do stands in the table of jobs.

What lies in it is an id as JSON. huey's own messages are pickles, which do whatever pleases who can write to the queue.
"""

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from huey import RedisHuey, SqliteHuey
from huey.consumer import Consumer
from huey.registry import Message
from huey.serializer import Serializer

POLL_SECONDS: Final = 0.1
_TASK: Final = "run_job"

_LOGGER: Final = logging.getLogger("huey")
_LOGGER.addHandler(logging.NullHandler())
_LOGGER.propagate = False  # it tells texts of exceptions; the service's log has known fields only (promise 7)


class JobQueue:
    """Runs the jobs that it is told, in threads of its own. One process owns a queue.

    Args:
        huey: where the queue lies.
        run: runs a job; raises nothing.
        threads: how many at a time.
    """

    def __init__(self, huey: Any, run: Callable[[str], None], threads: int) -> None:
        self._huey = huey
        self._task = huey.task(name=_TASK)(run)
        self._consumer = _Threads(
            huey,
            workers=threads,
            periodic=False,
            initial_delay=POLL_SECONDS,
            max_delay=POLL_SECONDS,
            scheduler_interval=60,
        )

    def start(self) -> None:
        """Forgets what an earlier process left in the queue, and begins."""
        self._huey.flush()
        self._consumer.start()

    def put(self, job_id: str) -> None:
        """Has a job run as soon as a thread is free."""
        self._task(job_id)

    def tend(self) -> None:
        """Replaces threads that have ended."""
        self._consumer.check_worker_health()

    def stop(self, patience_s: float) -> None:
        """Begins nothing more, and waits for what runs, `patience_s` seconds at most."""
        self._consumer.shutdown_timeout = patience_s
        self._consumer.stop(graceful=True)
        self._huey.storage.close()


def open_queue(path: Path, machine_id: str, redis_url: str | None) -> Any:
    """Opens this machine's queue: in Redis where there is one, else in a file readable by its owner alone."""
    common = {"name": f"takedown-{machine_id}", "results": False, "serializer": _Ids()}
    if redis_url is not None:
        return RedisHuey(url=redis_url, **common)
    path.touch(mode=0o600)
    return SqliteHuey(filename=str(path), fsync=False, **common)


class _Threads(Consumer):  # type: ignore[misc]
    """huey's consumer within a process that has signal handlers of its own."""

    def _set_signal_handlers(self) -> None:
        pass


class _Ids(Serializer):  # type: ignore[misc]
    """Messages as JSON: which task, of which job."""

    def _serialize(self, data: Any) -> bytes:
        (job_id,) = data.args
        return json.dumps([data.id, data.name, job_id]).encode("ascii")

    def _deserialize(self, data: bytes | memoryview) -> Any:
        message_id, name, job_id = map(str, json.loads(bytes(data)))
        return Message(id=message_id, name=name, args=(job_id,), kwargs={}, retries=0, retry_delay=0)
