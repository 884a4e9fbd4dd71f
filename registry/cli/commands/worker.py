"""`takedown worker`: processes the clips that were uploaded on this machine."""

import signal
from pathlib import Path

import click

from registry.cli.backends import open_local
from registry.cli.errors import one_line_errors
from registry.cli.options import chosen_settings, data_option
from registry.security import ServiceLog, capture_faults


@click.command("worker")
@data_option
def command(*, data: Path | None) -> None:
    """Process the clips that were uploaded on this machine, until SIGTERM.

    `takedown serve` starts a worker by itself. One worker runs on a machine at a time; others wait, and take over when
    it ends. Prints "working" when this worker is active. The next worker restarts unfinished jobs.
    """
    settings = chosen_settings(data=data)
    capture_faults(ServiceLog())
    with one_line_errors(), open_local(settings, ServiceLog()) as container:
        worker = container.job_worker()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: worker.stop())
        container.start()
        worker.run(begun=lambda: click.echo("working"))
