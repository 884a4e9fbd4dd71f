"""GET /v1/cases/{case}/erasure, and its receipt verified by the script that knows nothing of the registry."""

import json
import subprocess
import sys

import pytest

from registry.domain.roles import Role
from tests.support.paths import ROOT
from tests.support.web.media import codes, made_up_pdq
from tests.support.web.service import assert_problem, until


def erased(person, number):
    """Opens, withdraws and erases a case by codes, and returns its receipt."""
    body = {"reference": {"codes": codes(made_up_pdq(number))}}
    path = person.post("/v1/cases", json=body).headers["Location"]
    person.post(f"{path}/withdrawal")
    until(lambda: person.get(f"{path}/erasure").json["statement"])
    return person.get(f"{path}/erasure").json


@pytest.fixture
def files(service, alice, tmp_path):
    """The receipt, its proof and the published checkpoint as files, and the arguments of the script."""
    receipt = erased(alice, 4711)
    parts = service.container
    parts.checkpointer.make()
    (tmp_path / "erasure").write_text(json.dumps(receipt))
    proof = alice.get(f"/v1/receipts/{receipt['receipt']}").json
    (tmp_path / "receipt").write_text(json.dumps(proof))
    (tmp_path / "checkpoints").write_text(proof["checkpoint"])
    return tmp_path


def verify(files):
    key = json.loads((files / "erasure").read_text())["key"]
    script = [sys.executable, ROOT / "scripts" / "verify_receipt", files / "receipt", files / "checkpoints"]
    return subprocess.run(
        [*script, "--erasure", files / "erasure", "--key", key], capture_output=True, text=True, check=False
    )


def test_a_receipt_says_what_was_erased(service, alice):
    """The statement names what was deleted, where and when, and what it does not cover; codes are not in it."""
    receipt = erased(alice, 4712)
    stated = json.loads(receipt["statement"])
    assert (stated["case"], receipt["state"]) == (receipt["case"], "erased")
    assert (stated["erased"]["references"], stated["erased"]["codes"] > 0) == (1, True)
    assert stated["places"]["database"] == "overwritten"
    assert stated["places"]["index_files"] == {"overwritten": [service.container.machine_id], "absent": []}
    assert "backups" in stated["not_covered"]
    assert made_up_pdq(4712).hex() not in json.dumps(receipt)
    acts = alice.get(f"/v1/cases/{receipt['case']}/export").json["acts"]
    assert (acts[-1]["event"], acts[-1]["receipt"]) == ("case.erased", receipt["receipt"])


def test_before_the_erasure_there_is_none(alice, charlie, service):
    """A standing case has no receipt; a stranger, and a verifier, learn nothing of it."""
    case = alice.opens()["case"]
    answer = alice.get(f"/v1/cases/{case}/erasure").json
    assert (answer["state"], answer["statement"], answer["signature"]) == ("active", None, None)
    assert_problem(charlie.get(f"/v1/cases/{case}/erasure"), 404, "not-found")
    verifier = service.newcomer(Role.VERIFIER, tenant_id=alice.tenant_id)
    assert_problem(verifier.get(f"/v1/cases/{case}/erasure"), 403, "not-permitted")


def test_a_receipt_is_verified_offline(files):
    """The script proves signature, ledger entry and checkpoint."""
    done = verify(files)
    assert (done.returncode, done.stderr) == (0, "")
    assert "was erased at" in done.stdout


@pytest.mark.parametrize("field", ["case", "erased_at", "erased", "places", "signature", "entry"])
def test_a_tampered_receipt_fails(files, field):
    """Whatever is changed, the script says so in one line and ends with 1."""
    receipt = json.loads((files / "erasure").read_text())
    stated = json.loads(receipt["statement"])
    if field == "signature":
        receipt["signature"] = "A" * 86 + "=="
    elif field == "entry":
        proof = json.loads((files / "receipt").read_text())
        proof["entry"]["detail"] = "00" * 32
        (files / "receipt").write_text(json.dumps(proof))
    else:
        stated[field] = "case_0000000000000000"
        receipt["statement"] = json.dumps(stated, sort_keys=True, separators=(",", ":"))
    (files / "erasure").write_text(json.dumps(receipt))
    done = verify(files)
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (1, "", 1)
