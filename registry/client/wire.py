"""Requests to a registry, with retries. The result is an answer or a `Problem`."""

import secrets
import time
from dataclasses import dataclass
from types import TracebackType
from typing import Any, BinaryIO, Final, Self

import httpx

from registry.client.replies import Problem

TIMEOUT_S: Final = 60.0
"""Longer than the server's own limits: 20 s for a decoder and 10 s for a queue."""

TRIES: Final = 4
_PASSING: Final = frozenset({429, 502, 503, 504})
_MAX_WAIT_S: Final = 15.0

Media = bytes | BinaryIO
"""A file's bytes, or an open file, which is read from its start in small parts and left open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A successful answer.

    Attributes:
        retry_after_s: time after which to ask again according to the server, in seconds.
    """

    body: dict[str, Any]
    retry_after_s: float


class Wire:
    """Connection to one registry with one key, or with none. Threads: any. Close it after use.

    Transient problems (busy, limited, index not ready) are retried after the time that the server names. Writing
    requests carry an Idempotency-Key, so that a retry after a lost answer does not repeat the operation.
    """

    def __init__(
        self, url: str, key: str | None, *, tries: int, transport: httpx.BaseTransport | None
    ) -> None:
        self._tries = tries
        self._http = httpx.Client(
            base_url=url,
            headers={} if key is None else {"Authorization": f"Bearer {key}"},
            timeout=TIMEOUT_S,
            transport=transport,
            trust_env=False,
        )

    def post(
        self,
        path: str,
        *,
        media: Media | None = None,
        fields: dict[str, str] | None = None,
        json: dict[str, Any] | None = None,
    ) -> Answer:
        """Send a POST request with an optional file and form fields, or with a JSON body; raise `Problem`."""
        # A constant name: file names are private and are not sent.
        files = None if media is None else {"media": ("media", media, "application/octet-stream")}
        headers = {"Idempotency-Key": secrets.token_urlsafe(24)}
        return self._ask("POST", path, headers=headers, files=files, data=fields, json=json)

    def get(self, path: str) -> Answer:
        """Send a GET request; raise `Problem`."""
        return self._ask("GET", path)

    def once(self, method: str, path: str) -> Answer:
        """Send one request without retries; raise `Problem`."""
        return _answer(self._send(method, path))

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _ask(self, method: str, path: str, **content: Any) -> Answer:
        for attempt in range(1, self._tries):
            try:
                response = self._send(method, path, **content)
            except Problem:
                time.sleep(min(2.0**attempt / 2, _MAX_WAIT_S))
                continue
            if response.status_code not in _PASSING:
                return _answer(response)
            time.sleep(_retry_after_s(response, attempt))
        return _answer(self._send(method, path, **content))

    def _send(self, method: str, path: str, **content: Any) -> httpx.Response:
        try:
            return self._http.request(method, path, **content)
        except httpx.HTTPError as error:
            raise Problem("no-answer", f"The registry did not answer ({type(error).__name__}).") from error


def _answer(response: httpx.Response) -> Answer:
    try:
        body: dict[str, Any] = response.json()
    except ValueError:
        raise Problem(
            "no-registry", "This address answers, and is no registry.", response.status_code
        ) from None
    if not response.is_success:
        code, detail = body.get("code"), body.get("detail")
        raise Problem(str(code or "no-registry"), str(detail or ""), response.status_code)
    return Answer(body=body, retry_after_s=_retry_after_s(response, 1))


def _retry_after_s(response: httpx.Response, otherwise: float) -> float:
    return min(float(response.headers.get("Retry-After", otherwise)), _MAX_WAIT_S)


class Connected:
    """A client, whose connections are closed at the end of a `with` block."""

    _wire: Wire

    def close(self) -> None:
        """Close the connections."""
        self._wire.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
