"""The client of people without an account, over the application itself."""

import httpx
import pytest

from registry.client.claims import ClaimsClient
from registry.client.replies import Problem
from tests.support.web.media import codes_of


@pytest.fixture
def client(service):
    """A client without a key."""
    with ClaimsClient("http://registry", transport=httpx.WSGITransport(app=service.app)) as client:
        yield client


def test_a_case_is_opened_followed_recovered_and_withdrawn(client, picture):
    """By codes, with a contact; the old secret ends, and the withdrawal leaves nothing but ids and times."""
    contact = {"kind": "email", "value": "jane@example.org"}
    claim = client.open_by_codes([{"codes": codes_of(picture)}], language="ko", contact=contact)
    assert claim.secret not in repr(claim)
    assert client.status(claim.case, claim.secret)["has_contact"] is True
    secret = client.recover(claim.case, claim.recovery_words)
    with pytest.raises(Problem, match="belong to another case") as caught:
        client.status(claim.case, claim.secret)
    assert caught.value.code == "claim-not-found"
    assert client.withdraw(claim.case, secret)["state"] == "withdrawn"
    assert client.export(claim.case, secret)["references"][0]["codes"] == []
    assert client.erasure(claim.case, secret)["case"] == claim.case_id


def test_a_case_is_opened_by_a_picture(client, picture):
    """The picture itself, of which the fingerprint is kept."""
    claim = client.open_by_picture(picture, edits=False)
    assert claim.level == "V0"
    assert client.status(claim.case, claim.secret)["references"][0]["origin"] == "registry"
