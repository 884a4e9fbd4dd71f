"""Which registered people an upload shows, so that nobody searches the registry by portraits (promise 5).

`probing` decides by them within the budgets of people (`registry.security.people_budget`).
"""

from collections.abc import Sequence

from index.verdict import MIN_LIKENESS_LEVEL, NEAR_LIKENESS, Band, Evidence, FaceEvidence, ReferenceKind
from registry.matching.whole_codes import Found


def people_in(found: Sequence[Found]) -> tuple[str, ...]:
    """Return the registered people whom an upload shows, by the ids of their cases.

    Faces that were proposed count, also just below the threshold, and so does the registered photograph itself. Cases
    below `MIN_LIKENESS_LEVEL` do not: nobody has verified whom their photographs show.
    """
    return tuple(sorted({item.reference.case_id or name for name, item in found if _shows_person(item)}))


def without_people(found: Sequence[Found]) -> list[Found]:
    """Return the evidence that is not about a person's likeness."""
    return [(name, item) for name, item in found if not _is_of_person(item)]


def _is_of_person(item: Evidence) -> bool:
    return item.reference.kind is ReferenceKind.LIKENESS


def _shows_person(item: Evidence) -> bool:
    if item.reference.level < MIN_LIKENESS_LEVEL:
        return False  # anybody could register pictures of others, so that ordinary uploads spend the budgets
    if isinstance(item, FaceEvidence):
        return item.likeness >= -NEAR_LIKENESS
    return _is_of_person(item) and item.grade().band is not Band.NONE
