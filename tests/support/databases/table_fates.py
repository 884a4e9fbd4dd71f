"""What becomes of each table's rows when a case is withdrawn, and rows of every table that name one case.

Whoever adds a table adds a line to `FATES`. `tests/registry/storage/test_table_fates.py` fills every table, withdraws,
erases, and compares.
"""

import re
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Final

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    DateTime,
    Float,
    Integer,
    LargeBinary,
    String,
    Table,
    and_,
    func,
    insert,
    or_,
    select,
)

from registry.storage.schema.types import ID, NAME, UtcDateTime
from tests.support.databases.registry_parts import NOW


class Emptied(Enum):
    """Who deletes the rows that name a case or its references."""

    BY_WITHDRAWAL = auto()
    """The withdrawal's own transaction (`registry.usecases.cases.withdrawing`)."""
    BY_ERASER = auto()
    """`registry.usecases.cases.erasing.Eraser`, some moments after the commit."""


@dataclass(frozen=True, kw_only=True)
class Stays:
    """Rows that stay: ids, states and times only.

    Attributes:
        because: why they must stay.
        blank: columns that the withdrawal sets to NULL.
        more: columns that are neither an id, a name, a time, a number nor a flag, each with what it holds and why that
            may stay.
    """

    because: str
    blank: tuple[str, ...] = ()
    more: dict[str, str]


NAMES_NO_CASE: Final = "no column tells of one case or of its references"

FATES: Final[dict[str, Emptied | Stays | str]] = {
    # Of the registry
    "meta": NAMES_NO_CASE,
    "tenants": NAMES_NO_CASE,
    "credentials": NAMES_NO_CASE,
    "quotas": NAMES_NO_CASE,
    "code_families": NAMES_NO_CASE,
    "index_machines": NAMES_NO_CASE,
    "ledger_checkpoints": NAMES_NO_CASE,
    "ledger_tiles": NAMES_NO_CASE,
    "withdrawal_journals": NAMES_NO_CASE,
    "decisions": NAMES_NO_CASE,
    "benign_pictures": NAMES_NO_CASE,
    "challenge_decisions": NAMES_NO_CASE,  # of a challenge, with which it is deleted
    "check_challenges": NAMES_NO_CASE,
    "strikes": NAMES_NO_CASE,  # but for a person's own case, with which they are deleted
    "acknowledgements": NAMES_NO_CASE,  # an answer's body names its case, for 24 hours
    "cases": Stays(
        because="whoever asks is told that the case is withdrawn, and when it was erased", more={}
    ),
    "case_references": Stays(
        because="ids stay taken, and the ledger names them", blank=("flat_share",), more={}
    ),
    "verifications": Stays(because="who verified what can be asked afterwards", more={}),
    "ledger_entries": Stays(
        because="nothing leaves the ledger",
        more={"detail": "level and kind of evidence", "digest": "the chain, over ids and times"},
    ),
    "jobs": Stays(
        because="whoever sent a clip is told what became of it",
        more={
            "permissions": "of the key that sent it",
            "exclude": "times within a clip",
            "uploader_hmac": "of a check, which names no case",
            "sealed_key": "of the upload, until the job ends",
            "problem_detail": "a fixed text",
            "receipt": "digest of a ledger entry",
        },
    ),
    "erasures": Stays(
        because="the receipt that a case was erased must outlive it",
        more={
            "counts": "numbers of rows",
            "statement": "ids, numbers and times, as signed",
            "signature": "of the statement",
            "entry": "digest of a ledger entry",
        },
    ),
    "changes": Stays(because="indexes that were away learn from it what to erase", more={}),
    "consents": Stays(because="that it was given, and that it ended, can be shown afterwards", more={}),
    "challenges": Emptied.BY_WITHDRAWAL,
    "mandates": Emptied.BY_WITHDRAWAL,
    "retention_notices": Emptied.BY_WITHDRAWAL,
    "case_labels": Emptied.BY_WITHDRAWAL,
    "check_labels": NAMES_NO_CASE,
    "case_uses": Emptied.BY_WITHDRAWAL,
    "claim_accesses": Stays(
        because="the claimant opens the status of her erased case with the same words",
        more={
            f"{secret}_{part}": "of random words, which say nothing of the person or the media"
            for secret in ("secret", "recovery")
            for part in ("salt", "digest")
        },
    ),
    "claim_contacts": Emptied.BY_WITHDRAWAL,
    "case_links": Emptied.BY_WITHDRAWAL,
    "reference_votes": Emptied.BY_WITHDRAWAL,
    "quarantines": Emptied.BY_WITHDRAWAL,
    "codes": Emptied.BY_WITHDRAWAL,
    "anchored_windows": Emptied.BY_WITHDRAWAL,
    "clips": Emptied.BY_WITHDRAWAL,
    "clip_frames": Emptied.BY_WITHDRAWAL,
    "takedowns": Stays(
        because="whoever asked and whoever was asked reads what became of a request, and when", more={}
    ),
    "takedown_events": NAMES_NO_CASE,  # ids, names of our own enums and times
    "takedown_keys": Emptied.BY_WITHDRAWAL,
    "takedown_contents": Emptied.BY_WITHDRAWAL,
    "face_keys": Emptied.BY_WITHDRAWAL,
    "face_photos": Emptied.BY_WITHDRAWAL,
    "face_templates": Emptied.BY_WITHDRAWAL,
    # Of the checks
    "checks": NAMES_NO_CASE,
    "face_uploads": NAMES_NO_CASE,
    "explanations": NAMES_NO_CASE,
    "check_acknowledgements": NAMES_NO_CASE,
    "check_matches": Emptied.BY_ERASER,
    "probes": Emptied.BY_ERASER,
    "people_told": Emptied.BY_ERASER,
}
"""Each table of both databases, by its name."""

TOLD: Final[dict[str, str]] = {
    "cases": "state, levels and times",
    "case_references": "`references`",
    "verifications": "`records`",
    "consents": "`consents`",
    "mandates": "`mandates`; the digest of the subject's secret is withheld",
    "case_labels": "`labels`",
    "ledger_entries": "`acts`",
    "case_links": "`linked_at`; with whom is withheld",
    "codes": "`codes`, without values",
    "anchored_windows": "`windows`, their number",
    "clips": "`clip`",
    "clip_frames": "`clip`, their number",
    "face_photos": "`faces`",
    "face_templates": "`faces`: means of the photographs",
    "face_keys": "`faces`: the keys that open them",
    "challenges": "`acts`: each challenge with its reason, and each statement; not who, and nothing of uploads",
    "takedowns": "`takedowns`",
    "takedown_contents": "`takedowns`: address and elements",
    "takedown_keys": "`takedowns`: the key that opens them",
    "case_uses": "follows from `references`",
    "retention_notices": "listed by `GET /v1/cases/notices`",
    "erasures": "`GET /v1/cases/{case_id}/erasure`",
    "claim_accesses": "follows from the request: its words opened the case",
    "claim_contacts": "`has_contact`; the contact is withheld",
    "changes": "follows from `references`: numbers of rows",
    "jobs": "read as jobs of their own (`GET /v1/jobs/...`), until they are deleted",
    "check_matches": "withheld: `uploads_that_matched`",
    "probes": "withheld: `uploads_that_matched`",
    "reference_votes": "withheld: `uploads_that_matched`",
    "quarantines": "withheld: it follows from `uploads_that_matched`",
    "people_told": "withheld: `uploads_that_matched`",
}
"""How the export of a case (`registry.usecases.cases.exporting`) tells of each table whose rows name one."""

VALUES: Final[dict[tuple[str, str], object]] = {
    ("mandates", "state"): "proposed",
    ("consents", "purpose"): "likeness",
    ("consents", "withdrawn_at"): (),  # in force
    ("takedowns", "state"): "sent",
    ("takedowns", "language"): "en",
    ("takedowns", "platform_id"): "ten_dana",
}
"""Values that a made-up row needs in place of those that `filled` makes up, by table and column."""

_CASE: Final = re.compile(r"(^|_)case(_id)?$")
_REFERENCE: Final = re.compile(r"(^|_)reference(_id)?$")


@dataclass(frozen=True, kw_only=True)
class Named:
    """A case with one reference, as rows name them."""

    case_id: str
    reference_id: str
    reference_key: int
    tenant_id: str
    credential_id: str


def naming(table: Table, of: Named) -> dict[str, object]:
    """Returns the columns of a table that name a case or a reference, with what they say of this one."""
    found: dict[str, object] = {}
    for column in table.columns:  # `code_id` of the change log is the key of a reference, for windows
        target = {key.target_fullname for key in column.foreign_keys}
        if column.name == "key" and table.name == "case_references":
            found[column.name] = of.reference_key
        elif column.name == "id" and table.name in {"cases", "case_references"}:
            found[column.name] = of.case_id if table.name == "cases" else of.reference_id
        elif target & {"case_references.key", "clips.reference_key"} or column is table.c.get("code_id"):
            found[column.name] = of.reference_key
        elif "cases.id" in target or _CASE.search(column.name):
            found[column.name] = of.case_id
        elif "case_references.id" in target or _REFERENCE.search(column.name):
            found[column.name] = of.reference_id
    return found


def wordy(table: Table) -> set[str]:
    """Returns the columns that are neither an id, a name, a time, a number nor a flag."""
    return {
        column.name
        for column in table.columns
        if isinstance(column.type, LargeBinary)
        or (isinstance(column.type, String) and (column.type.length or 1 << 31) > (NAME.length or 0))
    }


def rows_naming(connection: Any, table: Table, of: Named) -> int:
    """Counts the rows that name the case or its reference."""
    named = or_(*(table.c[name] == value for name, value in naming(table, of).items()))
    return connection.execute(select(func.count()).select_from(table).where(named)).scalar_one()


def fill(connection: Any, table: Table, of: Named, filled: dict[str, object]) -> None:
    """Adds a row that names the case and its reference, unless there is one; `filled` has values of other tables."""
    wanted = naming(table, of)
    whole = and_(*(table.c[name] == value for name, value in wanted.items()))
    if (
        not wanted
        or not connection.execute(select(func.count()).select_from(table).where(whole)).scalar_one()
    ):
        row = {column.name: _value(table, column, wanted, of, filled) for column in table.columns}
        connection.execute(insert(table).values({name: value for name, value in row.items() if value != ()}))
    found = connection.execute(select(table).where(whole).limit(1)).mappings().one()
    filled.update({f"{table.name}.{name}": value for name, value in found.items()})


def _value(
    table: Table, column: Column[Any], wanted: dict[str, object], of: Named, filled: dict[str, object]
) -> object:
    """Returns a value for a column of a made-up row; () where the database makes one."""
    given = VALUES.get((table.name, column.name), wanted.get(column.name))
    if given is not None:
        return given
    for key in column.foreign_keys:
        if key.target_fullname in filled:
            return filled[key.target_fullname]
    if column.name in {"tenant_id", "credential_id"}:
        return getattr(of, column.name)
    if column.primary_key and isinstance(column.type, Integer) and column.autoincrement is not False:
        return ()
    return _of_type(table, column)


_MADE_UP: Final[tuple[tuple[type[Any] | tuple[type[Any], ...], object], ...]] = (
    ((UtcDateTime, DateTime), NOW),
    (Date, NOW.date()),
    (Boolean, False),
    (Integer, 1),
    (Float, 0.5),
    (LargeBinary, b"\1" * 32),
)


def _of_type(table: Table, column: Column[Any]) -> object:
    """Returns some value of a column's type; raises `NotImplementedError` for a type of which it knows none."""
    kind = column.type
    if isinstance(kind, String):
        return f"{table.name[:8]}_{column.name}"[: min(kind.length or 24, ID.length or 24)]
    for known, value in _MADE_UP:
        if isinstance(kind, known):
            return value
    raise NotImplementedError(f"`_MADE_UP` has no value of {kind!r}, which {table.name}.{column.name} is.")
