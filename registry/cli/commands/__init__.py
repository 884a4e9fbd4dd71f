"""The commands of `takedown`, one module each."""

from registry.cli.commands import (
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
    serve,
    withdraw,
    worker,
)

__all__ = [
    "check",
    "credentials",
    "db",
    "demo",
    "doctor",
    "enrol",
    "faces",
    "index_commands",
    "ledger",
    "models",
    "persons",
    "serve",
    "withdraw",
    "worker",
]
