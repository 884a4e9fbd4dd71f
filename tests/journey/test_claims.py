"""A person without an account, from the registration to the erasure receipt, at a server with two workers."""

import json
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from registry.cli.backends import local_actor, open_local
from registry.config import Settings
from registry.demo.pictures import drawn, recompressed_half
from registry.domain.claims import CLAIMS_TENANT
from registry.domain.roles import Role
from registry.usecases.credentials import Wanted, create_credential
from registry.usecases.ledger import publish_checkpoint
from tests.support.serving import running
from tests.support.web.media import codes_of

ROOT = Path(__file__).parents[2]
ASKED = 6  # on connections of their own: enough for both workers to answer some
DEADLINE_S = 60

pytestmark = pytest.mark.timeout(300)


@contextmanager
def served(tmp_path):
    """Serves, and yields how to ask: without a key, as a platform, as a verifier, and how to publish a checkpoint."""
    data, checkpoints = tmp_path / "data", tmp_path / "checkpoints"
    settings = {"TAKEDOWN_CHECKPOINTS": str(checkpoints)}
    with running(data, "--workers", "2", settings=settings) as lines:
        url = lines[-1].removeprefix("ready ")
        with open_local(Settings(data=data, checkpoints=checkpoints)) as container:
            actor = local_actor(container)

            def key(role, tenant=None):
                wanted = Wanted(role=role, label="somebody", tenant_id=tenant)
                parts = {"units": container.units, "environment": container.environment}
                return create_credential(wanted, actor=actor, digests=container.keys, **parts).key

            yield {
                "nobody": asking(url, None),
                "platform": asking(url, key(Role.PLATFORM)),
                "verifier": asking(url, key(Role.VERIFIER, CLAIMS_TENANT)),
                "officers": [asking(url, key(Role.OFFICER, CLAIMS_TENANT)) for _ in range(2)],
                "publish": lambda: publish_checkpoint(actor=actor, checkpointer=container.checkpointer),
                "checkpoints": checkpoints,
            }


def asking(url, key):
    """Returns how somebody posts, each time on a new connection."""
    headers = {} if key is None else {"Authorization": f"Bearer {key}"}

    def post(path, status, **sent):
        answer = httpx.post(url + path, headers=headers, trust_env=False, timeout=30, **sent)
        assert answer.status_code == status, answer.text
        return answer.json()

    return post


def verdicts(platform, media):
    return {platform("/v1/checks", 201, files={"media": media})["verdict"] for _ in range(ASKED)}


def until(wanted, ask):
    deadline = time.monotonic() + DEADLINE_S
    while (found := ask()) != wanted and time.monotonic() < deadline:
        time.sleep(0.1)
    return found


def verified(tmp_path, checkpoints, receipt, *options):
    """Runs the script that verifies a receipt with nothing of the registry."""
    file = tmp_path / "receipt.json"
    file.write_text(json.dumps(receipt), encoding="utf-8")
    return subprocess.run(
        [sys.executable, "-I", ROOT / "scripts" / "verify_receipt", file, checkpoints, *options],
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_person_registers_follows_and_withdraws_alone(tmp_path):
    """Review, block by a verifier's word, review while it is challenged, block again, allow, and a proven erasure."""
    photo, copy = drawn(331), recompressed_half(drawn(331))
    with served(tmp_path) as registry:
        nobody, platform = registry["nobody"], registry["platform"]
        sent = {"codes": codes_of(photo), "consents": ["fingerprints"], "language": "ko"}
        claim = nobody("/v1/claims", 201, json=sent)
        proof = {"case": claim["case"], "secret": claim["secret"]}
        assert until({"review"}, lambda: verdicts(platform, copy)) == {"review"}
        raised = {"level": "V1", "evidence": "contact_confirmed"}
        registry["verifier"](f"/v1/cases/{claim['case_id']}/verification", 201, json=raised)
        assert verdicts(platform, copy) == {"block"}
        other = nobody("/v1/claims", 201, json={**sent, "codes": codes_of(drawn(332))})
        disputed = {"case": other["case"], "secret": other["secret"], "challenged": claim["case"]}
        challenge = nobody("/v1/claims/challenge", 201, json={**disputed, "reason": "not_agreed"})[
            "challenge"
        ]
        assert verdicts(platform, copy) == {"review"}
        for officer in registry["officers"]:
            officer(f"/v1/challenges/{challenge}/decisions", 201, json={"outcome": "uphold"})
        assert verdicts(platform, copy) == {"block"}
        (reference,) = nobody("/v1/claims/status", 200, json=proof)["references"]
        assert reference["matches"][0]["outcomes"].keys() == {"review", "block"}
        nobody("/v1/claims/withdrawal", 200, json=proof)
        assert verdicts(platform, copy) == {"allow"}
        assert until("erased", lambda: nobody("/v1/claims/status", 200, json=proof)["state"]) == "erased"
        registry["publish"]()
        erasure = nobody("/v1/claims/erasure", 200, json=proof)
        statement = tmp_path / "erasure.json"
        statement.write_text(json.dumps(erasure), encoding="utf-8")
        opened, gone = (
            nobody("/v1/claims/receipts", 200, json={**proof, "receipt": receipt})
            for receipt in (claim["receipt"], erasure["receipt"])
        )
        assert nobody("/v1/claims/export", 200, json=proof)["references"][0]["codes"] == []
    first = verified(tmp_path, registry["checkpoints"], opened)
    last = verified(tmp_path, registry["checkpoints"], gone, "--erasure", statement)
    assert (first.returncode, last.returncode) == (0, 0), first.stderr + last.stderr
    forged = {**opened, "entry": {**opened["entry"], "case": "case_0000000000000000"}}
    assert verified(tmp_path, registry["checkpoints"], forged).returncode == 1
