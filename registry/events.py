"""The events of the ledger and of the log. Their details hold ids only."""

from enum import StrEnum, unique


@unique
class LedgerEvent(StrEnum):
    """An acknowledged operation, kept permanently in the hash-chained ledger."""

    CASE_OPENED = "case.opened"
    CASE_WITHDRAWN = "case.withdrawn"
    CASE_LINKED = "case.linked"
    CASE_UNLINKED = "case.unlinked"
    CASE_VERIFIED = "case.verified"
    LEVEL_CLAIMED = "case.level_claimed"
    REFERENCE_ENROLLED = "reference.enrolled"
    LIKENESS_CONSENTED = "likeness.consented"
    CONSENT_WITHDRAWN = "consent.withdrawn"
    FACE_KEY_ROTATED = "face_key.rotated"
    REFERENCES_ENROLLED = "reference.bulk_enrolled"
    CHECK_DECIDED = "check.decided"
    CHECK_EXPLAINED = "check.explained"
    PROBING_CLEARED = "probing.cleared"
    TENANT_CREATED = "tenant.created"
    CREDENTIAL_CREATED = "credential.created"
    CREDENTIAL_REVOKED = "credential.revoked"


@unique
class LogEvent(StrEnum):
    """The event of a line in the service's log."""

    REQUEST = "http.request"
    REQUEST_FAILED = "http.failed"
    REQUEST_REFUSED = "http.refused"
    INDEX_READY = "index.ready"
    INDEX_MISMATCH = "index.mismatch"
    INDEX_DISCARDED = "index.discarded"
    INDEX_DAMAGED = "index.damaged"
    INDEX_WRITER = "index.writer"
    INDEX_COMPACTED = "index.compacted"
    INDEX_UPKEEP_FAILED = "index.upkeep_failed"
    INDEX_SYNC_FAILED = "index.sync_failed"
    FACES_UNSEARCHED = "faces.unsearched"
    INDEX_UNKNOWN_FAMILY = "index.unknown_family"
    CASE_ERASED = "case.erased"
    ERASURE_DEFERRED = "erasure.deferred"
    JOB_DONE = "job.done"
    JOB_FAILED = "job.failed"
    JOB_POSTPONED = "job.postponed"
    SPOOL_SWEPT = "spool.swept"
    WORKER_FAILED = "worker.failed"
    ORACLE_BUDGET_HALF = "oracle.budget_half"
    ORACLE_BUDGET_SPENT = "oracle.budget_spent"
    LEDGER_UNPUBLISHED = "ledger.unpublished"
    LIKENESS_BUDGET_HALF = "likeness.budget_half"
    LIKENESS_BUDGET_SPENT = "likeness.budget_spent"
    EXPLANATIONS_HALF = "explanations.budget_half"
    EXPLANATIONS_SPENT = "explanations.budget_spent"
    ROOM_MISSING = "disk.room_missing"
    SERVICE_STARTED = "service.started"
    SERVICE_STOPPED = "service.stopped"


@unique
class LogField(StrEnum):
    """The fields that a log line may have: ids, names from our own enums, and numbers."""

    EVENT = "event"
    LEVEL = "level"
    TIMESTAMP = "timestamp"
    REQUEST_ID = "request_id"
    TENANT_ID = "tenant_id"
    CREDENTIAL_ID = "credential_id"
    ENDPOINT = "endpoint"
    METHOD = "method"
    STATUS = "status"
    CODE = "code"
    DURATION_MS = "duration_ms"
    SEQUENCE = "sequence"
    CASE_ID = "case_id"
    JOB_ID = "job_id"
    FILES = "files"
    ERROR_TYPE = "error_type"
    WHERE = "where"
    FAMILY = "family"
    WORKERS = "workers"
    DROPPED_FIELDS = "dropped_fields"
