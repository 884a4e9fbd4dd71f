"""One kind for each reference: the evidence that knows most tells it, and the grade stays."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.verdict.boxes import WHOLE, Box
from index.verdict.ladder import decide
from index.verdict.one_kind import with_one_kind
from index.verdict.vocabulary import Band
from tests.support.evidence import (
    ALTERED,
    COPY,
    CROP,
    NATS,
    clip,
    cut,
    exact,
    face,
    faint,
    framed,
    grade,
    loose,
    tight,
)

LEFT, RIGHT = Box.of_steps(0, 0, 32, 64), Box.of_steps(32, 0, 64, 64)
REGION = Box.of_steps(20, 8, 30, 30)


def weak(nats, box=WHOLE, **changes):
    """Windows that are not tight, with so many nats beyond the threshold."""
    return framed(pdq_bits=90, nats=NATS + nats, box=box, **changes)


def altered(nats, box=WHOLE):
    """The same with a region that was replaced."""
    return weak(nats, box, match=ALTERED, altered=(REGION,))


def kinds(*items):
    """The kinds that are told, once each."""
    return {item.match for item in with_one_kind(items)}


@pytest.mark.parametrize(
    ("items", "kind"),
    [
        ((weak(9), altered(5)), COPY),
        ((altered(9), weak(5)), ALTERED),
        ((weak(5), altered(9)), ALTERED),
        ((tight(), altered(90)), COPY),
        ((tight(match=ALTERED, altered=(REGION,)), weak(90)), ALTERED),
        ((loose(), altered(90)), COPY),
        ((exact(), tight(match=ALTERED, altered=(REGION,))), COPY),
        ((weak(9, LEFT), altered(5, RIGHT)), ALTERED),
        ((weak(5), cut(nats=NATS + 9, box=LEFT)), CROP),
        ((weak(9, LEFT), cut(nats=NATS + 90, box=RIGHT)), COPY),
    ],
    ids=[
        "the stronger copy", "the stronger altered", "in any order", "tight", "tight and altered", "whole codes",
        "the same file", "two places", "the stronger part", "a copy beside a part",
    ],
)  # fmt: skip
def test_the_evidence_that_knows_most_tells_the_kind(items, kind):
    """Weaker evidence about the same place is overruled; of two places the more serious kind is told."""
    assert kinds(*items) == {kind}


def test_overruled_evidence_tells_no_region():
    """A region of a view that is wrong is not shown, and one of another place is."""
    assert [item.altered for item in with_one_kind([altered(9), altered(5)])] == [(REGION,), ()]
    assert [item.altered for item in with_one_kind([altered(9, LEFT), altered(5, RIGHT)])] == [(REGION,)] * 2


def test_weak_evidence_and_likenesses_stay():
    """What does not count tells nothing, and is told nothing."""
    items = [faint(match=ALTERED, altered=(REGION,)), face(), weak(5)]
    assert with_one_kind(items) == items
    assert with_one_kind([]) == []


any_evidence = st.sampled_from(
    [
        exact(),
        tight(),
        loose(),
        faint(),
        face(),
        clip(),
        weak(3),
        weak(8, LEFT),
        cut(nats=NATS + 5, box=RIGHT),
    ]
)


@given(st.lists(st.tuples(any_evidence, st.sampled_from([COPY, CROP, ALTERED])), max_size=6))
def test_nothing_but_kind_and_region_changes(pairs):
    """The answer is as strong as before, by the same reasons but `region_altered`, and in the same places."""
    items = [replace(item, match=kind) if hasattr(item, "nats") else item for item, kind in pairs]
    after = with_one_kind(items)
    assert [grade(item) for item in after] == [grade(item) for item in items]
    before, now = decide(items), decide(after)
    assert (now.outcome, now.band, now.reasons, now.boxes) == (
        before.outcome, before.band, before.reasons, before.boxes
    )  # fmt: skip
    told = {one.match for one in after if not hasattr(one, "likeness") and one.grade().band is not Band.NONE}
    assert len(told) <= 1 + any(item == exact() for item in items)
    assert with_one_kind(after) == after
