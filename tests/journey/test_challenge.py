"""A challenge on a served registry of two processes: each of them answers as the last decision says, at once."""

import httpx

from index.verdict.vocabulary import Level, ReferenceKind
from registry.cli.backends import local_actor, open_local
from registry.config import Settings
from registry.demo.pictures import drawn
from registry.domain.roles import Actor, Role
from registry.usecases.credentials.creating import Wanted, create_credential
from registry.usecases.enrolment import draft_from_picture
from tests.support.usecases.verifying import open_verified

ASKED = 8  # enough for both workers to answer some


def people(data, photo):
    """Opens a blocking case of an agency in the data folder; returns the headers of two officers and a platform."""
    with open_local(Settings(data=data)) as container:
        parts = {"units": container.units, "environment": container.environment}

        def made(role, tenant_id=None):
            wanted = Wanted(role=role, label="somebody", tenant_id=tenant_id)
            return create_credential(wanted, actor=local_actor(container), digests=container.keys, **parts)

        agency = made(Role.AGENCY).credential
        actor = Actor(tenant_id=agency.tenant_id, credential_id=agency.id, permissions=agency.permissions)
        draft = draft_from_picture(
            memoryview(photo),
            ReferenceKind.INTIMATE_ITEM,
            container.fingerprints,
            None,
            edits=False,
            has_consented=False,
        )
        open_verified(Level.V1, draft, actor=actor, **parts)
        keys = [
            made(Role.OFFICER, agency.tenant_id).key,
            made(Role.OFFICER, agency.tenant_id).key,
            made(Role.PLATFORM).key,
        ]
    return [{"Authorization": f"Bearer {key}"} for key in keys]


def test_block_challenged_review_upheld_block(tmp_path, serve):
    """Blocked, for review on every worker once it is challenged, and blocked again once two officers upheld it."""
    data, photo = tmp_path / "data", drawn(331)
    with serve(data, "--workers", "2") as lines:
        base = lines[-1].removeprefix("ready ")
        *officers, dana = people(data, photo)

        def post(path, who, **body):
            # A connection of its own, so that every worker answers.
            return httpx.post(f"{base}{path}", headers=who, trust_env=False, **body)

        def verdicts():
            answers = [post("/v1/checks", dana, files={"media": photo}).json() for _ in range(ASKED)]
            return {answer["verdict"] for answer in answers}, answers[0]["check_id"]

        blocked, check = verdicts()
        assert blocked == {"block"}
        asked = {"reason": "wrong_match"}
        assert post(f"/v1/checks/{check}/challenge", dana, json=asked).status_code == 201
        assert verdicts()[0] == {"review"}
        listed = httpx.get(f"{base}/v1/challenges", headers=officers[0], trust_env=False).json()
        (challenge,) = listed["challenges"]
        for officer in officers:
            path = f"/v1/challenges/{challenge['challenge']}/decisions"
            assert post(path, officer, json={"outcome": "uphold"}).status_code == 201
        assert verdicts()[0] == {"block"}
