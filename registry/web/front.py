"""The application's part in what happens before a request reaches it: whose it is, and answers without a thread.

The server (`registry.cli.server`) reads requests whole and lets tenants take turns. It knows a key's tenant only after
the guard has accepted the key once, and forgets it when the guard refuses it: a revoked key takes no more of its
tenant's turns than the first request.
"""

import hashlib
import secrets
import threading
from collections import OrderedDict
from http import HTTPStatus
from typing import Final

from registry.bootstrap import Container
from registry.errors import BadRequest, RegistryError, TooManyWaiting
from registry.events import LogEvent
from registry.web.errors import (
    BodyTooSlow,
    ExpectationFailed,
    HeadTooLarge,
    TransferCodingUnsupported,
    UriTooLong,
)
from registry.web.observing import count_refusal
from registry.web.problems import PROBLEM_TYPE, trouble_of

MAX_KNOWN: Final = 10_000
_TOO_LARGE: Final = "A header field has at most 8 kB, and all together 64 kB."
_UNREADABLE: Final[dict[int, RegistryError]] = {
    400: BadRequest("The request is not valid HTTP/1.1. Nothing was read of it."),
    414: UriTooLong("The first line of a request has at most 4 kB. Send parameters in the body."),
    417: ExpectationFailed("The only expectation that is met is 100-continue."),
    431: HeadTooLarge(_TOO_LARGE),
    501: TransferCodingUnsupported("The only transfer coding that is read is chunked."),
}
"""Answers to requests that the server could not read, by status."""


class Front:
    """Implementation of `registry.cli.server.worker.Front`. Threads: any."""

    def __init__(self, container: Container) -> None:
        self._container = container
        self._lock = threading.Lock()
        self._tenants: OrderedDict[bytes, str] = OrderedDict()

    def learn(self, authorization: str, tenant_id: str) -> None:
        """Remember the tenant of a header that the guard has accepted."""
        name = _name(authorization)
        with self._lock:
            self._tenants[name] = tenant_id
            if len(self._tenants) > MAX_KNOWN:
                self._tenants.popitem(last=False)

    def forget(self, authorization: str) -> None:
        """Forget a header that the guard has refused."""
        with self._lock:
            self._tenants.pop(_name(authorization), None)

    def tenant_of(self, authorization: str) -> str | None:
        """Return the tenant of a header that was accepted before."""
        with self._lock:
            return self._tenants.get(_name(authorization))

    def too_slow(self) -> bytes:
        """Return the answer to a request that arrives too slowly."""
        return self._refusal(BodyTooSlow())

    def too_many(self) -> bytes:
        """Return the answer to a request of a tenant that has too many waiting."""
        return self._refusal(TooManyWaiting())

    def head_too_large(self) -> bytes:
        """Return the answer to a request whose head is too large."""
        return self._refusal(HeadTooLarge(_TOO_LARGE))

    def unreadable(self, status: int, error: Exception) -> bytes:
        """Return the answer to a request that could not be read. It repeats nothing of it."""
        if status not in _UNREADABLE:
            self._container.log.failed(LogEvent.REQUEST_FAILED, error)
            return self._refusal(RegistryError())
        return self._refusal(_UNREADABLE[status])

    def _refusal(self, error: RegistryError) -> bytes:
        trouble = trouble_of(error)
        count_refusal(trouble.status)
        request_id = secrets.token_hex(8)
        self._container.log.note(
            LogEvent.REQUEST_REFUSED, status=trouble.status, code=trouble.code, request_id=request_id
        )
        body = trouble.body()
        lines = [
            f"HTTP/1.1 {trouble.status} {HTTPStatus(trouble.status).phrase}",
            f"X-Request-Id: {request_id}",
            f"Content-Type: {PROBLEM_TYPE}",
            f"Content-Length: {len(body)}",
            "Cache-Control: no-store",
            "X-Content-Type-Options: nosniff",
            "Connection: close",
        ]
        if trouble.retry_after_s is not None:
            lines.append(f"Retry-After: {trouble.retry_after_s}")
        return "\r\n".join([*lines, "", ""]).encode("ascii") + body


def _name(authorization: str) -> bytes:
    return hashlib.sha256(authorization.encode("utf-8", "replace")).digest()
