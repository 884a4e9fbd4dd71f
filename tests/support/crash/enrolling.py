"""A process that enrols as fast as it can, to be killed. Run by `test_kill_enrolment.py`.

It imports once and then makes one child by `fork` for each line `DATABASE FIFO SEED` on standard input: before the
fork it has opened no database and started no thread, so a child is as good as a new process, and 50 times as cheap.
After each line it prints the child's process id, and, once the child has ended, how: a signal's or an exit's number.
"""

import os
import random
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from index.verdict.vocabulary import Level
from registry.ports import Environment
from registry.storage.database import Database, Durability
from registry.storage.rows.units import SqlUnits
from registry.usecases.cases.opening import open_case
from registry.usecases.cases.withdrawing import withdraw
from registry.usecases.enrolment.enrolling import enrol
from tests.support.databases.registry_parts import ALICE, BOB, SEALER, seen_draft

MAX_REFERENCES = 4
WITHDRAWN_SHARE = 0.2


def begun(
    path: Path, acknowledge: int, seed: str
) -> tuple[random.Random, dict[str, Any], Callable[..., None]]:
    """Open a child's database; return a random source, arguments of use cases, and a reporter of acts."""
    units = SqlUnits(Database.sqlite(path, Durability.FULL), SEALER)
    around = {"units": units, "environment": Environment(now=lambda: datetime.now(UTC), random=os.urandom)}

    def tell(*words: str) -> None:
        os.write(acknowledge, f"{' '.join(words)}\n".encode())

    return random.Random(seed), around, tell


def enrol_for_ever(path: Path, acknowledge: int, seed: str) -> None:
    """Open cases, enrol and withdraw; report each acknowledged act in one write, once its call has returned."""
    chance, around, tell = begun(path, acknowledge, seed)
    while True:
        actor = chance.choice((ALICE, BOB))
        opened = open_case(Level.V0, seen_draft(chance.random()), actor=actor, **around)
        tell("enrolled", opened.case.id, opened.first.reference.id, opened.receipt.hex())
        for _ in range(chance.randint(0, MAX_REFERENCES - 1)):
            enrolled = enrol(opened.case.id, seen_draft(chance.random()), actor=actor, **around)
            tell("enrolled", opened.case.id, enrolled.reference.id, enrolled.receipt.hex())
        if chance.random() < WITHDRAWN_SHARE:
            tell("withdrawing", opened.case.id)
            withdrawn = withdraw(opened.case.id, actor=actor, **around)
            tell("withdrawn", opened.case.id, withdrawn.receipt.hex())


def serve(act: Callable[[Path, int, str], None]) -> None:
    """Makes a child that acts for each line, as the head of this file says."""
    for line in sys.stdin:
        path, fifo, seed = line.split()
        child = os.fork()
        if not child:
            act(Path(path), os.open(fifo, os.O_WRONLY), seed)
        print(child, flush=True)  # noqa: T201  how the test learns whom to kill
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)  # noqa: T201


if __name__ == "__main__":
    serve(enrol_for_ever)
