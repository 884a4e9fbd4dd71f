"""Answer a platform's question about one uploaded clip. `check_upload` does so for pictures.

1. Assess the clip (`registry.matching.assess_clip`). This takes as long as decoding it.
2. Decide by the probing budgets and the ladder, as for a picture.
3. Store the check under its promised id if the request is still wanted, and answer.
"""

from collections.abc import Callable

from index.clips import ClipFingerprinter, Progress
from index.sandbox import ClipSource
from index.verdict import Context
from registry.domain import Actor, Asker, Check
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
    uploader: bytes | None = None,
    progress: Progress | None = None,
    keep: Callable[[Check], None] | None = None,
) -> Check:
    """Check a clip, store the check and return it.

    Args:
        source: the clip.
        check_id: the id under which the check is stored.
        actor: the actor that asks.
        services: the services that a check needs.
        clips: decoder and fingerprinter of the clip.
        context: the platform's statement about the place of the clip.
        uploader: as in `Asker`.
        progress: called for each query frame; its exceptions end the work.
        keep: stores the check in place of `services.checks`; if it raises, nothing is stored.

    Raises:
        NotPermitted: the actor may not check uploads.
        IndexBehind: the index cannot answer exactly now.
        MediaError: the clip cannot be decoded, or shows too little to be distinguished from others.
        StorageUnavailable: the database could not confirm candidates or store the check.
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
    asker = Asker(tenant_id=actor.tenant_id, uploader=uploader)
    return keep_check(assessment, asker=asker, services=services, check_id=check_id, keep=keep)  # 2. and 3.
