"""`takedown db`: the databases' schema."""

import json
from pathlib import Path

import click

from registry.cli.backends import prepare_data
from registry.cli.errors import one_line_errors
from registry.cli.options import Target, data_option, json_option


@click.group("db")
def group() -> None:
    """The databases."""


@group.command("upgrade")
@json_option
@data_option
def upgrade(*, as_json: bool, data: Path | None) -> None:
    """Create or upgrade the databases; a new registry also gets its first credential."""
    with one_line_errors():
        key = prepare_data(Target(url=None, key=None, data=data).settings())
    if as_json:
        click.echo(json.dumps({"upgraded": True, "first_credential": key is not None}))
        return
    click.echo("The databases are up to date.")
    if key is not None:
        click.echo(f"The operator's first key, shown once:\n{key}")
