"""Two tenants do not interfere: whatever one does, the other does and sees what it would if it were alone.

What is meant to pass from one to the other, and is left out of the comparison: a check's verdict on codes that the
other tenant has registered too (`MEANT`). Ids, receipts and times are compared by where they appear again.
"""

import pytest

from tests.support.databases.postgres_server import NoServerProgram, running_server
from tests.support.web.interference import PLACES, SecondTenant, first_tenant, world

BODIES = (
    {"json": {"decision": "held"}},
    {"json": {"level": "V1", "evidence": "public_body"}},
    {"json": {"purpose": "fingerprints"}},
    {},
)
TIMES = 6
"""What the second tenant tries between two steps of the first one."""


@pytest.fixture(scope="module")
def postgres_server():
    """A server of databases of its own."""
    try:
        with running_server() as server:
            yield server
    except NoServerProgram:
        pytest.skip("no PostgreSQL server program (initdb, pg_ctl, postgres) on this machine")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def new_world(request, tmp_path):
    """Makes worlds, each with databases of its own."""
    server = None if request.param == "sqlite" else request.getfixturevalue("postgres_server")

    def make(name):
        return world(tmp_path / name, None if server is None else server.url(server.create()))

    return make


def lived(here, seed=None):
    """Returns what the first tenant saw, beside a second one that does what the seed says, if there is one."""
    second = None if seed is None else SecondTenant(here, seed)
    for _ in first_tenant(here):
        if second is not None:
            second.act(TIMES)
    if second is not None:
        every = {
            (method, rule.rule)
            for rule in here.service.app.url_map.iter_rules()
            for method in rule.methods - {"HEAD", "OPTIONS"}
            if rule.rule.startswith("/v1/")
        }
        assert second.tried == every  # the test tries what there is
    return here.seen


def test_a_tenant_sees_nothing_of_another(new_world):
    """All answers to the first tenant are those of a registry without the second one."""
    with new_world("alone") as here:
        alone = lived(here)
    with new_world("together") as here:
        together = lived(here, seed=19)
    assert {status for status, _, _ in alone} >= {200, 201, 202}
    for step, (wanted, found) in enumerate(zip(alone, together, strict=True)):
        assert found == wanted, f"step {step}"


def test_ids_of_one_tenant_are_unknown_to_another(new_world):
    """Each endpoint answers another tenant's id byte for byte as an unknown one, to every key of the second tenant."""
    with new_world("ids") as here:
        lived(here)
        asked = list(with_one_id(here))
        assert len(asked) > 10
        for path, method, foreign, missing in asked:
            for person in here.others:
                for body in BODIES:
                    answers = [person.ask(method, path % name, **body) for name in (foreign, missing)]
                    first, second = [(one.status_code, one.data) for one in answers]
                    assert first == second, (method, path)
                    assert first[0] >= 400


def with_one_id(here):
    """Yields path, method, an id of the first tenant and one of nobody, of each endpoint that takes one id."""
    for rule in here.service.app.url_map.iter_rules():
        place = next(iter(rule.arguments - {"label"}), None)
        if len(rule.arguments - {"label"}) == 1 and place in PLACES and here.known.get(PLACES[place]):
            kind = PLACES[place]
            missing = "0" * 64 if kind == "receipt" else f"{kind}_{'0' * 16}"
            for method in sorted(rule.methods - {"HEAD", "OPTIONS"}):
                yield (
                    rule.rule.replace(f"<{place}>", "%s").replace("<label>", "mine"),
                    method,
                    here.known[kind][0],
                    missing,
                )
