"""`takedown withdraw`: withdraws a case."""

import json
from dataclasses import asdict

import click

from registry.cli.backends import open_backend
from registry.cli.errors import one_line_errors
from registry.cli.options import Target, json_option, target_options


@click.command("withdraw")
@click.argument("case")
@json_option
@target_options
def command(target: Target, *, case: str, as_json: bool) -> None:
    """Withdraw CASE. From now on no check matches it."""
    with one_line_errors(), open_backend(target, index=False) as backend:
        reply = backend.withdraw(case)
    click.echo(json.dumps(asdict(reply)) if as_json else f"{reply.case}: withdrawn at {reply.withdrawn_at}")
