"""The commands of `takedown`, one module each."""

from typing import Final

import click

from registry.cli.commands import (
    benign,
    cases,
    check,
    checks,
    credentials,
    db,
    demo,
    disputes,
    doctor,
    enrol,
    faces,
    index_commands,
    ledger,
    mandates,
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
    mandates.group,
    checks.group,
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

for _command in disputes.COMMANDS:
    cases.group.add_command(_command)

__all__ = ["COMMANDS"]
