"""`takedown tenants`: quotas of tenants and of their keys."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Final

import click

from registry.cli.local import operator
from registry.cli.options import data_option, json_option
from registry.domain import QuotaStanding, Resource
from registry.usecases.credentials import read_quota, set_quota

_MIB: Final = 1 << 20
_NUMBER: Final = click.IntRange(0, 1 << 40)


@click.group("tenants")
def group() -> None:
    """Look after tenants, in the data folder of this machine."""


@group.command("quota")
@click.argument("owner")
@click.option("--references", type=_NUMBER, help="References at a time.")
@click.option("--cases", type=_NUMBER, help="Cases at a time that are not withdrawn.")
@click.option("--jobs", type=_NUMBER, help="Clips at a time that wait or are worked on.")
@click.option("--mib", type=_NUMBER, help="MiB of these clips.")
@click.option("--default", "is_default", is_flag=True, help="First set all quotas back to the defaults.")
@json_option
@data_option
def quota(
    *,
    owner: str,
    references: int | None,
    cases: int | None,
    jobs: int | None,
    mib: int | None,
    is_default: bool,
    as_json: bool,
    data: Path | None,
) -> None:
    """Show the quotas of OWNER, a tenant or a key, and what it uses; set those that are given."""
    given = {
        Resource.REFERENCES: references,
        Resource.CASES: cases,
        Resource.JOBS: jobs,
        Resource.BYTES: None if mib is None else mib * _MIB,
    }
    changes: dict[Resource, int | None] = dict.fromkeys(Resource) if is_default else {}
    changes.update((resource, number) for resource, number in given.items() if number is not None)
    with operator(data) as (container, actor):
        if changes:
            standing = set_quota(owner, changes, actor=actor, units=container.units)
        else:
            standing = read_quota(owner, actor=actor, units=container.units)
    if as_json:
        click.echo(json.dumps(asdict(standing)))
        return
    for resource in Resource:
        click.echo(_line(standing, resource))


def _line(standing: QuotaStanding, resource: Resource) -> str:
    used, most = standing.used.of(resource), standing.most.of(resource)
    return f"{standing.owner_id}  {resource.value}  {used} of {most}"
