"""Commands of `takedown cases` that challenge claims, decide challenges, and suspend, resume and renew cases."""

import json
from dataclasses import asdict
from typing import Final

import click

from registry.cli.backends import open_backend
from registry.cli.errors import one_line_errors
from registry.cli.options import Target, json_option, target_options
from registry.client import ChallengeReply, MoveReply
from registry.domain import ChallengeReason, ChallengeState, DecisionOutcome
from registry.usecases.cases import ResumptionReason, SuspensionReason

_CASE_OR_CHECK: Final = "Name a CASE, or a check with --check."


@click.command("challenge")
@click.argument("case", required=False)
@click.option("--check", help="Check of a platform, whose matches are disputed, in place of a case.")
@click.option("--reference", help="Only this reference of the case.")
@click.option("--reason", type=click.Choice([one.value for one in ChallengeReason]), required=True)
@json_option
@target_options
def challenge(
    target: Target, *, case: str | None, check: str | None, reference: str | None, reason: str, as_json: bool
) -> None:
    """Dispute CASE, or one reference of it: for review at most until two officers have decided."""
    if (case is None) == (check is None) or (check is not None and reference is not None):
        raise click.UsageError(_CASE_OR_CHECK)
    with one_line_errors(), open_backend(target, index=False, by_key=True) as backend:
        if case is not None:
            _print(backend.disputes.challenge(case, reason=reason, reference=reference), as_json=as_json)
        elif check is not None:
            standing = backend.disputes.challenge_check(check, reason=reason)
            told = {"check": check, "standing": standing}
            click.echo(json.dumps(told) if as_json else f"{check}: challenged{_warning(standing)}")


@click.command("challenges")
@click.option("--state", type=click.Choice([one.value for one in ChallengeState]), help="Only in this state.")
@json_option
@target_options
def challenges(target: Target, *, state: str | None, as_json: bool) -> None:
    """List challenges of the key's tenant, oldest first; in the data folder, of all tenants."""
    with one_line_errors(), open_backend(target, index=False, by_key=True) as backend:
        for found in backend.disputes.challenges(state):
            _print(found, as_json=as_json)


@click.command("decide")
@click.argument("challenge")
@click.argument("outcome", type=click.Choice([one.value for one in DecisionOutcome]))
@click.option("--bad-faith", is_flag=True, help="Whoever is wrong acted in bad faith.")
@json_option
@target_options
def decide(target: Target, *, challenge: str, outcome: str, bad_faith: bool, as_json: bool) -> None:
    """State that the claim stands against CHALLENGE (uphold), or that the challenge was right (deny).

    Two people who say the same decide, who opened neither the case nor the challenge.
    """
    with one_line_errors(), open_backend(target, index=False, by_key=True) as backend:
        _print(backend.disputes.decide(challenge, outcome=outcome, bad_faith=bad_faith), as_json=as_json)


@click.command("suspend")
@click.argument("case")
@click.option("--reason", type=click.Choice([one.value for one in SuspensionReason]), required=True)
@json_option
@target_options
def suspend(target: Target, *, case: str, reason: str, as_json: bool) -> None:
    """Put CASE out of effect."""
    with one_line_errors(), open_backend(target, index=False, by_key=True) as backend:
        _moved(backend.disputes.suspend(case, reason=reason), as_json=as_json)


@click.command("resume")
@click.argument("case")
@click.option("--reason", type=click.Choice([one.value for one in ResumptionReason]), required=True)
@json_option
@target_options
def resume(target: Target, *, case: str, reason: str, as_json: bool) -> None:
    """Put the suspended CASE in effect again."""
    with one_line_errors(), open_backend(target, index=False, by_key=True) as backend:
        _moved(backend.disputes.resume(case, reason=reason), as_json=as_json)


@click.command("renew")
@click.argument("case")
@json_option
@target_options
def renew(target: Target, *, case: str, as_json: bool) -> None:
    """Put the expired CASE in effect again, as it was before."""
    with one_line_errors(), open_backend(target, index=False, by_key=True) as backend:
        _moved(backend.disputes.renew(case), as_json=as_json)


@click.command("clear")
@click.argument("reference")
@json_option
@target_options
def clear(target: Target, *, reference: str, as_json: bool) -> None:
    """End the quarantine of REFERENCE."""
    with one_line_errors(), open_backend(target, index=False, by_key=True) as backend:
        _moved(backend.disputes.clear(reference), as_json=as_json)


def _print(reply: ChallengeReply, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(asdict(reply)))
        return
    of = "" if reply.reference is None else f" {reply.reference}"
    waits = "" if reply.in_effect or reply.state != ChallengeState.OPEN.value else ", waits for an officer"
    missing = f", {reply.people_missing} to decide" if reply.people_missing else ""
    case = "" if reply.case_state is None else f"; the case is {reply.case_state}"
    click.echo(
        f"{reply.challenge}  {reply.case}{of}  {reply.reason}  {reply.state}{waits}{missing}{case}"
        f"{_warning(reply.standing)}"
    )


def _warning(standing: str | None) -> str:
    return "; warned: an earlier challenge was in bad faith" if standing == "warned" else ""


def _moved(reply: MoveReply, *, as_json: bool) -> None:
    click.echo(json.dumps(asdict(reply)) if as_json else f"{reply.reference or reply.case}: {reply.state}")


COMMANDS: Final[tuple[click.Command, ...]] = (challenge, challenges, decide, suspend, resume, renew, clear)
"""The commands of this module, for `takedown cases`."""
