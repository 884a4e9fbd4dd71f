"""`takedown mandates`: what subjects allow their agents."""

import json
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Final

import click

from registry.cli.backends import open_backend
from registry.cli.errors import one_line_errors
from registry.cli.options import Target, json_option, target_options
from registry.client import MandateReply
from registry.domain import ENROLLABLE_KINDS

_DAYS: Final = 30


@click.group("mandates")
def group() -> None:
    """List, propose, confirm and revoke mandates of agents."""


@group.command("list")
@click.argument("case", required=False)
@click.option("--days", type=click.IntRange(1, 1096), default=_DAYS, show_default=True, help="Without CASE.")
@json_option
@target_options
def list_all(target: Target, *, case: str | None, days: int, as_json: bool) -> None:
    """List the mandates of CASE, or without it all of the tenant in force that expire within --days."""
    before = (datetime.now(UTC) + timedelta(days=days)).isoformat(timespec="seconds").replace("+00:00", "Z")
    with one_line_errors(), open_backend(target, index=False, by_key=True) as backend:
        found = (
            backend.mandates.expiring_mandates(before) if case is None else backend.mandates.mandates(case)
        )
    for one in found:
        click.echo(json.dumps(asdict(one)) if as_json else _line(one))


@group.command("add")
@click.argument("case")
@click.option("--until", required=True, metavar="DAY", help="Last day of the mandate, like 2026-12-31.")
@click.option("--time-zone", default="UTC", show_default=True, help="Time zone in which that day ends.")
@click.option(
    "--kind",
    "kinds",
    multiple=True,
    type=click.Choice(sorted(kind.value for kind in ENROLLABLE_KINDS)),
    default=("intimate_item",),
    show_default=True,
    help="Kind of references that the agent may register; may be repeated.",
)
@click.option(
    "--platform", "platforms", multiple=True, help="Host name of a platform that is meant [default: all]."
)
@click.option("--notices", is_flag=True, help="The agent may send takedown notices.")
@json_option
@target_options
def add(
    target: Target,
    *,
    case: str,
    until: str,
    time_zone: str,
    kinds: tuple[str, ...],
    platforms: tuple[str, ...],
    notices: bool,
    as_json: bool,
) -> None:
    """Propose a mandate for CASE. It allows nothing until another key confirms it, who has heard the subject."""
    with one_line_errors(), open_backend(target, index=False, by_key=True) as backend:
        made = backend.mandates.propose_mandate(
            case,
            kinds=kinds,
            until=until,
            time_zone=time_zone,
            platforms=platforms,
            takedown_notices=notices,
        )
    click.echo(json.dumps(asdict(made)) if as_json else _line(made))


@group.command("confirm")
@click.argument("mandate")
@click.option(
    "--language",
    type=click.Choice(["ko", "en"]),
    default="en",
    show_default=True,
    help="Language of the consents that the subject was given.",
)
@json_option
@target_options
def confirm(target: Target, *, mandate: str, language: str, as_json: bool) -> None:
    """Confirm MANDATE after the subject was heard. Prints her secret, once: give it to her, and keep no copy."""
    with one_line_errors(), open_backend(target, index=False, by_key=True) as backend:
        done = backend.mandates.confirm_mandate(mandate, language)
    if as_json:
        click.echo(json.dumps(asdict(done)))
        return
    click.echo(f"{_line(done.mandate)}; the case is {done.case_state}")
    click.echo(f"secret of the subject: {done.secret}")


@group.command("revoke")
@click.argument("mandate")
@json_option
@target_options
def revoke(target: Target, *, mandate: str, as_json: bool) -> None:
    """Revoke MANDATE as the agent. Without another mandate in force its case expires at once."""
    with one_line_errors(), open_backend(target, index=False, by_key=True) as backend:
        done = backend.mandates.revoke_mandate(mandate)
    if as_json:
        click.echo(json.dumps(asdict(done)))
        return
    ended = "revoked" if done.revoked else "had ended before"
    click.echo(f"{mandate}: {ended}; {done.case} is {done.state}")


def _line(one: MandateReply) -> str:
    notices = ", notices" if one.takedown_notices else ""
    reminded = "" if one.reminded_days is None else f", {one.reminded_days} days or less"
    kinds = " ".join(one.kinds)
    return f"{one.mandate}  {one.case}  {one.state}  {kinds}{notices}  until {one.expires_at}{reminded}"
