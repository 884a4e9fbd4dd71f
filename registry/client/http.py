"""Talks to a registry over HTTP."""

import secrets
import time
from types import TracebackType
from typing import Any, Final, Self

import httpx

from registry.client.replies import BoxReply, CheckReply, EnrolReply, Problem, WithdrawalReply

TIMEOUT_S: Final = 60.0
"""The server gives a decoder 20 s and a queue 10 s."""

TRIES: Final = 4
_PASSING: Final = frozenset({429, 502, 503, 504})
_LONGEST_WAIT_S: Final = 15.0


class RegistryClient:
    """A registry behind a URL. Threads: any. Close it.

    What passes by itself (busy, limited, index not ready) is tried again after the time that the server names; acts
    carry an Idempotency-Key, so that an answer lost on the way does not make them happen twice.
    """

    def __init__(
        self, url: str, key: str, *, tries: int = TRIES, transport: httpx.BaseTransport | None = None
    ) -> None:
        self._tries = tries
        self._http = httpx.Client(
            base_url=url,
            headers={"Authorization": f"Bearer {key}"},
            timeout=TIMEOUT_S,
            transport=transport,
            trust_env=False,
        )

    def enrol(
        self, media: bytes, *, case: str | None, kind: str, level: str | None, edits: bool = True
    ) -> EnrolReply:
        """Registers media in a case, or in a new one, to be found in edits too or not; raises `Problem`."""
        fields = {"kind": kind, "edits": "true" if edits else "false"}
        if case is None and level is not None:
            fields["level"] = level
        path = "/v1/cases" if case is None else f"/v1/cases/{case}/references"
        body = self._post(path, data=fields, files=_media(media))
        return EnrolReply(
            outcome=body["outcome"],
            case=body["case"],
            reference=body["reference"],
            found_by=tuple(body["found_by"]),
            inner=tuple(map(_box, body["inner"])),
        )

    def check(self, media: bytes) -> CheckReply:
        """Asks about an upload; raises `Problem`."""
        body = self._post("/v1/checks", files=_media(media))
        return CheckReply(
            check_id=body["check_id"],
            verdict=body["verdict"],
            band=body["band"],
            kinds=tuple(body["kinds"]),
            reasons=tuple(body["reasons"]),
            boxes=tuple(map(_box, body["boxes"])),
        )

    def withdraw(self, case: str) -> WithdrawalReply:
        """Withdraws a case; raises `Problem`."""
        body = self._post(f"/v1/cases/{case}/withdrawal")
        return WithdrawalReply(
            case=body["case"], withdrawn_at=body["withdrawn_at"], erased_at=body["erased_at"]
        )

    def ready(self) -> dict[str, Any]:
        """Reads the index's standing; raises `Problem`."""
        return self._body(self._send("GET", "/readyz", {}))

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _post(self, path: str, **content: Any) -> dict[str, Any]:
        headers = {"Idempotency-Key": secrets.token_urlsafe(24)}
        for attempt in range(1, self._tries + 1):
            last = attempt == self._tries
            try:
                response = self._send("POST", path, headers, **content)
            except Problem:
                if last:
                    raise
                time.sleep(min(2.0**attempt / 2, _LONGEST_WAIT_S))
                continue
            if last or response.status_code not in _PASSING:
                return self._body(response)
            time.sleep(min(float(response.headers.get("Retry-After", attempt)), _LONGEST_WAIT_S))
        raise AssertionError("the last try returns or raises")

    def _send(self, method: str, path: str, headers: dict[str, str], **content: Any) -> httpx.Response:
        try:
            return self._http.request(method, path, headers=headers, **content)
        except httpx.HTTPError as error:
            raise Problem("no-answer", f"The registry did not answer ({type(error).__name__}).") from error

    @staticmethod
    def _body(response: httpx.Response) -> dict[str, Any]:
        try:
            body: dict[str, Any] = response.json()
        except ValueError:
            raise Problem(
                "no-registry", "This address answers, and is no registry.", response.status_code
            ) from None
        if not response.is_success:
            code, detail = body.get("code"), body.get("detail")
            raise Problem(str(code or "no-registry"), str(detail or ""), response.status_code)
        return body


def _box(box: dict[str, float]) -> BoxReply:
    return BoxReply(left=box["left"], top=box["top"], right=box["right"], bottom=box["bottom"])


def _media(media: bytes) -> dict[str, tuple[str, bytes, str]]:
    # A constant name: the file's own is nobody's business.
    return {"media": ("media", media, "application/octet-stream")}
