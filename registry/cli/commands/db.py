"""`takedown db`: the databases' schema."""

import json
from pathlib import Path
from typing import Final

import click

from registry.cli.backends import prepare_data
from registry.cli.errors import one_line_errors
from registry.cli.local import operator
from registry.cli.options import Target, data_option, json_option

_NO_CHECKPOINT: Final = (
    "The tables are rewritten. This role may order no checkpoint (pg_checkpoint), so the log keeps what was deleted"
    " until the server makes one."
)


@click.group("db")
def group() -> None:
    """The databases."""


@group.command("purge")
@data_option
def purge(*, data: Path | None) -> None:
    """Rewrite the files of the databases, so that they hold nothing that was deleted.

    On PostgreSQL each table is locked while it is rewritten, so checks wait: choose a quiet hour. On SQLite deleted
    rows are overwritten at once, and only the logs are emptied.
    """
    with operator(data) as (container, _):
        whole = container.databases.rewrite_files()
    click.echo("The files hold nothing that was deleted." if whole else _NO_CHECKPOINT)


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
