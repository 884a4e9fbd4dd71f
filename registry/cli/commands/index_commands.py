"""`takedown index`: shows, verifies and rebuilds the index of each code family."""

import json
from collections.abc import Collection
from pathlib import Path

import click

from registry.cli.errors import CommandFailed
from registry.cli.local import operator
from registry.cli.options import data_option, json_option
from registry.domain import Family
from registry.indexing import Indexes


@click.group("index")
def group() -> None:
    """The indexes of searched codes, one for each code family."""


@group.command("status")
@json_option
@data_option
def status(*, as_json: bool, data: Path | None) -> None:
    """Load the indexes and compare them with the database; exit code 1 if one differs."""
    with operator(data) as (container, _):
        container.indexes.begin()
        differed = container.indexes.reconcile()
        _show(container.indexes, as_json=as_json, differed=differed)
    _require_agreement(differed)


@group.command("verify")
@json_option
@data_option
def verify(*, as_json: bool, data: Path | None) -> None:
    """Verify every block of the index files, and compare with the database; exit code 1 if one is bad."""
    with operator(data) as (container, _):
        discarded = container.indexes.begin()
        differed = container.indexes.reconcile()
        _show(container.indexes, as_json=as_json, differed=differed | discarded)
    if discarded:
        raise CommandFailed(
            f"The files of {_named(discarded)} were damaged or of another database, and were rebuilt."
        )
    _require_agreement(differed)


@group.command("rebuild")
@json_option
@data_option
def rebuild(*, as_json: bool, data: Path | None) -> None:
    """Start a new epoch in the database, so that every worker rebuilds its indexes."""
    with operator(data) as (container, _):
        container.feed.begin_epoch(container.environment.random)
        container.indexes.begin()
        _show(container.indexes, as_json=as_json, differed=())


def _require_agreement(differed: Collection[Family]) -> None:
    if differed:
        raise CommandFailed(f"The index of {_named(differed)} differed from the database, and was rebuilt.")


def _named(families: Collection[Family]) -> str:
    return " and ".join(sorted(family.value for family in families))


def _show(indexes: Indexes, *, as_json: bool, differed: Collection[Family]) -> None:
    for family, status in indexes.statuses().items():
        fields = {
            "family": family.value,
            "ready": status.ready,
            "agrees": family not in differed,
            "position": status.position,
            "head": status.head,
            "lag": status.lag,
            "codes": status.engine.size,
            "segments": status.engine.snapshots,
            "delta": status.engine.delta_size,
        }
        text = f"{family}: {status.engine.size} codes at position {status.position} of {status.head}"
        click.echo(json.dumps(fields) if as_json else text)
