"""Requests of a client about challenges and the standing of cases."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from registry.client.replies import ChallengeReply, MoveReply
from registry.client.wire import Wire


class Disputes:
    """Challenges of a registry behind a URL. Threads: any. Every method raises `Problem`."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def challenge(self, case: str, *, reason: str, reference: str | None = None) -> ChallengeReply:
        """Challenge a case, or one reference of it."""
        asked = {"reason": reason} if reference is None else {"reason": reason, "reference": reference}
        return challenge_reply(self._post("cases", case, "challenges", asked))

    def challenge_check(self, check: str, *, reason: str) -> str:
        """Challenge whatever a check matched; return where the challenger stands: `clear` or `warned`."""
        standing: str = self._post("checks", check, "challenge", {"reason": reason})["standing"]
        return standing

    def decide(self, challenge: str, *, outcome: str, bad_faith: bool = False) -> ChallengeReply:
        """State `uphold` (the claim stands) or `deny` (the challenge was right)."""
        asked = {"outcome": outcome, "bad_faith": bad_faith}
        return challenge_reply(self._post("challenges", challenge, "decisions", asked))

    def challenges(self, state: str | None = None) -> Iterator[ChallengeReply]:
        """Yield the challenges of the tenant's cases, oldest first, page by page."""
        query = "" if state is None else f"&state={state}"
        cursor: str | None = ""
        while cursor is not None:
            after = f"&cursor={cursor}" if cursor else ""
            body = self._wire.get(f"/v1/challenges?{(query + after).lstrip('&')}".rstrip("?")).body
            yield from map(challenge_reply, body["challenges"])
            cursor = body["next"]

    def suspend(self, case: str, *, reason: str) -> MoveReply:
        """Put a case out of effect."""
        return move_reply(self._post("cases", case, "suspension", {"reason": reason}))

    def resume(self, case: str, *, reason: str) -> MoveReply:
        """Put a suspended case in effect again."""
        return move_reply(self._post("cases", case, "resumption", {"reason": reason}))

    def renew(self, case: str) -> MoveReply:
        """Put an expired case in effect again."""
        return move_reply(self._post("cases", case, "renewal", None))

    def clear(self, reference: str) -> MoveReply:
        """End the quarantine of a reference."""
        return move_reply(self._post("references", reference, "clearance", None))

    def _post(self, kind: str, name: str, act: str, asked: dict[str, Any] | None) -> dict[str, Any]:
        return self._wire.post(f"/v1/{kind}/{quote(name, safe='')}/{act}", json=asked).body


def challenge_reply(body: dict[str, Any]) -> ChallengeReply:
    """Return the reply of a body that tells of a challenge."""
    return ChallengeReply(
        challenge=body["challenge"],
        case=body["case"],
        reference=body["reference"],
        reason=body["reason"],
        state=body["state"],
        in_effect=body["in_effect"],
        challenged_at=body["challenged_at"],
        case_state=body.get("case_state"),
        standing=body.get("standing"),
        people_missing=body.get("people_missing"),
    )


def move_reply(body: dict[str, Any]) -> MoveReply:
    """Return the reply of a body that tells of a case or of a reference after a move."""
    return MoveReply(case=body["case"], reference=body.get("reference"), state=body["state"])
