"""Authorisation: a matrix generated from the application's own routes, against a table written by hand."""

import re
import types
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from flask import Blueprint

from registry.domain.claims import Contact, ContactKind
from registry.domain.roles import OPTIONAL_PERMISSIONS, ROLE_PERMISSIONS, Role
from registry.permissions import Permission
from registry.web import app as web_app
from registry.web.api.device import device_folder
from registry.web.app import create_app
from registry.web.endpoints import UndeclaredEndpoint, statement_of
from registry.web.pages.serving import pages_folder
from tests.support.takedowns import takedown_body
from tests.support.web.clips import BROKEN
from tests.support.web.media import codes, made_up_pdq
from tests.support.web.service import assert_problem

CLAIMS = {Role.OPERATOR, Role.AGENCY, Role.CLAIMANT}
ASKS = {Role.OPERATOR, Role.PLATFORM}
DECIDES = ASKS | {Role.REVIEWER}
OFFICERS = {Role.OPERATOR, Role.OFFICER}
PUBLIC = None
CLAIMANTS = frozenset()  # no role: whoever knows a case's words
PAGE = frozenset({"page"})  # for people, without a key
CASE_PAGE = frozenset({"page", "words"})  # the same, for whoever knows a case's words

# By hand, on purpose: who widens a role or an endpoint has to say so here as well.
MAY = {
    ("POST", "/v1/cases"): CLAIMS,
    ("GET", "/v1/cases"): CLAIMS,
    ("GET", "/v1/cases/<case_id>"): CLAIMS | {Role.VERIFIER, Role.OFFICER},
    ("GET", "/v1/cases/<case_id>/export"): CLAIMS,
    ("GET", "/v1/cases/notices"): CLAIMS,
    ("GET", "/v1/cases/<case_id>/erasure"): CLAIMS,
    ("POST", "/v1/cases/<case_id>/references"): CLAIMS,
    ("POST", "/v1/cases/<case_id>/verification"): {Role.OPERATOR, Role.VERIFIER},
    ("GET", "/v1/cases/<case_id>/consents"): CLAIMS | {Role.VERIFIER, Role.OFFICER},
    ("POST", "/v1/cases/<case_id>/consents/withdrawal"): CLAIMS | {Role.OFFICER},
    ("POST", "/v1/cases/<case_id>/mandates"): CLAIMS,
    ("GET", "/v1/cases/<case_id>/mandates"): CLAIMS | {Role.VERIFIER, Role.OFFICER},
    ("GET", "/v1/mandates"): CLAIMS,
    ("POST", "/v1/mandates/<mandate_id>/confirmation"): {Role.OPERATOR, Role.VERIFIER},
    ("POST", "/v1/mandates/<mandate_id>/revocation"): CLAIMS | {Role.OFFICER},
    ("POST", "/v1/mandates/revocation"): CLAIMANTS,
    ("POST", "/v1/cases/<case_id>/withdrawal"): CLAIMS | {Role.OFFICER},
    ("POST", "/v1/cases/<case_id>/break-glass"): {Role.OPERATOR, Role.OFFICER},
    ("GET", "/v1/break-glass/<grant>"): {Role.OPERATOR, Role.OFFICER},
    ("GET", "/v1/cases/<case_id>/contact"): {Role.OPERATOR, Role.VERIFIER},
    **{
        ("POST", f"/v1/claims{door}"): CLAIMANTS
        for door in (
            "",
            "/status",
            "/references",
            "/withdrawal",
            "/challenge",
            "/export",
            "/erasure",
            "/contact",
            "/recovery",
            "/receipts",
        )
    },
    ("POST", "/v1/cases/<case_id>/challenges"): CLAIMS | DECIDES | {Role.OFFICER},
    ("POST", "/v1/cases/<case_id>/suspension"): OFFICERS,
    ("POST", "/v1/cases/<case_id>/resumption"): OFFICERS,
    ("POST", "/v1/cases/<case_id>/renewal"): {Role.OPERATOR, Role.VERIFIER},
    ("GET", "/v1/challenges"): OFFICERS,
    ("POST", "/v1/challenges/<challenge_id>/decisions"): OFFICERS,
    ("POST", "/v1/references/<reference_id>/clearance"): OFFICERS,
    ("POST", "/v1/checks/<check_id>/challenge"): CLAIMS | DECIDES | {Role.OFFICER},
    ("PUT", "/v1/cases/<case_id>/labels/<label>"): CLAIMS,
    ("DELETE", "/v1/cases/<case_id>/labels/<label>"): CLAIMS,
    ("GET", "/v1/checks"): DECIDES,
    ("PUT", "/v1/checks/<check_id>/labels/<label>"): DECIDES,
    ("DELETE", "/v1/checks/<check_id>/labels/<label>"): DECIDES,
    ("POST", "/v1/checks"): ASKS,
    ("GET", "/v1/checks/<check_id>"): DECIDES,
    ("POST", "/v1/checks/<check_id>/decision"): DECIDES,
    ("GET", "/v1/checks/<check_id>/explanation"): {Role.OPERATOR, Role.REVIEWER},
    ("GET", "/v1/jobs/<job_id>"): CLAIMS | ASKS,
    ("DELETE", "/v1/jobs/<job_id>"): CLAIMS | ASKS,
    ("POST", "/v1/takedowns"): CLAIMS,
    ("GET", "/v1/takedowns"): CLAIMS | DECIDES,
    ("GET", "/v1/takedowns/<takedown_id>"): CLAIMS | DECIDES,
    ("POST", "/v1/takedowns/<takedown_id>/events"): CLAIMS | DECIDES,
    ("GET", "/metrics"): {Role.OPERATOR, Role.MONITOR, Role.AUDITOR},
    ("GET", "/v1/receipts/<receipt>"): CLAIMS,
    ("GET", "/healthz"): PUBLIC,
    ("GET", "/readyz"): PUBLIC,
    ("GET", "/openapi.json"): PUBLIC,
    ("GET", "/docs"): PUBLIC,
    ("GET", "/docs.css"): PUBLIC,
    ("GET", "/device/<digest>/<name>"): PUBLIC,
    ("GET", "/device/<digest>/<room>/<name>"): PUBLIC,
    **{
        ("GET", path): PAGE
        for path in ("/", "/register", "/help", "/case", "/case/recovery", "/pages/<digest>/<name>")
    },
    ("POST", "/register"): PAGE,
    ("POST", "/register/server"): CASE_PAGE,
    **{
        ("POST", f"/case{door}"): CASE_PAGE
        for door in (
            "",
            "/add",
            "/added",
            "/challenge",
            "/challenged",
            "/contact",
            "/withdraw",
            "/withdrawn",
            "/export",
            "/recovery",
        )
    },
}
OPEN = (PUBLIC, CLAIMANTS, PAGE, CASE_PAGE)
GRANTS = {
    Role.OPERATOR: {permission.value for permission in Permission},
    Role.AGENCY: {
        "tenant:case:create",
        "tenant:case:list",
        "tenant:case:read",
        "tenant:case:label",
        "tenant:case:export",
        "tenant:case:withdraw",
        "tenant:case:challenge",
        "tenant:reference:create",
        "tenant:receipt:read",
        "tenant:takedown:create",
        "tenant:takedown:read",
        "tenant:job:read",
        "tenant:job:cancel",
    },
    Role.CLAIMANT: {
        "tenant:case:create",
        "tenant:case:list",
        "tenant:case:read",
        "tenant:case:label",
        "tenant:case:export",
        "tenant:case:withdraw",
        "tenant:case:challenge",
        "tenant:reference:create",
        "tenant:receipt:read",
        "tenant:takedown:create",
        "tenant:takedown:read",
        "tenant:job:read",
        "tenant:job:cancel",
    },
    Role.PLATFORM: {
        "tenant:check:create",
        "tenant:check:likeness",
        "tenant:check:read",
        "tenant:check:list",
        "tenant:check:label",
        "tenant:decision:create",
        "tenant:takedown:read",
        "tenant:takedown:decide",
        "tenant:case:challenge",
        "tenant:job:read",
        "tenant:job:cancel",
    },
    Role.MONITOR: {"service:metrics:read"},
    Role.VERIFIER: {"tenant:case:read", "tenant:case:verify", "tenant:case:contact"},
    Role.REVIEWER: {
        "tenant:check:read",
        "tenant:check:list",
        "tenant:check:label",
        "tenant:check:explain",
        "tenant:decision:create",
        "tenant:takedown:read",
        "tenant:takedown:decide",
        "tenant:case:challenge",
    },
    Role.OFFICER: {
        "tenant:case:read",
        "service:case:read",
        "tenant:case:withdraw",
        "tenant:case:challenge",
        "tenant:case:decide",
        "tenant:case:suspend",
    },
    Role.AUDITOR: {"service:ledger:verify", "service:metrics:read"},
}
# What stands in place of a valid key, and the code of its refusal.
OUTSIDERS = {
    "no key": "not-authenticated",
    "empty": "not-authenticated",
    "malformed": "not-authenticated",
    "with a blank": "not-authenticated",
    "not in ASCII": "not-authenticated",
    "unknown": "not-authenticated",
    "known prefix, wrong secret": "not-authenticated",
    "revoked": "credential-revoked",
    "expired": "credential-revoked",
}
# What is sent to an endpoint, by the last part or the last two parts of its address; codes to the others.
BODIES = {
    "decision": {"decision": "held"},
    "verification": {"level": "V1", "evidence": "contact_confirmed"},
    "break-glass": {"reason": "complaint", "ticket": "T-1"},
    "consents/withdrawal": {"purpose": "fingerprints"},
    "events": {"event": "send"},
    "challenges": {"reason": "not_agreed"},
    "challenge": {"reason": "wrong_match"},
    "decisions": {"outcome": "uphold"},
    "suspension": {"reason": "abuse"},
    "resumption": {"reason": "mistake"},
    "mandates": {"kinds": ["intimate_item"], "expires_on": f"{datetime.now(UTC).date() + timedelta(days=9)}"},
    "confirmation": {"language": "en"},
}
CONTACT = Contact(kind=ContactKind.EMAIL, value="jane@example.org")
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
KEYS_SENT = {
    "no key": None,
    "empty": "",
    "malformed": "tdr_short",
    "not in ASCII": "tdr_käse",
    "unknown": f"tdr_{'a' * 8}_{'A' * 43}",
}
FILES = {"digest": device_folder().digest, "room": "planes"}  # of the code that pages load
DIGESTS = ("receipt", "grant")
CROSSES = {("POST", "/v1/cases/<case_id>/break-glass")}
"""By hand: what alone reaches a case of another tenant, with its own tests (test_break_glass.py)."""
SOMEBODYS = {
    "case_id": "case",
    "challenge_id": "chg",
    "check_id": "chk",
    "reference_id": "ref",
    "job_id": "job",
    "takedown_id": "tkd",
    "mandate_id": "man",
}
_numbers = count(20_000)  # of made-up codes that no other file asks about


def _rules():
    app = create_app(None)
    return [(rule, statement_of(app.view_functions[rule.endpoint])) for rule in app.url_map.iter_rules()]


RULES = _rules()
ROUTES = [
    pytest.param(rule, statement, method, id=f"{method} {rule.rule}")
    for rule, statement in RULES
    for method in sorted(rule.methods)
]
WITH_IDS = [
    pytest.param(rule, method, id=f"{method} {rule.rule}")
    for rule, _ in RULES
    for method in sorted(rule.methods - {"HEAD"})
    if rule.arguments - {*FILES, "name"}
]


@pytest.fixture(scope="module")
def insiders(service):
    """One valid key of each role."""
    return {role: service.newcomer(role) for role in Role}


@pytest.fixture(scope="module")
def outsiders(service):
    """Everything that is not a valid key, though an operator's where it was one."""
    revoked = service.newcomer(Role.OPERATOR)
    service.revoke(revoked)
    known = service.newcomer(Role.OPERATOR).key
    sent = KEYS_SENT | {
        "with a blank": f"{known} ",
        "known prefix, wrong secret": known[:-43] + "A" * 43,
        "revoked": revoked.key,
        "expired": service.newcomer(Role.OPERATOR, valid_for=timedelta(0)).key,
    }
    return {name: service.with_key(key) for name, key in sent.items()}


def path_of(rule, ids=None):
    """Fills the rule's places with ids, missing ones unless told."""
    missing = {name: f"{prefix}_{'0' * 16}" for name, prefix in SOMEBODYS.items()}
    missing |= dict.fromkeys(DIGESTS, "0" * 64) | {"label": "a-label"}
    missing |= FILES | {"name": "linear.js" if "room" in rule.arguments else "device.js"}
    if rule.rule.startswith("/pages/"):
        missing |= {"digest": pages_folder().digest, "name": "exit.js"}
    return re.sub(r"<(\w+)>", lambda match: (missing | (ids or {}))[match[1]], rule.rule)


def test_the_table_names_every_route():
    """The table by hand and the application have the same routes."""
    assert {(method, rule.rule) for rule, _ in RULES for method in rule.methods - {"HEAD"}} == set(MAY)


def test_the_roles_grant_what_is_written_here():
    """No role has gained or lost a permission unnoticed."""
    assert {role: {item.value for item in held} for role, held in ROLE_PERMISSIONS.items()} == GRANTS


@pytest.mark.parametrize(("rule", "statement", "method"), ROUTES)
def test_statement_and_table_agree(rule, statement, method):
    """The permission that an endpoint states admits exactly the roles of the table."""
    allowed = MAY["GET" if method == "HEAD" else method, rule.rule]
    assert statement.is_for_claimants == (allowed in (CLAIMANTS, CASE_PAGE))
    assert statement.is_page == (allowed in (PAGE, CASE_PAGE))
    if allowed is CASE_PAGE:
        assert statement.permission is None
        return
    if allowed in (PUBLIC, PAGE):
        assert (statement.permission, statement.budget) == (None, None)
        return
    if allowed is CLAIMANTS:
        assert statement.permission is None
        return
    assert {role for role in Role if statement.permission in ROLE_PERMISSIONS[role]} == allowed
    assert statement.budget is not None


def _past_the_guard(rule, statement):
    """Return the status of an empty request that the guard lets pass."""
    if statement.is_page:
        return 422 if statement.is_for_claimants else 200
    return 400 if statement.body is not None else 404 if rule.arguments - {*FILES, "name"} else 200


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize(("rule", "statement", "method"), ROUTES)
def test_a_role_does_what_it_may(insiders, rule, statement, method, role):
    """A valid key passes the guard where the table says so, and is told 403 everywhere else."""
    answer = insiders[role].ask(method, path_of(rule))
    allowed = MAY["GET" if method == "HEAD" else method, rule.rule]
    if allowed in OPEN or role in allowed:
        # Past the guard: there is no body, there is no such id, or all is well.
        assert answer.status_code == _past_the_guard(rule, statement)
    elif method == "HEAD":
        assert answer.status_code == 403
    else:
        assert_problem(answer, 403, "not-permitted")


@pytest.mark.parametrize("outsider", OUTSIDERS)
@pytest.mark.parametrize(("rule", "statement", "method"), ROUTES)
def test_nobody_else_does_anything(outsiders, rule, statement, method, outsider):
    """Without a valid key everything but the public is refused with 401, and says how to ask."""
    answer = outsiders[outsider].ask(method, path_of(rule))
    if statement.permission is None:
        assert answer.status_code == _past_the_guard(rule, statement)
        return
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    if method != "HEAD":
        assert_problem(answer, 401, OUTSIDERS[outsider])


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("rule", {rule.rule: rule for rule, _ in RULES}.values(), ids=lambda rule: rule.rule)
def test_no_other_method_does_anything(service, insiders, rule, method):
    """A method that a route does not state is refused, even to the operator."""
    stated = set().union(*(other.methods for other, _ in RULES if other.rule == rule.rule))
    if method in stated:
        return
    answer = insiders[Role.OPERATOR].ask(method, path_of(rule))
    assert answer.status_code == 405
    assert set(answer.headers["Allow"].split(", ")) == stated
    if method != "HEAD":
        assert_problem(answer, 405, "method-not-allowed")


@pytest.mark.parametrize("scheme", ["Basic", "Token", "Bearer:", ""])
def test_a_key_comes_as_bearer_token(service, scheme):
    """A valid key in another dress is no key."""
    header = f"{scheme} {service.operator.key}".strip()
    answer = service.with_key(None).get("/metrics", headers={"Authorization": header})
    assert_problem(answer, 401, "not-authenticated")


@pytest.mark.parametrize("scheme", ["bearer", "BEARER"])
def test_the_schemes_case_does_not_matter(service, scheme):
    """RFC 9110: the scheme's name may be written in any case."""
    answer = service.with_key(None).get(
        "/metrics", headers={"Authorization": f"{scheme} {service.operator.key}"}
    )
    assert answer.status_code == 200


@pytest.mark.parametrize("place", ["query", "cookie", "body"])
def test_a_key_comes_in_the_header_alone(service, place):
    """A key in the address, a cookie or the body is not looked at."""
    key = service.operator.key
    request = {
        "query": {"query_string": {"key": key, "authorization": f"Bearer {key}"}},
        "cookie": {"headers": {"Cookie": f"authorization=Bearer {key}"}},
        "body": {"data": {"authorization": f"Bearer {key}"}},
    }[place]
    assert_problem(service.with_key(None).post("/v1/cases", **request), 401, "not-authenticated")


def test_a_revocation_holds_at_once(service):
    """A key that was just used is refused by the next request after its revocation."""
    person = service.newcomer(Role.MONITOR)
    assert person.get("/metrics").status_code == 200
    service.revoke(person)
    assert_problem(person.get("/metrics"), 401, "credential-revoked")


@pytest.mark.parametrize("permission", sorted(ROLE_PERMISSIONS[Role.PLATFORM]))
def test_a_key_can_hold_less_than_its_role(service, permission):
    """A narrowed key has its own permission and none of its role's others."""
    person = service.newcomer(Role.PLATFORM, permissions=frozenset({permission}))
    for rule, statement in RULES:
        if statement.permission not in ROLE_PERMISSIONS[Role.PLATFORM]:
            continue
        (method,) = rule.methods - {"HEAD"}
        refused = person.ask(method, path_of(rule)).status_code == 403
        assert refused == (statement.permission is not permission)


def test_a_key_cannot_hold_more_than_its_role(service):
    """Permissions beyond the role are not granted."""
    person = service.newcomer(Role.MONITOR, permissions=frozenset(Permission))
    assert_problem(person.post("/v1/checks"), 403, "not-permitted")


@pytest.mark.parametrize("role", sorted(CLAIMS))
def test_nobody_who_opens_a_case_sets_its_level(service, role):
    """Whatever an opener claims, the case is at V0, and the opener's own key cannot verify it."""
    person = service.newcomer(role)
    opened = person.post("/v1/cases", json={"level": "V2"}).json
    assert (opened["level"], opened["claimed_level"], opened["state"]) == ("V0", "V2", "verifying")
    asked = {"level": "V2", "evidence": "identity_matched"}
    answer = person.post(f"/v1/cases/{opened['case']}/verification", json=asked)
    refused = (409, "own-case") if role is Role.OPERATOR else (403, "not-permitted")
    assert_problem(answer, *refused)


def challenged(person, case):
    """Challenges a case, and returns the id of the challenge."""
    return person.post(f"/v1/cases/{case}/challenges", json={"reason": "not_agreed"}).json["challenge"]


@pytest.mark.parametrize(("rule", "method"), WITH_IDS)
def test_foreign_and_missing_look_the_same(service, insiders, rule, method):
    """A foreign id, a missing id and an impossible one answer byte for byte the same, and write nothing."""
    owner, stranger = service.newcomer(Role.OPERATOR), insiders[Role.OPERATOR]
    asked = {"codes": codes(made_up_pdq(next(_numbers)))}
    opened = owner.post("/v1/cases", json={"reference": asked}).json
    foreign = {
        "case_id": opened["case"],
        "reference_id": opened["reference"],
        "challenge_id": challenged(owner, opened["case"]),
        "check_id": owner.post("/v1/checks", json=asked).json["check_id"],
        "job_id": owner.send("/v1/checks", BROKEN).json["job"],
        "receipt": owner.opens()["receipt"],
        "grant": _grant(owner),
        "takedown_id": _takedown(owner),
        "mandate_id": _mandate(service, owner),
    }
    (name,) = rule.arguments - {"label"}
    prefix = SOMEBODYS.get(name, "rcp")
    absent = [
        f"{prefix}_{'0' * 16}",
        f"{prefix}_{'z' * 15}",
        "nonsense",
        f"{prefix}_{'0' * 16}%0A",
        "ten_" + "0" * 16,
    ]
    body = _body(rule, asked)
    before = service.rows()
    answers = [
        stranger.ask(method, path_of(rule, {name: identifier}), json=body)
        for identifier in (*([] if (method, rule.rule) in CROSSES else [foreign[name]]), *absent)
    ]
    assert service.rows() == before
    assert_problem(answers[0], 404, "not-found")
    assert len({_visible(answer) for answer in answers}) == 1


@pytest.mark.parametrize(("rule", "method"), WITH_IDS)
def test_an_owner_finds_it(service, rule, method):
    """The very same requests succeed for the owner: the test before this one asks the right thing."""
    owner = service.newcomer(Role.OPERATOR)
    opener = service.newcomer(Role.AGENCY, tenant_id=owner.tenant_id)
    asked = {"codes": codes(made_up_pdq(next(_numbers)))}
    opened = opener.post("/v1/cases", json={"reference": asked}).json
    ids = {
        "case_id": opener.post("/v1/cases", json={}).json["case"],
        "reference_id": opened["reference"],
        "challenge_id": challenged(opener, opened["case"]),
        "check_id": owner.post("/v1/checks", json=asked).json["check_id"],
        "job_id": owner.send("/v1/checks", BROKEN).json["job"],
        "receipt": owner.opens()["receipt"],
        "grant": _grant(owner),
        "takedown_id": _takedown(owner),
        "mandate_id": _mandate(service, owner),
    }
    with service.container.units.write() as unit:
        unit.claims.keep_contact(ids["case_id"], CONTACT, service.container.environment.now())
        unit.commit()
    last = rule.rule.rpartition("/")[2]
    if last == "resumption":
        assert (
            owner.post(f"/v1/cases/{ids['case_id']}/suspension", json={"reason": "abuse"}).status_code == 200
        )
    if last == "renewal":
        service.expire(owner.tenant_id, ids["case_id"])
    body = _body(rule, asked)
    assert owner.ask(method, path_of(rule, ids), json=body).status_code in {200, 201}


def _mandate(service, owner):
    """Return the id of a mandate that another key of the tenant has proposed."""
    agency = service.newcomer(Role.AGENCY, tenant_id=owner.tenant_id)
    case = agency.post("/v1/cases", json={}).json["case"]
    return agency.post(f"/v1/cases/{case}/mandates", json=BODIES["mandates"]).json["mandate"]


def _takedown(owner):
    """Return the id of a complete takedown request."""
    case = owner.post("/v1/cases", json={}).json["case"]
    return owner.post("/v1/takedowns", json=takedown_body(case)).json["takedown"]


def test_an_undeclared_route_stops_the_start(monkeypatch):
    """An application with a route that states no permission refuses to start, and names the route."""
    blueprint = Blueprint("forgotten", __name__)
    blueprint.get("/forgotten")(lambda: "open to everybody")
    monkeypatch.setattr(web_app, "service", types.SimpleNamespace(blueprint=blueprint))
    with pytest.raises(UndeclaredEndpoint, match="/forgotten"):
        create_app(None)


def test_the_public_endpoints_are_these(service):
    """What anybody may ask without a key is named here, one by one; everything else asks for a key."""
    public = {
        (method, rule.rule)
        for rule, statement in RULES
        for method in rule.methods
        if not statement.permission
    }
    named = {"/healthz", "/readyz", "/openapi.json", "/docs", "/docs.css"}
    named |= {"/device/<digest>/<name>", "/device/<digest>/<room>/<name>"}
    named |= {path for (method, path), allowed in MAY.items() if allowed is PAGE and method == "GET"}
    by_words = {place for place, allowed in MAY.items() if allowed in (CLAIMANTS, CASE_PAGE)}
    by_words.add(("POST", "/register"))  # only shows the next question
    assert public - by_words == {(method, path) for path in named for method in ("GET", "HEAD")}
    assert by_words <= public


@pytest.mark.parametrize("rule", {rule.rule: rule for rule, _ in RULES}.values(), ids=lambda rule: rule.rule)
def test_no_other_spelling_of_an_address_does_anything(service, insiders, rule):
    """A slash at the end, a doubled one, capitals and an encoded slash lead nowhere, for anybody, by any method."""
    path = path_of(rule)
    spellings = {
        path + "/",
        "//".join(path.rsplit("/", 1)),
        path + "%2F",
        "/" + path.strip("/").upper(),
        path + ";a=b",
    }
    before = service.rows()
    if path == "/":
        return  # slashes at the beginning are one, however they are written
    # The test's client takes what follows two slashes at the beginning for a host.
    for spelling in sorted(one for one in spellings - {path} if not one.startswith("//")):
        for person in (insiders[Role.OPERATOR], service.with_key(None)):
            for method in ("GET", "POST", "DELETE", "OPTIONS"):
                answer = person.ask(method, spelling, json={})
                assert answer.status_code in {401, 404, 405, 422}, (method, spelling)
    assert service.rows() == before


def test_what_is_granted_by_name_is_written_here():
    """No role can be given a permission by name unnoticed, and each role has its lines."""
    by_name = {role: {item.value for item in held} for role, held in OPTIONAL_PERMISSIONS.items() if held}
    assert by_name == {
        Role.PLATFORM: {"tenant:check:codes", "tenant:check:explain", "tenant:job:cancel_any"},
        Role.AGENCY: {"tenant:job:cancel_any"},
        Role.CLAIMANT: {"tenant:job:cancel_any"},
    }
    assert set(GRANTS) == set(OPTIONAL_PERMISSIONS) == set(Role)


def _grant(owner):
    case = owner.opens()["case"]
    return owner.post(f"/v1/cases/{case}/break-glass", json=BODIES["break-glass"]).json["grant"]


def _body(rule, otherwise):
    last = rule.rule.split("/")
    return BODIES.get("/".join(last[-2:]), BODIES.get(last[-1], otherwise))


def _visible(answer):
    counted = {"RateLimit", "X-Request-Id"}  # another one for each request, whatever it asks
    headers = sorted(item for item in answer.headers if item[0] not in counted)
    return (answer.status_code, answer.data, tuple(headers))
