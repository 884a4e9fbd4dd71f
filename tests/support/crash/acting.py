"""A process that enrols, withdraws and reports each acknowledged act; `test_power_cut.py` watches it."""

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from index.verdict.vocabulary import Level
from registry.ports import Environment
from registry.storage.database import Database, Durability
from registry.storage.rows.units import SqlUnits
from registry.usecases.cases.opening import open_case
from registry.usecases.cases.withdrawing import withdraw
from registry.usecases.enrolment.enrolling import enrol
from tests.support.databases.registry_parts import ALICE, SEALER, seen_draft

CASES = 6


def main() -> None:
    database = Database.sqlite(Path(sys.argv[1]), Durability[sys.argv[2]])
    units = SqlUnits(database, SEALER)
    around = {"units": units, "environment": Environment(now=lambda: datetime.now(UTC), random=os.urandom)}

    def tell(*words: str) -> None:
        os.write(1, f"{' '.join(words)}\n".encode())

    for number in range(CASES):
        opened = open_case(Level.V0, seen_draft((number, 0)), actor=ALICE, **around)
        tell("enrolled", opened.case.id, opened.first.reference.id, opened.receipt.hex())
        enrolled = enrol(opened.case.id, seen_draft((number, 1)), actor=ALICE, **around)
        tell("enrolled", opened.case.id, enrolled.reference.id, enrolled.receipt.hex())
        if number % 2:
            withdrawn = withdraw(opened.case.id, actor=ALICE, **around)
            tell("withdrawn", opened.case.id, withdrawn.receipt.hex())
            database.purge_files()  # the checkpoint writes and syncs too


if __name__ == "__main__":
    main()
