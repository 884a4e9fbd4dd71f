"""Request bodies: read once, bounded in size, and validated before any other step.

Errors never repeat the input: neither a value nor the name of an unknown field.
"""

import json
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any, Final, NoReturn, TypeVar, cast

from flask import Request, current_app, request
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.exceptions import RequestEntityTooLarge

from index.limits import STANDARD_CLIP
from registry.security import DigestPurpose, Keys
from registry.web.context import container
from registry.web.endpoints import statement_of
from registry.web.errors import (
    BodyEmpty,
    BodyInvalid,
    BodyTooLarge,
    Fault,
    JsonMalformed,
    JsonTooDeep,
    MediaMissing,
    UnsupportedMediaType,
)
from registry.web.uploads import Upload

if TYPE_CHECKING:
    from werkzeug.datastructures import MultiDict

JSON: Final = "application/json"
MULTIPART: Final = "multipart/form-data"
MEDIA_FIELD: Final = "media"

MAX_JSON_BYTES: Final = 64 * 1024  # four codes are below 1 kB
MAX_JSON_DEPTH: Final = 8  # the deepest model has four levels
MAX_FIELDS: Final = 12  # the longest form of the pages has 10
MAX_FORM_MEMORY_BYTES: Final = 512 * 1024  # includes werkzeug's own read buffer of 64 kB
MAX_BODY_BYTES: Final = STANDARD_CLIP.max_bytes + MAX_JSON_BYTES  # the file, the fields and the boundaries

Model = TypeVar("Model", bound=BaseModel)

_ONE_FILE: Final = f"Send exactly one file, in the field {MEDIA_FIELD}."


class PrivateRequest(Request):
    """Request whose upload lies in memory or in the encrypted spool (docs/promises.md, promise 1).

    Nothing of the upload stays after the request, unless a job takes it over.
    """

    max_content_length = MAX_BODY_BYTES
    max_form_memory_size = MAX_FORM_MEMORY_BYTES
    max_form_parts = MAX_FIELDS + 1
    _upload: Upload | None = None

    def _get_file_stream(
        self,
        total_content_length: int | None,  # noqa: ARG002
        content_type: str | None,  # noqa: ARG002
        filename: str | None = None,  # noqa: ARG002
        content_length: int | None = None,  # noqa: ARG002
    ) -> IO[bytes]:
        if self._upload is not None:
            raise MediaMissing(_ONE_FILE)
        self._upload = Upload(None if self._is_of_claimants() else container().spool)
        return cast("IO[bytes]", self._upload)  # the parser writes, seeks and closes

    def _load_form_data(self) -> None:
        try:
            super()._load_form_data()
        except BaseException:
            # The rest of the stream is no form: a page that tells what was wrong reads no field of it.
            self.__dict__["form"] = self.__dict__["files"] = ImmutableMultiDict()
            raise

    def _is_of_claimants(self) -> bool:
        statement = statement_of(current_app.view_functions[self.endpoint or ""])
        return statement is not None and statement.is_for_claimants

    def close(self) -> None:
        """End the request and delete an upload that no job has taken over."""
        super().close()
        if self._upload is not None:
            self._upload.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """A validated body. Two requests with equal parameters are the same request."""

    fields: Any = field(repr=False)
    media_sha256: bytes | None = field(default=None, repr=False)

    def digest(self, keys: Keys, path: str) -> bytes:
        """Return a keyed digest of path, fields and media, 32 bytes."""
        text = json.dumps([path, self.fields], sort_keys=True, separators=(",", ":"))
        media = b"" if self.media_sha256 is None else b"\0" + self.media_sha256
        return keys.digest(DigestPurpose.REQUEST, text.encode("utf-8") + media)


def media_type(*allowed: str) -> str:
    """Return the body's media type, one of `allowed`; raise `UnsupportedMediaType` or `BodyEmpty`."""
    if not request.content_length and not request.headers.get("Transfer-Encoding"):
        raise BodyEmpty(f"Send a body of type {' or '.join(allowed)}.")
    if request.mimetype not in allowed:
        raise UnsupportedMediaType(f"Send the body as {' or '.join(allowed)}.")
    return request.mimetype


def read_json(model: type[Model]) -> tuple[Model, Parameters]:
    """Read a JSON body as a model.

    Raises:
        BodyEmpty, BodyTooLarge, JsonMalformed, JsonTooDeep, BodyInvalid: the body is invalid. The text names the rule.
    """
    if (request.content_length or 0) > MAX_JSON_BYTES:
        raise BodyTooLarge(f"A JSON body has at most {MAX_JSON_BYTES} bytes.")
    request.max_content_length = MAX_JSON_BYTES
    try:
        data = request.get_data(cache=False)
    except RequestEntityTooLarge:
        raise BodyTooLarge(f"A JSON body has at most {MAX_JSON_BYTES} bytes.") from None
    if not data:
        raise BodyEmpty("Send a JSON body.")
    fields = parse_json(data)
    return validated(model, fields), Parameters(fields=fields)


def read_query(model: type[Model]) -> Model:
    """Read the query of a request without a body as a model; raise `BodyInvalid`."""
    fields = {name: request.args.getlist(name) for name in request.args}
    return validated(model, {name: held[0] if len(held) == 1 else held for name, held in fields.items()})


def read_media(model: type[Model]) -> tuple[Model, Upload, Parameters]:
    """Read a multipart body: the file `media`, and the other fields as a model.

    Raises:
        BodyTooLarge, BodyInvalid, MediaMissing: the body is invalid. The text names the rule.
        StorageUnavailable: the file is a clip and the spool cannot store it.
    """
    try:
        files, form = request.files, request.form
    except RequestEntityTooLarge:
        raise BodyTooLarge(
            f"A clip may have at most {STANDARD_CLIP.max_bytes} bytes, and a form at most {MAX_FIELDS} other fields."
        ) from None
    if list(files) != [MEDIA_FIELD] or len(files.getlist(MEDIA_FIELD)) != 1:
        raise MediaMissing(_ONE_FILE)
    upload = files[MEDIA_FIELD].stream
    if not isinstance(upload, Upload):
        raise TypeError("an upload is neither in memory nor in the spool")
    fields = _single(form)
    return validated(model, fields), upload, Parameters(fields=fields, media_sha256=upload.sha256)


def parse_json(data: bytes) -> Any:
    """Parse strict JSON of bounded depth; raise `JsonMalformed` or `JsonTooDeep`."""
    try:
        value = json.loads(data.decode("utf-8"), object_pairs_hook=_unique_names, parse_constant=_no_constant)
    except RecursionError:
        raise JsonTooDeep(f"JSON may be nested {MAX_JSON_DEPTH} levels deep.") from None
    except ValueError:
        raise JsonMalformed("The body is not valid JSON in UTF-8, with each name once.") from None
    if _depth(value) > MAX_JSON_DEPTH:
        raise JsonTooDeep(f"JSON may be nested {MAX_JSON_DEPTH} levels deep.")
    return value


def validated(model: type[Model], fields: Any) -> Model:
    """Return the model of the fields; raise `BodyInvalid` with a pointer for each fault."""
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        faults = tuple(_fault(item, model) for item in error.errors(include_url=False, include_input=False))
        raise BodyInvalid("The body does not match the schema of this endpoint.", faults) from None


def _fault(item: ErrorDetails, model: type[BaseModel]) -> Fault:
    place = item["loc"]
    if item["type"] == "extra_forbidden":
        place = place[:-1]  # the name of an unknown field comes from the client
        allowed = (
            f" The fields at the top are {', '.join(model.model_fields) or 'none'}." if not place else ""
        )
        return Fault(
            pointer=_pointer(place), detail=f"There is an unknown field.{allowed}", code="field-unknown"
        )
    code = "field-missing" if item["type"] == "missing" else "field-invalid"
    return Fault(pointer=_pointer(place), detail=f"{item['msg']}.", code=code)


def _pointer(place: tuple[int | str, ...]) -> str:
    return "".join(f"/{part}" for part in place)


def _single(form: "MultiDict[str, str]") -> dict[str, str]:
    if any(len(values) != 1 for _, values in form.lists()):
        raise BodyInvalid("A field may be sent once.")
    return dict(form.items())


def _unique_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


def _no_constant(_name: str) -> NoReturn:
    raise ValueError("not JSON")


def _depth(value: Any) -> int:
    depth, level = 0, [value]
    while level:
        depth += 1
        inner: list[Any] = []
        for item in level:
            if isinstance(item, dict):
                inner.extend(item.values())
            elif isinstance(item, list):
                inner.extend(item)
        level = inner
    return depth
