"""The ladder: every row, every gate at both sides of its edge, disputes, releases, the strongest of many."""

import math
from dataclasses import replace

import pytest

from index.verdict.boxes import WHOLE
from index.verdict.grading import Grade
from index.verdict.ladder import LADDER, decide
from index.verdict.reasons import Reason
from index.verdict.vocabulary import Band, Level, ReferenceKind
from tests.support.evidence import (
    BLOCK,
    BLOCKED,
    COPY,
    CROP,
    EXCLUDED,
    FACE,
    HELD_CONFLICT,
    HELD_CUT,
    HELD_DISPUTED,
    HELD_FACE,
    HELD_LIKENESS,
    HELD_LOOSE,
    HELD_ORIGINAL,
    HELD_UNVERIFIED,
    INTIMATE,
    LIKENESS,
    LOOSE,
    NO_MATCH,
    NONE,
    ORIGINAL,
    PART,
    RELEASE,
    RELEASED,
    REVIEW,
    TIGHT,
    VERIFIED,
    answer,
    changed,
    cut,
    exact,
    face,
    faint,
    framed,
    grade,
    loose,
    nothing,
    tight,
)

# ---------------------------------------------------------------- the rows

EVIDENCE_OF_BAND = {TIGHT: tight, LOOSE: loose, NONE: nothing}
WINDOWS_OF_BAND = {TIGHT: framed, LOOSE: cut, NONE: faint}

ROWS = [
    # kind, band, verified, answer
    (INTIMATE, TIGHT, True, BLOCKED),
    (INTIMATE, TIGHT, False, HELD_UNVERIFIED),
    (INTIMATE, LOOSE, True, HELD_LOOSE),
    (INTIMATE, LOOSE, False, HELD_LOOSE),
    (INTIMATE, NONE, True, NO_MATCH),
    (INTIMATE, NONE, False, NO_MATCH),
    (ORIGINAL, TIGHT, True, HELD_ORIGINAL),
    (ORIGINAL, TIGHT, False, HELD_ORIGINAL),
    (ORIGINAL, LOOSE, True, HELD_LOOSE),
    (ORIGINAL, LOOSE, False, HELD_LOOSE),
    (ORIGINAL, NONE, True, NO_MATCH),
    (ORIGINAL, NONE, False, NO_MATCH),
    (LIKENESS, TIGHT, True, HELD_LIKENESS),
    (LIKENESS, TIGHT, False, HELD_LIKENESS),
    (LIKENESS, LOOSE, True, HELD_LOOSE),
    (LIKENESS, LOOSE, False, HELD_LOOSE),
    (LIKENESS, NONE, True, NO_MATCH),
    (LIKENESS, NONE, False, NO_MATCH),
    (RELEASE, TIGHT, True, RELEASED),
    (RELEASE, TIGHT, False, NO_MATCH),
    (RELEASE, LOOSE, True, NO_MATCH),
    (RELEASE, LOOSE, False, NO_MATCH),
    (RELEASE, NONE, True, NO_MATCH),
    (RELEASE, NONE, False, NO_MATCH),
    (EXCLUDED, TIGHT, True, NO_MATCH),
    (EXCLUDED, TIGHT, False, NO_MATCH),
    (EXCLUDED, LOOSE, True, NO_MATCH),
    (EXCLUDED, LOOSE, False, NO_MATCH),
    (EXCLUDED, NONE, True, NO_MATCH),
    (EXCLUDED, NONE, False, NO_MATCH),
]


@pytest.mark.parametrize(("kind", "band", "verified", "expected"), ROWS)
def test_every_row_of_the_ladder(kind, band, verified, expected):
    """One copy of a reference answers as its row says, from every level on the same side of the gate."""
    for level in VERIFIED if verified else [Level.V0]:
        item = EVIDENCE_OF_BAND[band](kind, level)
        assert grade(item).band is band
        assert decide([item]) == expected


@pytest.mark.parametrize(("kind", "band", "verified", "expected"), ROWS)
def test_every_row_of_the_ladder_by_windows(kind, band, verified, expected):
    """What windows find answers as its row says, and says where it lies; but a release so found allows nothing."""
    if expected == HELD_LOOSE:
        expected = HELD_CUT
    elif expected == RELEASED:
        expected = NO_MATCH
    elif expected.boxes:
        expected = replace(expected, boxes=(PART,))
    for level in VERIFIED if verified else [Level.V0]:
        item = WINDOWS_OF_BAND[band](kind, level)
        assert grade(item).band is band
        assert decide([item]) == expected


def test_the_table_above_is_whole():
    """The rows tested are all combinations of kind, band and verification, each once."""
    tested = [row[:3] for row in ROWS]
    whole = {(kind, band, verified) for kind in ReferenceKind for band in Band for verified in (True, False)}
    assert len(tested) == len(whole)
    assert set(tested) == whole


def test_one_row_alone_blocks():
    """No row but a tight match of an intimate item in a verified case answers block."""
    assert [row for row, rung in LADDER.items() if rung.outcome is BLOCK] == [(INTIMATE, TIGHT, True)]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [(INTIMATE, HELD_FACE), (ORIGINAL, HELD_FACE), (LIKENESS, HELD_FACE), (RELEASE, NO_MATCH),
     (EXCLUDED, NO_MATCH)],
)  # fmt: skip
@pytest.mark.parametrize("level", Level)
@pytest.mark.parametrize("disputed", [False, True])
def test_a_face_is_held_at_most(kind, level, disputed, expected):
    """A likeness is loose and says so, however high the case from V2 on."""
    held = decide([face(kind, level, is_disputed=disputed)])
    assert held == (expected if level >= Level.V2 else NO_MATCH)


def test_no_evidence_is_no_match():
    """An upload about which nothing is found is allowed, and the answer says why."""
    assert decide([]) == NO_MATCH


# ---------------------------------------------------------------- the gates

LOOSE_BECAUSE = [
    ({"quality": 49}, Reason.LOW_QUALITY),
    ({"quality": None}, Reason.LOW_QUALITY),
    ({"flat_share": 0.61}, Reason.FLAT_PICTURE),
    ({"flat_share": math.nextafter(0.60, 1)}, Reason.FLAT_PICTURE),
    ({"flat_share": None}, Reason.FLAT_PICTURE),
    ({"flat_share": math.nan}, Reason.FLAT_PICTURE),
    ({"flat_share": math.inf}, Reason.FLAT_PICTURE),
    ({"dhash_bits": 21}, Reason.SECOND_FAMILY_DIFFERS),
    ({"flat_share": 0.46, "dhash_bits": 13}, Reason.SECOND_FAMILY_DIFFERS),
    ({"dhash_bits": None}, Reason.SECOND_FAMILY_MISSING),
]


@pytest.mark.parametrize("pdq_bits", [0, 31])
@pytest.mark.parametrize(("change", "reason"), LOOSE_BECAUSE)
def test_a_failed_gate_makes_a_match_loose(pdq_bits, change, reason):
    """Within the tight radius each gate that fails is named, and the copy is held instead of blocked."""
    item = tight(pdq_bits=pdq_bits, **change)
    assert grade(item) == Grade(band=LOOSE, reasons=(Reason.LOOSE_MATCH, reason))
    assert decide([item]) == answer(REVIEW, LOOSE, (COPY,), Reason.LOOSE_MATCH, reason)


def test_all_failed_gates_are_named():
    """A match that fails every gate names every gate."""
    found = grade(tight(quality=None, flat_share=None, dhash_bits=None))
    assert found.band is LOOSE
    assert set(found.reasons) == {
        Reason.LOOSE_MATCH, Reason.LOW_QUALITY, Reason.FLAT_PICTURE, Reason.SECOND_FAMILY_MISSING
    }  # fmt: skip


@pytest.mark.parametrize(
    ("change", "band"),
    [
        ({"pdq_bits": 0}, TIGHT),
        ({"pdq_bits": 31}, TIGHT),
        ({"pdq_bits": 32}, LOOSE),
        ({"pdq_bits": 40}, LOOSE),
        ({"pdq_bits": 41}, NONE),
        ({"pdq_bits": 256}, NONE),
        ({"pdq_bits": 31, "dhash_bits": 20, "flat_share": 0.45}, TIGHT),
        ({"pdq_bits": 31, "dhash_bits": 21}, LOOSE),
        ({"pdq_bits": 32, "dhash_bits": 20}, LOOSE),
        ({"pdq_bits": 32, "dhash_bits": 21}, NONE),
        ({"pdq_bits": 32, "dhash_bits": None}, NONE),
        ({"pdq_bits": 40, "dhash_bits": 20}, LOOSE),
        ({"pdq_bits": 40, "dhash_bits": 21}, NONE),
        ({"quality": 49}, LOOSE),
        ({"quality": 50}, TIGHT),
        ({"flat_share": 0.60, "dhash_bits": 12}, TIGHT),
        ({"flat_share": 0.45, "dhash_bits": 20}, TIGHT),
        ({"flat_share": 0.60, "dhash_bits": 13}, LOOSE),
        ({"flat_share": 0.61}, LOOSE),
        ({"flat_share": math.nan}, LOOSE),
        ({"pdq_bits": 32, "quality": 0, "flat_share": 1.0}, LOOSE),
    ],
)
def test_each_threshold_at_both_sides_of_its_edge(change, band):
    """The default policy's edges are 31, 40, 20, 50 and .60, each of them still on the stronger side."""
    assert grade(tight(**change)).band is band


@pytest.mark.parametrize("level", Level)
def test_a_case_blocks_from_the_first_verified_level(level):
    """Below V1 a tight match is held for want of verification; from there on it blocks."""
    assert decide([tight(level=level)]) == (BLOCKED if level >= Level.V1 else HELD_UNVERIFIED)


def test_exact_bytes_need_no_other_gate():
    """An equal digest is tight whatever else is unknown."""
    assert grade(exact()) == Grade(band=TIGHT, reasons=(Reason.TIGHT_MATCH,))
    assert decide([exact()]) == BLOCKED


# ---------------------------------------------------------------- disputes and releases


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        (tight(), HELD_DISPUTED),
        (exact(), HELD_DISPUTED),
        (tight(level=Level.V4), HELD_DISPUTED),
        (tight(level=Level.V0), HELD_UNVERIFIED),
        (loose(), HELD_LOOSE),
        (nothing(), NO_MATCH),
        (tight(ORIGINAL), HELD_ORIGINAL),
        (tight(LIKENESS), HELD_LIKENESS),
        (face(), HELD_FACE),
        (tight(RELEASE), NO_MATCH),
        (framed(), replace(HELD_DISPUTED, boxes=(PART,))),
        (cut(), HELD_CUT),
        (framed(RELEASE), NO_MATCH),
        (tight(EXCLUDED), NO_MATCH),
    ],
)
def test_a_disputed_reference_is_held(item, expected):
    """A challenged or quarantined reference never blocks and never releases; what was held stays held."""
    assert decide([changed(item, is_disputed=True)]) == expected


def test_a_dispute_holds_back_its_own_reference_only():
    """A disputed reference does not weaken an undisputed one that matches the same upload."""
    assert decide([tight(is_disputed=True), tight()]) == BLOCKED


@pytest.mark.parametrize(
    "other",
    [face(), face(ORIGINAL), tight(ORIGINAL), loose(ORIGINAL), tight(LIKENESS), loose(LIKENESS), nothing()],
)
def test_an_official_release_allows(other):
    """A tight match of a release in a verified case outweighs every reference but an intimate item."""
    assert decide([tight(RELEASE), other]) == RELEASED


def test_a_release_under_letters_releases_nothing():
    """What is the release only without what was written over it is not what was released; an item so found blocks."""
    written = replace(tight(RELEASE), is_median_filtered=True)
    assert decide([written, face()]) == decide([face()])
    assert decide([written, tight(ORIGINAL)]) == decide([tight(ORIGINAL)])
    assert decide([replace(tight(), is_median_filtered=True)]) == BLOCKED


@pytest.mark.parametrize("release", [tight(RELEASE), exact(RELEASE)])
@pytest.mark.parametrize("item", [tight(), tight(level=Level.V4), exact()])
def test_a_release_and_an_intimate_item_are_conflicting_claims(release, item):
    """Where a release stands against an intimate item that would block, a person decides, and is told why."""
    assert decide([item]) == BLOCKED
    assert decide([release, item]) == decide([item, release]) == HELD_CONFLICT


def test_one_release_conflicts_with_every_block():
    """No second intimate item blocks past a release, what else is tight keeps its own reasons, its face is excused."""
    assert decide([tight(RELEASE), tight(), tight(level=Level.V4), loose(), nothing()]) == HELD_CONFLICT
    assert decide([tight(RELEASE), tight(), tight(level=Level.V0), face()]) == answer(
        REVIEW, TIGHT, (COPY,), Reason.TIGHT_MATCH, Reason.CONFLICTING_CLAIMS, Reason.CASE_NOT_VERIFIED
    )


@pytest.mark.parametrize("level", Level)
def test_a_release_conflicts_from_the_level_that_can_block(level):
    """A release must be verified as far as the block that it contests."""
    items = [tight(level=level), tight(RELEASE, level)]
    assert decide(items) == (HELD_CONFLICT if level >= Level.V1 else HELD_UNVERIFIED)


@pytest.mark.parametrize(
    "item",
    [tight(level=Level.V0), tight(is_disputed=True), loose(), loose(level=Level.V0), face(INTIMATE)],
    ids=["unverified", "disputed", "loose", "loose and unverified", "a face in it"],
)
def test_an_official_release_does_not_excuse_an_intimate_item(item):
    """An intimate item that is held anyway is held for its own reasons, as if there were no release."""
    assert decide([tight(RELEASE), item]) == decide([item])
    assert decide([item]).outcome is REVIEW


@pytest.mark.parametrize(
    "release",
    [loose(RELEASE), tight(RELEASE, flat_share=math.nan), nothing(RELEASE), face(RELEASE),
     tight(RELEASE, Level.V0), tight(RELEASE, is_disputed=True)],
    ids=["loose", "flat share no number", "no match", "a face in it", "unverified", "disputed"],
)  # fmt: skip
def test_a_release_that_proves_nothing_changes_nothing(release):
    """A release that would not be good enough to block on neither allows nor turns a block into a review."""
    assert decide([release, face()]) == HELD_FACE
    assert decide([release, tight()]) == decide([tight(), release]) == BLOCKED
    assert decide([release]) == NO_MATCH


# ---------------------------------------------------------------- the strongest of many


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ([face(), loose(), tight()], answer(BLOCK, TIGHT, (COPY, FACE), Reason.TIGHT_MATCH)),
        ([tight(), tight(), tight(level=Level.V4)], BLOCKED),
        ([tight(), tight(ORIGINAL), tight(level=Level.V0)], BLOCKED),
        (
            [tight(level=Level.V0), tight(ORIGINAL), loose(quality=0), face()],
            answer(
                REVIEW, TIGHT, (COPY, FACE), Reason.TIGHT_MATCH, Reason.CASE_NOT_VERIFIED, Reason.SOURCE_ORIGINAL
            ),
        ),
        (
            [tight(quality=49), tight(flat_share=None), face()],
            answer(
                REVIEW, LOOSE, (COPY, FACE), Reason.LOOSE_MATCH, Reason.LOW_QUALITY, Reason.FLAT_PICTURE,
                Reason.LIKENESS_ALONE,
            ),
        ),
        ([face(), nothing()], HELD_FACE),
        ([tight(EXCLUDED), loose()], HELD_LOOSE),
        ([cut(), tight()], answer(BLOCK, TIGHT, (COPY, CROP), Reason.TIGHT_MATCH)),
        (
            [cut(), loose()],
            answer(
                REVIEW, LOOSE, (COPY, CROP), Reason.LOOSE_MATCH, Reason.WINDOWS_AGREE, Reason.FRAME_CUT,
                boxes=(WHOLE, PART),
            ),
        ),
    ],
    ids=["one blocks", "all block", "block over tight holds", "tight over loose holds", "loose holds together",
         "over nothing", "over no row", "a copy over a crop", "windows and codes hold together"],
)  # fmt: skip
def test_the_strongest_of_many_decides(items, expected):
    """The strongest outcome and its best band give the reasons; every kind of match that counts is told."""
    assert decide(items) == expected
