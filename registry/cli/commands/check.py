"""`takedown check`: checks files before they are published."""

import json
from dataclasses import asdict, dataclass
from typing import Final

import click

from index.verdict import Context
from registry.cli.backends import Backend, open_backend
from registry.cli.bar import Told
from registry.cli.errors import FAILED, one_line_errors
from registry.cli.files import file_names, in_order, shown
from registry.cli.media import opened
from registry.cli.options import Target, json_option, target_options
from registry.client import BoxReply, Problem, SegmentReply

_CHECKED: Final = "checked"
_FAILED: Final = "failed"
_EXIT_CODES: Final = {"allow": 0, "review": 10, "block": 20}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """The line of output for one file. Without a verdict, `code` gives the reason.

    Attributes:
        segments: times of the matches in a clip.
    """

    file: str
    outcome: str
    check_id: str | None = None
    verdict: str | None = None
    band: str | None = None
    kinds: tuple[str, ...] = ()
    segments: tuple[SegmentReply, ...] = ()
    reason: str | None = None
    boxes: tuple[BoxReply, ...] = ()
    code: str | None = None


@click.command("check")
@click.argument("files", nargs=-1, required=True, metavar="FILE…")
@click.option(
    "--context",
    type=click.Choice([context.value for context in Context]),
    default=Context.GENERAL.value,
    show_default=True,
    help="Where the files are to be published.",
)
@json_option
@target_options
def command(target: Target, *, files: tuple[str, ...], context: str, as_json: bool) -> None:
    """Check each FILE; - reads names from standard input, separated by NUL or newline.

    A FILE is a picture or a clip, by its content. Exit code: 0 all allowed, 10 something to review, 20 something
    blocked, 1 something failed or was unreadable, 2 wrong usage. A failure outweighs every verdict: a file without a
    verdict is not allowed.
    """
    names = file_names(files)
    lines: list[Line] = []
    with one_line_errors(), open_backend(target, index=True) as backend:

        def check(name: str, told: Told) -> Line:
            return _check(backend, name, context, told)

        for line in in_order(names, check, label="Checking", quiet=as_json):
            lines.append(line)
            click.echo(json.dumps(asdict(line)) if as_json else _text(line))
    raise SystemExit(exit_code(lines))


def exit_code(lines: list[Line]) -> int:
    """Return 1 if any file has no verdict, otherwise the code of the strongest verdict."""
    if any(line.verdict is None for line in lines):
        return FAILED
    return max(_EXIT_CODES[line.verdict or ""] for line in lines)


def _check(backend: Backend, name: str, context: str, told: Told) -> Line:
    try:
        with opened(name) as media:
            reply = backend.check(media, context=context, told=told)
    except Problem as problem:
        return Line(file=name, outcome=_FAILED, code=problem.code)
    return Line(
        file=name,
        outcome=_CHECKED,
        check_id=reply.check_id,
        verdict=reply.verdict,
        band=reply.band,
        kinds=reply.kinds,
        segments=reply.segments,
        reason=reply.reason,
        boxes=reply.boxes,
    )


def _text(line: Line) -> str:
    name = shown(line.file)
    if line.verdict is None:
        return f"{name}: no verdict ({line.code})"
    said = ", ".join((line.verdict, *line.kinds))
    if line.segments:
        said += " at " + ", ".join(f"{_time(one.start_s)}-{_time(one.end_s)}" for one in line.segments)
    return f"{name}: {said} ({line.reason})"


def _time(seconds: float) -> str:
    """Format a time like a media player, to 0.5 s: 1:05:12.5."""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(int(minutes), 60)
    spelled = f"{rest:04.1f}".removesuffix(".0")
    return f"{hours}:{minutes:02}:{spelled}" if hours else f"{minutes}:{spelled}"
