"""The commands of `takedown`, one module each."""

from typing import Final

import click

from registry.cli.commands import (
    benign,
    cases,
    check,
    credentials,
    db,
    demo,
    doctor,
    enrol,
    faces,
    index_commands,
    ledger,
    models,
    persons,
    probing,
    quarantine,
    releases,
    serve,
    takedowns,
    tenants,
    withdraw,
    worker,
)

COMMANDS: Final[tuple[click.Command, ...]] = (
    serve.command,
    worker.command,
    demo.command,
    enrol.command,
    persons.command,
    check.command,
    withdraw.command,
    cases.group,
    takedowns.group,
    credentials.group,
    tenants.group,
    ledger.group,
    probing.group,
    quarantine.group,
    benign.group,
    releases.group,
    index_commands.group,
    db.group,
    models.group,
    faces.group,
    doctor.command,
)
"""All commands."""

__all__ = ["COMMANDS"]
