"""One kind of match for each reference.

One upload may show a reference in several ways: by whole codes, by its windows, in a part or another view of the
upload. A wrong view says that a region was replaced where the right one says that nothing was. So the evidence about
one reference is put in order:

1. The evidence that knows most comes first: the very same file, tight evidence, whole codes, then the most nats.
2. Evidence about a place that better evidence has told about is overruled. It tells no region of its own.
3. The kind is the most serious one of the rest: an altered copy, a copy, a partial copy. A picture that is shown twice,
   once with another face, is an altered copy.

The grade of the evidence never changes.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from index.verdict.boxes import Box
from index.verdict.evidence import Evidence, ExactEvidence, FaceEvidence, WholeEvidence
from index.verdict.vocabulary import Band, MatchKind

SAME_PLACE: Final = 0.5  # share of the smaller of two boxes from which they are one place

_SERIOUS: Final = (MatchKind.ALTERED_COPY, MatchKind.COPY, MatchKind.PARTIAL_COPY)


def with_one_kind(evidence: Iterable[Evidence]) -> list[Evidence]:
    """Return the evidence about one reference, in its order, with one kind of match.

    Likenesses, and evidence that is too weak to count, stay as they are.
    """
    items = list(evidence)
    counted = [
        place
        for place, item in enumerate(items)
        if not isinstance(item, FaceEvidence) and item.grade().band is not Band.NONE
    ]
    if not counted:
        return items
    told: list[int] = []
    for place in sorted(counted, key=lambda one: _knowledge(items[one]), reverse=True):
        if not any(_is_same_place(items[place].box, items[other].box) for other in told):
            told.append(place)
    kind = next(kind for kind in _SERIOUS if any(items[place].match is kind for place in told))
    for place in counted:
        items[place] = _with_kind(items[place], kind, is_told=place in told)
    return items


def _knowledge(item: Evidence) -> tuple[bool, bool, bool, float]:
    return (
        isinstance(item, ExactEvidence),
        item.grade().band is Band.TIGHT,
        isinstance(item, WholeEvidence),
        0.0 if isinstance(item, ExactEvidence | WholeEvidence | FaceEvidence) else item.nats,
    )


def _is_same_place(one: Box, other: Box) -> bool:
    width = min(one.right, other.right) - max(one.left, other.left)
    height = min(one.bottom, other.bottom) - max(one.top, other.top)
    smaller = min((box.right - box.left) * (box.bottom - box.top) for box in (one, other))
    return width > 0 and height > 0 and width * height >= SAME_PLACE * smaller


def _with_kind(item: Evidence, kind: MatchKind, *, is_told: bool) -> Evidence:
    if isinstance(item, ExactEvidence | FaceEvidence):
        return item
    return replace(item, match=kind, altered=item.altered if is_told else ())
