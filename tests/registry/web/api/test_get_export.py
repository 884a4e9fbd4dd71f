"""GET /v1/cases/{case}/export."""

import json

from registry.domain.roles import Role
from tests.support.web.media import codes, fingerprint, made_up_pdq
from tests.support.web.service import assert_problem, until


def exported(person, case):
    answer = person.get(f"/v1/cases/{case}/export")
    assert answer.status_code == 200, answer.text
    return answer.json


def test_an_export_tells_what_is_held(alice, picture):
    """An export names each code, the windows, and each act with its receipt."""
    opened = alice.opens(picture, level="V1")
    export = exported(alice, opened["case"])
    [reference] = export["references"]
    assert {code["algorithm"] for code in reference["codes"]} == {"dhash128", "pdq", "phash", "sha256"}
    assert {(code["algorithm"], code["bytes"]) for code in reference["codes"]} >= {("pdq", 32), ("phash", 8)}
    assert reference["windows"] > 0
    assert (reference["clip"], reference["faces"]) == (None, [])
    assert [act["event"] for act in export["acts"]][:2] == ["case.opened", "reference.enrolled"]
    assert opened["receipt"] in {act["receipt"] for act in export["acts"]}
    assert [record["level"] for record in export["records"]] == ["V1"]
    assert export["withheld"] == ["code_values", "uploads_that_matched"]


def test_no_value_is_told(alice, picture):
    """No code, window or signature is in an export, in any spelling; nor is a number of the ledger."""
    text = alice.get(f"/v1/cases/{alice.opens(picture)['case']}/export").text
    found = fingerprint(picture)
    values = [found.sha256, found.pdq.value, found.dhash.value, found.phash.value, found.pdq_canonical.value]
    values += [code.tobytes() for code in found.windows.codes]
    assert not any(value.hex() in text for value in values)
    assert "number" not in json.loads(text)["acts"][0]


def test_an_export_after_the_erasure_is_empty(alice):
    """After the erasure only ids, kinds, states, levels, times and receipts are left, and nothing is withheld."""
    case = alice.post("/v1/cases", json={"reference": {"codes": codes(made_up_pdq(4))}}).json["case"]
    alice.post(f"/v1/cases/{case}/withdrawal")
    until(lambda: exported(alice, case)["erased_at"] is not None)
    export = exported(alice, case)
    [reference] = export["references"]
    assert reference.keys() - {"reference", "kind", "state", "enrolled_at"} == {
        name for name, value in reference.items() if value in ([], 0, None)
    }
    assert (export["state"], export["linked_at"], export["withheld"]) == ("erased", [], [])
    assert [act["event"] for act in export["acts"]][-2:] == ["case.withdrawn", "case.erased"]


def test_who_may_export(service, alice, charlie):
    """An export is for the tenant's owners of cases: not for a stranger, nor for a verifier of the same tenant."""
    path = f"/v1/cases/{alice.opens()['case']}/export"
    assert_problem(charlie.get(path), 404, "not-found")
    verifier = service.newcomer(Role.VERIFIER, tenant_id=alice.tenant_id)
    assert_problem(verifier.get(path), 403, "not-permitted")
