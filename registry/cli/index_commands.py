"""`takedown index`: where the index stands against the database."""

import json
from pathlib import Path

import click

from registry.cli.errors import CommandFailed
from registry.cli.local import operator
from registry.cli.options import data_option, json_option
from registry.usecases.sync_index import Standing


@click.group("index")
def group() -> None:
    """The index of searched codes."""


@group.command("status")
@json_option
@data_option
def status(*, as_json: bool, data: Path | None) -> None:
    """Load the index and compare it with the database; exit code 1 where they differ."""
    with operator(data) as (container, _):
        container.follower.begin()
        agrees = container.follower.reconcile()
        standing = container.follower.standing()
    _show(standing, as_json=as_json, agrees=agrees)
    if not agrees:
        raise CommandFailed("The index differed from the database, and was rebuilt.")


@group.command("verify")
@json_option
@data_option
def verify(*, as_json: bool, data: Path | None) -> None:
    """Verify every block of the index's files, and compare them with the database; exit code 1 where one is bad."""
    with operator(data) as (container, _):
        discarded = container.follower.begin()
        agrees = container.follower.reconcile()
        standing = container.follower.standing()
    _show(standing, as_json=as_json, agrees=agrees and not discarded)
    if discarded:
        raise CommandFailed("The index's files were damaged or another's, and were built anew.")
    if not agrees:
        raise CommandFailed("The index differed from the database, and was rebuilt.")


@group.command("rebuild")
@json_option
@data_option
def rebuild(*, as_json: bool, data: Path | None) -> None:
    """Give the database a new epoch, so that every worker builds its index from it anew."""
    with operator(data) as (container, _):
        container.feed.begin_epoch(container.surroundings.random)
        container.follower.begin()
        standing = container.follower.standing()
    _show(standing, as_json=as_json, agrees=True)


def _show(standing: Standing, *, as_json: bool, agrees: bool) -> None:
    fields = {
        "ready": standing.ready,
        "agrees": agrees,
        "position": standing.position,
        "head": standing.head,
        "lag": standing.lag,
        "codes": standing.engine.size,
        "segments": standing.engine.segments,
        "delta": standing.engine.delta_size,
    }
    text = f"{standing.engine.size} codes at position {standing.position} of {standing.head}"
    click.echo(json.dumps(fields) if as_json else text)
