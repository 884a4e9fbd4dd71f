"""Problem documents (RFC 9457): the shape of every error of every layer."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from flask import Flask, Response, g, request
from werkzeug.exceptions import ClientDisconnected, HTTPException

from index import errors as index_errors
from registry.errors import RegistryError
from registry.events import LogEvent
from registry.web.context import container
from registry.web.errors import BodyInvalid, BodyTooSlow, Fault

PROBLEM_TYPE: Final = "application/problem+json"
_TYPE_PREFIX: Final = "urn:takedown-registry:problem:"

# Status and title of the exceptions of `index`, which knows nothing of HTTP.
INDEX_PROBLEMS: Final[dict[type[index_errors.IndexingError], tuple[int, str]]] = {
    index_errors.EmptyMedia: (422, "The file is empty"),
    index_errors.TooManyBytes: (413, "The file is too large"),
    index_errors.UnknownFormat: (415, "The file's format is not supported"),
    index_errors.TooManyPixels: (422, "The picture is too large"),
    index_errors.SoundOnly: (422, "The file has sound only"),
    index_errors.UndecodableMedia: (422, "The file is damaged"),
    index_errors.DecoderFailed: (422, "The file could not be decoded"),
    index_errors.DecodersBusy: (503, "All decoders are busy"),
    index_errors.NoTurn: (503, "The registry is busy"),
    index_errors.BudgetSpent: (429, "The tenant's processor time is spent"),
    index_errors.LowInformation: (422, "The picture shows too little"),
    index_errors.LowQuality: (422, "The picture's quality is too low"),
    index_errors.UnknownAlgorithm: (422, "The algorithm is not known"),
    index_errors.WrongLength: (422, "The code has the wrong length"),
    index_errors.MalformedCode: (422, "The code is malformed"),
    # It is unknown whom the picture shows: no answer, and never an allow (docs/promises.md, promise 6).
    index_errors.FaceError: (503, "Faces cannot be looked for now"),
    index_errors.EngineUnavailable: (503, "A face engine is not available"),
    index_errors.ModelDamaged: (503, "A face engine's file is damaged"),
    index_errors.MalformedManifest: (503, "A face engine's description is damaged"),
    index_errors.NotReady: (503, "The index is not ready; ask again"),
}
_PASSING: Final = frozenset({429, 503})
_RETRY_S: Final = 2

_HTTP_CODES: Final = {
    400: "bad-request",
    404: "no-such-endpoint",
    405: "method-not-allowed",
    413: "body-too-large",
    414: "uri-too-long",
    415: "unsupported-media-type",
    431: "header-too-large",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """The content of a problem document."""

    status: int
    code: str
    title: str
    detail: str
    faults: tuple[Fault, ...] = ()
    retry_after_s: int | None = None

    def body(self) -> bytes:
        """Return the problem document as JSON."""
        document: dict[str, object] = {
            "type": _TYPE_PREFIX + self.code,
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
        }
        if self.faults:
            document["errors"] = [
                {"pointer": fault.pointer, "detail": fault.detail, "code": fault.code}
                for fault in self.faults
            ]
        return json.dumps(document, separators=(",", ":")).encode("utf-8")


def trouble_of(error: Exception) -> Trouble:
    """Return the problem of any exception. An unforeseen exception is `internal-error`, without its text."""
    if isinstance(error, RegistryError):
        return Trouble(
            status=error.status,
            code=error.code,
            title=error.title,
            detail=error.detail,
            faults=error.faults if isinstance(error, BodyInvalid) else (),
            retry_after_s=error.retry_after_s,
        )
    if isinstance(error, index_errors.IndexingError) and type(error) in INDEX_PROBLEMS:
        status, title = INDEX_PROBLEMS[type(error)]
        return _index_trouble(error.code, status, title, str(error))
    if isinstance(error, ClientDisconnected) and isinstance(error.__context__, TimeoutError):
        return trouble_of(BodyTooSlow())
    if isinstance(error, HTTPException) and error.code in _HTTP_CODES:
        return Trouble(
            status=error.code, code=_HTTP_CODES[error.code], title=error.name, detail=error.name + "."
        )
    base = RegistryError()
    return Trouble(status=base.status, code=base.code, title=base.title, detail="Nothing was written.")


def trouble_of_code(code: str, detail: str) -> Trouble:
    """Return the problem of a failed job by its stored code."""
    for kind, (status, title) in INDEX_PROBLEMS.items():
        if kind.code == code:
            return _index_trouble(code, status, title, detail)
    for error in _leaves(RegistryError):
        if error.code == code:
            return Trouble(
                status=error.status,
                code=code,
                title=error.title,
                detail=detail,
                retry_after_s=error.retry_after_s,
            )
    return trouble_of(RegistryError())


def response_of(trouble: Trouble) -> Response:
    """Return the response with the problem document."""
    response = Response(trouble.body(), status=trouble.status, content_type=PROBLEM_TYPE)
    if trouble.retry_after_s is not None:
        response.headers["Retry-After"] = str(trouble.retry_after_s)
    if trouble.status == 401:  # noqa: PLR2004  Unauthorized
        response.headers["WWW-Authenticate"] = "Bearer"
    g.problem_code = trouble.code
    return response


def _index_trouble(code: str, status: int, title: str, text: str) -> Trouble:
    return Trouble(
        status=status,
        code=code,
        title=title,
        detail=text[:1].upper() + text[1:] + ".",
        retry_after_s=_RETRY_S if status in _PASSING else None,
    )


def _leaves(error: type[RegistryError]) -> Iterator[type[RegistryError]]:
    for leaf in error.__subclasses__():
        yield leaf
        yield from _leaves(leaf)


def install_problems(app: Flask) -> None:
    """Answer every exception with a problem document."""
    app.register_error_handler(Exception, _answer)


def _answer(error: Exception) -> Response:
    trouble = trouble_of(error)
    if trouble.status == 500:  # noqa: PLR2004  Internal Server Error
        container().log.failed(
            LogEvent.REQUEST_FAILED, error, endpoint=request.endpoint, request_id=g.get("request_id")
        )
    response = response_of(trouble)
    if isinstance(error, HTTPException):
        allow = dict(error.get_headers()).get("Allow")
        if allow is not None:
            response.headers["Allow"] = allow
    return response
