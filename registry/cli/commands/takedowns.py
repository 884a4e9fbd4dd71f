"""`takedown takedowns`: takedown requests, for claimants and for platforms."""

import json
import sys
from pathlib import Path
from typing import Any, Final, get_args

import click

from registry.cli.errors import one_line_errors
from registry.cli.files import STANDARD_INPUT, shown
from registry.cli.options import Target, json_option, target_options
from registry.cli.takedown_desks import open_desk
from registry.client import Problem
from registry.domain.takedowns import TakedownState
from registry.web.schemas import EventName, ReasonName

MAX_BYTES: Final = 64 * 1024


@click.group("takedowns")
def group() -> None:
    """Ask platforms to remove items, and answer such requests (docs/takedowns.md). Not legal advice."""


@group.command("list")
@click.option(
    "--due-before", metavar="TIME", help="Only undecided ones due before TIME: 2026-12-03T12:00:00Z."
)
@click.option("--state", type=click.Choice([state.value for state in TakedownState]))
@json_option
@target_options
def list_all(target: Target, *, due_before: str | None, state: str | None, as_json: bool) -> None:
    """List the requests of the key's tenant, and those that were sent to it."""
    with one_line_errors(), open_desk(target) as desk:
        for one in desk.list(due_before, state):
            click.echo(json.dumps(one) if as_json else _line(one))


@group.command("show")
@click.argument("takedown")
@json_option
@target_options
def show_one(target: Target, *, takedown: str, as_json: bool) -> None:
    """Show TAKEDOWN with its events, its address and its elements."""
    with one_line_errors(), open_desk(target) as desk:
        found = desk.read(takedown)
    if as_json:
        click.echo(json.dumps(found))
        return
    click.echo(_line(found))
    click.echo(f"  {found['not_legal_advice']['en']}")
    click.echo(f"  target  {found['target'] or 'erased'}")
    for name, value in (found["elements"] or {}).items():
        click.echo(f"  {name}  {shown(json.dumps(value, ensure_ascii=False))}")
    _print_missing(found)
    for event in found["events"]:
        click.echo(f"  {event['at']}  {event['by']}  {event['event']} ({event['reason']}): {event['state']}")


@group.command("open")
@click.argument("request", metavar="FILE")
@json_option
@target_options
def open_one(target: Target, *, request: str, as_json: bool) -> None:
    """Open the request that FILE holds as JSON; - reads standard input.

    Its fields are those of POST /v1/takedowns: case, profile, target, elements, and optionally platform and language.
    They are no options, because other users can read command lines.
    """
    with one_line_errors(), open_desk(target) as desk:
        _print(desk.open(_object(request)), as_json=as_json)


@group.command("send")
@click.argument("takedown")
@json_option
@target_options
def send(target: Target, *, takedown: str, as_json: bool) -> None:
    """Send TAKEDOWN: the platform can read it from now on, and its clock starts."""
    with one_line_errors(), open_desk(target) as desk:
        _print(desk.record(takedown, {"event": "send"}), as_json=as_json)


@group.command("event")
@click.argument("takedown")
@click.argument("event", type=click.Choice(get_args(EventName)))
@click.option(
    "--reason", type=click.Choice(get_args(ReasonName)), help="Where the event has several reasons."
)
@click.option(
    "--elements", metavar="FILE", help="With supply: a file with elements as JSON; - is standard input."
)
@json_option
@target_options
def event(
    target: Target, *, takedown: str, event: str, reason: str | None, elements: str | None, as_json: bool
) -> None:
    """Record EVENT of TAKEDOWN, as its claimant or its platform."""
    with one_line_errors(), open_desk(target) as desk:
        asked: dict[str, Any] = {"event": event}
        if reason is not None:
            asked["reason"] = reason
        if elements is not None:
            asked["elements"] = _object(elements)
        _print(desk.record(takedown, asked), as_json=as_json)


def _object(name: str) -> dict[str, Any]:
    """Return the JSON object of a file, or of standard input; raise `Problem`, which repeats nothing of it."""
    if name == STANDARD_INPUT:
        data = sys.stdin.buffer.read(MAX_BYTES + 1)
    else:
        try:
            with Path(name).open("rb") as file:
                data = file.read(MAX_BYTES + 1)
        except OSError as error:
            raise Problem("file-unreadable", f"The file cannot be read: {error.strerror}.") from None
    if len(data) > MAX_BYTES:
        raise Problem("body-too-large", f"A request has at most {MAX_BYTES} bytes.")
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        raise Problem("json-malformed", "The file is not JSON in UTF-8.") from None
    if not isinstance(found, dict):
        raise Problem("json-malformed", "The file holds no JSON object.")
    return found


def _print(done: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(done))
        return
    due = "" if done["due_at"] is None else f", due {done['due_at']}"
    known = " (there was one)" if done.get("outcome") == "duplicate" else ""
    click.echo(f"{done['takedown']}: {done['state']}{due}{known}")
    _print_missing(done)


def _print_missing(found: dict[str, Any]) -> None:
    for one in found["missing"]:
        click.echo(f"  missing {one['element']}: {one['message']['en']} / {one['message']['ko']}")


def _line(one: dict[str, Any]) -> str:
    due = "not sent" if one["due_at"] is None else f"due {one['due_at']}"
    late = ", overdue" if one["overdue"] else ""
    return f"{one['takedown']}  {one['profile']}  {one['state']}  {due}{late}"
