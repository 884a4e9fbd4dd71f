"""Official releases: whose matches they may excuse. Pure.

An official release says that a person published the upload with consent. Anybody can register one, so in doubt it
excuses nothing (docs/decisions/0021-releases-and-shared-parts.md):

1. The upload is the release, all of it: the exact file, or one frame that is as near as a block would have to be and
   agrees with the release region by region.
2. Somebody other than who opened the release's case stands for it: a verifier, or an operator who linked its case.
3. For matches of the same subject it counts in full: the same case, or a case that an operator linked with it.
4. For matches of anybody else it is a conflicting claim, if it was registered earlier. Whoever registers later changes
   nothing for those who were there.
"""

from collections.abc import Iterable
from enum import Enum, unique

from index.verdict.evidence import Evidence, ExactEvidence, ReferenceFacts, WholeEvidence
from index.verdict.thresholds import MIN_BLOCK_LEVEL
from index.verdict.vocabulary import Band, Context, MatchKind, ReferenceKind


@unique
class Excuse(Enum):
    """What an official release is for another match of the same upload."""

    NONE = "none"
    CONFLICT = "conflict"
    """Another claim: what would block is for a person to decide."""
    FULL = "full"
    """The same subject's own: what the subject published is no match."""


def is_vouched_for(release: ReferenceFacts) -> bool:
    """Return whether somebody other than who opened the case stands for a release (2.)."""
    is_vouched = release.is_verified or bool(release.linked)
    return is_vouched and release.level >= MIN_BLOCK_LEVEL and not release.is_disputed


def is_same_subject(one: ReferenceFacts, other: ReferenceFacts) -> bool:
    """Return whether one subject, or an operator's link, stands behind both references (3.)."""
    return other.case_id is not None and (one.case_id == other.case_id or other.case_id in one.linked)


def release_counts(release: ReferenceFacts, matched: ReferenceFacts) -> Excuse:
    """Return what a release is for a match of another reference, if the upload is the release (2. to 4.)."""
    if not is_vouched_for(release):
        return Excuse.NONE
    if is_same_subject(release, matched):
        return Excuse.FULL
    return Excuse.CONFLICT if release.number < matched.number else Excuse.NONE


def is_release(item: Evidence) -> bool:
    """Return whether the whole upload is an official release that somebody stands for (1., 2.).

    A loose match proves nothing. A release found by windows may be pasted into a corner of something else. A release
    that is found only in the median-filtered upload was written over, one in a part of a clip is not all of it, one
    with another face is not what was published, and nor may be one that was compared by codes alone.
    """
    match item:
        case ExactEvidence():
            is_whole = True
        case WholeEvidence():
            is_whole = item.is_whole_upload and not (item.is_median_filtered or item.segments or item.altered)
        case _:
            is_whole = False
    return (
        is_whole
        and item.reference.kind is ReferenceKind.OFFICIAL_RELEASE
        and item.grade().band is Band.TIGHT
        and is_vouched_for(item.reference)
    )


def excuse_of(item: Evidence, releases: Iterable[Evidence], context: Context) -> Excuse:
    """Return the strongest excuse that releases (`is_release`) are for a match.

    A full excuse takes a match away, unless it is of an intimate item, which no release excuses beyond a conflict, or
    of a likeness in a sexual context: a deepfake that somebody calls a release is worst there.
    """
    found = {release_counts(release.reference, item.reference) for release in releases}
    if Excuse.FULL in found and not _is_never_excused(item, context):
        return Excuse.FULL
    return Excuse.NONE if found <= {Excuse.NONE} else Excuse.CONFLICT


def _is_never_excused(item: Evidence, context: Context) -> bool:
    kind = item.reference.kind
    is_likeness = item.match is MatchKind.LIKENESS or kind is ReferenceKind.LIKENESS
    return kind is ReferenceKind.INTIMATE_ITEM or (context is Context.SEXUAL and is_likeness)


def unexcused(everything: Iterable[Evidence], context: Context) -> list[bool]:
    """Return for each piece of evidence whether it counts. A release does, and what no release excuses in full."""
    items = tuple(everything)
    releases = [item for item in items if is_release(item)]
    if not releases:
        return [True] * len(items)
    return [
        item.reference.kind is ReferenceKind.OFFICIAL_RELEASE
        or excuse_of(item, releases, context) is not Excuse.FULL
        for item in items
    ]
