"""The OpenAPI 3.1 document: paths from the application, everything else from what the endpoints state."""

import json
import re
from typing import Any, Final

from apiflask import APIFlask
from flask import Flask
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from registry.domain import ids
from registry.web.background import MAX_WAIT_S, PREFER
from registry.web.bodies import JSON, MEDIA_FIELD, MULTIPART
from registry.web.endpoints import Endpoint, statement_of
from registry.web.idempotency import HEADER, KEY_PATTERN
from registry.web.problems import PROBLEM_TYPE
from registry.web.schemas import Problem

Document = dict[str, Any]

_SCHEMAS: Final = "#/components/schemas/{model}"
_ID_PREFIX: Final = {"case_id": ids.CASE, "check_id": ids.CHECK, "job_id": ids.JOB}
_GUARDED: Final = (401, 403, 429)
_ALWAYS: Final = (500, 503)
_MEANINGS: Final = {
    400: "The request is malformed.",
    401: "A valid API key is needed.",
    403: "The API key may not do that.",
    404: "There is nothing here under this id, for this tenant.",
    409: "The present state does not allow it.",
    413: "The body is too large.",
    415: "The body's or the file's type is not supported.",
    422: "Understood, and not accepted.",
    429: "The tenant's budget of this minute is spent.",
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
    """Returns the document as JSON; made once."""
    return json.dumps(_spec(app), separators=(",", ":"))


def pages_of(app: Flask) -> Document:
    """Returns the document for the description page."""
    return _spec(app)


def complete(app: APIFlask, document: Any) -> Any:
    """Adds to APIFlask's document what the endpoints state."""
    statements = _statements(app)
    document["components"] = {
        "schemas": _schemas([statement for _, _, statement in statements]),
        "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
    }
    for path, method, statement in statements:
        operation = document["paths"].get(path, {}).get(method)
        if operation is not None:
            _complete_operation(operation, statement)
    # The work first, the service's own state last; the page shows them in this order.
    document["paths"] = dict(
        sorted(document["paths"].items(), key=lambda item: (not item[0].startswith("/v1"), item[0]))
    )
    return document


def _spec(app: Flask) -> Document:
    if not isinstance(app, APIFlask):
        raise TypeError("the application describes no interface")
    document: Document = app.spec if app._spec is None else app._spec  # type: ignore[assignment]  # noqa: SLF001
    return document


def _statements(app: APIFlask) -> list[tuple[str, str, Endpoint]]:
    found: list[tuple[str, str, Endpoint]] = []
    for rule in app.url_map.iter_rules():
        statement = statement_of(app.view_functions[rule.endpoint])
        if statement is not None:
            path = re.sub(r"<(\w+)>", r"{\1}", rule.rule)
            methods = (rule.methods or set()) - {"HEAD", "OPTIONS"}
            found.extend((path, method.lower(), statement) for method in sorted(methods))
    return found


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
    parameters = [_with_shape(parameter) for parameter in operation.get("parameters", [])]
    if statement.idempotent:
        parameters.append(
            {
                "name": HEADER,
                "in": "header",
                "required": False,
                "description": "The same key with the same parameters gets the same answer for 24 hours.",
                "schema": {"type": "string", "pattern": f"^{KEY_PATTERN}$"},
            }
        )
    if statement.job is not None:
        parameters.append(_PREFER)
    if parameters:
        operation["parameters"] = parameters
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


def _with_shape(parameter: Document) -> Document:
    prefix = _ID_PREFIX.get(parameter["name"])
    if prefix is None:
        return parameter
    return {**parameter, "schema": {"type": "string", "pattern": f"^{prefix}_[0-9a-hjkmnp-tv-z]{{16}}$"}}


def _reference(model: type[BaseModel]) -> Document:
    return {"$ref": _SCHEMAS.format(model=model.__name__)}
