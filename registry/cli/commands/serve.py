"""`takedown serve`: the registry over HTTP."""

from pathlib import Path

import click

from registry.cli.backends import FIRST_CREDENTIAL, prepare_data
from registry.cli.errors import one_line_errors
from registry.cli.options import chosen_settings, data_option
from registry.cli.serving import serve
from registry.engines import try_engines


@click.command("serve")
@click.option("--demo", is_flag=True, help="Register demonstration pictures and print three lines to try.")
@click.option("--host", help="Address to listen on [default: TAKEDOWN_HOST, or 127.0.0.1].")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    help="Port to listen on; 0 takes a free one [default: TAKEDOWN_PORT, or 8080].",
)
@click.option(
    "--workers", type=click.IntRange(1, 64), help="Server processes [default: TAKEDOWN_WORKERS, or 2]."
)
@click.option(
    "--accept-revived-withdrawals",
    "accept_revived",
    is_flag=True,
    help="Begin a new withdrawal journal where the old one is missing or does not fit: on a new machine, or after a"
    " restore without it. Cases that were withdrawn after the backup are then in effect again.",
)
@data_option
def command(
    *,
    demo: bool,
    host: str | None,
    port: int | None,
    workers: int | None,
    accept_revived: bool,
    data: Path | None,
) -> None:
    """Serve the registry in the data folder; create it if there is none.

    Prints "ready http://HOST:PORT" when checks can be answered. On SIGTERM it finishes open requests and exits with 0.
    """
    settings = chosen_settings(host=host, port=port, workers=workers, data=data)
    with one_line_errors():
        key = prepare_data(settings, accept_revived=accept_revived)
        # Try the engines first: a server that cannot look for faces must not start.
        try_engines(settings.face_engines, settings.models_folder)
    if key is not None:
        click.echo(f"The operator's first key, shown once (also in {settings.data / FIRST_CREDENTIAL}):")
        click.echo(key)
    serve(settings, demo=demo)
