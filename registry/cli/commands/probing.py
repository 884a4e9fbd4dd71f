"""`takedown probing`: what tenants asked near registered codes and about registered people."""

import json
from dataclasses import asdict
from pathlib import Path

import click

from registry.cli.local import operator
from registry.cli.options import data_option, json_option
from registry.usecases.operations import clear_probing, report_probing


@click.group("probing")
def group() -> None:
    """Questions by which somebody may search for a registered code or person (docs/operations.md)."""


@group.command("list")
@json_option
@data_option
def list_all(*, as_json: bool, data: Path | None) -> None:
    """List the tenants that asked such questions or read explanations within seven days, the busiest first."""
    with operator(data) as (container, actor):
        found = report_probing(actor=actor, probes=container.probes, environment=container.environment)
    for one in found:
        text = (
            f"{one.tenant_id}  questions {one.questions}  references {one.references}  most near one {one.most}"
            f"  held near a threshold {one.held}  uploaders {one.uploaders}"
            f"  people told {one.people.told}  most of one uploader {one.people.most}"
            f"  uploads with a face {one.people.uploads}"
            f"  explained {one.explained}"
        )
        click.echo(json.dumps(asdict(one)) if as_json else text)


@group.command("clear")
@click.argument("tenant")
@json_option
@data_option
def clear(*, tenant: str, as_json: bool, data: Path | None) -> None:
    """Forget the questions of TENANT, after you have looked: its answers are exact again."""
    with operator(data) as (container, actor):
        rows = clear_probing(
            tenant,
            actor=actor,
            probes=container.probes,
            units=container.units,
            environment=container.environment,
        )
    click.echo(json.dumps({"tenant": tenant, "cleared": rows}) if as_json else f"{tenant}: cleared")
