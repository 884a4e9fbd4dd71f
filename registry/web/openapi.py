"""The OpenAPI 3.1 document, made from the routes of the application and the statements of its endpoints.

A view's docstring gives the summary (first line) and the description (the rest) of its operation.
"""

import json
import re
from typing import Any, Final

from flask import Flask
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from werkzeug.routing import Rule

from registry import __version__
from registry.domain import ids
from registry.web.background import MAX_WAIT_S, PREFER
from registry.web.bodies import JSON, MEDIA_FIELD, MULTIPART
from registry.web.endpoints import Endpoint, statement_of
from registry.web.idempotency import HEADER, KEY_PATTERN, PRIVATE_KEY_PATTERN
from registry.web.problems import PROBLEM_TYPE
from registry.web.schemas import Problem

Document = dict[str, Any]

_DOCUMENT: Final = "registry.openapi"
_TITLE: Final = "Takedown Registry"
_DESCRIPTION: Final = (
    "Victims, or agencies acting for them, register fingerprints of images and clips; platforms ask about each upload "
    "before they publish it. Media is never kept."
)
_METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")
_SCHEMAS: Final = "#/components/schemas/{model}"
_ID_PREFIX: Final = {
    "case_id": ids.CASE,
    "check_id": ids.CHECK,
    "job_id": ids.JOB,
    "takedown_id": ids.TAKEDOWN,
}
_GUARDED: Final = (401, 403, 429)
_ALWAYS: Final = (500, 503)
_MEANINGS: Final = {
    400: "The request is malformed.",
    401: "A valid API key is needed.",
    403: "The API key may not do that.",
    404: "There is nothing here under this id, for this tenant.",
    408: "The request did not arrive in time.",
    409: "The present state does not allow it.",
    413: "The body is too large.",
    415: "The body's or the file's type is not supported.",
    422: "Understood, and not accepted.",
    429: "The tenant asks too often, or for too much at a time.",
    500: "The registry failed.",
    503: "The registry cannot answer now; nothing was written.",
}


_PREFER: Final = {
    "name": PREFER,
    "in": "header",
    "required": False,
    "description": f"For a clip: `wait=N` waits for its job's end, {MAX_WAIT_S} seconds at most, and answers"
    " then as a picture is answered.",
    "schema": {"type": "string"},
}
_JOB_HEADERS: Final = {
    "Location": {
        "description": "The job.",
        "schema": {"type": "string", "pattern": f"^/v1/jobs/{ids.JOB}_[0-9a-hjkmnp-tv-z]{{16}}$"},
    },
    "Retry-After": {
        "description": "Seconds after which to read it; not sent for one that was cancelled meanwhile.",
        "schema": {"type": "integer"},
    },
}


def document_of(app: Flask) -> str:
    """Return the document as JSON."""
    return json.dumps(pages_of(app), separators=(",", ":"))


def pages_of(app: Flask) -> Document:
    """Return the document for the description page; it is made once for each application."""
    document: Document | None = app.extensions.get(_DOCUMENT)
    if document is None:
        document = app.extensions[_DOCUMENT] = _made(app)
    return document


def _made(app: Flask) -> Document:
    operations = _operations(app)
    paths: dict[str, Document] = {}
    # Cases, checks and jobs first and the service's state last. The page keeps this order.
    for path, method, operation, _ in sorted(
        operations, key=lambda found: (not found[0].startswith("/v1"), found[0], _METHODS.index(found[1]))
    ):
        paths.setdefault(path, {})[method.lower()] = operation
    return {
        "info": {"description": _DESCRIPTION, "title": _TITLE, "version": __version__},
        "tags": [{"name": _tag(name)} for name in app.blueprints],
        "paths": paths,
        "openapi": "3.1.0",
        "components": {
            "schemas": _schemas([statement for *_, statement in operations]),
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operations(app: Flask) -> list[tuple[str, str, Document, Endpoint]]:
    """Return path, method, operation and statement of each route for programs."""
    found: list[tuple[str, str, Document, Endpoint]] = []
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        statement = statement_of(view)
        if statement is None or statement.is_page:
            continue
        path = re.sub(r"<(\w+)>", r"{\1}", rule.rule)
        for method in _METHODS:
            if method in (rule.methods or ()):
                operation = _operation(rule, method, view.__doc__ or "")
                _complete_operation(operation, statement)
                found.append((path, method, operation, statement))
    return found


def _operation(rule: Rule, method: str, docstring: str) -> Document:
    """Return the part of an operation that follows from its route and its view's docstring."""
    summary, *lines = (line.strip() for line in docstring.strip().split("\n"))
    described = {"description": "\n".join(lines).strip()} if lines else {}
    return {
        "parameters": [_path_parameter(name) for name in re.findall(r"<(\w+)>", rule.rule)],
        "responses": {},
        "tags": [_tag(rule.endpoint.partition(".")[0])],
        "summary": summary,
        **described,
        "operationId": f"{method.lower()}_{rule.endpoint.replace('.', '_')}",
    }


def _path_parameter(name: str) -> Document:
    prefix = _ID_PREFIX.get(name)
    shape = {} if prefix is None else {"pattern": f"^{prefix}_[0-9a-hjkmnp-tv-z]{{16}}$"}
    return {"in": "path", "name": name, "schema": {"type": "string", **shape}, "required": True}


def _query_parameters(model: type[BaseModel]) -> list[Document]:
    fields = model.model_json_schema()["properties"]
    return [{"name": name, "in": "query", "required": False, "schema": fields[name]} for name in fields]


def _tag(blueprint: str) -> str:
    return blueprint.title()


def _schemas(statements: list[Endpoint]) -> Document:
    answers = {model for statement in statements for model in (statement.answer, statement.job) if model}
    answers.add(Problem)
    bodies = {model for statement in statements for model in (statement.body, statement.media) if model}
    wanted: list[tuple[type[BaseModel], Any]] = [(model, "serialization") for model in answers]
    wanted += [(model, "validation") for model in bodies]
    wanted.sort(key=lambda item: item[0].__name__)
    _, schema = models_json_schema(wanted, ref_template=_SCHEMAS)
    definitions: Document = schema["$defs"]
    for model in sorted({statement.media for statement in statements if statement.media}, key=str):
        fields = definitions[model.__name__]
        fields.setdefault("properties", {})[MEDIA_FIELD] = {
            "type": "string",
            "format": "binary",
            "description": "The file. A picture is kept in memory and gone when the answer is sent; a clip waits"
            " encrypted on the disk, and is gone when its job has ended.",
        }
        fields["required"] = [*fields.get("required", []), MEDIA_FIELD]
    return definitions


def _complete_operation(operation: Document, statement: Endpoint) -> None:
    guarded = statement.permission is not None
    operation["security"] = [{"key": []}] if guarded else []
    if statement.permission is not None:
        operation["x-permission"] = statement.permission.value
    content = {
        media_type: {"schema": _reference(model)}
        for media_type, model in ((JSON, statement.body), (MULTIPART, statement.media))
        if model is not None
    }
    if content:
        operation["requestBody"] = {"required": True, "content": content}
    parameters = operation["parameters"]
    if statement.idempotent:
        parameters.append(
            {
                "name": HEADER,
                "in": "header",
                "required": False,
                "description": "The same key with the same parameters gets the same answer for 24 hours.",
                "schema": {
                    "type": "string",
                    "pattern": f"^{PRIVATE_KEY_PATTERN if statement.tells_secret else KEY_PATTERN}$",
                },
            }
        )
    if statement.job is not None:
        parameters.append(_PREFER)
    if statement.query is not None:
        parameters.extend(_query_parameters(statement.query))
    operation["responses"] = _responses(statement, guarded=guarded)


def _responses(statement: Endpoint, *, guarded: bool) -> Document:
    success: Document = {"description": "Done."}
    if statement.answer is not None:
        success["content"] = {JSON: {"schema": _reference(statement.answer)}}
    responses: Document = {str(statement.status): success}
    if statement.status == 201:  # noqa: PLR2004  Created; a duplicate or a repetition made nothing
        responses["200"] = {**success, "description": "It was there already."}
    if statement.job is not None:
        responses["202"] = {
            "description": "A clip: what comes of it is read at `Location`.",
            "headers": _JOB_HEADERS,
            "content": {JSON: {"schema": _reference(statement.job)}},
        }
    problems = {*statement.problems, *_ALWAYS, *(_GUARDED if guarded else ())}
    if statement.idempotent:
        problems |= {400, 409, 422}
    for status in sorted(problems):
        responses[str(status)] = {
            "description": _MEANINGS[status],
            "content": {PROBLEM_TYPE: {"schema": _reference(Problem)}},
        }
    return responses


def _reference(model: type[BaseModel]) -> Document:
    return {"$ref": _SCHEMAS.format(model=model.__name__)}
