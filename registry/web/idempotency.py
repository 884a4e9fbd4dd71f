"""Idempotency-Key as Stripe documents it.

1. The key and the request's parameters are stored only as keyed digests.
2. A stored answer is repeated for the same parameters. Other parameters are an error.
3. Without a stored answer the act runs, and its transaction also stores the answer. After a crash either both are
   stored or neither.
4. Of two simultaneous requests one stores its answer; the other is rolled back and repeats that answer.
5. An error after the act began is stored as well. A transient error (busy, locked, limited) is not.
6. An answer that holds a secret is stored sealed by the client's own key, of which the database has a digest only. The
   key then has to be long.
"""

import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol, Self, TypeVar

from flask import Response, request
from pydantic import BaseModel

from index.errors import IndexingError
from registry.errors import AlreadyAcknowledged, IdempotencyKeyReused, RegistryError
from registry.ports import Acknowledge, Acknowledged, Acknowledgements
from registry.security import AnswerSeal, DigestPurpose
from registry.web.bodies import JSON, Parameters
from registry.web.context import actor, container
from registry.web.errors import IdempotencyKeyInvalid
from registry.web.problems import PROBLEM_TYPE, response_of, trouble_of

HEADER: Final = "Idempotency-Key"
REPLAYED: Final = "Idempotent-Replayed"
KEY_PATTERN: Final = "[!-~]{1,255}"
PRIVATE_KEY_PATTERN: Final = "[!-~]{22,255}"
_KEY: Final = re.compile(KEY_PATTERN, re.ASCII)
MIN_PRIVATE_KEY: Final = 22  # characters: 128 random bits in base 64
_FIRST_ERROR: Final = 400
_FIRST_PASSING_ERROR: Final = 500  # errors from here on may be transient
_TOO_MANY: Final = 429


class Store(Protocol):
    """A store that an act writes to, and that can keep the act's answer."""

    @property
    def acknowledgements(self) -> Acknowledgements:
        """The stored answers."""
        ...

    def acknowledging(self, acknowledge: Acknowledge) -> Self:
        """Return this store, extended to keep the answer in the act's transaction."""
        ...


StoreType = TypeVar("StoreType", bound=Store)
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """An answer: status, model, path of the created resource, and time after which to ask again."""

    status: int
    model: BaseModel
    location: str | None = None
    retry_after_s: int | None = None

    def body(self) -> bytes:
        """Return the model as JSON."""
        return self.model.model_dump_json().encode("utf-8")

    def response(self) -> Response:
        """Return the HTTP response."""
        response = Response(self.body(), status=self.status, content_type=JSON)
        if self.location is not None:
            response.headers["Location"] = self.location
        if self.retry_after_s is not None:
            response.headers["Retry-After"] = str(self.retry_after_s)
        return response


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Whose keys are compared with each other.

    Attributes:
        owner_id: the id under which answers are stored: of a tenant, or of what stands for one.
        is_private: whether the answer holds a secret.
    """

    owner_id: str
    is_private: bool = False


def once(
    store: StoreType,
    parameters: Parameters,
    act: Callable[[StoreType], Result],
    render: Callable[[Result], Rendered],
    scope: Scope | None = None,
) -> Response:
    """Run an act, once per Idempotency-Key of the scope if the request has one. The scope is the actor's tenant.

    Raises:
        IdempotencyKeyInvalid: the key is malformed.
        IdempotencyKeyReused: the key was used with other parameters.
    """
    key = request.headers.get(HEADER)
    if key is None:
        return render(act(store)).response()
    if _KEY.fullmatch(key) is None:
        raise IdempotencyKeyInvalid("The key must have 1 to 255 visible ASCII characters.")
    scope = scope or Scope(owner_id=actor().tenant_id)
    if scope.is_private and len(key) < MIN_PRIVATE_KEY:
        raise IdempotencyKeyInvalid(
            f"The answer holds a secret: the key must have at least {MIN_PRIVATE_KEY} random characters."
        )
    return _Attempt(store.acknowledgements, key, parameters, scope).run(store, act, render)


class _Attempt:
    """One request with an Idempotency-Key."""

    def __init__(self, kept: Acknowledgements, key: str, parameters: Parameters, scope: Scope) -> None:
        parts = container()
        self._kept = kept
        self._tenant_id = scope.owner_id
        self._seal = (
            AnswerSeal(parts.keys, key.encode("ascii"), parts.environment.random)
            if scope.is_private
            else None
        )
        self._key_hmac = parts.keys.digest(DigestPurpose.IDEMPOTENCY_KEY, key.encode("ascii"))  # 1.
        self._request_hmac = parameters.digest(parts.keys, request.path)
        self._now = parts.environment.now

    def run(
        self,
        store: StoreType,
        act: Callable[[StoreType], Result],
        render: Callable[[Result], Rendered],
    ) -> Response:
        replay = self._replay()  # 2.
        if replay is not None:
            return replay
        rendered: list[Rendered] = []

        def acknowledge(result: object) -> Acknowledged:
            answer = render(result)  # type: ignore[arg-type]  # the store returns the act's committed answer
            rendered.append(answer)
            return self._acknowledged(answer.status, answer.body())

        try:
            result = act(store.acknowledging(acknowledge))  # 3.
        except AlreadyAcknowledged:
            return self._again()  # 4.
        except (RegistryError, IndexingError) as error:
            return self._failed(error)  # 5.
        return (rendered[-1] if rendered else render(result)).response()

    def _replay(self) -> Response | None:
        found = self._kept.find(self._tenant_id, self._key_hmac, self._now())
        if found is None:
            return None
        if not hmac.compare_digest(found.request_hmac, self._request_hmac):
            raise IdempotencyKeyReused("Use a new key for a new request.")
        kind = JSON if found.status < _FIRST_ERROR else PROBLEM_TYPE
        body = found.body if self._seal is None else self._seal.open(found.body)  # 6.
        response = Response(body, status=found.status, content_type=kind)
        response.headers[REPLAYED] = "true"
        return response

    def _again(self) -> Response:
        replay = self._replay()
        if replay is None:
            raise AlreadyAcknowledged("The other request's answer is gone already.")
        return replay

    def _failed(self, error: RegistryError | IndexingError) -> Response:
        trouble = trouble_of(error)
        if trouble.status >= _FIRST_PASSING_ERROR or trouble.status == _TOO_MANY:
            raise error
        try:
            self._kept.keep(self._acknowledged(trouble.status, trouble.body()))
        except AlreadyAcknowledged:
            return self._again()
        return response_of(trouble)

    def _acknowledged(self, status: int, body: bytes) -> Acknowledged:
        return Acknowledged(
            tenant_id=self._tenant_id,
            key_hmac=self._key_hmac,
            request_hmac=self._request_hmac,
            status=status,
            body=body if self._seal is None else self._seal.close(body),  # 6.
            created_at=self._now(),
        )
