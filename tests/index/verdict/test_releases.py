"""Official releases: what they are for matches of the same subject and of others, and who must stand for them."""

import pytest

from index.verdict.ladder import decide
from index.verdict.releases import Excuse, is_release, release_counts, unexcused
from index.verdict.vocabulary import Context, Level
from tests.support.evidence import (
    BLOCKED,
    HELD_CONFLICT,
    HELD_FACE,
    INTIMATE,
    LIKENESS,
    NO_MATCH,
    ORIGINAL,
    RELEASE,
    RELEASED,
    REVIEW,
    changed,
    exact,
    face,
    tight,
)

OWN = {"case_id": "case_1"}
OTHERS = {"case_id": "case_2"}
LINKED = {"is_verified": False, "linked": frozenset({"case_2"})}
ALONE = {"is_verified": False}


def facts(kind=RELEASE, **known):
    """The facts about a reference, registered second of three."""
    return changed(tight(kind), **{"number": 2, **known}).reference


@pytest.mark.parametrize(
    ("release", "matched", "excuse"),
    [
        ({}, OWN, Excuse.FULL),
        ({}, OTHERS | {"number": 3}, Excuse.CONFLICT),
        ({}, OTHERS | {"number": 2}, Excuse.NONE),
        ({}, OTHERS | {"number": 1}, Excuse.NONE),
        (LINKED, OTHERS | {"number": 1}, Excuse.FULL),
        (LINKED, OWN, Excuse.FULL),
        (LINKED, {"case_id": "case_3", "number": 1}, Excuse.NONE),
        (LINKED, {"case_id": "case_3", "number": 3}, Excuse.CONFLICT),
        (ALONE | {"linked": frozenset({"case_1"})}, OWN, Excuse.FULL),
        (ALONE, OWN, Excuse.NONE),
        (ALONE, OTHERS | {"number": 3}, Excuse.NONE),
        ({"level": Level.V0}, OWN, Excuse.NONE),
        ({"level": Level.V0} | LINKED, OTHERS, Excuse.NONE),
        ({"is_disputed": True}, OWN, Excuse.NONE),
        ({"case_id": None}, {"case_id": None, "number": 1}, Excuse.NONE),
        (LINKED | {"case_id": None}, {"case_id": None, "number": 3}, Excuse.CONFLICT),
    ],
)
def test_who_stands_behind_both_decides(release, matched, excuse):
    """In full for one subject that somebody else stands for; against others as a claim, if it was there first."""
    assert release_counts(facts(**release), facts(INTIMATE, **matched)) is excuse


@pytest.mark.parametrize("item", [face(), tight(ORIGINAL), tight(LIKENESS)])
def test_a_strangers_release_allows_nothing(item):
    """Anybody's agency may register a release of anything: without link it takes no match of another case away."""
    stranger = changed(tight(RELEASE), case_id="case_9", number=0)
    assert decide([stranger, item]) == decide([item])
    assert decide([changed(stranger, linked=frozenset({"case_1"})), item]) == RELEASED


@pytest.mark.parametrize("release", [tight(RELEASE), exact(RELEASE)])
def test_a_strangers_release_contests_later_claims_only(release):
    """What was blocked before a release was registered is blocked after it; a later claim is for a person."""
    stranger = changed(release, case_id="case_9", number=1)
    assert decide([stranger, tight(number=0)]) == decide([stranger, tight(number=1)]) == BLOCKED
    assert decide([stranger, tight(number=2)]) == HELD_CONFLICT
    assert decide([changed(stranger, linked=frozenset({"case_1"})), tight(number=0)]) == HELD_CONFLICT


def test_codes_alone_release_nothing():
    """Near codes do not tell that no face was replaced, so what was not compared region by region is no release."""
    asked = changed(tight(RELEASE), is_whole_upload=False)
    assert not is_release(asked)
    assert decide([asked]) == NO_MATCH
    assert decide([asked, face()]) == HELD_FACE
    assert decide([asked, tight(ORIGINAL)]).outcome is REVIEW


def test_beside_a_release_what_it_does_not_excuse_counts():
    """Of several matches those of the release's own subject are taken away, and the release itself stays."""
    items = [tight(RELEASE), face(), changed(face(), case_id="case_2"), tight(), tight(ORIGINAL)]
    assert unexcused(items, Context.GENERAL) == [True, False, True, True, False]
    assert unexcused(items, Context.SEXUAL) == [True, True, True, True, False]
    assert unexcused(items[1:], Context.GENERAL) == [True] * 4
