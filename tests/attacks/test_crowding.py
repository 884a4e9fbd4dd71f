"""Junk around a victim's verified picture: thousands of near-equal references of one unverified claimant.

It must not turn a block into anything less under any bound, nor make checks slow. Work is counted, not timed.
"""

from dataclasses import replace

import numpy as np
import pytest

from index.verdict.reasons import Reason
from index.verdict.vocabulary import Level, Outcome, ReferenceKind
from registry.matching import crowds, frames, near_pictures, whole_codes
from registry.matching.crowds import MAX_ALIKE, MAX_UNVERIFIED
from registry.matching.near_pictures import match_near
from registry.matching.question import CodeQuestion
from registry.matching.whole_codes import match_whole
from registry.matching.windows import match_windows
from tests.support.databases.registry_parts import near
from tests.support.usecases.drawn_media import anchored, coded, picture, query_frame, question, whole
from tests.support.usecases.searched_check import SearchedCheck

PICTURE = picture(21)
FRAME = query_frame(PICTURE)
JUNK = 2_000
VICTIM = "ref_victim"
VICTIM_BITS = 20


def victim(**changes):
    """The victim's picture, verified; the uploads are copies 20 bits away."""
    held = replace(
        whole(PICTURE), reference_id=VICTIM, key=1, code_id=1, pdq=near(FRAME.pdq, VICTIM_BITS, "v")
    )
    return replace(held, **changes)


def junk(count, **changes):
    """Codes of an unverified claimant, each nearer to the uploads than the victim's."""
    one = whole(PICTURE, level=Level.V0)
    return [
        replace(
            one,
            key=100 + number,
            code_id=100 + number,
            reference_id=f"ref_junk_{number}",
            pdq=near(FRAME.pdq, 2 + 2 * (number % 8), number),
            **changes,
        )
        for number in range(count)
    ]


def crowd(count=JUNK):
    """A check over the victim's picture and the junk."""
    check = SearchedCheck()
    check.hold(victim(), *junk(count))
    return check


ASKED = CodeQuestion(pdq=FRAME.pdq, dhash=FRAME.dhash, sha256=None)


def confirmed(check):
    """The numbers of codes that the database was asked to confirm."""
    return [len(call[1]) for call in check.calls if call[0] == "confirm"]


@pytest.mark.parametrize("asked", [ASKED, coded(FRAME.pdq, FRAME.dhash)], ids=["codes", "media"])
def test_junk_around_a_picture_costs_a_few_candidates(asked):
    """Of 2,000 codes around the victim's few are read and compared, and the upload is blocked as without them."""
    check = crowd()
    assert check.ask(asked).outcome is Outcome.BLOCK
    assert confirmed(check) == [MAX_ALIKE + 1]
    assert [call[0] for call in check.calls].count("rank_codes") == 1


def test_without_representatives_all_are_compared(monkeypatch):
    """The defence off: each of the 2,000 is read and compared, as before."""
    monkeypatch.setattr(whole_codes, "MIN_CROWD", JUNK * 2)
    check = crowd()
    check.ask(ASKED)
    assert confirmed(check) == [JUNK + 1]


def test_junk_displaces_nobody_under_the_bound_of_codes(monkeypatch):
    """However few codes are confirmed, the verified one is among them. By distance alone it is lost."""
    monkeypatch.setattr(whole_codes, "MAX_CONFIRMED", 3)
    assert crowd(100).ask(ASKED).outcome is Outcome.BLOCK
    monkeypatch.setattr(crowds, "fair_order", lambda things, _rank: list(things))
    assert crowd(100).ask(ASKED).outcome is Outcome.REVIEW


def test_an_ordinary_check_asks_for_no_ranks():
    """Without a crowd nothing is read besides."""
    check = crowd(count=10)
    check.ask(ASKED)
    assert "rank_codes" not in [call[0] for call in check.calls]
    assert confirmed(check) == [11]


def test_each_frame_of_an_upload_keeps_its_own(monkeypatch):
    """One tenant's pictures near different frames are no crowd around one: each frame has its representatives."""
    monkeypatch.setattr(whole_codes, "MIN_CROWD", 4)
    other = query_frame(picture(22))
    check = SearchedCheck()
    check.hold(*junk(5), replace(whole(picture(22), 7), key=7), replace(whole(picture(22), 8), key=8))
    found = match_whole(question(FRAME, other), check.index, check.candidates)
    assert {"ref_7", "ref_8"} <= {name for name, _ in found.by_code}


def test_what_is_left_out_of_a_crowd_is_never_an_allow():
    """If nothing that stands for a crowd matches, the others might: the upload is held."""
    check = SearchedCheck()
    check.hold(*junk(100, dhash=near(FRAME.dhash, 60)))
    far = replace(ASKED, pdq=near(FRAME.pdq, 40, "far"))
    verdict = check.ask(far)
    assert verdict.outcome is Outcome.REVIEW
    assert Reason.CASE_NOT_VERIFIED not in verdict.reasons


def test_withdrawn_junk_is_no_crowd():
    """Codes that an index still holds and the database no more hold nothing up."""
    check = SearchedCheck()
    check.index.hold(*junk(100))
    assert check.ask(ASKED).outcome is Outcome.ALLOW


# Pictures that are compared as a whole, and windows.


def test_near_junk_displaces_nobody_as_a_whole(monkeypatch):
    """Junk without windows, nearer than the verified picture, takes no place among those compared as a whole."""
    monkeypatch.setattr(near_pictures, "MAX_NEAR", 2)
    check = SearchedCheck()
    far = {"pdq": near(FRAME.pdq, 50, "v"), "dhash": near(FRAME.dhash, 60)}
    check.hold(victim(**far), anchored(PICTURE, 1, reference_id=VICTIM))
    check.hold(*(replace(one, pdq=near(FRAME.pdq, 44, one.key), dhash=far["dhash"]) for one in junk(20)))
    found = match_whole(question(FRAME), check.index, check.candidates)
    assert len(found.near) == 21
    assert [name for name, _ in match_near(found.near, check.candidates).found] == [VICTIM]
    by_distance = sorted(found.near, key=lambda one: one.evidence.pdq_bits)
    assert match_near(by_distance, check.candidates).found == []


CROP = PICTURE.crop((100, 60, 420, 300))


def windows_of(count, **changes):
    """A check over the victim's picture, half of whose windows are found, and junk with all of them."""
    own = anchored(PICTURE, 1, reference_id=VICTIM)
    half = np.arange(len(own.windows)) % 2 == 0
    kept = replace(own.windows, codes=own.windows.codes[half], places=own.windows.places[half])
    check = SearchedCheck()
    check.hold(
        replace(own, windows=kept),
        *(
            replace(
                own, key=100 + number, reference_id=f"ref_junk_{number}", level=Level.V0, tenant_id="tnt_junk"
            )
            for number in range(count)
        ),
    )
    return check


def compared(check):
    """The references that an upload is compared with, and whether that was all."""
    matched = match_windows(question(CROP), check.index, check.candidates, cpu=lambda: 0.0)
    return matched.compared, matched.is_finished


def test_junk_of_windows_is_compared_a_few_times():
    """Of one unverified tenant's near-equal pictures few are compared with a frame, the victim's before them."""
    names, is_finished = compared(windows_of(MAX_UNVERIFIED + 20))
    assert next(iter(names)) == VICTIM
    assert (len(names), is_finished) == (MAX_UNVERIFIED + 1, True)


def test_junk_of_windows_displaces_nobody(monkeypatch):
    """However few references are compared, the verified one is. By likelihood alone it is lost."""
    monkeypatch.setattr(frames, "MAX_COMPARED", 2)
    assert VICTIM in compared(windows_of(10))[0]
    monkeypatch.setattr(crowds, "fair_order", lambda things, _rank: list(things))
    names, is_finished = compared(windows_of(10))
    assert (VICTIM in names, is_finished) == (False, False)


def test_releases_stand_for_nobodys_picture(monkeypatch):
    """Unverified releases of a tenant, likelier than its unverified victim's picture, leave the upload no allow.

    A release leads to nothing, so without kinds the upload that shows her picture would be allowed.
    """
    check = windows_of(MAX_UNVERIFIED + 4)
    for key, one in check.candidates.by_key.items():
        kind = one.kind if one.reference_id == VICTIM else ReferenceKind.OFFICIAL_RELEASE
        check.candidates.by_key[key] = replace(one, level=Level.V0, tenant_id="tnt_hers", kind=kind)
    assert VICTIM in compared(check)[0]
    assert check.ask(question(CROP)).outcome is Outcome.REVIEW
    for module in (crowds, frames):
        monkeypatch.setattr(module, "alike", lambda one: one.tenant_id)
    assert VICTIM not in compared(check)[0]
    assert check.ask(question(CROP)).outcome is Outcome.ALLOW


def test_tenants_take_turns_within_a_level(monkeypatch):
    """Another tenant's many pictures at the victim's own level take one place each turn."""
    monkeypatch.setattr(frames, "MAX_COMPARED", 2)
    check = windows_of(10)
    for key, one in check.candidates.by_key.items():
        check.candidates.by_key[key] = replace(one, level=Level.V1)
    assert VICTIM in compared(check)[0]


def test_a_disputed_reference_stands_for_no_other(monkeypatch):
    """A tenant's own disputed references, however near, take no place of its undisputed one."""
    monkeypatch.setattr(whole_codes, "MIN_CROWD", 8)
    monkeypatch.setattr(whole_codes, "MAX_CONFIRMED", 2)
    check = SearchedCheck()
    check.hold(victim(), *junk(20, level=Level.V2, is_disputed=True))
    assert check.ask(ASKED).outcome is Outcome.BLOCK
