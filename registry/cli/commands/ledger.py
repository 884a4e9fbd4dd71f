"""`takedown ledger`: verifies the ledger of acknowledged operations, publishes its checkpoints and proves receipts."""

import json
import re
from pathlib import Path

import click

from registry.cli.errors import CommandFailed
from registry.cli.local import operator
from registry.cli.options import data_option, json_option
from registry.domain import receipt_document
from registry.storage import CheckpointFile
from registry.usecases.ledger import prove_consistency, prove_receipt, publish_checkpoint, verify_ledger


@click.group("ledger")
def group() -> None:
    """The append-only, hash-chained ledger of operations and their actors."""


@group.command("verify")
@click.option(
    "--against",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file of published checkpoints, which the ledger has to fit too.",
)
@json_option
@data_option
def verify(*, against: Path | None, as_json: bool, data: Path | None) -> None:
    """Recompute the chain and the tree from the first entry; exit code 1 if anything does not fit."""
    with operator(data) as (container, actor):
        report = verify_ledger(
            actor=actor,
            units=container.units,
            signing=container.checkpointer.signing,
            published="" if against is None else CheckpointFile(against).read(),
        )
    faults = [fault.where for fault in report.faults]
    fields = {
        "entries": report.entries,
        "head": report.head.hex(),
        "checkpoints": report.checkpoints,
        "intact": not faults,
        "first_broken": report.first_broken,
        "faults": faults,
    }
    if as_json:
        click.echo(json.dumps(fields))
    if faults:
        others = f" and {len(faults) - 1} other places" if len(faults) > 1 else ""
        raise CommandFailed(f"The ledger is broken at {faults[0]}{others}.")
    if not as_json:
        click.echo(
            f"{report.entries} entries and {report.checkpoints} checkpoints, intact;"
            f" the last entry's digest is {report.head.hex()}"
        )


@group.command("checkpoint")
@click.option(
    "--to",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file to append to; in place of the deployment's own.",
)
@data_option
def checkpoint(*, to: Path | None, data: Path | None) -> None:
    """Sign a checkpoint of all entries, append to the file what it lacks, and print the public key."""
    with operator(data) as (container, actor):
        checkpointer = container.checkpointer
        if to is not None:
            checkpointer = checkpointer.publishing_to(CheckpointFile(to))
        made = publish_checkpoint(actor=actor, checkpointer=checkpointer)
    size = 0 if made is None else made.size
    click.echo(f"{size} entries, signed by {checkpointer.signing.key}")


@group.command("receipt")
@click.argument("receipt")
@data_option
def receipt(*, receipt: str, data: Path | None) -> None:
    """Print the JSON document that proves a RECEIPT, the 64 digits of an acknowledgement."""
    if re.fullmatch("[0-9a-f]{64}", receipt, re.ASCII) is None:
        raise CommandFailed("A receipt is 64 lower-case hexadecimal digits.")
    with operator(data) as (container, actor):
        proven = prove_receipt(
            bytes.fromhex(receipt), actor=actor, units=container.units, is_of_any_tenant=True
        )
    click.echo(json.dumps(receipt_document(proven, container.checkpointer.signing.key), indent=1))


@group.command("consistency")
@click.argument("size", type=click.IntRange(min=0))
@data_option
def consistency(*, size: int, data: Path | None) -> None:
    """Print the proof that the checkpoint of SIZE entries is the beginning of the newest one, as JSON."""
    with operator(data) as (container, actor):
        proven = prove_consistency(size, actor=actor, units=container.units)
    fields = {
        "old": size,
        "new": proven.size,
        "proof": [step.hex() for step in proven.proof],
    }
    click.echo(json.dumps(fields, indent=1))
