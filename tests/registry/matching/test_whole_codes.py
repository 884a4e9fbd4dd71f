"""Whole codes: an upload in any turn, mirrored or inverted, and each of its frames."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageOps

from index.hashing.whole import flat_share
from index.regions import regional_signature
from index.verdict.boxes import Box
from index.verdict.evidence import ExactEvidence, WholeEvidence
from index.verdict.grading import Grade
from index.verdict.reasons import Reason
from index.verdict.thresholds import LOOSE_PDQ_BITS, MAX_DHASH_BITS, TIGHT_PDQ_BITS
from index.verdict.vocabulary import Band, Level, MatchKind, ReferenceKind
from registry.domain.candidate import ExactCandidate
from registry.domain.family import Family
from registry.matching.crowds import MAX_ALIKE, MIN_CROWD
from registry.matching.question import CodeQuestion
from registry.matching.whole_codes import MAX_SEEN, match_frame_codes, match_whole
from tests.support.databases.registry_parts import dhash, digest, near, pdq
from tests.support.media.pages import app_screen
from tests.support.usecases.drawn_media import (
    SearchedIndex,
    anchored,
    picture,
    plane,
    query_frame,
    question,
    whole,
)
from tests.support.usecases.fakes import FakeCandidates, FakeIndex

PART = Box.of_steps(20, 10, 40, 30)
PICTURE = picture(21)
DIHEDRAL_VARIANTS = {
    "as it is": PICTURE,
    "inverted": ImageOps.invert(PICTURE),
    **{turn.name: PICTURE.transpose(turn) for turn in Image.Transpose},
}


@pytest.fixture
def index():
    return SearchedIndex()


@pytest.fixture
def candidates():
    return FakeCandidates([])


@pytest.fixture
def match(index, candidates):
    """Registers whole codes, and matches a question against them."""

    def call(asked, *held):
        index.hold(*held)
        candidates.by_code.update({one.code_id: one for one in held})
        return match_whole(asked, index, candidates)

    return call


@pytest.mark.parametrize("form", DIHEDRAL_VARIANTS)
def test_a_picture_is_found_in_each_form(match, form):
    """Turned, mirrored or inverted, an upload is tight by both families: the second one in the form that is nearest."""
    ((name, evidence),) = match(question(DIHEDRAL_VARIANTS[form]), whole(PICTURE)).found
    assert name == "ref_1"
    assert evidence.pdq_bits <= TIGHT_PDQ_BITS
    assert evidence.dhash_bits <= MAX_DHASH_BITS
    assert evidence.quality == 100
    assert isinstance(evidence, WholeEvidence)


def test_two_screens_of_one_app_never_block(match):
    """Another town's weather is near by both codes, and a person looks."""
    ashford, brighton = app_screen("Ashford", 7), app_screen("Brighton", 21)
    ((_, evidence),) = match(question(brighton), whole(ashford)).found
    assert evidence.pdq_bits <= TIGHT_PDQ_BITS
    assert evidence.dhash_bits <= MAX_DHASH_BITS
    assert evidence.grade() == Grade(band=Band.LOOSE, reasons=(Reason.LOOSE_MATCH, Reason.FLAT_PICTURE))


def test_a_screen_is_told_on_either_side(match):
    """A reference of an older version has a flat share that knows no graphics: then the upload's speaks."""
    ashford, brighton = app_screen("Ashford", 7), app_screen("Brighton", 21)
    ((_, evidence),) = match(question(brighton), whole(ashford, flat_share=flat_share(plane(ashford)))).found
    assert evidence.grade().band is Band.LOOSE
    codes = query_frame(brighton)
    asked = CodeQuestion(pdq=codes.pdq, dhash=codes.dhash, sha256=None)
    ((_, evidence),) = match(asked, whole(ashford)).found
    assert evidence.grade().band is Band.LOOSE


def lettered(image):
    """The picture under lines of text from top to bottom."""
    out = image.copy()
    draw = ImageDraw.Draw(out)
    for y in range(6, out.height, 34):
        draw.text((4, y), "words and words over all of it " * 6, fill="white", font_size=26)
    return out


def test_what_is_found_only_without_letters_says_so(match):
    """A copy stands for itself, however near its picture without letters is; one under text is known as filtered."""
    ((_, plain),) = match(question(PICTURE), whole(PICTURE)).found
    assert not plain.is_median_filtered
    under = query_frame(lettered(PICTURE))
    far = replace(
        under, pdq_codes=np.concatenate([under.pdq_codes[:8] ^ np.uint8(0b01011010), under.pdq_codes[8:]])
    )
    ((_, evidence),) = match(question(far), whole(PICTURE)).found
    assert evidence.is_median_filtered
    assert evidence.pdq_bits == int(
        np.bitwise_count(under.pdq_codes[8] ^ query_frame(PICTURE).pdq_codes[0]).sum()
    )


def test_a_form_is_asked_for_and_not_assumed(match):
    """A turned picture is far from the registered one upright: the test above tests something."""
    turned = query_frame(DIHEDRAL_VARIANTS["ROTATE_90"])
    assert turned.pdq.distance(query_frame(PICTURE).pdq) > LOOSE_PDQ_BITS
    only = CodeQuestion(pdq=turned.pdq, dhash=turned.dhash)
    assert match(only, whole(PICTURE)).found == []


def test_another_picture_is_not_found(match):
    """An upload that nobody registered has no evidence."""
    assert match(question(picture(22)), whole(PICTURE)).found == []


@pytest.mark.parametrize("place", range(3))
def test_each_frame_is_matched(match, place):
    """A registered picture is found in whichever frame it stands, and compared with that frame."""
    frames = [picture(22), picture(23)]
    frames.insert(place, PICTURE)
    ((_, evidence),) = match(question(*frames), whole(PICTURE)).found
    assert (evidence.pdq_bits, evidence.dhash_bits) == (0, 0)


def test_all_frames_are_one_question_to_the_index(index, match):
    """Ten codes a frame are proposed at once: the eight forms, without what is thin, and the inverted picture."""
    asked = question(PICTURE, picture(22))
    match(asked)
    ((family, codes),) = index.asked
    assert (family, codes.shape) == (Family.WHOLE, (20, 32))
    assert codes[8].tobytes() == asked.query_frames[0].pdq_codes[8].tobytes()
    assert codes[9].tobytes() == (~asked.query_frames[0].pdq_codes[0]).tobytes()


def test_frames_that_show_too_little_are_skipped(index, match):
    """A frame without information is not asked about: its code would match every blank picture."""
    match(question(query_frame(PICTURE, quality=9), picture(22)))
    ((_, codes),) = index.asked
    assert len(codes) == 10


def test_an_upload_of_such_frames_asks_for_its_digest_alone(index, candidates, match):
    """Where no frame is informative only the exact bytes are looked up."""
    match(question(query_frame(PICTURE, quality=9), sha256=digest(1).value))
    assert index.asked == []
    assert candidates.calls == [("confirm", (), digest(1).value)]


def test_a_picture_and_its_file_are_two_items_of_evidence(candidates, match):
    """An exact digest is evidence beside what the codes say."""
    candidates.by_digest[digest(1).value] = ExactCandidate(
        reference_id="ref_2", case_id="case_2", number=2, kind=ReferenceKind.INTIMATE_ITEM, level=Level.V1
    )
    found = dict(match(question(PICTURE, sha256=digest(1).value), whole(PICTURE)).found)
    assert [type(found[name]) for name in ("ref_2", "ref_1")] == [ExactEvidence, WholeEvidence]


def test_only_what_is_active_is_evidence(index, match):
    """A proposal that the database does not confirm is none."""
    index.hold(whole(PICTURE))
    assert match(question(PICTURE)).found == []


def test_codes_alone_are_asked_as_they_are(candidates, match):
    """Of codes that came without media the one form is asked, and distances are those of the database's code."""
    asked = CodeQuestion(pdq=pdq("asked"), dhash=dhash("asked"))
    candidates.by_code[1] = whole(PICTURE, pdq=near(pdq("asked"), 5), dhash=near(dhash("asked"), 3))
    index = FakeIndex([], proposed=(1,))
    ((_, evidence),) = match_whole(asked, index, candidates).found
    assert (evidence.pdq_bits, evidence.dhash_bits) == (5, 3)
    assert index.calls[0][1] == pdq("asked").value


def test_a_flood_is_told(candidates):
    """More proposals than are confirmed are a flood, of which the nearest stand for all."""
    one = whole(PICTURE)
    candidates.by_code = {number: replace(one, code_id=number) for number in range(MIN_CROWD + 1)}
    index = FakeIndex([], proposed=tuple(range(MIN_CROWD + 1)))
    assert match_whole(question(PICTURE), index, candidates).is_flood
    ((_, asked, _),) = [call for call in candidates.calls if call[0] == "confirm"]
    assert asked == tuple(range(MAX_ALIKE))
    candidates.calls.clear()
    assert not match_whole(question(PICTURE), FakeIndex([], proposed=(1, 1, 2)), candidates).is_flood
    assert candidates.calls[0][1] == (1, 2)


def test_no_printed_form_shows_a_code(match):
    """The printed form of a result shows no codes."""
    assert "Evidence" not in repr(match(question(PICTURE), whole(PICTURE)))


def with_corner_of(image, other):
    """The picture with its left upper quarter from another one."""
    changed = image.copy()
    width, height = image.size
    changed.paste(other.crop((0, 0, width // 2, height // 2)), (0, 0))
    return changed


def test_a_replaced_region_is_told_and_the_grade_stays(candidates, match):
    """A match by whole codes is compared with the reference's regional signature; its strength does not change."""
    upload = question(with_corner_of(PICTURE, picture(60)))
    held = whole(PICTURE, pdq=near(upload.pdq, 8), dhash=upload.query_frames[0].dhash, key=7)
    candidates.by_key[7] = anchored(PICTURE, 7, regions=regional_signature(plane(PICTURE)))
    ((_, evidence),) = match(upload, held).found
    ((_, plain),) = match(upload, replace(held, key=None)).found
    assert evidence.match is MatchKind.ALTERED_COPY
    assert all(box.right <= 0.7 and box.bottom <= 0.7 for box in evidence.altered)
    assert evidence.grade() == plain.grade()
    assert (plain.match, plain.altered) == (MatchKind.COPY, ())


def test_a_plain_copy_and_a_reference_without_a_signature_are_copies(candidates, match):
    """Nothing is told where nothing was replaced, and where there is nothing to compare with."""
    candidates.by_key[7] = anchored(PICTURE, 7, regions=regional_signature(plane(PICTURE)))
    candidates.by_key[8] = anchored(PICTURE, 8)
    for key in (7, 8):
        ((_, evidence),) = match(question(PICTURE), whole(PICTURE, key=key)).found
        assert (evidence.match, evidence.altered) == (MatchKind.COPY, ())


def among(asked, *held, linked=()):
    """The evidence about each of some pictures with a regional signature, and the keys in the order of comparison."""
    index, candidates = SearchedIndex(), FakeCandidates([])
    index.hold(*held)
    candidates.by_code.update({one.code_id: one for one in held})
    candidates.by_key[7] = anchored(PICTURE, 7, regions=regional_signature(plane(PICTURE)))
    candidates.link(*linked)
    found = match_whole(asked, index, candidates).by_code
    return dict(found), candidates.calls


def test_a_lone_frame_that_agrees_all_over_is_the_whole_upload():
    """Not with another region, another frame or a clip in its file, nor with nothing to compare with."""
    alone = question(PICTURE)
    (frame,) = alone.query_frames
    held = whole(PICTURE, key=7)
    altered = question(with_corner_of(PICTURE, picture(60)))
    near_altered = replace(held, pdq=near(altered.pdq, 8), dhash=altered.query_frames[0].dhash)
    told = [
        among(alone, held),
        among(replace(alone, query_frames=(frame, altered.query_frames[0])), held),
        among(replace(alone, clips=(object(),)), held),
        among(alone, replace(held, key=8)),
        among(altered, near_altered),
        among(CodeQuestion(pdq=frame.pdq, dhash=frame.dhash), held),
    ]
    assert [found["ref_1"].is_whole_upload for found, _ in told] == [True, False, False, False, False, False]


def test_a_release_tells_who_stands_for_it():
    """What is known of cases is read for releases alone, and such a release is compared before nearer references."""
    held = whole(PICTURE, 7, key=7)
    _, calls = among(question(PICTURE), held)
    assert all(name != "standing_of_cases" for name, *_ in calls)
    release = replace(held, kind=ReferenceKind.OFFICIAL_RELEASE, pdq=near(held.pdq, 6))
    nearer = [replace(held, code_id=n, key=n, reference_id=f"ref_{n}") for n in range(20, 26)]
    found, calls = among(question(PICTURE), release, *nearer, linked=("case_7", "case_1"))
    assert found["ref_7"].reference.linked == {"case_1"}
    assert found["ref_7"].is_whole_upload
    (_, keys) = calls[-1]
    assert (keys[0], len(keys)) == (7, MAX_SEEN)


def test_the_same_file_is_not_looked_at(candidates, match):
    """Equal bytes are a copy, so no signature is read for them."""
    candidates.by_digest[digest("same")] = ExactCandidate(
        reference_id="ref_1", case_id="case_1", number=1, kind=ReferenceKind.INTIMATE_ITEM, level=Level.V1
    )
    match(question(PICTURE, sha256=digest("same")), whole(PICTURE, key=7))
    assert all(name != "confirm_pictures" for name, *_ in candidates.calls)


def test_signatures_of_a_few_matches_are_read_at_most(candidates, match):
    """Many references of one picture cost no more than a few."""
    match(question(PICTURE), *(whole(PICTURE, number, key=number) for number in range(1, 12)))
    (_, keys) = candidates.calls[-1]
    assert len(keys) == MAX_SEEN


def test_two_codes_of_one_reference_are_one_comparison(candidates, match, monkeypatch):
    """A picture has the code of its plane and the canonical one: it is compared once, and both tell the region."""
    seen = []

    def altered_in_whole(_luma, variant, _signature):
        seen.append(variant)
        return (PART,)

    monkeypatch.setattr("registry.matching.whole_codes.altered_in_whole", altered_in_whole)
    candidates.by_key[7] = anchored(PICTURE, 7, regions=regional_signature(plane(PICTURE)))
    canonical = whole(PICTURE, 2, reference_id="ref_1", key=7)
    found = match(question(PICTURE), whole(PICTURE, key=7), canonical).found
    assert [(name, item.altered) for name, item in found] == [("ref_1", (PART,))] * 2
    assert len(seen) == 1


def test_frames_of_a_clip_are_not_compared_by_whole_codes(candidates):
    """Every frame of a clip may show the same picture: their windows tell what was replaced, a few times."""
    candidates.by_key[7] = anchored(PICTURE, 7, regions=regional_signature(plane(PICTURE)))
    candidates.by_code[1] = whole(PICTURE, key=7)
    index = FakeIndex([], proposed=(1,))
    ((_, evidence),) = match_frame_codes(query_frame(PICTURE), index, candidates).by_code
    assert (evidence.match, evidence.altered) == (MatchKind.COPY, ())
    assert [call[0] for call in candidates.calls] == ["confirm"]
