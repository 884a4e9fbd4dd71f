"""HTTP client of people without an account: the words of a case stand in the body of each request."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from registry.client.wire import TRIES, Connected, Media, Wire


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimReply:
    """A case that was opened, with its words, which are told once.

    Attributes:
        case: the case number, for people.
        case_id: the same case, as staff and receipts name it.
        receipt: digest of the ledger entry, in hexadecimal.
    """

    case: str
    case_id: str
    secret: str = field(repr=False)
    recovery_words: str = field(repr=False)
    level: str
    receipt: str | None


class ClaimsClient(Connected):
    """Client for cases without an account. Threads: any. Close it after use.

    Each method raises `Problem`. A request is repeated where its answer may be lost; the registry does it once.
    """

    def __init__(self, url: str, *, tries: int = TRIES, transport: httpx.BaseTransport | None = None) -> None:
        self._wire = Wire(url, None, tries=tries, transport=transport)

    def open_by_codes(
        self,
        references: Sequence[dict[str, Any]],
        *,
        language: str = "en",
        contact: dict[str, Any] | None = None,
    ) -> ClaimReply:
        """Open a case with pictures by codes: each reference has `codes`, and may have `windows` and `kind`."""
        sent = {"references": list(references), "consents": ["fingerprints"], "language": language}
        return _claim(
            self._wire.post("/v1/claims", json=sent | ({"contact": contact} if contact else {})).body
        )

    def open_by_picture(self, media: Media, *, language: str = "en", edits: bool = True) -> ClaimReply:
        """Open a case with a picture, of which the registry keeps the fingerprint alone."""
        fields = {"consent": "fingerprints", "language": language, "edits": "true" if edits else "false"}
        return _claim(self._wire.post("/v1/claims", media=media, fields=fields).body)

    def status(self, case: str, secret: str) -> dict[str, Any]:
        """Return what has become of a case, as the registry's JSON document."""
        return self._by_words("status", case, secret)

    def withdraw(self, case: str, secret: str) -> dict[str, Any]:
        """Withdraw a case: no check matches it from the answer on."""
        return self._by_words("withdrawal", case, secret)

    def export(self, case: str, secret: str) -> dict[str, Any]:
        """Return all that is held about a case."""
        return self._by_words("export", case, secret)

    def erasure(self, case: str, secret: str) -> dict[str, Any]:
        """Return the signed receipt that a case is erased."""
        return self._by_words("erasure", case, secret)

    def recover(self, case: str, recovery_words: str, *, language: str = "en") -> str:
        """Return a new secret of a case. The old one opens nothing any more."""
        sent = {"case": case, "recovery_words": recovery_words, "language": language}
        secret: str = self._wire.post("/v1/claims/recovery", json=sent).body["secret"]
        return secret

    def _by_words(self, what: str, case: str, secret: str) -> dict[str, Any]:
        return self._wire.post(f"/v1/claims/{what}", json={"case": case, "secret": secret}).body


def _claim(body: dict[str, Any]) -> ClaimReply:
    names = ("case", "case_id", "secret", "recovery_words", "level", "receipt")
    return ClaimReply(**{name: body[name] for name in names})
