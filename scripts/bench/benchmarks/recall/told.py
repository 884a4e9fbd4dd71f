"""The kind of match that is told, for kinds of re-upload whose right answer is certain.

Left out are kinds that a crop or a screen may cut or not, bends and other colours, and blurred or pixelated parts, of
which neither answer is wrong.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from benchmarks.recall.run import Result
from benchmarks.reuploads.kinds import Kind
from index.verdict import MatchKind

COPIES: Final = frozenset(
    {"recompression", "size", "aspect", "colour", "turn", "border", "frame", "caption", "overlay", "photo"}
    | {"perspective", "camera", "light", "chain", "placed"}
)
PARTS: Final = frozenset({"crop", "small_crop"})
ALTERED: Final = frozenset({"altered", "replaced"})
UNCERTAIN: Final = frozenset({
    "crop_centre95", "overlay_blurred_part", "overlay_mosaic", "chain_ten_crops", "placed_circle", "placed_round_inset",
    "altered_surroundings_recoloured", "altered_face_blurred", "altered_ai_edit", "altered_body_tinted",
    "frame_blurred",
})  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What was told about the uploads of one kind that were found.

    Attributes:
        right: the right kind of match.
        n: number of uploads that were found.
        shares: share of each kind of match.
    """

    right: MatchKind
    n: int
    shares: dict[MatchKind, float]


def right_kind(kind: Kind) -> MatchKind | None:
    """Return the kind of match that is right for a kind of re-upload; None if it is not certain."""
    if kind.name in UNCERTAIN:
        return None
    if kind.family in ALTERED:
        return MatchKind.ALTERED_COPY
    if kind.family in PARTS:
        return MatchKind.PARTIAL_COPY
    return MatchKind.COPY if kind.family in COPIES else None


def told_by_kind(
    results: Sequence[Result], kinds: Sequence[Kind], ids: Sequence[str | None]
) -> dict[str, Told]:
    """Return what was told about each kind whose right answer is certain."""
    told: dict[str, Told] = {}
    for kind in kinds:
        right = right_kind(kind)
        found = [one for one in results if one.job.kind == kind.name and one.found]
        answers = [
            evidence.match
            for one in found
            if (evidence := one.answer.best.get(ids[one.job.place] or "")) is not None
        ]
        if right is not None and answers:
            shares = {match: answers.count(match) / len(answers) for match in MatchKind}
            told[kind.name] = Told(right=right, n=len(answers), shares=shares)
    return told


def told_rows(told: Mapping[str, Told]) -> list[dict[str, object]]:
    """Return the table of what was told, the means over kinds first."""
    rows: list[dict[str, object]] = []
    for right in (MatchKind.COPY, MatchKind.PARTIAL_COPY, MatchKind.ALTERED_COPY):
        some = [one for one in told.values() if one.right is right]
        if some:
            shares = {match: sum(one.shares[match] for one in some) / len(some) for match in MatchKind}
            mean = Told(right=right, n=sum(one.n for one in some), shares=shares)
            rows.append(_row(f"mean of {len(some)} kinds", mean))
    return rows + [_row(name, one) for name, one in told.items()]


def _row(name: str, one: Told) -> dict[str, object]:
    return {
        "kind": name,
        "right": one.right.value,
        "n": one.n,
        **{
            match.value.replace("_", " "): f"{one.shares[match]:.2f}"
            for match in (MatchKind.COPY, MatchKind.PARTIAL_COPY, MatchKind.ALTERED_COPY)
        },
    }
