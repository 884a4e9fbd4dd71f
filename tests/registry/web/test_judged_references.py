"""From platforms' feedback over HTTP to the verdict: a wrong registration is held, a leak goes on blocking."""

import pytest

from registry.domain.roles import Role
from registry.usecases.judging import clear_quarantine
from tests.support.databases.registry_parts import FRANK
from tests.support.web.service import EXPLAINS


@pytest.fixture
def platforms(service):
    return [service.newcomer(Role.PLATFORM, allowed=EXPLAINS) for _ in range(3)]


def _say(platform, media, user, feedback):
    """Uploads as a user, and says what a person saw in it."""
    check = platform.send("/v1/checks", media, uploader=user).json
    path = f"/v1/checks/{check['check_id']}/decision"
    assert platform.post(path, json={"decision": "held", "feedback": feedback}).status_code == 200
    return check["verdict"]


def test_what_three_platforms_call_harmless_is_held_until_somebody_looks(service, alice, platforms, picture):
    """After six votes it is reviewed; cleared, it blocks again, and withdrawn it is allowed."""
    case = alice.opens(picture, level="V1")
    told = [
        _say(platform, picture, f"user {user}", "harmless") for user in range(2) for platform in platforms
    ]
    assert told == ["block"] * 6
    check = platforms[0].checks(picture)
    assert check["verdict"] == "review"
    assert platforms[0].explains(check)["reasons"] == ["reference_disputed", "tight_match"]
    parts = service.container
    reference = case["reference"]
    clear_quarantine(reference, actor=FRANK, units=parts.units, environment=parts.environment)
    assert platforms[0].checks(picture)["verdict"] == "block"
    alice.post(f"/v1/cases/{case['case']}/withdrawal")
    assert platforms[0].checks(picture)["verdict"] == "allow"


@pytest.mark.parametrize("expected", [("V1", "review"), ("V2", "block")], ids=" ".join)
def test_a_picture_that_many_upload_is_held_below_v2_only(service, alice, platforms, picture, expected):
    """Copies that 24 users of three platforms upload: at V1 a person looks, from V2 on they are blocked."""
    level, after = expected
    case = alice.opens(picture, level=level)
    for user in range(8):
        for platform in platforms:
            answer = platform.send("/v1/checks", picture, uploader=f"user {user}")
            assert answer.json["verdict"] == "block"
    service.container.flood_watch.sweep()
    assert platforms[0].checks(picture)["verdict"] == after
    alice.post(f"/v1/cases/{case['case']}/withdrawal")
