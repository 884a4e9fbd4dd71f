"""GET /v1/cases/{case}."""

from registry.domain.roles import Role
from tests.support.web.media import codes, fingerprint, made_up_pdq
from tests.support.web.service import assert_problem, until

ANSWER = {
    "case",
    "state",
    "level",
    "claimed_level",
    "opened_at",
    "withdrawn_at",
    "erased_at",
    "records",
    "reads",
    "labels",
    "references",
}
REFERENCE = {"state", "reference", "kind", "enrolled_at", "algorithms", "found_by"}


def test_a_case_reads_back(alice, picture):
    """A case shows its state, level and times, and its references without what was derived from them."""
    opened = alice.opens(picture)
    case = alice.get(f"/v1/cases/{opened['case']}").json
    assert set(case) == ANSWER
    assert [set(item) for item in case["references"]] == [REFERENCE]
    assert case["references"][0]["algorithms"] == ["dhash128", "pdq", "phash", "sha256"]
    assert case["references"][0]["found_by"] == ["file", "copies", "edits"]
    assert (case["opened_at"], case["withdrawn_at"], case["erased_at"]) == (opened["opened_at"], None, None)


def test_references_stand_in_order(alice, new_picture):
    """References are listed in the order of their enrolment."""
    case = alice.opens()["case"]
    added = [alice.send(f"/v1/cases/{case}/references", new_picture()).json["reference"] for _ in range(3)]
    listed = alice.get(f"/v1/cases/{case}").json["references"]
    assert [item["reference"] for item in listed] == added


def test_no_code_is_shown(alice, picture):
    """Nobody gets a code back, not even its owner."""
    text = alice.get(f"/v1/cases/{alice.opens(picture)['case']}").text
    found = fingerprint(picture)
    values = (found.sha256, found.pdq.value, found.dhash.value, found.phash.value, found.pdq_canonical.value)
    windows = [code.tobytes() for code in found.windows.codes]
    assert windows
    assert not any(value.hex() in text for value in (*values, *windows))


def test_a_withdrawn_case_says_when_it_was_erased(alice):
    """A withdrawn case lists its references, found in nothing, and later when they were erased."""
    body = {"reference": {"codes": codes(made_up_pdq(4))}}
    path = alice.post("/v1/cases", json=body).headers["Location"]
    withdrawn = alice.post(f"{path}/withdrawal").json
    until(lambda: alice.get(path).json["erased_at"] is not None)
    case = alice.get(path).json
    assert (case["state"], case["withdrawn_at"]) == ("erased", withdrawn["withdrawn_at"])
    assert [(item["algorithms"], item["found_by"]) for item in case["references"]] == [([], [])]
    assert case["erased_at"] >= case["withdrawn_at"]


def test_colleagues_share_a_case(service, alice):
    """A case belongs to the tenant: another key of the same tenant reads it."""
    colleague = service.newcomer(Role.CLAIMANT, tenant_id=alice.tenant_id)
    assert colleague.get(f"/v1/cases/{alice.opens()['case']}").status_code == 200


def test_a_stranger_finds_nothing(alice, charlie, bob, frank):
    """Another tenant's case is not there, whoever asks."""
    path = f"/v1/cases/{alice.opens()['case']}"
    for stranger in (charlie, bob, frank):
        assert_problem(stranger.get(path), 404, "not-found")
