"""`takedown checks`: lists the checks of a platform."""

import json
from dataclasses import asdict

import click

from index.verdict import Outcome
from registry.cli.backends import open_backend
from registry.cli.errors import one_line_errors
from registry.cli.options import Target, json_option, target_options


@click.group("checks")
def group() -> None:
    """List checks."""


@group.command("list")
@click.option("--verdict", type=click.Choice([one.value for one in Outcome]), help="Only this verdict.")
@click.option("--label", help="Only checks with this label.")
@json_option
@target_options
def list_all(target: Target, *, verdict: str | None, label: str | None, as_json: bool) -> None:
    """List the checks of the key's tenant, the newest first."""
    with one_line_errors(), open_backend(target, index=False, by_key=True) as backend:
        for check in backend.checks(verdict=verdict, label=label):
            labels = f"  {' '.join(check.labels)}" if check.labels else ""
            line = f"{check.check_id}  {check.verdict}  {check.reason}  {check.checked_at}{labels}"
            click.echo(json.dumps(asdict(check)) if as_json else line)
