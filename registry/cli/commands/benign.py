"""`takedown benign`: pictures that are shown everywhere and that nobody registers."""

import json
from pathlib import Path

import click

from index.verdict import Context
from registry.cli.local import operator
from registry.cli.options import data_option, json_option
from registry.matching import question_about
from registry.usecases.benign import add_benign, list_benign, remove_benign


@click.group("benign")
def group() -> None:
    """Logos, slates, test cards and jokes: what is near them is not registered (docs/operations.md)."""


@group.command("add")
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option("--label", default="", help="Your name for the picture, for the list.")
@json_option
@data_option
def add(*, files: tuple[Path, ...], label: str, as_json: bool, data: Path | None) -> None:
    """Add the pictures FILES. Only codes are kept. References that are registered already stay as they are."""
    with operator(data) as (container, actor):
        for file in files:
            question = question_about(
                file.read_bytes(), Context.GENERAL, container.fingerprints, colours=False
            )
            added = add_benign(
                question, label, actor=actor, units=container.units, environment=container.environment
            )
            told = {"id": added.picture_id, "outcome": "added" if added.is_new else "known"}
            click.echo(json.dumps(told) if as_json else f"{told['id']}: {told['outcome']}")


@group.command("list")
@json_option
@data_option
def list_all(*, as_json: bool, data: Path | None) -> None:
    """List the entries, oldest first."""
    with operator(data) as (container, actor):
        found = list_benign(actor=actor, units=container.units)
    for one in found:
        told = {"id": one.id, "label": one.label, "added_at": one.added_at.isoformat()}
        click.echo(json.dumps(told) if as_json else "  ".join(told.values()))


@group.command("remove")
@click.argument("entry")
@json_option
@data_option
def remove(*, entry: str, as_json: bool, data: Path | None) -> None:
    """Remove ENTRY: from now on the picture can be registered."""
    with operator(data) as (container, actor):
        remove_benign(entry, actor=actor, units=container.units, environment=container.environment)
    click.echo(json.dumps({"id": entry, "outcome": "removed"}) if as_json else f"{entry}: removed")
