"""The served OpenAPI document is valid, complete, and true."""

import json
import re

import jsonschema_rs
import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, settings
from schemathesis.config import (
    ChecksConfig,
    GenerationConfig,
    ProjectConfig,
    ProjectsConfig,
    SchemathesisConfig,
)

from index.verdict.boxes import STEPS
from index.verdict.ladder import MAX_ALTERED, MAX_BOXES, MAX_SEGMENTS
from index.verdict.reasons import Reason
from index.verdict.telling import ToldReason
from index.verdict.vocabulary import MatchKind
from registry.domain.claims import CLAIMS_TENANT
from registry.domain.roles import Role
from registry.web.app import create_app
from registry.web.endpoints import statement_of
from registry.web.openapi import document_of
from tests.support.takedowns import takedown_body
from tests.support.web.clips import BROKEN, ended, new_clip
from tests.support.web.media import codes, codes_of, made_up_pdq, screenshot
from tests.support.web.service import running

EXAMPLES = 30


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    """A service of these tests' own: what they send is anybody's guess."""
    with running(tmp_path_factory.mktemp("guessed")) as started:
        yield started


@pytest.fixture(scope="module")
def document(service):
    """The document as it is served."""
    return json.loads(service.with_key(None).get("/openapi.json").data)


def _service_behind(environ, start_response):
    return _behind[0](environ, start_response)


def _described():
    """Reads the document without a service behind it: pytest wants the operations before any fixture runs."""
    generation = GenerationConfig(max_examples=EXAMPLES, deterministic=True)
    # A schema cannot say that bytes are a picture, that a code is not a blank page's, or that an Idempotency-Key
    # is new: what it allows may still be refused with 415 (for a file) or 422, and with nothing else.
    accepted = ["2xx", "401", "403", "404", "409", "415", "422", "429"]
    # Too many fields are refused with 413, which schemathesis does not expect by itself.
    rejected = ["400", "401", "403", "404", "409", "413", "415", "422", "429", "5xx"]
    checks = ChecksConfig.from_dict(
        {
            "positive_data_acceptance": {"expected-statuses": accepted},
            "negative_data_rejection": {"expected-statuses": rejected},
        }
    )
    project = ProjectConfig(generation=generation, checks=checks)
    config = SchemathesisConfig(seed=1, projects=ProjectsConfig(default=project))
    described = schemathesis.openapi.from_dict(json.loads(document_of(create_app(None))), config=config)
    described.app = _service_behind
    return described


_behind: list[Flask] = []
_known: dict[str, str] = {}
PROMISED = _described()


@pytest.fixture(scope="module")
def operator(service):
    """Puts the service behind the document, and returns what authenticates its operator."""
    _behind[:] = [service.app]
    asked = {"codes": codes(made_up_pdq(940))}
    _known["case_id"] = service.operator.opens()["case"]
    _known["job_id"] = service.operator.send("/v1/checks", BROKEN).json["job"]
    _known["check_id"] = service.operator.checks(codes=asked["codes"])["check_id"]
    takedown = takedown_body(_known["case_id"])
    _known["takedown_id"] = service.operator.post("/v1/takedowns", json=takedown).json["takedown"]
    return {"Authorization": f"Bearer {service.operator.key}"}


@PROMISED.hook("map_path_parameters")
def known_id(_context, path_parameters):
    """Puts ids that exist in the place of half of those that could."""
    return {
        name: _known[name]
        if re.fullmatch(r"[a-z]+_[0-9a-hjkmnp-tv-z]{15}[02468acegjm]", str(value))
        else value
        for name, value in (path_parameters or {}).items()
    }


@PROMISED.parametrize()
@settings(max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_every_answer_is_as_promised(case, operator):
    """Whatever is sent, valid or not, the answer is one that the document promises."""
    case.call_and_validate(headers=operator)


def test_the_document_is_openapi_3_1(document):
    """The document fits the specification's own schema, and its models are JSON Schema of 2020-12."""
    assert document["openapi"].startswith("3.1.")
    schemathesis.openapi.from_dict(document).validate()
    for model in document["components"]["schemas"].values():
        jsonschema_rs.meta.validate({"$schema": "https://json-schema.org/draft/2020-12/schema", **model})


def test_a_broken_document_would_not_be(document):
    """The check before this one can fail."""
    broken = document | {"paths": {"/v1/cases": {"post": {"responses": "none"}}}}
    with pytest.raises(jsonschema_rs.ValidationError):
        schemathesis.openapi.from_dict(broken).validate()


def test_routes_and_operations_are_the_same(service, document):
    """Every route for programs is documented, no page is, and every documented operation exists."""
    routes = {
        (method.lower(), re.sub(r"<(\w+)>", r"{\1}", rule.rule))
        for rule in service.app.url_map.iter_rules()
        for method in rule.methods - {"HEAD"}
        if not statement_of(service.app.view_functions[rule.endpoint]).is_page
    }
    documented = {(method, path) for path, operations in document["paths"].items() for method in operations}
    assert documented == routes


def test_every_operation_is_described(document):
    """Every operation has a summary, an id, its security, and a schema for each answer with a body."""
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    assert len({operation["operationId"] for operation in operations}) == len(operations)
    for operation in operations:
        assert operation["summary"]
        assert operation["security"] in ([], [{"key": []}])
        assert ("x-permission" in operation) == bool(operation["security"])
        problems = [answer for status, answer in operation["responses"].items() if status >= "400"]
        assert problems
        assert all("application/problem+json" in answer["content"] for answer in problems)


def test_the_document_repeats_no_host(service):
    """The first request for the document leaves nothing of itself in it for later ones."""
    with_host = create_app(service.container).test_client()
    first = with_host.get("/openapi.json", headers={"Host": "canary.example"})
    assert first.data == with_host.get("/openapi.json").data
    assert b"canary" not in first.data + with_host.get("/docs").data


def test_every_kind_reason_and_place_is_described(document):
    """The document lists every kind and reason, and each answer requires its places, which are described."""
    models = document["components"]["schemas"]
    assert set(models["MatchKind"]["enum"]) == set(MatchKind)
    assert set(models["Reason"]["enum"]) == set(Reason)
    assert set(models["ToldReason"]["enum"]) == set(ToldReason)
    for name in ("CheckAnswered", "DecidedCheckAnswered"):
        assert models[name]["properties"]["reason"]["$ref"].endswith("/ToldReason")
        told = models[name]["properties"]["boxes"]
        assert "boxes" in models[name]["required"]
        assert told["maxItems"] == MAX_BOXES
        assert f"{STEPS}ths" in told["description"]
        told = models[name]["properties"]["segments"]
        assert "segments" in models[name]["required"]
        assert told["maxItems"] == MAX_SEGMENTS
        assert "0.5 seconds" in told["description"]
    told = models["ExplanationAnswered"]["properties"]["altered"]
    assert "altered" in models["ExplanationAnswered"]["required"]
    assert told["maxItems"] == MAX_ALTERED
    assert "`region_altered`" in told["description"]
    edges = models["BoxAnswered"]["properties"]
    assert set(edges) == set(models["BoxAnswered"]["required"]) == {"left", "top", "right", "bottom"}
    for edge in edges.values():
        assert (edge["minimum"], edge["maximum"]) == (0, 1)


def test_every_reference_leads_somewhere(document):
    """No reference of the document is broken, and no model is left over."""
    named = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(document)))
    assert named == set(document["components"]["schemas"])


def test_the_choice_of_edits_is_explained(document):
    """The document explains the claimant's choices when a file is registered, and the default."""
    models = document["components"]["schemas"]
    for name in ("CaseFields", "ReferenceFields"):
        field = models[name]["properties"]["edits"]
        assert (field["type"], field["default"]) == ("boolean", True)
        assert all(word in field["description"] for word in ("copies", "crops", "sealed", "erased"))
        assert "edits" not in models[name]["required"]
    assert "edits" not in models["ReferenceByCodes"]["properties"]


def test_receipts_say_what_a_reference_is_found_in(document):
    """Every receipt has `found_by` and `inner`, whatever was registered."""
    models = document["components"]["schemas"]
    for name in ("OpenedAnswered", "EnrolledAnswered"):
        assert {"found_by", "inner"} <= set(models[name]["required"])
        assert models[name]["properties"]["inner"]["maxItems"] == 9
    assert "found_by" in models["ReferenceAnswered"]["required"]
    assert models["FoundBy"]["enum"] == ["file", "copies", "edits", "likeness"]


def test_successes_are_as_promised(service, operator, picture):
    """The answers of a journey in which everything succeeds fit the document, by file and by codes."""
    person = service.operator
    opened = person.send("/v1/cases", picture, level="V1")
    case, again = opened.json["case"], person.send("/v1/cases", picture)
    by_codes = {"codes": codes_of(picture)}
    verifier = service.newcomer(Role.VERIFIER, tenant_id=person.tenant_id)
    statement, stated = f"/v1/cases/{case}/verification", {"level": "V1", "evidence": "contact_confirmed"}
    verified = verifier.post(statement, json=stated)
    check = person.send("/v1/checks", picture)
    path = f"/v1/checks/{check.json['check_id']}"
    answers = {
        ("/v1/cases", "POST"): [opened, again, person.post("/v1/cases", json={"reference": by_codes})],
        ("/v1/cases/{case_id}/references", "POST"): [
            person.post(f"/v1/cases/{case}/references", json=by_codes),
            person.send(f"/v1/cases/{case}/references", picture),
            person.send(f"/v1/cases/{case}/references", screenshot(picture), edits="false"),
        ],
        ("/v1/cases", "GET"): [
            person.get("/v1/cases"),
            person.get("/v1/cases", query_string={"label": "urgent"}),
        ],
        ("/v1/cases/{case_id}/verification", "POST"): [verified, verifier.post(statement, json=stated)],
        ("/v1/cases/{case_id}", "GET"): [person.get(f"/v1/cases/{case}")],
        ("/v1/checks", "POST"): [check, person.post("/v1/checks", json=by_codes)],
        ("/v1/checks/{check_id}", "GET"): [person.get(path)],
        ("/v1/checks/{check_id}/decision", "POST"): [
            person.post(f"{path}/decision", json={"decision": "blocked"})
        ],
        ("/v1/cases/{case_id}/withdrawal", "POST"): [person.post(f"/v1/cases/{case}/withdrawal")],
    }
    answers |= _claims(service, picture)
    for (place, method), found in answers.items():
        for answer in found:
            assert answer.status_code in {200, 201}
            PROMISED[place][method].validate_response(answer)


def _claims(service, picture):
    """Answers to somebody without an account, and to the verifier who reads her contact."""
    nobody = service.with_key(None)
    contact = {"kind": "email", "value": "jane@example.org"}
    sent = {"codes": codes_of(picture), "consents": ["fingerprints"]}
    opened = nobody.post("/v1/claims", json={**sent, "contact": contact})
    assert opened.status_code == 201, opened.text
    proof = {"case": opened.json["case"], "recovery_words": opened.json["recovery_words"]}
    asked = {
        "references": {**sent, "kind": "source_original"},
        "status": {},
        "receipts": {"receipt": opened.json["receipt"]},
        "contact": {"contact": contact},
        "recovery": {},
        "export": {},
        "erasure": {},
    }
    other = nobody.post("/v1/claims", json=sent).json["case"]
    asked["challenge"] = {"challenged": other, "reason": "wrong_person"}
    verifier = service.newcomer(Role.VERIFIER, tenant_id=CLAIMS_TENANT)
    read = verifier.get(f"/v1/cases/{opened.json['case_id']}/contact")
    answers = {
        (f"/v1/claims/{door}", "POST"): [nobody.post(f"/v1/claims/{door}", json=proof | fields)]
        for door, fields in asked.items()
    }
    withdrawn = nobody.post("/v1/claims/withdrawal", json=proof)
    return answers | {
        ("/v1/claims", "POST"): [opened, nobody.send("/v1/claims", picture, consent="fingerprints")],
        ("/v1/cases/{case_id}/contact", "GET"): [read],
        ("/v1/claims/withdrawal", "POST"): [withdrawn],
    }


def test_jobs_are_as_promised(service, operator):
    """The answers about clips fit the document: accepted, waited for, read, failed and cancelled."""
    person = service.operator
    clip = new_clip()
    case = person.opens()["case"]
    paths = {
        "/v1/cases": "/v1/cases",
        "/v1/cases/{case_id}/references": f"/v1/cases/{case}/references",
        "/v1/checks": "/v1/checks",
    }
    for place, path in paths.items():
        key = {"Idempotency-Key": f"promised {place}".replace(" ", "-")}
        accepted = person.send(path, clip, headers=key)
        answers = {(place, "POST"): [accepted], ("/v1/jobs/{job_id}", "GET"): []}
        answers["/v1/jobs/{job_id}", "GET"].append(person.get(accepted.headers["Location"]))
        assert ended(service, person, accepted)["state"] == "done"
        answers["/v1/jobs/{job_id}", "GET"].append(person.get(accepted.headers["Location"]))
        answers[place, "POST"].append(person.send(path, clip, headers=key | {"Prefer": "wait=1"}))
        failing, given_up = person.send(path, BROKEN), person.send(path, clip)
        answers["/v1/jobs/{job_id}", "DELETE"] = [person.ask("DELETE", given_up.headers["Location"])]
        assert ended(service, person, failing)["state"] == "failed"
        answers["/v1/jobs/{job_id}", "GET"].append(person.get(failing.headers["Location"]))
        assert [answer.status_code for answer in answers[place, "POST"]] == [202, 201]
        for (template, method), found in answers.items():
            for answer in found:
                PROMISED[template][method].validate_response(answer)


def test_the_choice_of_parts_is_explained(document):
    """The document explains how to leave out parts of a clip."""
    models = document["components"]["schemas"]
    for name in ("CaseFields", "ReferenceFields"):
        field = models[name]["properties"]["exclude"]
        assert "0-5.5,60-62" in field["description"]
        assert re.fullmatch(field["pattern"], "0-5.5,60-62")
        assert "exclude" not in models[name]["required"]


def test_who_may_wait_is_told(document):
    """Every operation that takes clips documents 202 with a Location, and `Prefer`; no other operation does."""
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            takes = path in {"/v1/cases", "/v1/cases/{case_id}/references", "/v1/checks"} and method == "post"
            assert ("202" in operation["responses"]) is takes
            headers = {item["name"] for item in operation.get("parameters", []) if item["in"] == "header"}
            assert ("Prefer" in headers) is takes
            if takes:
                assert set(operation["responses"]["202"]["headers"]) == {"Location", "Retry-After"}
