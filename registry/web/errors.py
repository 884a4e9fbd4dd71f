"""The exceptions of the HTTP interface: leaves of `registry.errors.BadRequest`.

BadRequest
├── BodyEmpty              400
├── JsonMalformed          400
├── JsonTooDeep            400
├── IdempotencyKeyInvalid  400
├── BodyTooSlow            408
├── BodyTooLarge           413
├── UriTooLong             414
├── UnsupportedMediaType   415
├── ExpectationFailed      417
├── MediaMissing           422
├── BodyInvalid            422  with a pointer for each fault
│   └── ProofMisspelt      422  typing errors in a case number or in words
├── HeadTooLarge           431
└── TransferCodingUnsupported  501
"""

from collections.abc import Sequence
from dataclasses import dataclass

from index.errors import CodeError
from registry.errors import BadRequest, CaseNumberInvalid, WordsInvalid


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault of a body: JSON pointer (RFC 6901), description and stable code."""

    pointer: str
    detail: str
    code: str


class BodyEmpty(BadRequest):
    """The request has no body."""

    code = "body-empty"
    title = "The body is empty"


class JsonMalformed(BadRequest):
    """The body is not JSON."""

    code = "json-malformed"
    title = "The body is not valid JSON"


class JsonTooDeep(BadRequest):
    """The body is nested too deeply."""

    code = "json-too-deep"
    title = "The JSON is nested too deep"


class IdempotencyKeyInvalid(BadRequest):
    """The Idempotency-Key is malformed."""

    code = "idempotency-key-invalid"
    title = "The Idempotency-Key is not valid"


class BodyTooSlow(BadRequest):
    """The request did not arrive in time."""

    status = 408
    code = "body-too-slow"
    title = "The request did not arrive in time"

    def __init__(self) -> None:
        super().__init__(
            "Send the whole request without pauses, and its body faster. The connection is closed."
        )


class HeadTooLarge(BadRequest):
    """The request's head is too large."""

    status = 431
    code = "header-too-large"
    title = "The request's header fields are too large"


class BodyTooLarge(BadRequest):
    """The body has too many bytes."""

    status = 413
    code = "body-too-large"
    title = "The body is too large"


class UriTooLong(BadRequest):
    """The first line of the request is too long."""

    status = 414
    code = "uri-too-long"
    title = "The address is too long"


class ExpectationFailed(BadRequest):
    """The request expects what the server does not do."""

    status = 417
    code = "expectation-failed"
    title = "The request's expectation cannot be met"


class TransferCodingUnsupported(BadRequest):
    """The body is in a transfer coding that the server does not read."""

    status = 501
    code = "transfer-coding-unsupported"
    title = "The body's transfer coding is not supported"


class UnsupportedMediaType(BadRequest):
    """The endpoint does not accept the body's media type."""

    status = 415
    code = "unsupported-media-type"
    title = "The body's media type is not supported"


class MediaMissing(BadRequest):
    """The field `media` does not hold exactly one file."""

    status = 422
    code = "media-missing"
    title = "There is not exactly one file"


class BodyInvalid(BadRequest):
    """The body does not fit its model."""

    status = 422
    code = "body-invalid"
    title = "The body does not match the schema"

    def __init__(self, detail: str = "", faults: tuple[Fault, ...] = ()) -> None:
        super().__init__(detail)
        self.faults = faults


class CodeRefused(BodyInvalid):
    """A code in the body is not in canonical form."""

    title = "A code is not in its one canonical spelling"

    def __init__(self, error: CodeError, pointer: str) -> None:
        text = str(error)
        super().__init__(
            f"{text[:1].upper()}{text[1:]}.", (Fault(pointer=pointer, detail=text, code=error.code),)
        )
        self.code = error.code


class ProofMisspelt(BodyInvalid):
    """The case number or the words of a secret have typing errors. Its code is that of the first of them."""

    def __init__(self, errors: Sequence[tuple[str, CaseNumberInvalid | WordsInvalid]]) -> None:
        faults = tuple(
            Fault(pointer=pointer, detail=error.detail, code=error.code) for pointer, error in errors
        )
        super().__init__(" ".join(error.detail for _, error in errors), faults)
        first = errors[0][1]
        self.code, self.title = first.code, first.title
