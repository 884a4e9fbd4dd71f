"""`takedown enrol`: registers files."""

import json
from dataclasses import asdict, dataclass, replace
from typing import Final

import click

from index.verdict import Level
from registry.cli.backends import Backend, open_backend
from registry.cli.bar import Told
from registry.cli.errors import FAILED, one_line_errors
from registry.cli.files import file_names, in_order, shown
from registry.cli.media import opened
from registry.cli.options import Target, exclude_option, json_option, target_options
from registry.client import BoxReply, EnrolReply, Problem
from registry.domain import ENROLLABLE_KINDS, FoundBy, usual_evidence

_REFUSED: Final = "refused"
_DUPLICATE: Final = "duplicate"
_RAISED: Final = "raised"
_WAITS: Final = "awaits-second"
_NOT_FOUND_IN: Final = {
    FoundBy.COPIES.value: "not found in copies",
    FoundBy.EDITS.value: "not found in crops and edits",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """The line of output for one file. `code` is the reason why a file was refused.

    Attributes:
        found_by: the ways in which the reference can be found, from `file`, `copies` and `edits`.
        inner: places of pictures within the file, to be registered separately.
        level: the level of the case that is in effect; None where a case was named.
    """

    file: str
    outcome: str
    case: str | None = None
    reference: str | None = None
    code: str | None = None
    found_by: tuple[str, ...] = ()
    inner: tuple[BoxReply, ...] = ()
    level: str | None = None


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
    help="Level that new cases claim. It takes effect when somebody else verifies it [default: V0].",
)
@click.option(
    "--copies-only",
    is_flag=True,
    help="Match copies of the whole picture only, not crops and edits; less is stored. For a clip: the same file only.",
)
@click.option(
    "--consent",
    is_flag=True,
    help="For a likeness: the subject agrees to be searched for by face. Needs a case at V2 or above.",
)
@exclude_option
@json_option
@target_options
def command(
    target: Target,
    *,
    files: tuple[str, ...],
    case: str | None,
    kind: str,
    level: str | None,
    copies_only: bool,
    exclude: str,
    consent: bool,
    as_json: bool,
) -> None:
    """Register each FILE; - reads names from standard input, separated by NUL or newline.

    A FILE is a picture or a clip, by its content; for a likeness, a photograph of the face. Only fingerprints are kept.
    A file that is already registered is a duplicate, not an error. With --level, its case is raised if this key may
    verify it; if not, it claims the level, and the exit code is 1. Exit code: 0 all registered, 1 some refused or not
    raised, 2 wrong usage.
    """
    if case is not None and level is not None:
        raise click.UsageError("--level is for new cases; --case names one that has its level.")
    names = file_names(files)
    failed = False
    with one_line_errors(), open_backend(target, index=False) as backend:

        def enrol(name: str, told: Told) -> Line:
            try:
                with opened(name) as media:
                    reply = backend.enrol(
                        media,
                        case=case,
                        kind=kind,
                        level=level,
                        edits=not copies_only,
                        exclude=exclude,
                        consent=consent,
                        told=told,
                    )
            except Problem as problem:
                return Line(file=name, outcome=_REFUSED, code=problem.code)
            if reply.outcome == _DUPLICATE and _is_below(reply.level, level):
                return _raised(backend, _line(name, reply), level or "")
            return _line(name, reply)

        for line in in_order(names, enrol, label="Registering", quiet=as_json):
            failed = failed or line.code is not None
            click.echo(json.dumps(asdict(line)) if as_json else _text(line, level))
    if failed:
        raise SystemExit(FAILED)


def _line(name: str, reply: EnrolReply) -> Line:
    return Line(
        file=name,
        outcome=reply.outcome,
        case=reply.case,
        reference=reply.reference,
        found_by=reply.found_by,
        inner=reply.inner,
        level=reply.level,
    )


def _raised(backend: Backend, line: Line, level: str) -> Line:
    """Raise the case of a duplicate if this key may; if not, the line says why."""
    try:
        done = backend.verify(line.case or "", level=level, evidence=usual_evidence(Level[level]).value)
    except Problem as problem:
        return replace(line, code=problem.code)
    return replace(line, level=done.level, outcome=_RAISED, code=_WAITS if done.awaits_second else None)


def _is_below(level: str | None, wanted: str | None) -> bool:
    return level is not None and wanted is not None and Level[level] < Level[wanted]


def _text(line: Line, wanted: str | None) -> str:
    name = shown(line.file)
    if line.outcome == _REFUSED:
        return f"{name}: refused ({line.code})"
    said = [f"{name}: {line.outcome} as {line.reference} in {line.case}"]
    if FoundBy.LIKENESS.value not in line.found_by:  # a face is searched for in every picture
        said += [words for way, words in _NOT_FOUND_IN.items() if way not in line.found_by]
    if line.level is not None and _is_below(line.level, wanted):
        why = "" if line.code is None else f" ({line.code})"
        said.append(
            f"at {line.level} until another key verifies it{why}: takedown cases verify {line.case} --level {wanted}"
        )
    if line.inner:
        said.append(f"holds {_pictures(len(line.inner))} too")
    return "; ".join(said)


def _pictures(count: int) -> str:
    return (
        "1 picture: register it by itself" if count == 1 else f"{count} pictures: register them by themselves"
    )
