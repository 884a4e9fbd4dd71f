"""Use cases that register references."""

from registry.usecases.enrolment.bulk import MAX_PER_BATCH, Media, bulk_enrol, media_of
from registry.usecases.enrolment.consenting import record_consents
from registry.usecases.enrolment.describe_clip import draft_from_clip
from registry.usecases.enrolment.describe_likeness import draft_from_picture
from registry.usecases.enrolment.describe_reference import draft_from_codes, draft_from_media
from registry.usecases.enrolment.enrolling import (
    Enrolled,
    EnrolOutcome,
    add_reference,
    as_reference,
    duplicate,
    enrol,
    enrol_within,
    joined,
)

__all__ = [
    "MAX_PER_BATCH",
    "EnrolOutcome",
    "Enrolled",
    "Media",
    "add_reference",
    "as_reference",
    "bulk_enrol",
    "draft_from_clip",
    "draft_from_codes",
    "draft_from_media",
    "draft_from_picture",
    "duplicate",
    "enrol",
    "enrol_within",
    "joined",
    "media_of",
    "record_consents",
]
