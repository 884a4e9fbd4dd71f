"""POST /v1/checks."""

import hashlib
import itertools

import pytest

from registry.demo.pictures import drawn, recompressed_half
from registry.usecases.cases import link_cases, unlink_cases
from tests.support.web.media import PDQ_BITS, codes, codes_of, faint, fingerprint, flat, flipped, made_up_pdq
from tests.support.web.service import assert_problem


def test_the_file_itself_is_blocked(bob, dana, picture):
    """The very bytes of a verified case's picture are blocked."""
    bob.opens(picture, level="V1")
    answer = dana.send("/v1/checks", picture)
    check = answer.json
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"/v1/checks/{check['check_id']}"
    assert (check["verdict"], check["band"], check["kinds"]) == ("block", "tight", ["copy"])
    assert check["reason"] == "tight_match"
    assert check["boxes"] == [{"left": 0.0, "top": 0.0, "right": 1.0, "bottom": 1.0}]


def test_a_poor_copy_is_blocked(bob, dana, picture):
    """A copy at half size and JPEG quality 50 is blocked."""
    bob.opens(picture, level="V1")
    assert dana.checks(recompressed_half(picture))["verdict"] == "block"


def test_codes_are_answered_as_their_picture(bob, dana, picture):
    """The codes of a copy get the same verdict as the copy itself."""
    bob.opens(picture, level="V1")
    copy = recompressed_half(picture)
    by_codes, by_file = dana.checks(codes=codes_of(copy)), dana.checks(copy)
    assert {**by_codes, "check_id": None} == {**by_file, "check_id": None}


def test_an_unrelated_picture_is_allowed(bob, dana, new_picture):
    """An upload that nobody registered is allowed, without any kind of match."""
    bob.opens(new_picture(), level="V1")
    check = dana.checks(new_picture())
    assert (check["verdict"], check["band"]) == ("allow", "none")
    assert (check["kinds"], check["reason"], check["boxes"]) == ([], "no_match", [])


def test_an_unverified_case_never_blocks(alice, dana, picture):
    """A case at V0 leads to review, and the reason says so."""
    alice.opens(picture)
    check = dana.checks(picture)
    assert (check["verdict"], check["reason"]) == ("review", "case_not_verified")
    assert dana.explains(check)["reasons"] == ["case_not_verified", "tight_match"]


def test_a_source_original_never_blocks(bob, dana, picture):
    """The source picture of a deepfake leads to review."""
    bob.opens(picture, level="V4", kind="source_original")
    check = dana.checks(picture)
    assert (check["verdict"], check["reason"]) == ("review", "source_original")
    assert dana.explains(check)["reasons"] == ["source_original", "tight_match"]


def linking(service, act, *opened):
    """Links cases or ends links, as the operator."""
    parts = service.container
    actor = parts.authenticator.actor(f"Bearer {service.operator.key}")
    act([one["case"] for one in opened], actor=actor, units=parts.units, environment=parts.environment)


def test_an_official_release_is_allowed(service, bob, dana, picture):
    """A release for which an operator stands is allowed, and the reason says so, as long as the operator does."""
    released = bob.opens(picture, level="V1", kind="official_release")
    original = bob.opens(picture, level="V1", kind="source_original")
    assert dana.checks(picture)["verdict"] == "review"
    linking(service, link_cases, released, original)
    check = dana.checks(picture)
    assert (check["verdict"], check["reason"]) == ("allow", "official_release")
    linking(service, unlink_cases, original)
    assert dana.checks(picture)["verdict"] == "review"
    linking(service, link_cases, released, original)
    bob.post(f"/v1/cases/{released['case']}/withdrawal")
    assert dana.checks(picture)["verdict"] == "review"


def test_conflicting_claims_are_reviewed(bob, dana, picture):
    """A picture that is both a release that counts and an intimate item is for a person to decide."""
    released = bob.opens(picture, kind="official_release")
    bob.opens(picture, level="V1")
    assert dana.checks(picture)["verdict"] == "block"
    bob.verified(released, "V1")
    check = dana.checks(picture)
    assert check["verdict"] == "review"
    assert check["reason"] == "conflicting_claims"


def test_a_lone_pdq_is_reviewed(bob, dana, picture):
    """Without a second family of codes a match is reviewed, not blocked."""
    bob.opens(picture, level="V1")
    check = dana.checks(codes=codes(fingerprint(picture).pdq.value))
    assert (check["verdict"], check["reason"]) == ("review", "loose_match")
    assert dana.explains(check)["reasons"] == ["loose_match", "second_family_missing"]


def test_codes_on_both_sides_are_reviewed(bob, dana):
    """Where nobody has shown the picture itself, nothing is blocked by codes alone."""
    value = made_up_pdq(5)
    bob.opens(level="V1", reference={"codes": codes(value, bytes(range(16)))})
    assert dana.checks(codes=codes(value, bytes(range(16))))["verdict"] == "review"


def test_an_exact_digest_is_blocked(bob, dana):
    """The digest of the bytes is enough, for a file that no perceptual code could stand for."""
    digest = [{"algorithm": "sha256", "value": hashlib.sha256(flat()).hexdigest()}]
    case = f"/v1/cases/{bob.opens(level='V1', reference={'codes': digest})['case']}"
    assert dana.checks(codes=digest)["verdict"] == "block"
    assert dana.checks(flat())["verdict"] == "block"
    bob.post(f"{case}/withdrawal")


def test_a_flat_picture_is_not_called_allowed(dana):
    """A picture that shows nothing is refused: to allow it would be a guess."""
    assert_problem(dana.send("/v1/checks", flat()), 422, "media-low-information")


def test_a_faint_picture_is_answered(dana):
    """A picture too faint to be registered can still be asked about."""
    assert dana.checks(faint())["verdict"] == "allow"


def test_every_platform_asks_about_every_case(alice, bob, erin, new_picture):
    """A platform is answered about whatever any tenant has registered."""
    for claimant in (alice, bob):
        picture = new_picture()
        claimant.opens(picture)
        assert erin.checks(picture)["verdict"] == "review"


@pytest.mark.parametrize("field", ["level", "kind", "context"])
def test_a_check_has_no_fields(service, dana, picture, field):
    """A check takes a file and nothing beside it, yet."""
    before = service.rows()
    assert_problem(dana.send("/v1/checks", picture, **{field: "V1"}), 422, "body-invalid")
    assert service.rows() == before


def test_decoys_do_not_hide_a_verified_case(bob, charlie, dana):
    """However many codes somebody registers close to an upload, a verified case about it still blocks."""
    picture = drawn(1, (480, 320))
    bob.opens(picture, level="V1")
    copy = fingerprint(recompressed_half(picture))
    assert copy.pdq.distance(fingerprint(picture).pdq) > 2  # farther than the decoys
    for places in itertools.islice(itertools.combinations(range(PDQ_BITS), 2), 600):
        decoy = codes(flipped(copy.pdq.value, list(places)), copy.dhash.value)
        charlie.post("/v1/cases", json={"reference": {"codes": decoy}})
    assert dana.checks(recompressed_half(picture))["verdict"] == "block"
