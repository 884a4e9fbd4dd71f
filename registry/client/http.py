"""HTTP client of a registry."""

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final
from urllib.parse import quote, urlencode

import httpx

from registry.client.disputes import Disputes
from registry.client.replies import (
    BoxReply,
    CaseReply,
    CheckReply,
    ConfirmedReply,
    ConsentReply,
    EnrolReply,
    ExplanationReply,
    ListedCheckReply,
    MandateReply,
    Problem,
    ProgressReply,
    RecordReply,
    RevokedReply,
    SegmentReply,
    VerifyReply,
    WithdrawalReply,
)
from registry.client.wire import TRIES, Answer, Connected, Media, Wire

Told = Callable[[ProgressReply], None]
"""Progress callback of a clip, called about once per second. Its exceptions cancel the work and propagate."""

_UNENDED: Final = frozenset({"waiting", "working"})


class RegistryClient(Connected):
    """Client of a registry behind a URL. Threads: any. Close it after use.

    A picture is answered at once. A clip becomes a job on the server, and the client waits for its end.
    """

    def __init__(
        self, url: str, key: str, *, tries: int = TRIES, transport: httpx.BaseTransport | None = None
    ) -> None:
        self._wire = Wire(url, key, tries=tries, transport=transport)
        self.disputes = Disputes(self._wire)

    def enrol(
        self,
        media: Media,
        *,
        case: str | None,
        kind: str,
        level: str | None,
        edits: bool = True,
        exclude: str = "",
        consent: bool = False,
        told: Told | None = None,
    ) -> EnrolReply:
        """Register media in an existing or a new case; raise `Problem`.

        With `edits`, the media are also found in crops and edits. `exclude` lists the parts of a clip that are not
        registered, in seconds: `0-5.5,60-62`. `consent` states that the subject of a likeness agrees to a search for
        their face.
        """
        fields = {"kind": kind, "edits": "true" if edits else "false"}
        if exclude:
            fields["exclude"] = exclude
        if consent:
            fields["consent"] = "true"
        if case is None and level is not None:
            fields["level"] = level
        path = "/v1/cases" if case is None else f"/v1/cases/{_part(case)}/references"
        body = self._result(self._wire.post(path, media=media, fields=fields), "enrolment", told)
        return EnrolReply(
            outcome=body["outcome"],
            case=body["case"],
            reference=body["reference"],
            found_by=tuple(body["found_by"]),
            inner=tuple(map(_box, body["inner"])),
            level=body.get("level"),
        )

    def check(
        self,
        media: Media,
        *,
        context: str = "general",
        uploader: str | None = None,
        told: Told | None = None,
    ) -> CheckReply:
        """Check an upload; raise `Problem`.

        Args:
            media: the upload.
            context: `general` or `sexual`.
            uploader: your own name for the user who uploads, opaque to the registry (docs/api.md).
            told: called with the progress of a clip.
        """
        fields = {} if context == "general" else {"context": context}
        if uploader is not None:
            fields["uploader"] = uploader
        answer = self._wire.post("/v1/checks", media=media, fields=fields)
        body = self._result(answer, "check", told)
        return CheckReply(
            check_id=body["check_id"],
            verdict=body["verdict"],
            band=body["band"],
            kinds=tuple(body["kinds"]),
            reason=body["reason"],
            boxes=tuple(map(_box, body["boxes"])),
            segments=tuple(map(_segment, body["segments"])),
        )

    def explain(self, check_id: str) -> ExplanationReply:
        """Read the explanation of a check, which takes `tenant:check:explain`; raise `Problem`."""
        body = self._wire.get(f"/v1/checks/{_part(check_id)}/explanation").body
        return ExplanationReply(
            check_id=body["check_id"],
            verdict=body["verdict"],
            band=body["band"],
            kinds=tuple(body["kinds"]),
            reasons=tuple(body["reasons"]),
            boxes=tuple(map(_box, body["boxes"])),
            segments=tuple(map(_segment, body["segments"])),
            altered=tuple(map(_box, body["altered"])),
        )

    def withdraw(self, case: str) -> WithdrawalReply:
        """Withdraw a case; raise `Problem`."""
        body = self._wire.post(f"/v1/cases/{_part(case)}/withdrawal").body
        return WithdrawalReply(
            case=body["case"], withdrawn_at=body["withdrawn_at"], erased_at=body["erased_at"]
        )

    def cases(self, *, label: str | None = None) -> Iterator[CaseReply]:
        """Yield the tenant's cases, oldest first, page by page, all or those with a label; raise `Problem`."""
        for body in self._pages("/v1/cases", {"label": label}):
            yield from map(_case, body["cases"])

    def checks(self, *, verdict: str | None = None, label: str | None = None) -> Iterator[ListedCheckReply]:
        """Yield the tenant's checks, the newest first, page by page; raise `Problem`."""
        for body in self._pages("/v1/checks", {"verdict": verdict, "label": label}):
            for one in body["checks"]:
                yield ListedCheckReply(**{**one, "labels": tuple(one["labels"])})

    def _pages(self, path: str, filters: dict[str, str | None]) -> Iterator[dict[str, Any]]:
        cursor: str | None = None
        while True:
            given = {**filters, "cursor": cursor}
            query = urlencode({name: value for name, value in given.items() if value is not None})
            body: dict[str, Any] = self._wire.get(f"{path}?{query}" if query else path).body
            yield body
            cursor = body["next"]
            if cursor is None:
                return

    def case(self, case: str) -> CaseReply:
        """Read a case; raise `Problem`."""
        return _case(self._wire.get(f"/v1/cases/{_part(case)}").body)

    def export(self, case: str) -> dict[str, Any]:
        """Return all that is held about a case, as the registry's JSON document; raise `Problem`."""
        return self._wire.get(f"/v1/cases/{_part(case)}/export").body

    def consents(self, case: str) -> tuple[ConsentReply, ...]:
        """List the consents of a case; raise `Problem`."""
        body = self._wire.get(f"/v1/cases/{_part(case)}/consents").body
        return tuple(ConsentReply(**one) for one in body["consents"])

    def withdraw_consent(self, case: str, purpose: str) -> tuple[str, ...]:
        """Withdraw a consent, and return the purposes that ended; raise `Problem`."""
        path = f"/v1/cases/{_part(case)}/consents/withdrawal"
        return tuple(self._wire.post(path, json={"purpose": purpose}).body["withdrawn"])

    def erasure(self, case: str) -> dict[str, Any]:
        """Return the receipt that a case is erased, as the registry's JSON document; raise `Problem`."""
        return self._wire.get(f"/v1/cases/{_part(case)}/erasure").body

    def mandates(self, case: str) -> tuple[MandateReply, ...]:
        """List the mandates of a case; raise `Problem`."""
        return tuple(map(_mandate, self._wire.get(f"/v1/cases/{_part(case)}/mandates").body["mandates"]))

    def expiring_mandates(self, before: str) -> tuple[MandateReply, ...]:
        """List the tenant's mandates in force that expire before a time in ISO 8601; raise `Problem`."""
        path = f"/v1/mandates?expires_before={_part(before)}"
        return tuple(map(_mandate, self._wire.get(path).body["mandates"]))

    def propose_mandate(
        self,
        case: str,
        *,
        kinds: Sequence[str],
        until: str,
        time_zone: str = "UTC",
        platforms: Sequence[str] = (),
        takedown_notices: bool = False,
    ) -> MandateReply:
        """Propose a mandate for a case until the end of a day, like `2026-12-31`; raise `Problem`."""
        fields = {
            "kinds": list(kinds),
            "expires_on": until,
            "time_zone": time_zone,
            "platforms": list(platforms),
            "takedown_notices": takedown_notices,
        }
        return _mandate(self._wire.post(f"/v1/cases/{_part(case)}/mandates", json=fields).body)

    def confirm_mandate(self, mandate: str, language: str = "en") -> ConfirmedReply:
        """Confirm a mandate, and return the subject's secret; raise `Problem`."""
        path = f"/v1/mandates/{_part(mandate)}/confirmation"
        body = self._wire.post(path, json={"language": language}).body
        return ConfirmedReply(
            mandate=_mandate(body["mandate"]), case_state=body["case_state"], secret=body["secret"]
        )

    def revoke_mandate(self, mandate: str) -> RevokedReply:
        """Revoke a mandate as the agent; raise `Problem`."""
        body = self._wire.post(f"/v1/mandates/{_part(mandate)}/revocation").body
        return RevokedReply(case=body["case"], state=body["state"], revoked=tuple(body["revoked"]))

    def verify(self, case: str, *, level: str, evidence: str) -> VerifyReply:
        """State how far a case is verified, with the kind of evidence that was seen; raise `Problem`."""
        fields = {"level": level, "evidence": evidence}
        body = self._wire.post(f"/v1/cases/{_part(case)}/verification", json=fields).body
        return VerifyReply(
            case=body["case"],
            state=body["state"],
            level=body["level"],
            record=body["record"],
            awaits_second=body["awaits_second"],
        )

    def takedowns(
        self, *, due_before: str | None = None, state: str | None = None
    ) -> Iterator[dict[str, Any]]:
        """Yield takedown requests as JSON objects, page by page; raise `Problem`.

        Args:
            due_before: only undecided ones that are due before this time, by deadline: `2026-12-03T12:00:00Z`.
            state: only those in this state.
        """
        wanted = {"due_before": due_before, "state": state}
        while True:
            query = "&".join(f"{name}={_part(value)}" for name, value in wanted.items() if value is not None)
            body = self._wire.get(f"/v1/takedowns?{query}" if query else "/v1/takedowns").body
            yield from body["takedowns"]
            if body["next"] is None:
                return
            wanted["cursor"] = body["next"]

    def takedown(self, takedown: str) -> dict[str, Any]:
        """Read a takedown request as a JSON object; raise `Problem`."""
        return self._wire.get(f"/v1/takedowns/{_part(takedown)}").body

    def open_takedown(self, request: dict[str, Any]) -> dict[str, Any]:
        """Open a takedown request with the fields of `POST /v1/takedowns`; raise `Problem`."""
        return self._wire.post("/v1/takedowns", json=request).body

    def takedown_event(self, takedown: str, event: dict[str, Any]) -> dict[str, Any]:
        """Record an event of a takedown request; raise `Problem`."""
        return self._wire.post(f"/v1/takedowns/{_part(takedown)}/events", json=event).body

    def ready(self) -> dict[str, Any]:
        """Return the state of the index. Send one request without retries; raise `Problem`."""
        return self._wire.once("GET", "/readyz").body

    def _result(self, answer: Answer, name: str, told: Told | None) -> dict[str, Any]:
        """Return the result: the answer itself, or the result of the job that the answer names."""
        if "job" not in answer.body:
            return answer.body
        job = self._ended(answer, told)
        if job["problem"] is not None:
            raise Problem(job["problem"]["code"], job["problem"]["detail"], job["problem"]["status"])
        if job["state"] != "done":
            raise Problem("job-cancelled", "The job was cancelled.")
        result: dict[str, Any] = job[name]
        return result

    def _ended(self, answer: Answer, told: Told | None) -> dict[str, Any]:
        # A repeated answer has no Location header. Its body names the job.
        path = f"/v1/jobs/{answer.body['job']}"
        try:
            while answer.body["state"] in _UNENDED:
                if told is not None:
                    told(_progress(answer.body["progress"]))
                time.sleep(answer.retry_after_s)
                answer = self._wire.get(path)
        except Problem:
            raise
        except BaseException:
            with contextlib.suppress(Problem):
                self._wire.once("DELETE", path)
            raise
        return answer.body


def _part(name: str) -> str:
    """Return an id as one part of a path, whatever somebody typed in place of one."""
    return quote(name, safe="")


def _case(body: dict[str, Any]) -> CaseReply:
    records = [
        RecordReply(**{name: one[name] for name in ("record", "level", "evidence", "recorded_at")})
        for one in body.get("records", ())
    ]
    return CaseReply(
        case=body["case"],
        state=body["state"],
        level=body["level"],
        claimed_level=body["claimed_level"],
        opened_at=body["opened_at"],
        withdrawn_at=body["withdrawn_at"],
        records=tuple(records),
    )


def _mandate(body: dict[str, Any]) -> MandateReply:
    return MandateReply(**{**body, "kinds": tuple(body["kinds"]), "platforms": tuple(body["platforms"])})


def _box(box: dict[str, float]) -> BoxReply:
    return BoxReply(left=box["left"], top=box["top"], right=box["right"], bottom=box["bottom"])


def _segment(segment: dict[str, float]) -> SegmentReply:
    return SegmentReply(start_s=segment["start_s"], end_s=segment["end_s"])


def _progress(progress: dict[str, Any]) -> ProgressReply:
    return ProgressReply(seen_s=progress["seen_s"], of_s=progress["of_s"])
