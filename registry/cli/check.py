"""`takedown check`: asks about files before they are published."""

import json
from dataclasses import asdict, dataclass
from typing import Final

import click

from registry.cli.backends import Backend, open_backend
from registry.cli.errors import FAILED, one_line_errors
from registry.cli.files import file_names, in_order, read_media
from registry.cli.options import Target, json_option, target_options
from registry.client import BoxReply, Problem

_CHECKED: Final = "checked"
_FAILED: Final = "failed"
_EXIT_CODES: Final = {"allow": 0, "review": 10, "block": 20}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One file's line of output; without a verdict `code` says why there is none."""

    file: str
    outcome: str
    check_id: str | None = None
    verdict: str | None = None
    band: str | None = None
    kinds: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    boxes: tuple[BoxReply, ...] = ()
    code: str | None = None


@click.command("check")
@click.argument("files", nargs=-1, required=True, metavar="FILE…")
@json_option
@target_options
def command(target: Target, *, files: tuple[str, ...], as_json: bool) -> None:
    """Check each FILE; - reads names from standard input, ended by NUL or newline.

    Exit code: 0 all allowed, 10 something to review, 20 something blocked, 1 something failed or was unreadable, 2
    wrong usage. A failure outweighs every verdict: what has none is not allowed.
    """
    names = file_names(files)
    lines: list[Line] = []
    with one_line_errors(), open_backend(target, index=True) as backend:
        for line in in_order(names, lambda name: _check(backend, name), label="Checking", quiet=as_json):
            lines.append(line)
            click.echo(json.dumps(asdict(line)) if as_json else _text(line))
    raise SystemExit(exit_code(lines))


def exit_code(lines: list[Line]) -> int:
    """Returns 1 where a file has no verdict, else the strongest verdict's code."""
    if any(line.verdict is None for line in lines):
        return FAILED
    return max(_EXIT_CODES[line.verdict or ""] for line in lines)


def _check(backend: Backend, name: str) -> Line:
    try:
        reply = backend.check(read_media(name))
    except Problem as problem:
        return Line(file=name, outcome=_FAILED, code=problem.code)
    return Line(
        file=name,
        outcome=_CHECKED,
        check_id=reply.check_id,
        verdict=reply.verdict,
        band=reply.band,
        kinds=reply.kinds,
        reasons=reply.reasons,
        boxes=reply.boxes,
    )


def _text(line: Line) -> str:
    if line.verdict is None:
        return f"{line.file}: no verdict ({line.code})"
    said = ", ".join((line.verdict, *line.kinds))
    return f"{line.file}: {said} ({', '.join(line.reasons)})"
