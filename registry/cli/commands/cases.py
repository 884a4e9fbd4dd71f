"""`takedown cases`: lists, shows, exports and verifies cases."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from typing import Final

import click

from index.verdict import Level
from registry.cli.backends import Backend, open_backend
from registry.cli.errors import FAILED, one_line_errors
from registry.cli.files import file_names
from registry.cli.options import Target, json_option, target_options
from registry.client import CaseReply, ConsentReply, Problem, VerifyReply
from registry.domain import STATED_KINDS, CaseState, ConsentPurpose, usual_evidence

_TENANT_NEEDS_DATA: Final = "--all-of-tenant is for the operator of the data folder: use it without --url."


@click.group("cases")
def group() -> None:
    """List, show, export and verify cases, and their consents; challenge, decide, suspend and resume."""


@group.command("list")
@click.option("--waiting", is_flag=True, help="Only cases that wait for a verifier.")
@click.option("--ids", is_flag=True, help="Print ids only, for verify.")
@click.option("--label", help="Only cases with this label.")
@json_option
@target_options
def list_all(target: Target, *, waiting: bool, ids: bool, label: str | None, as_json: bool) -> None:
    """List the cases of the key's tenant, in the order in which they were opened."""
    with one_line_errors(), open_backend(target, index=False, by_key=True) as backend:
        for case in backend.cases(label=label):
            if waiting and case.state != CaseState.VERIFYING.value:
                continue
            click.echo(case.case if ids else json.dumps(asdict(case)) if as_json else _line(case))


@group.command("show")
@click.argument("case")
@json_option
@target_options
def show(target: Target, *, case: str, as_json: bool) -> None:
    """Show CASE: its state, its level, and the records by which it was verified."""
    with one_line_errors(), open_backend(target, index=False, by_key=True) as backend:
        found = backend.case(case)
    if as_json:
        click.echo(json.dumps(asdict(found)))
        return
    click.echo(_line(found))
    for record in found.records:
        click.echo(f"  {record.record}  {record.level}  {record.evidence}  {record.recorded_at}")


@group.command("export")
@click.argument("case")
@target_options
def export(target: Target, *, case: str) -> None:
    """Print all that is held about CASE, as JSON. Codes are named without their values."""
    with one_line_errors(), open_backend(target, index=False, by_key=True) as backend:
        click.echo(json.dumps(backend.export(case), indent=2))


@group.command("consents")
@click.argument("case")
@click.option(
    "--withdraw",
    "purpose",
    type=click.Choice([purpose.value for purpose in ConsentPurpose]),
    help="Withdraw this consent. Without likeness the faces are deleted; without fingerprints the case is withdrawn.",
)
@json_option
@target_options
def consents(target: Target, *, case: str, purpose: str | None, as_json: bool) -> None:
    """List the consents of CASE, or withdraw one."""
    with one_line_errors(), open_backend(target, index=False, by_key=True) as backend:
        ended = () if purpose is None else backend.withdraw_consent(case, purpose)
        found = () if purpose is not None else backend.consents(case)
    if purpose is not None:
        click.echo(json.dumps({"case": case, "withdrawn": ended}) if as_json else _ended(case, ended))
    for one in found:
        click.echo(json.dumps(asdict(one)) if as_json else _consent(one))


@group.command("erasure")
@click.argument("case")
@target_options
def erasure(target: Target, *, case: str) -> None:
    """Print the signed receipt that CASE is erased, as JSON, for scripts/verify_receipt."""
    with one_line_errors(), open_backend(target, index=False, by_key=True) as backend:
        click.echo(json.dumps(backend.erasure(case), indent=2))


@group.command("verify")
@click.argument("cases", nargs=-1, metavar="[CASE…]")
@click.option(
    "--level",
    type=click.Choice([level.name for level in Level]),
    required=True,
    help="Level that the cases deserve. V3 and V4 need the records of two verifiers.",
)
@click.option(
    "--evidence",
    type=click.Choice([kind.value for kind in STATED_KINDS]),
    help="Kind of evidence that was seen [default: the usual one of the level].",
)
@click.option("--all-of-tenant", "tenant", metavar="TENANT", help="All cases of this tenant below the level.")
@json_option
@target_options
def verify(
    target: Target,
    *,
    cases: tuple[str, ...],
    level: str,
    evidence: str | None,
    tenant: str | None,
    as_json: bool,
) -> None:
    """State how far each CASE is verified; - reads ids from standard input, separated by NUL or newline.

    The key that opened a case cannot verify it: use a verifier's key of the same tenant, or in the data folder the
    operator's own. Stating the same again changes nothing. Exit code: 0 all stated, 1 some refused, 2 wrong usage.
    """
    if bool(cases) == bool(tenant):
        raise click.UsageError("Name cases, or all of a tenant's with --all-of-tenant.")
    if tenant is not None and target.url is not None:
        raise click.UsageError(_TENANT_NEEDS_DATA)
    kind = evidence or usual_evidence(Level[level]).value
    failed, count = False, 0
    with one_line_errors(), open_backend(target, index=False, by_key=True) as backend:
        named = file_names(cases) if tenant is None else backend.cases_below(tenant, level)
        for item in _each(backend, named, level, kind):
            refused = isinstance(item, _Refused)
            failed, count = failed or refused, count + (not refused)
            _print(item, as_json=as_json)
    if not as_json:
        click.echo(f"stated for {count} cases")
    if failed:
        raise SystemExit(FAILED)


class _Refused:
    """A case that was refused."""

    def __init__(self, case: str, problem: Problem) -> None:
        self.case = case
        self.problem = problem


def _each(
    backend: Backend, cases: Iterable[str], level: str, evidence: str
) -> Iterator["VerifyReply | _Refused"]:
    for case in cases:
        try:
            yield backend.verify(case, level=level, evidence=evidence)
        except Problem as problem:
            yield _Refused(case, problem)


def _print(item: "VerifyReply | _Refused", *, as_json: bool) -> None:
    if isinstance(item, _Refused):
        told = {
            "case": item.case,
            "outcome": "refused",
            "code": item.problem.code,
            "detail": str(item.problem),
        }
        click.echo(
            json.dumps(told) if as_json else f"{item.case}: refused ({item.problem.code}): {item.problem}"
        )
        return
    if as_json:
        click.echo(json.dumps({"outcome": "stated", **asdict(item)}))
        return
    waits = "; the level waits for a second verifier" if item.awaits_second else ""
    click.echo(f"{item.case}: {item.level} ({item.state}){waits}")


def _ended(case: str, ended: Sequence[str]) -> str:
    return f"{case}: withdrawn: {', '.join(ended)}" if ended else f"{case}: no such consent is in force"


def _consent(one: ConsentReply) -> str:
    until = "in force" if one.withdrawn_at is None else f"withdrawn {one.withdrawn_at}"
    return f"{one.consent}  {one.purpose}  {one.text}  {one.language}  {one.given}  {one.given_at}  {until}"


def _line(case: CaseReply) -> str:
    claimed = f", claims {case.claimed_level}" if case.claimed_level > case.level else ""
    return f"{case.case}  {case.state}  {case.level}{claimed}  opened {case.opened_at}"
