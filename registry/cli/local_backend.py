"""The backend of commands for a registry in a data folder: the same use cases, without HTTP and without jobs."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final

from index.clips import ClipProgress, Progress
from index.verdict import Box, Context, Level, Outcome, ReferenceKind, Segment, tell
from registry.bootstrap import Container
from registry.cli.bar import Told
from registry.cli.disputes import LocalDisputes
from registry.cli.errors import as_problems
from registry.cli.local_mandates import LocalMandates
from registry.cli.media import MediaFile
from registry.client import (
    BoxReply,
    CaseReply,
    CheckReply,
    ConsentReply,
    EnrolReply,
    ListedCheckReply,
    Problem,
    ProgressReply,
    RecordReply,
    SegmentReply,
    VerifyReply,
    WithdrawalReply,
)
from registry.domain import (
    Actor,
    Case,
    Check,
    Consent,
    ConsentPurpose,
    Draft,
    EvidenceKind,
    Verification,
    ids,
    parse_excluded,
)
from registry.matching import question_about
from registry.permissions import Permission
from registry.ports import CheckFilter, CheckPlace
from registry.usecases.cases import (
    MAX_PAGE,
    Statement,
    Verified,
    cases_below,
    export_case,
    list_cases,
    list_consents,
    open_case,
    read_case,
    read_erasure,
    verify_case,
    withdraw,
    withdraw_consent,
)
from registry.usecases.checks import MAX_CHECKS, ListedCheck, check_clip, check_upload, list_checks
from registry.usecases.enrolment import draft_from_picture, enrol


class LocalBackend:
    """Implementation of `registry.cli.backends.Backend` as the operator. Threads: any."""

    def __init__(self, container: Container, operator: Actor) -> None:
        self._parts = container
        self._actor = operator
        self.mandates: Final = LocalMandates(container, operator)

    @property
    def disputes(self) -> LocalDisputes:
        """Challenges, decisions, and the standing of cases."""
        return LocalDisputes(self._parts, self._actor)

    def enrol(
        self,
        media: MediaFile,
        *,
        case: str | None,
        kind: str,
        level: str | None,
        edits: bool = True,
        exclude: str = "",
        consent: bool = False,
        told: Told | None = None,
    ) -> EnrolReply:
        """Register media in an existing or a new case, with `edits` also to be found in edits; raise `Problem`."""
        parts = self._parts
        with as_problems():
            draft = self._draft(
                media, ReferenceKind(kind), edits=edits, exclude=exclude, consent=consent, told=told
            )
            level_now = None
            if case is not None:
                enrolled = enrol(
                    case, draft, actor=self._actor, units=parts.units, environment=parts.environment
                )
            else:
                opened = open_case(
                    Level[level or "V0"],
                    draft,
                    actor=self._actor,
                    units=parts.units,
                    environment=parts.environment,
                )
                enrolled, level_now = opened.first, opened.case.level.name
            return EnrolReply(
                outcome=enrolled.outcome.value,
                case=enrolled.case_id,
                reference=enrolled.reference.id,
                found_by=tuple(way.value for way in enrolled.reference.found_by),
                inner=tuple(map(_box, enrolled.inner)),
                level=level_now,
            )

    def check(self, media: MediaFile, *, context: str = "general", told: Told | None = None) -> CheckReply:
        """Check an upload; raise `Problem`."""
        with as_problems():
            check = self._check(media, Context(context), told)
            answer = tell(check.verdict)
            return CheckReply(
                check_id=check.id,
                verdict=answer.outcome.value,
                band=answer.band.value,
                kinds=tuple(answer.kinds),
                reason=answer.reason.value,
                boxes=tuple(map(_box, answer.boxes)),
                segments=tuple(map(_segment, answer.segments)),
            )

    def withdraw(self, case: str) -> WithdrawalReply:
        """Withdraw a case and finish its erasure; raise `Problem`."""
        parts = self._parts
        with as_problems():
            done = withdraw(case, actor=self._actor, units=parts.units, environment=parts.environment)
            parts.upkeep.once()
            with parts.units.read() as unit:
                erased = unit.cases.get(done.case.id, done.case.tenant_id)
        return WithdrawalReply(
            case=erased.id,
            withdrawn_at=_moment(erased.withdrawn_at) or "",
            erased_at=_moment(erased.erased_at),
        )

    def checks(self, *, verdict: str | None = None, label: str | None = None) -> Iterator[ListedCheckReply]:
        """Yield the tenant's checks, the newest first; raise `Problem`."""
        wanted = CheckFilter(outcome=None if verdict is None else Outcome(verdict), label=label)
        place: CheckPlace | None = None
        while True:
            with as_problems():
                page = list_checks(
                    wanted, place, MAX_CHECKS, actor=self._actor, lists=self._parts.check_lists
                )
            yield from map(_listed, page.checks)
            place = page.next
            if place is None:
                return

    def cases(self, *, label: str | None = None) -> Iterator[CaseReply]:
        """Yield the tenant's cases, oldest first, all or those with a label; raise `Problem`."""
        cursor: str | None = None
        while True:
            with as_problems():
                page = list_cases(cursor, MAX_PAGE, actor=self._actor, units=self._parts.units, label=label)
            yield from (_case(case) for case in page.cases)
            cursor = page.next
            if cursor is None:
                return

    def case(self, case: str) -> CaseReply:
        """Read a case; raise `Problem`."""
        with as_problems():
            view = read_case(case, actor=self._actor, units=self._parts.units)
        return _case(view.case, view.records)

    def export(self, case: str) -> dict[str, Any]:
        """Return all that is held about a case; raise `Problem`."""
        from registry.web.schemas import ExportAnswered  # noqa: PLC0415  it imports prometheus_client

        with as_problems():
            export = export_case(case, actor=self._actor, units=self._parts.units)
        return ExportAnswered.of(export).model_dump(mode="json")

    def consents(self, case: str) -> tuple[ConsentReply, ...]:
        """List the consents of a case; raise `Problem`."""
        with as_problems():
            found = list_consents(case, actor=self._actor, units=self._parts.units)
        return tuple(map(_consent, found))

    def withdraw_consent(self, case: str, purpose: str) -> tuple[str, ...]:
        """Withdraw a consent and finish the erasure; raise `Problem`."""
        parts = self._parts
        with as_problems():
            done = withdraw_consent(
                case,
                ConsentPurpose(purpose),
                actor=self._actor,
                units=parts.units,
                environment=parts.environment,
            )
            parts.upkeep.once()
        return tuple(ended.value for ended in done.withdrawn)

    def erasure(self, case: str) -> dict[str, Any]:
        """Return the receipt that a case is erased; raise `Problem`."""
        with as_problems():
            view = read_erasure(case, actor=self._actor, units=self._parts.units)
        from registry.web.schemas import ErasureAnswered  # noqa: PLC0415  as above

        return ErasureAnswered.of(view, self._parts.checkpointer.signing.key).model_dump(mode="json")

    def verify(self, case: str, *, level: str, evidence: str) -> VerifyReply:
        """State how far a case is verified, the operator of any tenant's; raise `Problem`."""
        parts = self._parts
        with as_problems():
            done = verify_case(
                case,
                Statement(level=Level[level], evidence=EvidenceKind(evidence)),
                actor=self._actor,
                units=parts.units,
                environment=parts.environment,
                any_tenant=Permission.CASE_VERIFY_ANY in self._actor.permissions,
            )
        return _verified(done)

    def cases_below(self, tenant: str, level: str) -> Iterator[str]:
        """Yield the ids of a tenant's cases below a level; raise `Problem`."""
        with as_problems():
            yield from cases_below(tenant, Level[level], actor=self._actor, units=self._parts.units)

    def _draft(
        self,
        media: MediaFile,
        kind: ReferenceKind,
        *,
        edits: bool,
        exclude: str,
        consent: bool,
        told: Told | None,
    ) -> Draft:
        parts = self._parts
        if not media.is_clip:
            if exclude:
                raise Problem("body-invalid", "Parts can be excluded only from a clip.")
            return draft_from_picture(
                media.whole(), kind, parts.fingerprints, parts.faces, edits=edits, has_consented=consent
            )
        if kind is ReferenceKind.LIKENESS:
            raise Problem("body-invalid", "A likeness is registered by photographs.")
        return parts.describe_clip(
            media, kind, edits=edits, exclude=parse_excluded(exclude), progress=_telling(told)
        )

    def _check(self, media: MediaFile, context: Context, told: Told | None) -> Check:
        parts = self._parts
        if not media.is_clip:
            services = parts.check_services
            colours = services.faces_for(self._actor) is not None
            question = question_about(media.whole(), context, parts.fingerprints, colours=colours)
            return check_upload(question, actor=self._actor, services=services)
        return check_clip(
            media,
            check_id=ids.new_id(ids.CHECK, parts.environment.random),
            actor=self._actor,
            services=parts.check_services,
            clips=parts.clips,
            context=context,
            progress=_telling(told),
        )


def _listed(listed: ListedCheck) -> ListedCheckReply:
    told = tell(listed.check.verdict)
    return ListedCheckReply(
        check_id=listed.check.id,
        verdict=told.outcome.value,
        reason=told.reason.value,
        checked_at=listed.check.checked_at.isoformat(),
        labels=listed.labels,
    )


def _box(box: Box) -> BoxReply:
    return BoxReply(left=box.left, top=box.top, right=box.right, bottom=box.bottom)


def _case(case: Case, records: Sequence[Verification] = ()) -> CaseReply:
    return CaseReply(
        case=case.id,
        state=case.state.value,
        level=case.level.name,
        claimed_level=case.claimed_level.name,
        opened_at=case.opened_at.isoformat(),
        withdrawn_at=_moment(case.withdrawn_at),
        records=tuple(
            RecordReply(
                record=one.id,
                level=one.level.name,
                evidence=one.evidence.value,
                recorded_at=one.recorded_at.isoformat(),
            )
            for one in records
        ),
    )


def _consent(consent: Consent) -> ConsentReply:
    return ConsentReply(
        consent=consent.id,
        purpose=consent.purpose.value,
        text=consent.text,
        language=consent.stated.language.value,
        given=consent.stated.way.value,
        given_at=consent.given_at.isoformat(),
        recorded_by=consent.recorded_by,
        withdrawn_at=_moment(consent.withdrawn_at),
    )


def _verified(done: Verified) -> VerifyReply:
    return VerifyReply(
        case=done.case.id,
        state=done.case.state.value,
        level=done.case.level.name,
        record=done.record.id,
        awaits_second=done.awaits_second,
    )


def _segment(segment: Segment) -> SegmentReply:
    return SegmentReply(start_s=segment.start_ms / 1000, end_s=segment.end_ms / 1000)


def _telling(told: Told | None) -> Progress:
    def tell(progress: ClipProgress) -> None:
        of_ms = progress.announced_ms
        if told is not None:
            told(ProgressReply(seen_s=progress.seen_ms / 1000, of_s=None if of_ms is None else of_ms / 1000))

    return tell


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
