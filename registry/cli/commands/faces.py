"""`takedown faces`: what an operator does about registered faces."""

import json
from datetime import UTC, datetime
from pathlib import Path

import click

from registry.cli.errors import CommandFailed
from registry.cli.local import operator
from registry.cli.options import data_option, json_option
from registry.usecases.operations import rotate_face_keys


@click.group("faces")
def group() -> None:
    """The faces of registered people, in the data folder of this machine."""


def _moment(_context: click.Context, _option: click.Parameter, value: str | None) -> datetime | None:
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise click.BadParameter("Not a time as ISO 8601 writes it.") from None
    if moment.tzinfo is None:  # nine hours wrong for Korea
        raise click.BadParameter("The time needs its offset from UTC, or a Z.")
    return moment.astimezone(UTC)


@group.command("rotate-keys")
@click.option(
    "--made-before",
    metavar="TIME",
    callback=_moment,
    help="Replace the keys made before this time, as in 2026-11-27T09:00:00Z [default: now, so all of them].",
)
@json_option
@data_option
def rotate_keys(*, made_before: datetime | None, as_json: bool, data: Path | None) -> None:
    """Give every subject a fresh key, and seal their faces anew under it.

    Each case is one transaction. After an interruption go on with the time that was printed first: cases that have
    their fresh key already are passed over. Exit code 1 where something could not be opened.
    """
    with operator(data) as (container, actor):
        before = made_before or container.environment.now()
        click.echo(f"Replacing keys made before {before.isoformat()}: go on with this time.", err=True)
        done = rotate_face_keys(
            before,
            actor=actor,
            units=container.units,
            purge_files=container.databases.purge_files,
            environment=container.environment,
        )
    fields = {"rotated": done.rotated, "broken": done.broken, "made_before": before.isoformat()}
    click.echo(json.dumps(fields) if as_json else f"{done.rotated} cases have a fresh key.")
    if done.broken:
        raise CommandFailed(f"Faces of these cases do not open, and were left: {', '.join(done.broken)}.")
