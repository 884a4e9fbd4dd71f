"""`takedown doctor`: checks a deployment and reports findings to its operator."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import click

from index.errors import FaceError
from registry.bootstrap import Container
from registry.cli.errors import CommandFailed
from registry.cli.local import operator
from registry.cli.options import data_option, json_option
from registry.usecases.operations import Finding, Severity, examine_faces, examine_versions, worst


@click.command("doctor")
@json_option
@data_option
def command(*, as_json: bool, data: Path | None) -> None:
    """Check this deployment: database, indexes, versions of references and face engines.

    Exit code: 0 all well, warnings included; 1 something does not work.
    """
    with operator(data) as (container, _):
        findings = tuple(_findings(container))
    for finding in findings:
        click.echo(json.dumps(asdict(finding)) if as_json else _text(finding))
    if worst(findings) is Severity.FAILURE:
        raise CommandFailed("Something does not work: see above.")


def _findings(container: Container) -> Iterator[Finding]:
    # The container opens only with the newest schema and a durable database.
    yield Finding(topic="database", severity=Severity.OK, text="Reachable, durable and of the newest schema.")
    yield _journal(container)
    yield from _indexes(container)
    with container.units.read() as unit:
        counts = unit.references.versions()
    yield from examine_versions(counts)
    yield from _engines(container)
    faces = container.faces
    yield from examine_faces(
        () if faces is None else faces.manifests,
        container.check_services.candidates.template_counts(),
        container.settings.face_false_alarms,
    )


def _journal(container: Container) -> Finding:
    """Return how the withdrawal journal stands. The container opens only with one that fits."""
    path, data = container.settings.journal_file.absolute(), container.settings.data.absolute()
    text, severity = "Whole, and outside of the data folder.", Severity.OK
    if not container.journal_keeper.keep():
        severity = Severity.WARNING
        text = (
            f"It cannot be written at {path}. Withdrawals take effect, but a restored backup would revive them."
            " Make room, or let TAKEDOWN_WITHDRAWAL_JOURNAL name a file that can be written."
        )
    elif data in path.parents:
        severity = Severity.WARNING
        text = "It is lost with the data folder, which it is in: let TAKEDOWN_WITHDRAWAL_JOURNAL name another place."
    return Finding(topic="withdrawal journal", severity=severity, text=text)


def _indexes(container: Container) -> Iterator[Finding]:
    container.indexes.begin()
    differed = container.indexes.reconcile()
    for family, status in container.indexes.statuses().items():
        differs = family in differed
        yield Finding(
            topic=f"index: {family.value}",
            severity=Severity.WARNING if differs else Severity.OK,
            text="Differed from the database, and was rebuilt."
            if differs
            else f"Agrees with the database: {status.engine.size} codes.",
        )


def _engines(container: Container) -> Iterator[Finding]:
    """Start the enabled engines, as a server does."""
    if container.faces is None:
        return
    try:
        container.faces.warm_up()
    except FaceError as error:
        yield Finding(topic="faces", severity=Severity.FAILURE, text=f"{error}.")


def _text(finding: Finding) -> str:
    return f"{finding.severity.value:8}{finding.topic}: {finding.text}"
