"""Takedown requests by the client, against the service in this process."""

import httpx
import pytest

from registry.cli.takedown_desks import RemoteDesk
from registry.client import Problem, RegistryClient
from registry.domain.roles import Role
from tests.support.takedowns import takedown_body


@pytest.fixture
def client_of(service):
    def make(person):
        return RegistryClient(
            "http://registry.example", person.key, transport=httpx.WSGITransport(app=service.app)
        )

    return make


def test_a_request_over_http(service, client_of):
    """Opened, sent and listed by its agency; decided by its platform; a problem is told by its code."""
    agency, platform = service.newcomer(Role.AGENCY), service.newcomer(Role.PLATFORM)
    case = agency.opens()["case"]
    mine, theirs = RemoteDesk(client_of(agency)), RemoteDesk(client_of(platform))
    made = [
        mine.open(takedown_body(case, platform=platform.tenant_id, target=f"https://video.example/{number}"))[
            "takedown"
        ]
        for number in range(2)
    ]
    for takedown in made:
        assert mine.record(takedown, {"event": "send"})["state"] == "sent"
    assert theirs.record(made[0], {"event": "remove", "reason": "law"})["state"] == "removed"
    assert [one["takedown"] for one in theirs.list(None, None)] == made
    assert [one["takedown"] for one in mine.list("2099-01-01T00:00:00+09:00", None)] == [made[1]]
    assert [one["takedown"] for one in mine.list(None, "removed")] == [made[0]]
    assert theirs.read(made[0])["case"] is None
    with pytest.raises(Problem, match="Only the claimant") as caught:
        theirs.record(made[1], {"event": "retract", "reason": "mistake"})
    assert (caught.value.code, caught.value.status) == ("not-permitted", 403)


def test_pages_are_followed(service, client_of, monkeypatch):
    """The client asks for the next page until there is none."""
    agency = service.newcomer(Role.AGENCY)
    case = agency.opens()["case"]
    desk = RemoteDesk(client_of(agency))
    made = [
        desk.open(takedown_body(case, target=f"https://video.example/{number}"))["takedown"]
        for number in range(5)
    ]
    monkeypatch.setattr("registry.usecases.takedowns.listing.MAX_PAGE", 2)
    assert [one["takedown"] for one in desk.list(None, None)] == made
