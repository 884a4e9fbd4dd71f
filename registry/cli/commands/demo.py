"""`takedown demo`: registers the demonstration pictures and prints commands to try."""

import json
from dataclasses import asdict
from pathlib import Path

import click

from registry.cli.demonstration import load, show
from registry.cli.errors import one_line_errors
from registry.cli.options import Target, data_option, json_option


@click.command("demo")
@click.option(
    "--at", "url", default="http://127.0.0.1:8080", show_default=True, help="Address of the running server."
)
@json_option
@data_option
def command(*, url: str, as_json: bool, data: Path | None) -> None:
    """Register demonstration pictures in the data folder, and print three lines to try."""
    with one_line_errors():
        lines = load(Target(url=None, key=None, data=data).settings(), url)
    if as_json:
        click.echo(json.dumps(asdict(lines)))
        return
    show(lines)
