"""The table of the kind of match that is told."""

from types import SimpleNamespace

from benchmarks.recall.told import right_kind, told_by_kind, told_rows
from benchmarks.reuploads.hard import HARD_KINDS
from benchmarks.reuploads.kinds import KINDS
from index.verdict import MatchKind

BY_NAME = {kind.name: kind for kind in (*KINDS, *HARD_KINDS)}
COPY, PART, ALTERED = MatchKind.COPY, MatchKind.PARTIAL_COPY, MatchKind.ALTERED_COPY


def result(name, match, *, found=True):
    """An upload of the reference `ref`, with what was told."""
    answer = SimpleNamespace(best={"ref": SimpleNamespace(match=match)})
    return SimpleNamespace(job=SimpleNamespace(kind=name, place=0), answer=answer, found=found)


def test_the_right_kind_is_certain_or_left_out():
    """Swaps are altered, crops are parts, filters are copies, and a bend is neither right nor wrong."""
    right = {name: right_kind(kind) for name, kind in BY_NAME.items()}
    assert right["altered_face_swapped"] is right["replaced_swap_screenshot"] is ALTERED
    assert right["crop_centre60"] is PART
    assert right["recompression_jpeg40"] is right["turn_rotate_90"] is COPY
    assert right["altered_ai_edit"] is right["overlay_blurred_part"] is right["bend_swirled"] is None


def test_shares_are_of_uploads_that_were_found():
    """An upload that is not found counts neither way; means over kinds come first."""
    kinds = [BY_NAME["altered_face_swapped"], BY_NAME["size_half"]]
    results = [
        result("altered_face_swapped", ALTERED),
        result("altered_face_swapped", COPY),
        result("altered_face_swapped", COPY, found=False),
        result("size_half", COPY),
    ]
    told = told_by_kind(results, kinds, ["ref"])
    assert told["altered_face_swapped"].shares[ALTERED] == 0.5
    rows = told_rows(told)
    assert [row["kind"] for row in rows] == ["mean of 1 kinds", "mean of 1 kinds", *told]
    assert [row["altered copy"] for row in rows] == ["0.00", "0.50", "0.50", "0.00"]
