"""gunicorn around the application: processes, readiness and graceful shutdown.

1. The master binds and forks, but never opens the database: a forking process must not hold threads or connections.
2. Each worker builds its own parts, and writes one byte into a pipe when its index is ready and its decoders are warm.
3. The master prints the ready line when it has read one byte per worker.
4. On SIGTERM the server finishes requests (30 s), closes the parts and exits with 0.
5. A job worker runs beside the server (`supervising`) and ends after the last request.
"""

import os
import shutil
import signal
import socket
import sys
import tempfile
import threading
from typing import TYPE_CHECKING, Any, Final

import click
from gunicorn.app.base import BaseApplication

from registry.cli import demonstration
from registry.cli.errors import CommandFailed, one_line_errors
from registry.cli.server import Bounds, FairWorker, Pace, ServerVoice
from registry.cli.supervising import supervised
from registry.config import Settings
from registry.errors import RegistryError
from registry.security import ServiceLog, capture_faults

if TYPE_CHECKING:
    from collections.abc import Callable

METRICS_FOLDER: Final = "PROMETHEUS_MULTIPROC_DIR"
GRACEFUL_SECONDS: Final = 30
WORKER_SILENCE_SECONDS: Final = 60
KEEP_ALIVE_SECONDS: Final = 75
"""Longer than load balancers keep idle connections (60 s is common), because the client has to close them."""

MAX_HEADER_BYTES: Final = 8190
SWITCH_S: Final = 0.001
"""Time after which a busy thread lets another one run, in seconds. Work that lets others run 40 times took 550 ms
beside two busy threads, and 785 ms with Python's 5 ms (alone 300 ms). All together took the same processor time."""

SPARE_DECODERS: Final = 1
"""Decoders of each process beyond those that one tenant may use."""


def serve(settings: Settings, *, demo: bool) -> None:
    """Serve until SIGTERM or SIGINT. The function does not return."""
    ours = os.getpid()
    metrics = tempfile.mkdtemp(prefix="takedown-metrics-")
    os.environ[METRICS_FOLDER] = metrics  # before prometheus_client is imported, in the workers
    capture_faults(ServiceLog())  # gunicorn's processes inherit it
    try:
        with supervised("--data", str(settings.data)):  # 5.
            _Server(settings, demo=demo).run()
    except SystemExit as end:
        if os.getpid() == ours and end.code:
            _require_free(settings)
        raise
    finally:
        if os.getpid() == ours:  # a gunicorn worker also leaves by SystemExit, and others may go on
            shutil.rmtree(metrics, ignore_errors=True)


def _require_free(settings: Settings) -> None:
    """Raise `CommandFailed` if the server ended because it cannot listen. gunicorn's line does not say where."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        socket.create_server((settings.host, settings.port), family=family).close()
    except OSError as error:
        where = f"{settings.host}, port {settings.port}"
        advice = "Choose another with --host and --port."
        raise CommandFailed(f"Cannot listen on {where}: {error.strerror}. {advice}") from None


class _Server(BaseApplication):  # type: ignore[misc]
    """The gunicorn application of the service."""

    def __init__(self, settings: Settings, *, demo: bool) -> None:
        self._settings = settings
        self._demo = demo
        pace = Pace(read_s=settings.read_seconds, bytes_per_s=settings.min_bytes_per_second)
        self.bounds = Bounds(
            pace=pace,
            threads=settings.threads,
            max_waiting=settings.waiting_requests,
            silent_s=settings.read_seconds,
            idle_s=KEEP_ALIVE_SECONDS,
        )
        """Bounds of the requests, which `FairWorker` reads."""
        self._read_end, self._write_end = os.pipe()
        self._container: Any = None
        super().__init__()

    def load_config(self) -> None:
        """Set the configuration of gunicorn."""
        settings = self._settings
        chosen = {
            "bind": f"{settings.host}:{settings.port}",
            "workers": settings.workers,
            "threads": settings.threads,
            "worker_class": FairWorker,
            "logger_class": ServerVoice,
            "preload_app": False,
            "control_socket_disable": True,
            "accesslog": None,
            "loglevel": "warning",
            "graceful_timeout": GRACEFUL_SECONDS,
            "timeout": WORKER_SILENCE_SECONDS,
            "keepalive": KEEP_ALIVE_SECONDS,
            "limit_request_field_size": MAX_HEADER_BYTES,
            "proc_name": "takedown",
            "when_ready": self._when_ready,
            "worker_exit": self._worker_exit,
            "child_exit": _child_exit,
        }
        for name, value in chosen.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """Build one worker's application (2.)."""
        from registry.bootstrap import Container, settle_process  # noqa: PLC0415  only workers open the database
        from registry.web import create_app  # noqa: PLC0415  and import prometheus_client

        sys.setswitchinterval(SWITCH_S)
        try:
            container = Container.build(self._settings, spare=SPARE_DECODERS)
        except RegistryError as error:
            click.echo(f"takedown: {error.detail} ({error.code})", err=True)
            raise
        self._container = container
        app = create_app(container)
        settle_process()
        container.start()
        threading.Thread(target=self._announce, args=(container,), name="announce", daemon=True).start()
        return app

    def _announce(self, container: Any) -> None:
        if container.upkeep.wait_until_ready():
            container.warm_up()
            os.write(self._write_end, b".")

    def _when_ready(self, arbiter: Any) -> None:
        host, port = arbiter.LISTENERS[0].sock.getsockname()[:2]
        shown = f"[{host}]" if ":" in host else host
        threading.Thread(
            target=self._print_ready, args=(f"http://{shown}:{port}",), name="ready", daemon=True
        ).start()

    def _print_ready(self, url: str) -> None:
        awaited = self._settings.workers
        while awaited > 0:
            awaited -= len(os.read(self._read_end, awaited))  # 3.
        if self._demo and not self._show_demo(url):
            os.kill(os.getpid(), signal.SIGTERM)
            return
        click.echo(f"ready {url}")
        sys.stdout.flush()

    def _show_demo(self, url: str) -> bool:
        try:
            with one_line_errors():
                demonstration.show(demonstration.load(self._settings, url))
        except CommandFailed as error:
            error.show()
            return False
        return True

    def _worker_exit(self, _arbiter: Any, _worker: Any) -> None:
        if self._container is not None:
            self._container.close()


def _child_exit(_arbiter: Any, worker: Any) -> None:
    from prometheus_client import multiprocess  # noqa: PLC0415  after METRICS_FOLDER is set

    forget: Callable[[int], None] = multiprocess.mark_process_dead
    forget(worker.pid)
