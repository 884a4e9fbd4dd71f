"""The permissions, named `scope:resource:action`.

`tenant` permissions cover only the resources of the caller's own tenant. `service` permissions cover the deployment as
a whole. `registry.domain.roles` lists the permissions of each role.
"""

from enum import StrEnum, unique


@unique
class Permission(StrEnum):
    """A permission that an endpoint or command requires of its caller."""

    CASE_CREATE = "tenant:case:create"
    CASE_LIST = "tenant:case:list"
    CASE_READ = "tenant:case:read"
    CASE_LABEL = "tenant:case:label"
    CASE_EXPORT = "tenant:case:export"
    CASE_VERIFY = "tenant:case:verify"
    CASE_CONTACT = "tenant:case:contact"
    CASE_WITHDRAW = "tenant:case:withdraw"
    CASE_CHALLENGE = "tenant:case:challenge"
    CASE_DECIDE = "tenant:case:decide"
    CASE_SUSPEND = "tenant:case:suspend"
    REFERENCE_CREATE = "tenant:reference:create"
    CHECK_CREATE = "tenant:check:create"
    CHECK_CODES = "tenant:check:codes"
    CHECK_EXPLAIN = "tenant:check:explain"
    CHECK_LIKENESS = "tenant:check:likeness"
    CHECK_READ = "tenant:check:read"
    CHECK_LIST = "tenant:check:list"
    CHECK_LABEL = "tenant:check:label"
    DECISION_CREATE = "tenant:decision:create"
    JOB_READ = "tenant:job:read"
    JOB_CANCEL = "tenant:job:cancel"
    JOB_CANCEL_ANY = "tenant:job:cancel_any"
    RECEIPT_READ = "tenant:receipt:read"
    TAKEDOWN_CREATE = "tenant:takedown:create"
    TAKEDOWN_READ = "tenant:takedown:read"
    TAKEDOWN_DECIDE = "tenant:takedown:decide"
    CASE_READ_ANY = "service:case:read"
    CASE_VERIFY_ANY = "service:case:verify"
    CASE_DECIDE_ANY = "service:case:decide"
    METRICS_READ = "service:metrics:read"
    CREDENTIAL_MANAGE = "service:credential:manage"
    PROBING_MANAGE = "service:probing:manage"
    QUARANTINE_MANAGE = "service:quarantine:manage"
    BENIGN_MANAGE = "service:benign:manage"
    CASE_LINK = "service:case:link"
    LEDGER_VERIFY = "service:ledger:verify"
    LEDGER_CHECKPOINT = "service:ledger:checkpoint"
    INDEX_READ = "service:index:read"
    FACE_MANAGE = "service:face:manage"
