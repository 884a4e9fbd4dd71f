"""Answer a platform's question about one upload: a picture, or codes that the platform computed.

1. Assess the upload (`registry.matching.assess`). If the indexes do not reflect the database, there is no answer.
2. Count probes near a threshold. Once the tenant's budget is spent, the answer no longer depends on the distance.
3. Store the check, and answer.
"""

from registry.domain import Actor, Check
from registry.matching import Question, assess
from registry.permissions import Permission
from registry.usecases.checks.keeping import CheckServices, keep_check


def check_upload(question: Question, *, actor: Actor, services: CheckServices) -> Check:
    """Check an upload, store the check and return it.

    Raises:
        NotPermitted: the actor may not check uploads.
        IndexBehind: the index cannot answer exactly now.
        MediaError: the search for faces failed, or no decoder of clips became free.
        LowInformation: the picture shows too little to be distinguished from others.
        StorageUnavailable: the database could not confirm candidates or store the check.
    """
    actor.require(Permission.CHECK_CREATE)
    assessment = assess(  # 1.
        question,
        index=services.index,
        candidates=services.candidates,
        faces=services.faces_for(actor),
        clips=services.clips,
    )
    return keep_check(assessment, tenant_id=actor.tenant_id, services=services)  # 2. and 3.
