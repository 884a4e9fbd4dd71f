"""Answers a platform's question about one upload that is a clip (`check_upload` does for pictures).

1. The clip is assessed (`registry.matching.assess_clip`), which takes as long as decoding it.
2. Probes near a threshold are counted, and the ladder decides, as for a picture.
3. The check is kept under the id that was promised for it, if its request is still wanted, then answered.
"""

from collections.abc import Callable

from index.clips import ClipFingerprinter, Progress
from index.sandbox import ClipSource
from index.verdict import Context
from registry.domain import Actor, Check
from registry.matching import assess_clip
from registry.permissions import Permission
from registry.usecases.checks.keeping import CheckServices, keep_check


def check_clip(
    source: ClipSource,
    *,
    check_id: str,
    actor: Actor,
    services: CheckServices,
    clips: ClipFingerprinter,
    context: Context = Context.GENERAL,
    progress: Progress | None = None,
    keep: Callable[[Check], None] | None = None,
) -> Check:
    """Answer, keep the check and return it.

    Args:
        source: the clip.
        check_id: the id under which the check is kept.
        actor: who asks.
        services: what a check needs.
        clips: decode and describe the clip.
        context: what the platform says about the place of the clip.
        progress: told of each query frame; what it raises ends the work.
        keep: keeps the check, in place of `services.checks`; where it raises, nothing is kept.

    Raises:
        NotPermitted: the actor may not ask.
        IndexBehind: the index cannot answer exactly now.
        MediaError: the clip cannot be decoded, or shows too little to be told from others.
        StorageUnavailable: the database could not confirm or keep it.
    """
    actor.require(Permission.CHECK_CREATE)
    assessment = assess_clip(  # 1.
        source,
        index=services.index,
        candidates=services.candidates,
        clips=clips,
        faces=services.faces_for(actor),
        context=context,
        progress=progress,
    )
    return keep_check(
        assessment, tenant_id=actor.tenant_id, services=services, check_id=check_id, keep=keep
    )  # 2. and 3.
