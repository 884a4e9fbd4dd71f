"""People without an account: a case by codes or by a picture, followed, added to, recovered and withdrawn."""

import base64
import itertools
import uuid

import pytest

from registry.domain.case_states import ReferenceState
from registry.domain.claims import CLAIMS_TENANT
from registry.domain.roles import Role
from tests.support.web.media import codes, codes_of, fingerprint, made_up_pdq
from tests.support.web.service import BY_CODES, assert_problem, until

_numbers = itertools.count(70_000)
CONSENT = {"consents": ["fingerprints"]}
VERIFIED = {"level": "V1", "evidence": "contact_confirmed"}


@pytest.fixture(scope="module")
def nobody(service):
    """Somebody without a key."""
    return service.with_key(None)


@pytest.fixture(scope="module")
def verifier(service):
    """A verifier of cases without an account."""
    return service.newcomer(Role.VERIFIER, tenant_id=CLAIMS_TENANT)


@pytest.fixture(scope="module")
def platform(service):
    """A platform that may ask by codes."""
    return service.newcomer(Role.PLATFORM, allowed=BY_CODES)


def claims(nobody, **fields):
    """Opens a case that must open, and returns the answer."""
    asked = {"codes": codes(made_up_pdq(next(_numbers))), **CONSENT, **fields}
    if "references" in fields:
        del asked["codes"]
    answer = nobody.post("/v1/claims", json=asked)
    assert answer.status_code == 201, answer.text
    return answer.json


def proof(claim, **fields):
    """The case and its secret, for a body."""
    return {"case": claim["case"], "secret": claim["secret"], **fields}


def status(nobody, claim):
    answer = nobody.post("/v1/claims/status", json=proof(claim))
    assert answer.status_code == 200, answer.text
    return answer.json


def windows_of(picture):
    return base64.b64encode(fingerprint(picture).windows.pack()).decode("ascii")


def test_a_case_is_at_v0_and_leads_to_reviews(nobody, verifier, platform, picture):
    """A check of the picture says review, block once a verifier has raised it, and allow after the withdrawal."""
    sent = codes_of(picture)
    claim = claims(nobody, codes=sent)
    assert (claim["state"], claim["level"]) == ("active", "V0")
    assert platform.checks(picture)["verdict"] == "review"
    raised = verifier.post(f"/v1/cases/{claim['case_id']}/verification", json=VERIFIED)
    assert raised.json["level"] == "V1"
    assert platform.checks(picture)["verdict"] == "block"
    withdrawn = nobody.post("/v1/claims/withdrawal", json=proof(claim))
    assert withdrawn.json["state"] == "withdrawn"
    assert platform.checks(picture)["verdict"] == "allow"
    until(lambda: status(nobody, claim)["state"] == "erased")
    assert status(nobody, claim)["erased_at"] is not None


def test_the_status_tells_matches_in_bands_and_no_platform(nobody, platform):
    """Two matches and a decision: months, bands, what was done, and no id of the platform."""
    sent = codes(made_up_pdq(next(_numbers)))
    claim = claims(nobody, codes=sent)
    checks = [platform.checks(codes=sent) for _ in range(2)]
    platform.post(f"/v1/checks/{checks[0]['check_id']}/decision", json={"decision": "held"})
    told = nobody.post("/v1/claims/status", json=proof(claim))
    (reference,) = told.json["references"]
    (month,) = reference["matches"]
    assert (month["matches"], month["outcomes"], month["decisions"]) == (
        "1-4",
        {"review": "1-4"},
        {"held": "1-4"},
    )
    assert (reference["origin"], reference["found_by"]) == ("device", ["copies"])
    assert not {platform.tenant_id, checks[0]["check_id"]} & set(told.text.split('"'))


def test_windows_of_a_device_find_edits(nobody, new_picture):
    """Codes and windows of a device are found as those that the registry makes; several in one request."""
    pictures = [new_picture() for _ in range(2)]
    sent = [{"codes": codes_of(one), "windows": windows_of(one)} for one in pictures]
    claim = claims(nobody, references=sent)
    assert [one["found_by"] for one in claim["references"]] == [["copies", "edits"]] * 2
    assert len(status(nobody, claim)["references"]) == 2


def test_a_picture_is_fingerprinted_and_discarded(service, nobody, picture, platform):
    """A file in place of codes: the registry's own fingerprint, and the picture is found."""
    answer = nobody.send("/v1/claims", picture, consent="fingerprints", language="ko")
    assert answer.status_code == 201, answer.text
    assert platform.checks(picture)["verdict"] == "review"
    assert status(nobody, answer.json)["references"][0]["origin"] == "registry"


def test_the_same_picture_of_two_people_is_two_cases(nobody):
    """Nobody learns that somebody else registered the same: neither a duplicate nor another answer."""
    sent = codes(made_up_pdq(next(_numbers)))
    first, second = claims(nobody, codes=sent), claims(nobody, codes=sent)
    assert first["case"] != second["case"]
    assert [one["outcome"] for one in second["references"]] == ["enrolled"]
    same = claims(nobody, references=[{"codes": sent}, {"codes": sent}])
    assert [one["outcome"] for one in same["references"]] == ["enrolled", "duplicate"]


def test_a_picture_is_added(nobody):
    """One more picture; the same again is a duplicate; none after the withdrawal."""
    claim = claims(nobody)
    more = {"codes": codes(made_up_pdq(next(_numbers))), **CONSENT}
    assert nobody.post("/v1/claims/references", json=proof(claim, **more)).status_code == 201
    again = nobody.post("/v1/claims/references", json=proof(claim, **more))
    assert (again.status_code, again.json["outcome"]) == (200, "duplicate")
    nobody.post("/v1/claims/withdrawal", json=proof(claim))
    other = {"codes": codes(made_up_pdq(next(_numbers))), **CONSENT}
    refused = nobody.post("/v1/claims/references", json=proof(claim, **other))
    assert_problem(refused, 409, "case-withdrawn")


def test_recovery_words_set_a_new_secret(nobody):
    """The old secret opens nothing any more, the new one and the recovery words do."""
    claim = claims(nobody)
    recovery = {"case": claim["case"], "recovery_words": claim["recovery_words"]}
    answer = nobody.post("/v1/claims/recovery", json={**recovery, "language": "ko"})
    assert answer.status_code == 200, answer.text
    assert_problem(nobody.post("/v1/claims/status", json=proof(claim)), 404, "claim-not-found")
    for held in ({"secret": answer.json["secret"]}, {"recovery_words": claim["recovery_words"]}):
        assert nobody.post("/v1/claims/status", json={"case": claim["case"], **held}).status_code == 200


def test_a_contact_is_for_the_verifier_alone(service, nobody, verifier):
    """A verifier of these cases reads it, and the ledger keeps it; the withdrawal deletes it."""
    contact = {"kind": "email", "value": "jane@example.org", "hours": "20-22", "wording": "about the flat"}
    claim = claims(nobody, contact=contact)
    path = f"/v1/cases/{claim['case_id']}/contact"
    assert status(nobody, claim)["has_contact"] is True
    read = verifier.get(path)
    assert {name: read.json[name] for name in contact} == contact
    assert read.json["may_leave_message"] is False
    entries = service.container.databases.registry
    with entries.read() as connection:
        found = connection.exec_driver_sql(
            "SELECT credential_id FROM ledger_entries WHERE event = 'case.contact_read' AND case_id = ?",
            (claim["case_id"],),
        ).all()
    assert [row[0] for row in found] == [verifier.credential_id]
    for stranger in (service.newcomer(Role.VERIFIER), service.newcomer(Role.OPERATOR)):
        assert_problem(stranger.get(path), 404, "not-found")
    officer = service.newcomer(Role.OFFICER, tenant_id=CLAIMS_TENANT)
    assert_problem(officer.get(path), 403, "not-permitted")
    nobody.post("/v1/claims/withdrawal", json=proof(claim))
    assert_problem(verifier.get(path), 404, "not-found")
    assert not [row for row in service.rows()["registry.claim_contacts"] if claim["case_id"] in row]


def test_a_contact_is_sealed(service, nobody):
    """No row of the database has it in the clear."""
    claims(nobody, contact={"kind": "phone", "value": "+82 10 5550 4711"})
    assert b"5550 4711" not in repr(service.rows()).encode()


def test_a_contact_can_be_changed_and_deleted(nobody, verifier):
    """The claimant replaces it, deletes it, and deleting it again changes nothing."""
    claim = claims(nobody, contact={"kind": "email", "value": "old@example.org"})
    new = {"kind": "messenger", "value": "@new", "may_leave_message": True}
    changed = nobody.post("/v1/claims/contact", json=proof(claim, contact=new))
    assert (changed.status_code, changed.json["has_contact"]) == (200, True)
    assert verifier.get(f"/v1/cases/{claim['case_id']}/contact").json["value"] == "@new"
    gone = [nobody.post("/v1/claims/contact", json=proof(claim, contact=None)).json for _ in range(2)]
    assert [one["receipt"] is None for one in gone] == [False, True]


def test_an_answer_with_secrets_is_repeated_and_not_kept_readable(service, nobody):
    """The same key again gets the same words, and no row of the database has them."""
    key = {"Idempotency-Key": str(uuid.uuid4())}
    asked = {"codes": codes(made_up_pdq(next(_numbers))), **CONSENT}
    answers = [nobody.post("/v1/claims", json=asked, headers=key) for _ in range(2)]
    assert answers[0].data == answers[1].data
    assert answers[1].headers["Idempotent-Replayed"] == "true"
    stored = repr(service.rows()["registry.acknowledgements"])
    assert answers[0].json["secret"] not in stored
    assert answers[0].json["case"] not in stored


def test_a_short_key_is_refused(nobody):
    """Two people who send the same simple key must not get each other's answer."""
    asked = {"codes": codes(made_up_pdq(next(_numbers))), **CONSENT}
    answer = nobody.post("/v1/claims", json=asked, headers={"Idempotency-Key": "1"})
    assert_problem(answer, 400, "idempotency-key-invalid")


def test_keys_of_two_cases_do_not_meet(nobody):
    """The same simple key in two cases is two requests."""
    for claim in (claims(nobody), claims(nobody)):
        more = {"codes": codes(made_up_pdq(next(_numbers))), **CONSENT}
        answer = nobody.post(
            "/v1/claims/references", json=proof(claim, **more), headers={"Idempotency-Key": "1"}
        )
        assert answer.status_code == 201


def test_somebody_under_18_is_sent_on_and_nothing_is_taken(service, nobody, picture):
    """Neither a row nor a case, by codes or by a file, and the answer names who helps."""
    before = service.rows()
    by_codes = {"codes": codes(made_up_pdq(next(_numbers))), **CONSENT, "is_adult": False}
    for answer in (
        nobody.post("/v1/claims", json=by_codes),
        nobody.send("/v1/claims", picture, consent="fingerprints", is_adult="false"),
    ):
        assert "takeitdown.ncmec.org" in assert_problem(answer, 422, "under-age")["detail"]
    assert service.rows() == before


def test_a_receipt_is_proven_to_its_case_alone(service, nobody):
    """The case's own receipt is proven, another case's is not there."""
    mine, other = claims(nobody), claims(nobody)
    service.container.checkpointer.make()
    told = nobody.post("/v1/claims/receipts", json=proof(mine, receipt=mine["receipt"]))
    assert told.json["entry"]["case"] == mine["case_id"]
    assert told.json["checkpoint"] is not None
    foreign = nobody.post("/v1/claims/receipts", json=proof(mine, receipt=other["receipt"]))
    assert_problem(foreign, 404, "not-found")


def test_a_case_is_challenged_by_somebody_with_a_case_of_her_own(nobody, verifier, platform, picture):
    """It is for review at most from the answer on; the same again changes nothing, and nothing is there by guesses."""
    theirs, hers = claims(nobody, codes=codes_of(picture)), claims(nobody)
    verifier.post(f"/v1/cases/{theirs['case_id']}/verification", json=VERIFIED)
    assert platform.checks(picture)["verdict"] == "block"
    asked = proof(hers, challenged=theirs["case"], reason="wrong_person")
    made = [nobody.post("/v1/claims/challenge", json=asked) for _ in range(2)]
    assert [(one.status_code, one.json["case_state"]) for one in made] == [
        (201, "challenged"),
        (200, "challenged"),
    ]
    assert platform.checks(picture)["verdict"] == "review"
    assert status(nobody, theirs)["state"] == "challenged"
    missing = nobody.post("/v1/claims/challenge", json={**asked, "challenged": "case_0000000000000000"})
    assert_problem(missing, 404, "not-found")
    misspelt = nobody.post("/v1/claims/challenge", json={**asked, "challenged": "A" * 18})
    assert_problem(misspelt, 422, "case-number-invalid")


def test_the_challenged_do_not_learn_who_challenged(service, nobody):
    """The export names the entry, and only the challenger has it proven: it holds the number of her own case."""
    theirs, hers = claims(nobody), claims(nobody)
    asked = proof(hers, challenged=theirs["case"], reason="wrong_person")
    receipt = nobody.post("/v1/claims/challenge", json=asked).json["receipt"]
    service.container.checkpointer.make()
    export = nobody.post("/v1/claims/export", json=proof(theirs))
    assert receipt in export.text
    assert hers["case_id"].removeprefix("case_") not in export.text
    foreign = nobody.post("/v1/claims/receipts", json=proof(theirs, receipt=receipt))
    assert_problem(foreign, 404, "not-found")
    own = nobody.post("/v1/claims/receipts", json=proof(hers, receipt=receipt))
    assert own.json["entry"]["case"] == theirs["case_id"]


def test_a_quarantine_is_not_told_to_the_owner(service, nobody):
    """It would tell what others registered or upload: status and export call the reference indexed."""
    mine = claims(nobody)
    with service.container.units.write() as unit:
        (reference,) = unit.references.of_case(mine["case_id"])
        unit.references.move([reference.id], ReferenceState.QUARANTINED)
        unit.commit()
    assert [one["state"] for one in status(nobody, mine)["references"]] == ["indexed"]
    assert "quarantined" not in nobody.post("/v1/claims/export", json=proof(mine)).text


BAD = {
    "no consent": ({"codes": codes(made_up_pdq(1))}, "body-invalid"),
    "another consent": ({"codes": codes(made_up_pdq(1)), "consents": ["likeness"]}, "body-invalid"),
    "a likeness": ({"codes": codes(made_up_pdq(1)), **CONSENT, "kind": "likeness"}, "body-invalid"),
    "a release": ({"codes": codes(made_up_pdq(1)), **CONSENT, "kind": "official_release"}, "body-invalid"),
    "nothing": (CONSENT, "body-invalid"),
    "both": (
        {"codes": codes(made_up_pdq(1)), "references": [{"codes": codes(made_up_pdq(1))}], **CONSENT},
        "body-invalid",
    ),
    "too many": ({"references": [{"codes": codes(made_up_pdq(1))}] * 17, **CONSENT}, "body-invalid"),
    "a level": ({"codes": codes(made_up_pdq(1)), **CONSENT, "level": "V4"}, "body-invalid"),
    "windows that are no base 64": (
        {"codes": codes(made_up_pdq(1)), "windows": "%%%%", **CONSENT},
        "code-malformed",
    ),
    "windows of nothing": (
        {"codes": codes(made_up_pdq(1)), "windows": base64.b64encode(bytes(44)).decode(), **CONSENT},
        "code-wrong-length",
    ),
    "a flat code": ({"codes": codes(bytes(32)), **CONSENT}, "media-low-information"),
    "a code of low quality": ({"codes": codes(made_up_pdq(1), quality=10), **CONSENT}, "media-low-quality"),
}


@pytest.mark.parametrize("fault", BAD)
def test_what_cannot_be_registered_is_refused(service, nobody, fault):
    """Nothing is written, and the problem says what to do."""
    asked, code = BAD[fault]
    before = service.rows()
    assert_problem(nobody.post("/v1/claims", json=asked), 422, code)
    assert service.rows() == before


def test_typing_errors_are_told_before_anything_is_read(nobody):
    """A wrong digit of the number and a wrong word, both at once, each with its place, and no word is repeated."""
    claim = claims(nobody)
    letters = claim["case"]
    wrong_number = ("1" if letters[0] == "0" else "0") + letters[1:]
    words = claim["secret"].split()
    asked = {"case": wrong_number, "secret": " ".join(["zebraa", *words[1:]])}
    problem = assert_problem(nobody.post("/v1/claims/status", json=asked), 422, "case-number-invalid")
    assert [(one["pointer"], one["code"]) for one in problem["errors"]] == [
        ("/case", "case-number-invalid"),
        ("/secret", "words-invalid"),
    ]
    assert "word 1 of 9" in problem["detail"]
    assert not {"zebraa", *words} & set(str(problem).split())


@pytest.mark.parametrize("body", [{}, {"case": "x"}, {"case": "x", "secret": "a", "recovery_words": "a"}, []])
def test_a_proof_is_a_case_and_one_secret(nobody, body):
    """Neither none nor two."""
    assert_problem(nobody.post("/v1/claims/status", json=body), 422, "body-invalid")


def test_the_tenant_has_no_keys_that_open_or_list(service):
    """No agency, claimant or platform gets a key of these cases."""
    for role in set(Role) - {Role.VERIFIER, Role.OFFICER}:
        with pytest.raises(Exception, match="without an account"):
            service.newcomer(role, tenant_id=CLAIMS_TENANT)
