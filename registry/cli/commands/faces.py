"""`takedown faces`: the operator's maintenance of registered faces."""

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
    if moment.tzinfo is None:  # without an offset it would be wrong by nine hours in Korea
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
    """Give every subject a fresh key, and encrypt their faces with it.

    Each case is one transaction. After an interruption, continue with the time that was printed first: cases that
    already have a fresh key are skipped. Exit code 1 if something could not be decrypted.
    """
    with operator(data) as (container, actor):
        before = made_before or container.environment.now()
        click.echo(
            f"Replacing keys made before {before.isoformat()}. After an interruption, continue with this time.",
            err=True,
        )
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
        raise CommandFailed(
            f"The faces of these cases could not be decrypted and were left unchanged: {', '.join(done.broken)}."
        )
