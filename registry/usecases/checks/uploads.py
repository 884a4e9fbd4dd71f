"""Answer a platform's question about one upload: a picture, or codes that the platform computed.

1. Assess the upload (`registry.matching.assess`), in a place that tenants take turns at. If the indexes do not reflect
   the database, there is no answer.
2. Decide within the probing budgets: the more was asked about a reference, the less the answer tells.
3. Store the check, and answer. No place is held: all checks that wait for the disk are written in one transaction.
"""

from typing import Final

from registry.domain import Actor, Asker, Check
from registry.matching import CodeQuestion, Question, assess
from registry.permissions import Permission
from registry.usecases.checks.keeping import CheckServices, keep_check

_INSTEAD: Final = (
    "Send the file itself, or ask the operator of this registry for a key that was made with"
    f" `--allow {Permission.CHECK_CODES}`."
)


def check_upload(
    question: Question, *, actor: Actor, services: CheckServices, uploader: bytes | None = None
) -> Check:
    """Check an upload, store the check and return it.

    Args:
        question: the upload.
        actor: the actor that asks.
        services: the services that a check needs.
        uploader: as in `Asker`.

    Raises:
        NotPermitted: the actor may not check uploads, or not by codes.
        NoTurn, BudgetSpent: no place became free in time.
        IndexBehind: the index cannot answer exactly now.
        MediaError: the search for faces failed, or no decoder of clips became free.
        LowInformation: the picture shows too little to be distinguished from others.
        ProbingSuspended: the tenant's questions by codes are suspended.
        StorageUnavailable: the database could not confirm candidates or store the check.
    """
    is_by_codes = isinstance(question, CodeQuestion)
    actor.require(Permission.CHECK_CREATE)
    if is_by_codes:
        actor.require(Permission.CHECK_CODES, _INSTEAD)
    with services.turn():
        assessment = assess(  # 1.
            question,
            index=services.index,
            candidates=services.candidates,
            faces=services.faces_for(actor),
            clips=services.clips,
        )
    asker = Asker(tenant_id=actor.tenant_id, uploader=uploader, is_by_codes=is_by_codes)
    return keep_check(assessment, asker=asker, services=services)  # 2. and 3.
