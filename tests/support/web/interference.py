"""Two tenants in one registry: what the first one does and sees, and whatever the second one may try meanwhile."""

import itertools
import json
import random
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import select
from werkzeug.test import TestResponse

from registry.domain.roles import Role
from registry.storage.schema import changes
from tests.support.web.clips import BROKEN
from tests.support.web.media import codes, made_up_pdq
from tests.support.web.service import BY_CODES, EXPLAINS, Person, Service, built, until

ID = re.compile(r"[a-z]{2,4}_[0-9a-hjkmnp-tv-z]{16}|[0-9a-f]{64}")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
OWN, COMMON, THEIRS = 71_000, 72_000, 73_000
"""Seeds of codes: of the first tenant alone, of both, of the second tenant alone."""

MEANT = ("verdict", "band", "kinds", "reason", "boxes", "segments")
"""What a registration is meant to change: the answer to a check of the same codes, whoever asks."""


@dataclass
class World:
    """One registry with two tenants.

    Attributes:
        claims, asks: keys of the first tenant.
        others: keys of the second tenant, by role.
        known: ids and receipts of both tenants; the second tenant tries all of them.
        seen: what the first tenant was answered, without names and times.
    """

    service: Service
    claims: Person
    asks: Person
    others: list[Person]
    known: dict[str, list[str]] = field(default_factory=dict)
    seen: list[Any] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)

    def see(self, answer: TestResponse, *, meant: bool = False) -> Any:
        """Note an answer to the first tenant as it is in every world; `meant` leaves out what may differ."""
        document = json.loads(answer.data or b"null")
        if meant and isinstance(document, dict):
            document = {name: value for name, value in document.items() if name not in MEANT}
        text = ID.sub(self._named, json.dumps(document, sort_keys=True))
        kept = {
            name: answer.headers[name] for name in ("Idempotent-Replayed", "Allow") if name in answer.headers
        }
        self.seen.append((answer.status_code, TIME.sub("a time", text), kept))
        self.learn(answer)
        return answer.json

    def learn(self, answer: TestResponse) -> None:
        """Remember the ids of an answer."""
        for name in ID.findall(answer.text):
            kind = name.partition("_")[0] if "_" in name else "receipt"
            self.known.setdefault(kind, []).append(name)

    def follow(self) -> None:
        """Wait until the index holds what is registered. On PostgreSQL it follows a moment later, by polling."""
        until(self._has_followed)

    def _has_followed(self) -> bool:
        with self.service.container.databases.registry.read() as connection:
            rows = connection.execute(select(changes.c.family, changes.c.position)).all()
        reached = {
            family.value: status.position
            for family, status in self.service.container.indexes.statuses().items()
        }
        return all(position is not None and position <= reached[family] for family, position in rows)

    def _named(self, match: re.Match[str]) -> str:
        return self.names.setdefault(match[0], f"name {len(self.names)}")


@contextmanager
def world(data: Path, database_url: str | None) -> Iterator[World]:
    """Run a registry with two tenants."""
    with built(data, database_url=database_url) as service:
        service.container.start()
        until(lambda: service.with_key(None).get("/readyz").status_code == 200)
        claims = service.newcomer(Role.AGENCY)
        asks = service.newcomer(Role.PLATFORM, tenant_id=claims.tenant_id, allowed=BY_CODES | EXPLAINS)
        first = service.newcomer(Role.AGENCY)
        others = [first] + [
            service.newcomer(role, tenant_id=first.tenant_id, allowed=allowed)
            for role, allowed in (
                (Role.CLAIMANT, frozenset()),
                (Role.VERIFIER, frozenset()),
                (Role.PLATFORM, BY_CODES | EXPLAINS),
                (Role.REVIEWER, frozenset()),
            )
        ]
        yield World(service=service, claims=claims, asks=asks, others=others)


def first_tenant(here: World) -> Iterator[None]:
    """Let the first tenant use all that it may; each step is one for which the second tenant gets a turn."""
    claims, asks = here.claims, here.asks
    cases = []
    for number in range(2):
        sent = {"reference": {"codes": codes(made_up_pdq(OWN + number))}, "level": "V1"}
        cases.append(
            here.see(claims.post("/v1/cases", json=sent, headers={"Idempotency-Key": f"k{number}"}))["case"]
        )
        yield
    here.follow()
    checks = []
    for seed in (OWN, OWN + 5):
        asked = {"codes": codes(made_up_pdq(seed)), "uploader": "u"}
        checks.append(here.see(asks.post("/v1/checks", json=asked))["check_id"])
        yield
    here.see(asks.post("/v1/checks", json={"codes": codes(made_up_pdq(COMMON))}), meant=True)
    yield
    here.see(asks.send("/v1/checks", BROKEN))
    yield
    here.see(claims.post(f"/v1/cases/{cases[0]}/references", json={"codes": codes(made_up_pdq(COMMON + 1))}))
    yield
    here.see(asks.post(f"/v1/checks/{checks[0]}/decision", json={"decision": "held"}))
    yield
    reads: list[tuple[Person, str]] = [(claims, f"/v1/cases/{case}") for case in cases]
    reads += [(claims, f"/v1/cases/{case}/export") for case in cases]
    here.see(claims.ask("PUT", f"/v1/cases/{cases[0]}/labels/mine"))
    here.see(asks.ask("PUT", f"/v1/checks/{checks[0]}/labels/mine"))
    reads += [
        (claims, "/v1/cases?label=mine"),
        (asks, "/v1/checks?label=mine"),
        (asks, "/v1/checks?verdict=allow"),
    ]
    reads += [(claims, "/v1/cases"), *((asks, f"/v1/checks/{check}") for check in checks)]
    reads += [(asks, f"/v1/checks/{check}/explanation") for check in checks]
    for person, path in reads:
        here.see(person.get(path))
        yield
    here.see(claims.post(f"/v1/cases/{cases[1]}/withdrawal"))
    until(lambda: claims.get(f"/v1/cases/{cases[1]}").json["erased_at"] is not None)
    yield
    repeated = {"reference": {"codes": codes(made_up_pdq(OWN))}, "level": "V1"}
    here.see(claims.post("/v1/cases", json=repeated, headers={"Idempotency-Key": "k0"}))
    here.see(claims.post("/v1/cases", json=repeated))
    for person, path in reads:
        here.see(person.get(path))


BODIES: list[Callable[[random.Random], dict[str, Any]]] = [
    lambda draw: {
        "json": {"codes": codes(made_up_pdq(draw.choice((OWN, OWN + 5, COMMON, COMMON + 1, THEIRS))))}
    },
    lambda draw: {
        "json": {
            "reference": {"codes": codes(made_up_pdq(draw.choice((COMMON, COMMON + 1, THEIRS))))},
            "level": "V1",
        }
    },
    lambda _: {"json": {"codes": codes(made_up_pdq(OWN + 5)), "uploader": "u"}},
    lambda _: {"data": {"media": (BROKEN, "a.bin")}},
    lambda _: {"json": {"level": "V1", "evidence": "contact_confirmed"}},
    lambda draw: {"json": {"decision": draw.choice(("blocked", "allowed"))}},
    lambda _: {"json": {"purpose": "fingerprints"}},
    lambda _: {"json": {}},
    lambda _: {},
]
PLACES = {"case_id": "case", "check_id": "chk", "job_id": "job", "receipt": "receipt", "reference_id": "ref"}


class SecondTenant:
    """Whatever the second tenant may try: each endpoint with each key, body and id, in an order of a seed."""

    def __init__(self, here: World, seed: int) -> None:
        self._here = here
        self._draw = random.Random(seed)
        rules = [rule for rule in here.service.app.url_map.iter_rules() if rule.rule.startswith("/v1/")]
        asked = [(rule, method) for rule in rules for method in sorted(rule.methods - {"HEAD", "OPTIONS"})]
        self._draw.shuffle(asked)
        self._asked = itertools.cycle(asked)
        self.tried: set[tuple[str, str]] = set()

    def act(self, times: int) -> None:
        """Try some things."""
        for _ in range(times):
            rule, method = next(self._asked)
            self.tried.add((method, rule.rule))
            person, body = self._draw.choice(self._here.others), self._draw.choice(BODIES)(self._draw)
            headers = self._draw.choice(({}, {"Idempotency-Key": self._draw.choice(("k0", "k1"))}))
            path = re.sub(r"<(?:\w+:)?(\w+)>", self._one, rule.rule)
            self._here.learn(person.ask(method, path, headers=headers, **body))

    def _one(self, match: re.Match[str]) -> str:
        if match[1] == "label":
            return self._draw.choice(("mine", "yours"))
        known = self._here.known.get(PLACES.get(match[1], match[1]), [])
        return self._draw.choice(known) if known else f"case_{'0' * 16}"
