"""The registry's schema: all rows that must survive a power cut."""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from registry.storage.schema.types import BIG_KEY, BYTES, ID, NAME, UtcDateTime

metadata: Final = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

meta: Final = Table(
    "meta", metadata, Column("name", NAME, primary_key=True), Column("value", String(64), nullable=False)
)
"""Named values. `epoch` is the random id of this database's life; a restored database gets a new one. `registry` is the
id of the data, which it keeps."""

tenants: Final = Table(
    "tenants",
    metadata,
    Column("id", ID, primary_key=True),
    Column("label", String(120), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)

credentials: Final = Table(
    "credentials",
    metadata,
    Column("id", ID, primary_key=True),
    Column("tenant_id", ID, ForeignKey("tenants.id"), nullable=False, index=True),
    Column("role", NAME, nullable=False),
    Column("label", String(120), nullable=False),
    Column("prefix", String(8), nullable=False, unique=True),
    Column("secret_hmac", BYTES, nullable=False),
    Column("permissions", String(1000), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime),
    Column("revoked_at", UtcDateTime),
)

quotas: Final = Table(
    "quotas",
    metadata,
    Column("owner_id", ID, primary_key=True),  # of a tenant or of a credential
    Column("used_cases", BigInteger, nullable=False),
    Column("used_references", BigInteger, nullable=False),
    # NULL for the default
    Column("max_cases", BigInteger),
    Column("max_references", BigInteger),
    Column("max_jobs", BigInteger),
    Column("max_bytes", BigInteger),
)

case_uses: Final = Table(
    "case_uses",
    metadata,
    Column("case_id", ID, ForeignKey("cases.id"), primary_key=True),
    Column("credential_id", ID, primary_key=True),
    Column("cases", BigInteger, nullable=False),
    Column("references", BigInteger, nullable=False),
)
"""What each key has registered in an active case. It is given back when the case is withdrawn."""

cases: Final = Table(
    "cases",
    metadata,
    Column("id", ID, primary_key=True),
    Column("tenant_id", ID, ForeignKey("tenants.id"), nullable=False),
    Column("level", SmallInteger, nullable=False),
    Column("state", NAME, nullable=False),
    Column("opened_at", UtcDateTime, nullable=False),
    # The defaults stay, so that the columns are added in place. No key has this id.
    Column("opened_by", ID, nullable=False, server_default=text("'crd_0000000000000000'")),
    Column("claimed_level", SmallInteger, nullable=False, server_default=text("0")),
    Column("verified_by", ID),
    Column("suspended_at", UtcDateTime),
    Column("withdrawn_at", UtcDateTime),
    Column("removal_id", BIG_KEY),  # id of the last change that removes the case's codes
    Column("erased_at", UtcDateTime),
    Column("heard_at", UtcDateTime),  # the last sign of life of its owner; NULL: the opening
)
Index(
    "ix_cases_unerased",
    cases.c.withdrawn_at,
    sqlite_where=text("withdrawn_at IS NOT NULL AND erased_at IS NULL"),
    postgresql_where=text("withdrawn_at IS NOT NULL AND erased_at IS NULL"),
)
Index(
    "ix_cases_withdrawn_at",
    cases.c.withdrawn_at,
    sqlite_where=text("withdrawn_at IS NOT NULL"),
    postgresql_where=text("withdrawn_at IS NOT NULL"),
)

case_links: Final = Table(
    "case_links",
    metadata,
    Column("case_id", ID, ForeignKey("cases.id"), primary_key=True),
    Column("other_id", ID, ForeignKey("cases.id"), primary_key=True),
    Column("linked_at", UtcDateTime, nullable=False),
)
"""Cases behind which an operator saw one subject, each pair in both directions; a case with itself, whose releases an
operator stands for."""

case_labels: Final = Table(
    "case_labels",
    metadata,
    Column("case_id", ID, ForeignKey("cases.id"), primary_key=True),
    Column("label", NAME, primary_key=True),
)
"""The tenant's own labels of cases, which end with the case."""
Index("ix_case_labels_label", case_labels.c.label)

Index("ix_cases_tenant_id_opened_at_id", cases.c.tenant_id, cases.c.opened_at, cases.c.id)

verifications: Final = Table(
    "verifications",
    metadata,
    Column("number", BIG_KEY, primary_key=True),  # in the order in which records were made
    Column("id", ID, nullable=False, unique=True),
    Column("case_id", ID, ForeignKey("cases.id"), nullable=False, index=True),
    Column("credential_id", ID, nullable=False),
    Column("level", SmallInteger, nullable=False),
    Column("evidence", NAME, nullable=False),
    Column("recorded_at", UtcDateTime, nullable=False),
    sqlite_autoincrement=True,
)
"""Verification records. Rows are only ever added; the level of a case follows from them."""

references: Final = Table(
    "case_references",  # REFERENCES is a keyword of SQL
    metadata,
    # Codes refer to a reference by its key, which ascends, so that bulk enrolment appends rows.
    Column("key", BIG_KEY, primary_key=True),
    Column("id", ID, nullable=False, unique=True),
    Column("case_id", ID, ForeignKey("cases.id"), nullable=False, index=True),
    Column("tenant_id", ID, ForeignKey("tenants.id"), nullable=False),
    Column("kind", NAME, nullable=False),
    Column("enrolled_at", UtcDateTime, nullable=False),
    Column("flat_share", Float),
    # The default stays, so that the column is added in place to a table with a row for every reference.
    Column("state", NAME, nullable=False, server_default=text("'indexed'")),
    sqlite_autoincrement=True,
)

codes: Final = Table(
    "codes",
    metadata,
    Column("id", BIG_KEY, primary_key=True),
    Column("reference_key", BIG_KEY, ForeignKey("case_references.key"), nullable=False),
    Column("algorithm", NAME, nullable=False),
    Column("view", NAME, nullable=False),
    Column("version", NAME, nullable=False),
    Column("value", BYTES, nullable=False),
    Column("quality", SmallInteger),
    Column("searched", Boolean, nullable=False),
    UniqueConstraint("reference_key", "algorithm", "view"),
    sqlite_autoincrement=True,  # ids are never used again, because indexes know a code only by its id
)
Index("ix_codes_value_algorithm", codes.c.value, codes.c.algorithm)

anchored_windows: Final = Table(
    "anchored_windows",
    metadata,
    Column(
        "reference_key", BIG_KEY, ForeignKey("case_references.key"), primary_key=True, autoincrement=False
    ),
    Column("family", NAME, primary_key=True),
    Column("profile", NAME, nullable=False),  # the matching profile that made the windows
    Column("count", SmallInteger, nullable=False),
    Column("large_mask", BigInteger, nullable=False),
    Column("sealed", BYTES, nullable=False),
    Column("regions", NAME),  # version of the regional signature; NULL for references of older versions
    Column("sealed_regions", BYTES),
)
"""The windows of a reference, and its regional signature. The mask of large windows is in the clear; places, codes and
signature are sealed (`sealed_windows`)."""

clips: Final = Table(
    "clips",
    metadata,
    Column(
        "reference_key", BIG_KEY, ForeignKey("case_references.key"), primary_key=True, autoincrement=False
    ),
    Column("profile", NAME, nullable=False),  # the clip profile that made the key frames
    Column("duration_ms", Integer, nullable=False),
    Column("is_whole", Boolean, nullable=False),
    Column("frame_count", Integer, nullable=False),
    Column("found_frames", Integer, nullable=False),
)

clip_frames: Final = Table(
    "clip_frames",
    metadata,
    Column("key", BIG_KEY, primary_key=True, autoincrement=False),  # `registry.domain.clips.frame_key`
    Column("family", NAME, primary_key=True),
    Column("reference_key", BIG_KEY, ForeignKey("clips.reference_key"), nullable=False, index=True),
    Column("start_ms", Integer, nullable=False),
    Column("end_ms", Integer, nullable=False),
    Column("quality", SmallInteger),
    Column("flat_share", Float, nullable=False),
    Column("count", SmallInteger, nullable=False),
    Column("large_mask", BigInteger, nullable=False),
    Column("sealed", BYTES, nullable=False),
    Column("regions", NAME),  # as in `anchored_windows`
    Column("sealed_regions", BYTES),
)
"""The key frames of a clip. Times are in the clear; whole codes, windows and regional signature are sealed
(`key_frames`)."""

code_families: Final = Table("code_families", metadata, Column("name", NAME, primary_key=True))
"""All families whose codes the database holds or once held. A program that does not know one of them must not answer
checks."""

changes: Final = Table(
    "changes",
    metadata,
    Column("id", BIG_KEY, primary_key=True),
    Column("position", BIG_KEY, unique=True),  # NULL until the sequencer assigns it
    Column("family", NAME, nullable=False),
    # The id of a code, or the key of the reference or key frame to which the windows belong.
    Column("code_id", BIG_KEY, nullable=False),
    Column("added", Boolean, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    sqlite_autoincrement=True,
)
Index("ix_changes_family_position", changes.c.family, changes.c.position)
"""The change log. It holds ids and no codes, so nothing has to be erased from it."""

index_machines: Final = Table(
    "index_machines",
    metadata,
    Column("id", ID, primary_key=True),
    Column("family", NAME, primary_key=True),
    Column("erased_position", BIG_KEY, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
)
"""Machines with index files, with the position up to which each has overwritten removed codes of each family."""

ledger_entries: Final = Table(
    "ledger_entries",
    metadata,
    Column("number", BIG_KEY, primary_key=True, autoincrement=False),
    Column("event", NAME, nullable=False),
    Column("tenant_id", ID, nullable=False),
    Column("credential_id", ID, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("case_id", ID),
    Column("reference_id", ID),
    Column("check_id", ID),
    Column("detail", String(80)),
    Column("digest", BYTES, nullable=False),
)
Index("ix_ledger_entries_digest", ledger_entries.c.digest)
Index(
    "ix_ledger_entries_case_id",
    ledger_entries.c.case_id,
    sqlite_where=text("case_id IS NOT NULL"),
    postgresql_where=text("case_id IS NOT NULL"),
)

ledger_checkpoints: Final = Table(
    "ledger_checkpoints",
    metadata,
    Column("size", BIG_KEY, primary_key=True, autoincrement=False),
    Column("root", BYTES, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("signature", BYTES, nullable=False),
)

ledger_tiles: Final = Table(
    "ledger_tiles",
    metadata,
    Column("level", BIG_KEY, primary_key=True, autoincrement=False),
    Column("position", BIG_KEY, primary_key=True, autoincrement=False),
    Column("hashes", BYTES, nullable=False),
)
"""The tree's hashes up to the newest checkpoint; see `registry.domain.ledger.tiles`."""

retention_notices: Final = Table(
    "retention_notices",
    metadata,
    Column("case_id", ID, ForeignKey("cases.id"), primary_key=True),
    Column("days", SmallInteger, primary_key=True, autoincrement=False),
    Column("made_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
)
"""Notices that a case expires because nothing was heard of its owner."""

erasures: Final = Table(
    "erasures",
    metadata,
    Column("case_id", ID, ForeignKey("cases.id"), primary_key=True),
    Column(
        "counts", String(400)
    ),  # rows of each kind that the withdrawal deleted, as JSON; NULL if it is older
    # NULL until the case is erased
    Column("statement", Text),
    Column("signature", BYTES),
    Column("entry", BYTES),
)
"""Erasure receipts: what a withdrawal deleted, and the signed statement of the erasure (`registry.domain.erasure`)."""

withdrawal_journals: Final = Table(
    "withdrawal_journals",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("lines", BigInteger, nullable=False),
    Column("digest", BYTES, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
)
"""How long each withdrawal journal was when it was last seen, so that an older copy of one is noticed."""

decisions: Final = Table(
    "decisions",
    metadata,
    Column("check_id", ID, primary_key=True),
    Column("tenant_id", ID, nullable=False),
    Column("kind", NAME, nullable=False),
    Column("feedback", NAME),
    Column("decided_at", UtcDateTime, nullable=False),
)


def acknowledgement_table(schema: MetaData, name: str) -> Table:
    """Return a table of idempotent answers.

    Each schema has its own, so that an answer is written in the transaction that it acknowledges.
    """
    return Table(
        name,
        schema,
        Column("tenant_id", ID, primary_key=True),
        Column("key_hmac", BYTES, primary_key=True),
        Column("request_hmac", BYTES, nullable=False),
        Column("status", Integer, nullable=False),
        Column("body", BYTES, nullable=False),
        Column("created_at", UtcDateTime, nullable=False, index=True),
    )


acknowledgements: Final = acknowledgement_table(metadata, "acknowledgements")
