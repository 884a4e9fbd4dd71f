"""`takedown enrol-persons`: registers the likenesses of many persons, each with a folder of photographs.

1. Persons are processed in parallel, and the photographs of one person in the order of their names. The first accepted
   photograph opens the person's case; the others are added to it. Names of files and folders are not sent.
2. In a second run that photograph is a duplicate whose answer names the case, so nothing is registered twice. After a
   transient error the next photograph must therefore not open the case: the person is postponed to the next run.
3. A photograph in the folders of two persons does not show which of them it depicts. It is refused in both.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Final

import click

from index import errors as index_errors
from index.faces.dlib import DEFAULT_MANIFEST
from index.verdict import MIN_LIKENESS_LEVEL, Level, ReferenceKind
from registry import errors
from registry.cli.backends import Backend, open_backend
from registry.cli.bar import Told
from registry.cli.errors import FAILED, one_line_errors
from registry.cli.files import in_order, shown
from registry.cli.media import opened
from registry.cli.options import Target, json_option, target_options
from registry.cli.person_folders import Person, in_two_folders, persons_in
from registry.client import EnrolReply, Problem, ProgressReply

FEWEST_PHOTOGRAPHS: Final = DEFAULT_MANIFEST.min_photographs
"""Minimum number of photographs per person. A registry behind a URL does not expose its engines' minimum, which is the
same in all existing manifests."""

TWO_PERSONS: Final = "two-persons"
NO_PERSON: Final = "no-person"
_REFUSED: Final = "refused"
_POSTPONED: Final = "postponed"

_OWN_FAULTS: Final = frozenset(
    {
        "file-unreadable",
        TWO_PERSONS,
        index_errors.EmptyMedia.code,
        index_errors.TooManyBytes.code,
        index_errors.UnknownFormat.code,
        index_errors.TooManyPixels.code,
        index_errors.SoundOnly.code,
        index_errors.UndecodableMedia.code,
        index_errors.DecoderFailed.code,
        errors.FaceNotFound.code,
        errors.FaceNotAlone.code,
        errors.FaceUnfit.code,
        errors.Refused.code,
    }
)
"""Faults of a single photograph, which do not affect the others."""

_PASSING: Final = frozenset(
    {
        index_errors.BudgetSpent.code,
        index_errors.DecodersBusy.code,
        errors.RateLimited.code,
        errors.TooManyWaiting.code,
        errors.StorageUnavailable.code,
        errors.Unavailable.code,
    }
)
"""Transient faults, which may be over by the next run. Any other fault would recur, so it ends the command."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """The line of output for one photograph.

    Attributes:
        outcome: `enrolled`, `duplicate`, `refused`, or `postponed` to the next run.
        code: reason of a refusal or postponement.
    """

    person: str
    file: str
    outcome: str
    case: str | None = None
    reference: str | None = None
    code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The totals of a run.

    Attributes:
        persons: number of persons with a case.
        photographs: number of photographs from the folders that are registered in these cases.
        refused, postponed: numbers of the other photographs.
        unverified: number of cases whose level in effect is below the claimed one.
        few: folders with fewer than `FEWEST_PHOTOGRAPHS` registered photographs.
    """

    persons: int = 0
    photographs: int = 0
    refused: int = 0
    postponed: int = 0
    unverified: int = 0
    few: Mapping[str, int] = field(default_factory=dict)


@click.command("enrol-persons")
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option(
    "--level",
    type=click.Choice([level.name for level in Level if level >= MIN_LIKENESS_LEVEL]),
    default=MIN_LIKENESS_LEVEL.name,
    show_default=True,
    help="Level that these persons' cases claim. No face is searched for until somebody else verifies it.",
)
@click.option("--consent", is_flag=True, help="Each of these persons agrees to be searched for by face.")
@json_option
@target_options
def command(target: Target, *, folder: Path, level: str, consent: bool, as_json: bool) -> None:
    """Register the likeness of each person in FOLDER: one sub-folder per person, with three photographs or more.

    Names of files and folders are not sent. Each person gets a case of their own. Running the command again registers
    nothing twice. Photographs that are added later must come last in the order of names. Remove the folder of a person
    who has withdrawn; otherwise it is registered again. Exit code: 0 all registered, 1 some refused or postponed,
    2 wrong usage.
    """
    if not consent:
        raise click.UsageError(
            "A likeness needs the person's consent: confirm with --consent that each of them has given it."
        )
    with one_line_errors():
        persons, strays = persons_in(folder)
        if not persons:
            raise click.UsageError("The folder must hold a sub-folder for each person.")
        lines = [Line(person="", file=name, outcome=_REFUSED, code=NO_PERSON) for name in strays]
        _print(lines, as_json=as_json)
        register = _Registering(persons, level)
        with open_backend(target, index=False) as backend:
            folders = [person.folder for person in persons]

            def work(name: str, told: Told) -> tuple[Line, ...]:
                return register.person(name, backend, told)

            for done in in_order(folders, work, label="Registering persons", quiet=as_json):
                _print(done, as_json=as_json)
                lines += done
    summary = replace(_summed_up(persons, lines), unverified=len(register.unverified))
    _print_summary(summary, as_json=as_json)
    if summary.refused or summary.postponed:
        raise SystemExit(FAILED)


class _Registering:
    """Registration of persons. Threads: any, one per person."""

    def __init__(self, persons: Sequence[Person], level: str) -> None:
        self._persons = {person.folder: person for person in persons}
        self._shared = in_two_folders(persons)  # 3.
        self._level = level
        self._folder_of: dict[str, str] = {}
        self.unverified: set[str] = set()

    def person(self, folder: str, backend: Backend, told: Told) -> tuple[Line, ...]:
        """Register one person's photographs; raise `Problem` for a fault that would recur with the next photograph."""
        photographs = self._persons[folder].photographs
        lines: list[Line] = []
        case: str | None = None
        for number, name in enumerate(photographs):
            told(ProgressReply(seen_s=number, of_s=len(photographs)))  # raises if the command has ended
            if case is None and lines and lines[-1].outcome == _POSTPONED:  # 2.
                lines.append(Line(person=folder, file=name, outcome=_POSTPONED, code=lines[-1].code))
                continue
            line = self._photograph(folder, name, case, backend)
            case = case or line.case  # 1.
            lines.append(line)
        return tuple(lines)

    def _photograph(self, folder: str, name: str, case: str | None, backend: Backend) -> Line:
        try:
            reply = self._enrolled(folder, name, case, backend)
        except Problem as problem:
            if problem.code in _PASSING:
                return Line(person=folder, file=name, outcome=_POSTPONED, code=problem.code)
            if problem.code in _OWN_FAULTS:
                return Line(person=folder, file=name, outcome=_REFUSED, code=problem.code)
            raise
        return Line(
            person=folder, file=name, outcome=reply.outcome, case=reply.case, reference=reply.reference
        )

    def _enrolled(self, folder: str, name: str, case: str | None, backend: Backend) -> EnrolReply:
        if not Path(name).is_file():
            raise Problem("file-unreadable", "This is not a file.")
        if name in self._shared:
            raise Problem(TWO_PERSONS, "This photograph lies in the folders of two persons.")
        with opened(name) as media:
            if media.is_clip:  # refuse before up to 4 GiB are sent in vain
                raise Problem(index_errors.UnknownFormat.code, "A likeness is registered by photographs.")
            reply = backend.enrol(
                media,
                case=case,
                kind=ReferenceKind.LIKENESS.value,
                level=None if case is not None else self._level,
                consent=True,
            )
        # `setdefault` is atomic, so no lock is needed. Of two folders that lead to one case the second is refused.
        if self._folder_of.setdefault(reply.case, folder) != folder:
            raise Problem(TWO_PERSONS, "This photograph is registered in another person's case.")
        if reply.level is not None and Level[reply.level] < Level[self._level]:
            self.unverified.add(reply.case)  # atomic as well
        return reply


def _summed_up(persons: Sequence[Person], lines: Iterable[Line]) -> Summary:
    standing = dict.fromkeys((person.folder for person in persons), 0)
    missing = {_REFUSED: 0, _POSTPONED: 0}
    for line in lines:
        if line.outcome in missing:
            missing[line.outcome] += 1
        else:
            standing[line.person] += 1
    return Summary(
        persons=sum(count > 0 for count in standing.values()),
        photographs=sum(standing.values()),
        refused=missing[_REFUSED],
        postponed=missing[_POSTPONED],
        few={folder: count for folder, count in standing.items() if count < FEWEST_PHOTOGRAPHS},
    )


def _print(lines: Iterable[Line], *, as_json: bool) -> None:
    for line in lines:
        click.echo(json.dumps(asdict(line)) if as_json else _text(line))


def _text(line: Line) -> str:
    said = f"({line.code})" if line.code is not None else f"as {line.reference} in {line.case}"
    return f"{shown(line.file)}: {line.outcome} {said}"


def _print_summary(summary: Summary, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(asdict(summary)))
        return
    for folder, count in summary.few.items():
        text = f"{shown(folder)}: only {count} photographs: {FEWEST_PHOTOGRAPHS} or more find a person far better."
        click.echo(text, err=True)
    text = f"{summary.persons} persons, {summary.photographs} photographs, {summary.refused} refused"
    click.echo(f"{text}, {summary.postponed} postponed: run it again" if summary.postponed else text)
    if summary.unverified:
        click.echo(
            f"{summary.unverified} persons are found once somebody else verifies their cases: takedown cases verify",
            err=True,
        )
