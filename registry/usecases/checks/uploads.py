"""Answers a platform's question about one upload: a picture, or codes that the platform made.

1. The upload is assessed (`registry.matching.assess`). The indexes must reflect the database, or there is no answer.
2. Probes near a threshold are counted; once the tenant's budget is spent, the answer no longer follows the distance.
3. The check is kept, then answered.
"""

from registry.domain import Actor, Check
from registry.matching import Question, assess
from registry.permissions import Permission
from registry.usecases.checks.keeping import CheckServices, keep_check


def check_upload(question: Question, *, actor: Actor, services: CheckServices) -> Check:
    """Answer, keep the check and return it.

    Raises:
        NotPermitted: the actor may not ask.
        IndexBehind: the index cannot answer exactly now.
        MediaError: its faces could not be looked for.
        LowInformation: the picture shows too little to be told from others.
        StorageUnavailable: the database could not confirm or keep it.
    """
    actor.require(Permission.CHECK_CREATE)
    assessment = assess(  # 1.
        question,
        index=services.index,
        candidates=services.candidates,
        faces=services.faces_for(actor),
    )
    return keep_check(assessment, tenant_id=actor.tenant_id, services=services)  # 2. and 3.
