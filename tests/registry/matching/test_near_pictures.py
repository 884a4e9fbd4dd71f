"""Pictures whose whole codes are near are compared as a whole: filters are found, strangers are not."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from index.regions import regional_signature
from index.verdict.boxes import Box
from index.verdict.evidence import WholeEvidence
from index.verdict.reasons import Reason
from index.verdict.thresholds import MIN_NATS
from index.verdict.vocabulary import Band, MatchKind
from registry.matching.near_pictures import MAX_NEAR, match_near
from registry.matching.whole_codes import MAX_SEEN, NearPicture, match_whole
from tests.support.databases.registry_parts import near
from tests.support.usecases.drawn_media import anchored, picture, plane, question, whole
from tests.support.usecases.searched_check import SearchedCheck

PICTURE = picture(21)
BITS = 50
PART = Box.of_steps(20, 10, 40, 30)


@pytest.fixture
def setting():
    return SearchedCheck()


def filtered(image):
    """Leaves four levels, in light that falls off to one side."""
    luma = np.asarray(image.convert("L"), np.float32)
    light = np.linspace(1.0, 0.4, luma.shape[1])
    return Image.fromarray((np.floor(luma * light / 48) * 48).astype(np.uint8)).convert("RGB")


def near_picture(image, key=1):
    """A picture of which the upload's codes are said to be 50 bits away."""
    facts = anchored(PICTURE).facts
    evidence = WholeEvidence(reference=facts, pdq_bits=BITS, dhash_bits=30, quality=90, flat_share=0.1)
    return NearPicture(key=key, luma=plane(image), variant=0, evidence=evidence)


def test_a_filtered_copy_is_found_and_never_tight(setting):
    """The windows agree where the codes say, and codes that differ keep it from being tight."""
    setting.hold(anchored(PICTURE))
    ((name, evidence),) = match_near([near_picture(filtered(PICTURE))], setting.candidates).found
    assert (name, evidence.view.pdq_bits) == ("ref_1", BITS)
    assert evidence.nats >= MIN_NATS
    assert evidence.grade().band is Band.LOOSE


def test_a_stranger_with_near_codes_is_not_found(setting):
    """The codes alone prove nothing."""
    setting.hold(anchored(PICTURE))
    assert match_near([near_picture(picture(77))], setting.candidates).found == []


def test_a_replaced_region_is_told(setting, monkeypatch):
    """Codes that a replaced region moved are no copy; the grade stays, and few matches are looked at."""
    monkeypatch.setattr("registry.matching.near_pictures.altered_in_whole", lambda *_: (PART,))
    held = [anchored(PICTURE, key, regions=regional_signature(plane(PICTURE))) for key in range(1, 7)]
    setting.hold(*held, anchored(PICTURE, 7))
    found = match_near(
        [near_picture(filtered(PICTURE), key) for key in (7, *range(1, 7))], setting.candidates
    ).found
    told = {name: (item.match, item.altered) for name, item in found}
    assert told.pop("ref_7") == (MatchKind.COPY, ())
    assert sorted(told.values()).count((MatchKind.ALTERED_COPY, (PART,))) in (MAX_SEEN - 1, MAX_SEEN)
    assert {item.grade().band for _, item in found} == {Band.LOOSE}


def test_a_withdrawn_picture_is_not_found(setting):
    """What the database does not confirm is not compared."""
    assert match_near([near_picture(filtered(PICTURE))], setting.candidates).found == []


def test_codes_propose_what_is_near_and_does_not_match(setting):
    """Pictures beyond the loose radius are near; nearer ones match by codes, and those beyond 64 bits do neither."""
    own = question(PICTURE)
    (frame,) = own.query_frames
    held = [
        whole(PICTURE, pdq=near(frame.pdq, bits, seed), code_id=seed, key=seed, reference_id=f"ref_{seed}")
        for seed, bits in enumerate((30, 50, 64, 90), start=1)
    ]
    setting.hold(*held)
    found = match_whole(own, setting.index, setting.candidates).near
    assert [(one.key, one.evidence.pdq_bits) for one in found] == [(2, 50), (3, 64)]


def test_codes_of_uploads_in_few_tones_propose_from_farther_away(setting):
    """Up to 72 bits they are near, and beyond 64 bits never evidence by themselves."""
    luma = plane(PICTURE)
    drawn = np.where(luma > np.median(luma), 255, 0).astype(np.uint8)
    own = question(Image.fromarray(drawn).convert("RGB"))
    (frame,) = own.query_frames
    held = [
        whole(PICTURE, pdq=near(frame.pdq, bits, seed), code_id=seed, key=seed, reference_id=f"ref_{seed}")
        for seed, bits in enumerate((64, 70, 72, 74), start=1)
    ]
    setting.hold(*held)
    matched = match_whole(own, setting.index, setting.candidates)
    assert [(one.key, one.evidence.pdq_bits) for one in matched.near] == [(1, 64), (2, 70), (3, 72)]
    assert [name for name, _ in matched.by_code] == ["ref_1"]


def test_a_picture_in_two_levels_is_found(setting):
    """It is compared with the photograph, and never tight."""
    setting.hold(anchored(PICTURE))
    luma = plane(PICTURE)
    drawn = Image.fromarray(np.where(luma > np.median(luma), 255, 0).astype(np.uint8)).convert("RGB")
    ((name, evidence),) = match_near([near_picture(drawn)], setting.candidates).found
    assert (name, evidence.grade().band) == ("ref_1", Band.LOOSE)


def test_a_reference_is_near_once_by_its_nearer_code(setting):
    """A registered picture has two codes; if one of them matches, the other proposes nothing."""
    own = question(PICTURE)
    (frame,) = own.query_frames
    bits = {1: ((1, 60), (2, 45)), 2: ((3, 20), (4, 50))}
    setting.hold(
        *(
            whole(PICTURE, pdq=near(frame.pdq, far, seed), code_id=seed, key=key, reference_id=f"ref_{key}")
            for key, codes in bits.items()
            for seed, far in codes
        )
    )
    found = match_whole(own, setting.index, setting.candidates).near
    assert [(one.key, one.evidence.pdq_bits) for one in found] == [(1, 45)]


def test_more_near_pictures_than_are_compared_hold_the_upload(setting):
    """An upload whose codes are near those of very many pictures is not known to match none of them."""
    own = question(PICTURE)
    (frame,) = own.query_frames
    crowd = [
        whole(PICTURE, pdq=near(frame.pdq, 50, seed), code_id=seed, key=seed, reference_id=f"ref_{seed}")
        for seed in range(1, 2 + MAX_NEAR)
    ]
    setting.hold(*(replace(one, dhash=None) for one in crowd))
    assert Reason.WORK_BOUND in setting.ask(own).reasons
