"""`takedown ledger`: verifies the ledger of acknowledged operations."""

import json
from pathlib import Path

import click

from registry.cli.errors import CommandFailed
from registry.cli.local import operator
from registry.cli.options import data_option, json_option
from registry.usecases.operations import verify_ledger


@click.group("ledger")
def group() -> None:
    """The append-only, hash-chained ledger of operations and their actors."""


@group.command("verify")
@json_option
@data_option
def verify(*, as_json: bool, data: Path | None) -> None:
    """Recompute the chain from its first entry; exit code 1 if it is broken."""
    with operator(data) as (container, actor):
        report = verify_ledger(actor=actor, units=container.units)
    fields = {
        "entries": report.entries,
        "head": report.head.hex(),
        "intact": report.first_broken is None,
        "first_broken": report.first_broken,
    }
    if as_json:
        click.echo(json.dumps(fields))
    if report.first_broken is not None:
        raise CommandFailed(f"The ledger is broken at entry {report.first_broken}.")
    if not as_json:
        click.echo(f"{report.entries} entries, intact; the last one's digest is {report.head.hex()}")
