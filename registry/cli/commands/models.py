"""`takedown models`: installs and removes face engines, from known manifests or the operator's own."""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path
from typing import Final

import click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from index.errors import FaceError
from index.faces import (
    MAX_MANIFEST_BYTES,
    EngineManifest,
    Library,
    ModelFile,
    files_of,
    makes_same_vectors,
    open_files,
    parse_manifest,
    require_installable,
)
from index.faces.dlib import DEFAULT_MANIFEST
from registry.cli.errors import CommandFailed, one_line_errors
from registry.cli.files import shown
from registry.cli.local import operator
from registry.cli.options import chosen_settings, data_option, json_option
from registry.engines.models import DownloadProgress, ModelDownloads, known_engines

_MEGABYTE: Final = 1_000_000


@click.group("models")
def group() -> None:
    """Face engines in addition to the built-in one: they find and describe faces."""


@group.command("list")
@json_option
@data_option
def list_engines(*, as_json: bool, data: Path | None) -> None:
    """List the built-in engine, the installed engines, and the engines that can be added by name."""
    with one_line_errors():
        for line in _engines(_library(data)):
            click.echo(json.dumps(line) if as_json else f"{line['id']:20}{line['state']:12}{_said(line)}")


@group.command("add")
@click.argument("manifest")
@click.option(
    "--file",
    "given",
    metavar="NAME=PATH",
    multiple=True,
    help="A file of the engine that is on this machine already; may be repeated. Others are downloaded.",
)
@click.option("--accept-licence", is_flag=True, help="Accept the licence without being asked.")
@json_option
@data_option
def add(
    *, manifest: str, given: Sequence[str], accept_licence: bool, as_json: bool, data: Path | None
) -> None:
    """Install the engine of a MANIFEST: a name that `models list` shows, or a JSON file.

    Each file is verified by its length and SHA-256, and the networks are tested, before anything is installed. An
    engine that is already installed gets the manifest's texts, gates and thresholds.
    """
    library = _library(data)
    with one_line_errors():
        wanted = _manifest(manifest)
        require_installable(wanted)
        files = _given(given, wanted)
        _accept(wanted, is_accepted=accept_licence)
        if not files and _is_whole(library, wanted):
            library.update(wanted)
        else:
            with _gathered(library.folder, wanted, files) as sources:
                open_files(wanted, sources)
                library.install(wanted, sources)
    if as_json:
        click.echo(json.dumps(_line(wanted, "installed")))
        return
    click.echo(f"{wanted.id} is installed.")
    if wanted.calibration is None:
        click.echo("It is not calibrated, so it matches nobody yet: see docs/models.md.")


@group.command("remove")
@click.argument("engine")
@click.option(
    "--force", is_flag=True, help="Remove it even if registered people would no longer be found by it."
)
@data_option
def remove(*, engine: str, force: bool, data: Path | None) -> None:
    """Remove an installed ENGINE. Refused while registered people have templates of it."""
    with one_line_errors():
        library = _library(data)
        if not force and (count := _templates(data, engine)):
            raise CommandFailed(
                f"{count} registered people have templates of {engine}, and none of them would be found by it any "
                "longer. Register them with another engine first, or use --force."
            )
        library.remove(engine)
    click.echo(f"{engine} is removed.")


@group.command("verify")
@click.argument("engines", nargs=-1, metavar="[ENGINE]...")
@json_option
@data_option
def verify(*, engines: Sequence[str], as_json: bool, data: Path | None) -> None:
    """Verify the files of the named engines, or of all installed ones; exit code 1 if one is bad."""
    library = _library(data)
    bad = 0
    with one_line_errors():
        for engine in engines or [found.id for found in library.installed()]:
            fault = _fault(library, engine)
            bad += fault is not None
            fields = {"engine": engine, "intact": fault is None, "fault": fault}
            click.echo(json.dumps(fields) if as_json else f"{engine}: {fault or 'intact'}")
    if bad:
        raise CommandFailed("An engine is damaged: `takedown models add` installs it again.")


def _library(data: Path | None) -> Library:
    return Library(chosen_settings(data=data).models_folder)


def _templates(data: Path | None, engine: str) -> int:
    with operator(data) as (container, _):
        return container.check_services.candidates.template_counts().get(engine, 0)


def _engines(library: Library) -> Iterator[dict[str, object]]:
    yield _line(DEFAULT_MANIFEST, "built in")
    installed = library.installed()
    for found in installed:
        if found.manifest is None:
            yield {"id": found.id, "state": "unreadable"}
        else:
            yield _line(found.manifest, "installed")
    for engine in sorted(known_engines().keys() - {found.id for found in installed}):
        yield _line(known_engines()[engine], "known")


def _line(manifest: EngineManifest, state: str) -> dict[str, object]:
    return {
        "id": manifest.id,
        "state": state,
        "calibrated": manifest.calibration is not None,
        "assurance": manifest.assurance.value,
        "title": manifest.title,
        "licence": manifest.licence,
        "dimension": manifest.dimension,
        "bytes": sum(file.size for file in files_of(manifest)),
    }


def _said(line: Mapping[str, object]) -> str:
    if "title" not in line:
        return "its manifest cannot be read"
    calibrated = "calibrated" if line["calibrated"] else "not calibrated: matches nobody"
    return f"{line['title']} ({line['licence']}; {line['assurance']} assurance; {calibrated})"


def _manifest(name: str) -> EngineManifest:
    """Return the manifest of a known name, or from a file."""
    known = known_engines()
    if name in known:
        return known[name]
    path = Path(name)
    if not path.suffix and not path.is_file():
        raise click.UsageError(f"Unknown engine. Give one of {', '.join(known)}, or a manifest file.")
    with path.open("rb") as file:
        return parse_manifest(file.read(MAX_MANIFEST_BYTES + 1))


def _given(given: Sequence[str], manifest: EngineManifest) -> dict[str, Path]:
    """Parse `NAME=PATH` options; fail for a name that is not one of the engine's files."""
    names = {file.name for file in files_of(manifest)}
    files: dict[str, Path] = {}
    for pair in given:
        name, separator, path = pair.partition("=")
        if not separator or name not in names:
            raise click.UsageError(
                f"--file takes NAME=PATH, with one of these names: {', '.join(sorted(names))}."
            )
        files[name] = Path(path)
    return files


def _accept(manifest: EngineManifest, *, is_accepted: bool) -> None:
    """Show the licence; raise `CommandFailed` unless it is accepted."""
    click.echo(f"{manifest.title}\nLicence: {manifest.licence}", err=True)
    if manifest.licence_url is not None:
        click.echo(f"         {manifest.licence_url}", err=True)
    for file in files_of(manifest):
        click.echo(f"File:    {file.name}, {file.size / _MEGABYTE:.1f} MB", err=True)
    if is_accepted:
        return
    try:
        is_accepted = click.confirm("Do you accept the licence?", err=True)
    except click.Abort:  # there is no terminal to answer
        is_accepted = False
    if not is_accepted:
        raise CommandFailed(
            "The licence was not accepted (--accept-licence accepts it): nothing was installed."
        )


def _is_whole(library: Library, wanted: EngineManifest) -> bool:
    try:
        return makes_same_vectors(library.verify(wanted.id), wanted)
    except FaceError:
        return False


def _fault(library: Library, engine: str) -> str | None:
    try:
        library.verify(engine)
    except FaceError as error:
        return str(error)
    return None


@contextmanager
def _gathered(
    folder: Path, manifest: EngineManifest, given: Mapping[str, Path]
) -> Iterator[Mapping[str, Path]]:
    """Yield the path of each file, given or downloaded. Downloaded files are deleted after the installation."""
    missing = [file for file in files_of(manifest) if file.name not in given]
    with closing(ModelDownloads(folder)) as downloads:
        loaded: dict[str, Path] = {}
        for file in missing:
            with _told(file) as told:
                loaded[file.name] = downloads.fetch(file, told)
        yield {**given, **loaded}
        for file in missing:
            downloads.delete_partial(file)


@contextmanager
def _told(file: ModelFile) -> Iterator[DownloadProgress]:
    """Show a progress bar on a terminal only."""
    console = Console(stderr=True)
    columns = (TextColumn(shown(file.name)), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    bar = Progress(*columns, console=console)
    task: TaskID = bar.add_task(file.name, total=file.size)
    with bar if console.is_terminal and sys.stderr.isatty() else nullcontext():
        yield lambda there, _all: bar.update(task, completed=there)
