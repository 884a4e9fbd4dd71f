"""`takedown quarantine`: references that the registry put to review by itself."""

import json
from pathlib import Path

import click

from registry.cli.local import operator
from registry.cli.options import data_option, json_option
from registry.usecases.judging import clear_quarantine, list_quarantined


@click.group("quarantine")
def group() -> None:
    """References that the registry put to review at most by itself, until a person looks (docs/operations.md)."""


@group.command("list")
@json_option
@data_option
def list_all(*, as_json: bool, data: Path | None) -> None:
    """List the references in quarantine with the reason and platforms' feedback, the oldest first."""
    with operator(data) as (container, actor):
        found = list_quarantined(actor=actor, units=container.units)
    for one in found:
        told = {
            "reference": one.reference_id,
            "case": one.case_id,
            "tenant": one.tenant_id,
            "level": one.level.name,
            "reason": one.reason.value,
            "quarantined_at": one.quarantined_at.isoformat(),
            "platforms": one.platforms,
            "confirmed": one.confirmed,
            "mistaken": one.mistaken,
        }
        text = (
            f"{one.reference_id}  {one.case_id}  {one.tenant_id}  {one.level.name}  {one.reason}"
            f"  since {one.quarantined_at.isoformat()}  platforms {one.platforms}"
            f"  confirmed {one.confirmed}  mistaken {one.mistaken}"
        )
        click.echo(json.dumps(told) if as_json else text)


@group.command("clear")
@click.argument("reference")
@json_option
@data_option
def clear(*, reference: str, as_json: bool, data: Path | None) -> None:
    """End the quarantine of REFERENCE after you have looked: it blocks again as far as its case may.

    Feedback about it counts from zero, and no flood quarantines it again.
    """
    with operator(data) as (container, actor):
        one = clear_quarantine(
            reference, actor=actor, units=container.units, environment=container.environment
        )
    told = {"reference": one.reference_id, "case": one.case_id, "state": one.state.value}
    click.echo(json.dumps(told) if as_json else f"{one.reference_id}: {one.state}")
