"""`takedown enrol`: registers files."""

import json
from dataclasses import asdict, dataclass

import click

from index.verdict import Level
from registry.cli.backends import Backend, open_backend
from registry.cli.errors import FAILED, one_line_errors
from registry.cli.files import file_names, in_order, read_media
from registry.cli.options import Target, json_option, target_options
from registry.client import Problem
from registry.domain.reference import ENROLLABLE_KINDS

_REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One file's line of output; `code` says why a file was refused."""

    file: str
    outcome: str
    case: str | None = None
    reference: str | None = None
    code: str | None = None


@click.command("enrol")
@click.argument("files", nargs=-1, required=True, metavar="FILE…")
@click.option("--case", "case", help="Register in this case [default: a new case for each file].")
@click.option(
    "--kind",
    type=click.Choice(sorted(kind.value for kind in ENROLLABLE_KINDS)),
    default="intimate_item",
    show_default=True,
    help="What the files are.",
)
@click.option(
    "--level",
    type=click.Choice([level.name for level in Level]),
    help="Verification level of new cases; needs an operator's or an agency's key [default: V0].",
)
@json_option
@target_options
def command(
    target: Target, *, files: tuple[str, ...], case: str | None, kind: str, level: str | None, as_json: bool
) -> None:
    """Register each FILE; - reads names from standard input, ended by NUL or newline.

    Only fingerprints are kept. A file that is registered already is a duplicate and not an error. Exit code: 0 all
    registered, 1 some refused, 2 wrong usage.
    """
    if case is not None and level is not None:
        raise click.UsageError("--level is for new cases; --case names one that has its level.")
    names = file_names(files)
    failed = False
    with one_line_errors(), open_backend(target, index=False) as backend:

        def enrol(name: str) -> Line:
            return _enrol(backend, name, case=case, kind=kind, level=level)

        for line in in_order(names, enrol, label="Registering", quiet=as_json):
            failed = failed or line.outcome == _REFUSED
            click.echo(json.dumps(asdict(line)) if as_json else _text(line))
    if failed:
        raise SystemExit(FAILED)


def _enrol(backend: Backend, name: str, *, case: str | None, kind: str, level: str | None) -> Line:
    try:
        reply = backend.enrol(read_media(name), case=case, kind=kind, level=level)
    except Problem as problem:
        return Line(file=name, outcome=_REFUSED, code=problem.code)
    return Line(file=name, outcome=reply.outcome, case=reply.case, reference=reply.reference)


def _text(line: Line) -> str:
    if line.outcome == _REFUSED:
        return f"{line.file}: refused ({line.code})"
    return f"{line.file}: {line.outcome} as {line.reference} in {line.case}"
