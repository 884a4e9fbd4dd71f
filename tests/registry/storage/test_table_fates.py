"""A withdrawal reaches every table: nothing that names a case stays by oversight (promise 3)."""

import pytest
from sqlalchemy import Column, MetaData, String, Table, select

from index.verdict.vocabulary import Level, ReferenceKind
from registry.storage.rows.checks import SqlChecks
from registry.storage.schema import check_tables, references, tables
from registry.storage.schema.types import BYTES, ID
from registry.usecases.cases.erasing import Eraser
from registry.usecases.cases.opening import open_case
from registry.usecases.cases.withdrawing import withdraw
from tests.support.databases.registry_parts import ALICE, Clock, environment, seen_draft
from tests.support.databases.table_fates import (
    FATES,
    NAMES_NO_CASE,
    TOLD,
    Emptied,
    Named,
    Stays,
    fill,
    naming,
    rows_naming,
    wordy,
)

EVERY = {table.name: table for schema in (tables, check_tables) for table in schema.metadata.sorted_tables}
SOMEBODY = Named(
    case_id="case_1", reference_id="ref_1", reference_key=1, tenant_id="ten_1", credential_id="crd_1"
)

HOW = """
No line in `FATES` (tests/support/databases/table_fates.py) says rightly what becomes of the rows of these tables when a
case is withdrawn. Delete them in the withdrawal's own transaction (registry/usecases/cases/withdrawing.py) and write
`Emptied.BY_WITHDRAWAL`; in the database of checks, delete them in registry/usecases/cases/erasing.py and write
`Emptied.BY_ERASER`; where only ids, states and times stay, write `Stays(because=..., more={})`. Where no column tells
of a case or a reference, write `NAMES_NO_CASE`. A row that `fill` cannot make up needs a value in `VALUES`.
"""


def oversights(known):
    """Names the tables that have no fate, or no possible one."""
    found = {}
    for name, table in known.items():
        fate = FATES.get(name)
        named, words = naming(table, SOMEBODY), wordy(table)
        if fate is None:
            found[name] = "no fate"
        elif fate == NAMES_NO_CASE and named:
            found[name] = f"names a case or a reference by {sorted(named)}"
        elif fate != NAMES_NO_CASE and not named:
            found[name] = "its fate has no column that it follows"
        elif isinstance(fate, Stays) and words - set(fate.blank) != set(fate.more):
            found[name] = f"keeps {sorted(words)}, and `more` explains {sorted(fate.more)}"
    return found


def test_every_table_has_a_fate():
    """A new table needs a line that says what a withdrawal does with its rows, and each line has its table."""
    without = oversights(EVERY)
    assert without == {}, f"{without}{HOW}"
    assert FATES.keys() <= EVERY.keys()


def test_the_export_tells_of_every_table():
    """What is held about a case is exported, or the list says why not."""
    held = {name for name, fate in FATES.items() if fate != NAMES_NO_CASE}
    assert held == TOLD.keys(), (
        "Say in `TOLD` (tests/support/databases/table_fates.py) how the export of a case tells of each table, and let"
        " registry/usecases/cases/exporting.py and registry/web/schemas/exporting.py tell it."
    )


def test_an_oversight_is_found():
    """A table without a fate is named, and so is one that stays with more than ids."""
    new = MetaData()
    notes = Table("notes", new, Column("case_id", ID, primary_key=True), Column("text", String(1000)))
    held = Table("cases", new, Column("id", ID, primary_key=True), Column("contact", BYTES))
    silent = Table("tenants", new, Column("id", ID, primary_key=True), Column("asked_case_id", ID))
    assert oversights({"notes": notes, "cases": held, "tenants": silent}) == {
        "notes": "no fate",
        "cases": "keeps ['contact'], and `more` explains []",
        "tenants": "names a case or a reference by ['asked_case_id']",
    }


@pytest.fixture
def filled(databases):
    """A case with a reference that a row of every table names."""
    around = {"actor": ALICE, "units": databases.units, "environment": environment()}
    first = open_case(Level.V0, seen_draft("fates", ReferenceKind.INTIMATE_ITEM), **around).first
    with databases.registry.read() as connection:
        row = connection.execute(select(references).where(references.c.id == first.reference.id)).one()
    of = Named(
        case_id=first.case_id,
        reference_id=row.id,
        reference_key=row.key,
        tenant_id=ALICE.tenant_id,
        credential_id=ALICE.credential_id,
    )
    for database, schema in ((databases.registry, tables), (databases.checks, check_tables)):
        with database.write() as connection:
            known: dict[str, object] = {}
            for table in schema.metadata.sorted_tables:
                if FATES.get(table.name) != NAMES_NO_CASE:
                    fill(connection, table, of, known)
            connection.commit()
    return of


def left(databases, of):
    """Counts the rows of each table that name the case."""
    found = {}
    for database, schema in ((databases.registry, tables), (databases.checks, check_tables)):
        with database.read() as connection:
            for table in schema.metadata.sorted_tables:
                if naming(table, of):
                    found[table.name] = rows_naming(connection, table, of)
    return found


def names(fate):
    return {name for name, known in FATES.items() if known is fate}


def test_a_withdrawal_reaches_every_table(databases, filled):
    """The withdrawal's own commit empties its tables, the eraser the others, and what stays was stated to stay."""
    before = left(databases, filled)
    assert all(before.values())
    assert names(Emptied.BY_WITHDRAWAL) | names(Emptied.BY_ERASER) <= before.keys()
    withdraw(filled.case_id, actor=ALICE, units=databases.units, environment=environment())
    after = left(databases, filled)
    assert {name for name, count in after.items() if not count} == names(Emptied.BY_WITHDRAWAL), HOW
    eraser = Eraser(
        units=databases.units,
        checks=SqlChecks(databases.checks),
        purge_files=databases.registry.purge_files,
        environment=environment(Clock()),
    )
    eraser.erase()
    gone = {name for name, count in left(databases, filled).items() if not count}
    assert gone == names(Emptied.BY_WITHDRAWAL) | names(Emptied.BY_ERASER), HOW


def test_columns_that_are_blanked_are_blank(databases, filled):
    """Of the rows that stay, the columns that tell of the media are empty after the withdrawal."""
    withdraw(filled.case_id, actor=ALICE, units=databases.units, environment=environment())
    with databases.registry.read() as connection:
        for name, fate in FATES.items():
            if isinstance(fate, Stays) and fate.blank:
                table = EVERY[name]
                columns = [table.c[blank] for blank in fate.blank]
                wanted = [table.c[column] == value for column, value in naming(table, filled).items()]
                assert set(connection.execute(select(*columns).where(*wanted)).one()) == {None}
