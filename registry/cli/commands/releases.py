"""`takedown releases`: the cases behind which one subject stands."""

import json
from collections.abc import Iterable
from pathlib import Path

import click

from registry.cli.local import operator
from registry.cli.options import data_option, json_option
from registry.usecases.cases import link_cases, list_links, unlink_cases


@click.group("releases")
def group() -> None:
    """Cases behind which one subject stands: whose official releases and shared parts count (docs/operations.md)."""


@group.command("link")
@click.argument("cases", nargs=-1, required=True)
@json_option
@data_option
def link(*, cases: tuple[str, ...], as_json: bool, data: Path | None) -> None:
    """Link CASES with each other, after you have seen that one subject stands behind them.

    Official releases of one then excuse matches of the others, and what their clips share counts for none of them. One
    case alone: you stand for the official releases in it.
    """
    with operator(data) as (container, actor):
        new = link_cases(cases, actor=actor, units=container.units, environment=container.environment)
    _print(new, "linked", as_json=as_json)


@group.command("unlink")
@click.argument("cases", nargs=-1, required=True)
@json_option
@data_option
def unlink(*, cases: tuple[str, ...], as_json: bool, data: Path | None) -> None:
    """End the links of CASES with each other, or all links of one case, for every check from now on."""
    with operator(data) as (container, actor):
        gone = unlink_cases(cases, actor=actor, units=container.units, environment=container.environment)
    _print(gone, "unlinked", as_json=as_json)


@group.command("list")
@json_option
@data_option
def list_all(*, as_json: bool, data: Path | None) -> None:
    """List the links."""
    with operator(data) as (container, actor):
        found = list_links(actor=actor, units=container.units)
    for one in found:
        text = f"{one.case_ids[0]}  {one.case_ids[1]}  linked at {one.linked_at.isoformat()}"
        told = {"cases": list(one.case_ids), "linked_at": one.linked_at.isoformat()}
        click.echo(json.dumps(told) if as_json else text)


def _print(pairs: Iterable[tuple[str, str]], done: str, *, as_json: bool) -> None:
    for one, other in pairs:
        click.echo(
            json.dumps({"cases": [one, other], "state": done}) if as_json else f"{one}  {other}  {done}"
        )
