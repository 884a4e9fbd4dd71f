"""Endpoints that open, extend, read and withdraw cases."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from http import HTTPStatus
from typing import Final

from flask import Blueprint, Response

from index.verdict import ReferenceKind
from registry.domain import Draft, EnrolmentAsked, InCase, InNewCase, Spooled, ids, parse_excluded
from registry.permissions import Permission
from registry.security import Budget
from registry.storage.rows import SqlUnits
from registry.usecases.cases import (
    MAX_PAGE,
    Opened,
    OpenedWithReference,
    Statement,
    Verified,
    Withdrawn,
    export_case,
    list_cases,
    open_case,
    read_case,
    read_erasure,
    verify_case,
    withdraw,
)
from registry.usecases.enrolment import (
    Enrolled,
    EnrolOutcome,
    draft_from_codes,
    draft_from_picture,
    enrol,
)
from registry.usecases.jobs import EnrolmentResult
from registry.web.background import as_job
from registry.web.bodies import JSON, MULTIPART, Parameters, media_type, read_json, read_media, read_query
from registry.web.context import actor, container
from registry.web.cursors import cursor_of, place_of
from registry.web.endpoints import Endpoint, endpoint
from registry.web.errors import BodyInvalid, Fault
from registry.web.hearing import heard
from registry.web.idempotency import Rendered, once
from registry.web.identifiers import require_id
from registry.web.schemas import (
    CaseAnswered,
    CaseAsked,
    CaseFields,
    CasesAnswered,
    CasesAsked,
    EnrolledAnswered,
    ErasureAnswered,
    ExportAnswered,
    JobAnswered,
    LevelName,
    OpenedAnswered,
    ReferenceByCodes,
    ReferenceFields,
    VerificationAsked,
    VerifiedAnswered,
    WithdrawnAnswered,
    evidence_of,
    kind_of,
    level_of,
    parse_codes,
    require_adult,
    stated_of,
)

DraftMaker = Callable[[], Draft]
OptionalDraftMaker = Callable[[], Draft | None]

_CLIPS_ONLY: Final = "Parts can be excluded only from a clip."
_PHOTOGRAPHS: Final = "A likeness is registered by photographs: send a picture of the face."

blueprint: Final = Blueprint("cases", __name__, url_prefix="/v1/cases")


@blueprint.post("")
@endpoint(
    Endpoint(
        permission=Permission.CASE_CREATE,
        budget=Budget.WRITES,
        status=201,
        answer=OpenedAnswered,
        body=CaseAsked,
        media=CaseFields,
        job=JobAnswered,
        idempotent=True,
        problems=(400, 408, 413, 415, 422),
    )
)
def post_case() -> Response:
    """Open a case.

    A first reference can be sent as a file or as codes; the case and the reference are then registered together or not
    at all. If the tenant has already registered the media in an active case, no case is opened, and the answer names
    that case (`duplicate`). The answer states how the reference can be found, and where pictures lie within a
    screenshot or a collage. `level` is what you claim: a case is at V0 until somebody else verifies it.
    """
    if media_type(JSON, MULTIPART) == MULTIPART:
        fields, upload, parameters = read_media(CaseFields)
        require_adult(is_adult=fields.is_adult)
        if upload.is_clip:
            return as_job(
                upload, parameters, partial(_asked_to_open, fields), _finished_opening, EnrolmentResult
            )
        return _open(fields.level, parameters, lambda: _draft_of(upload.picture(), fields))
    asked, parameters = read_json(CaseAsked)
    reference = asked.reference
    require_adult(is_adult=reference is None or reference.is_adult)
    return _open(
        asked.level,
        parameters,
        lambda: None if reference is None else _draft_of_codes(reference, "/reference/codes"),
    )


@blueprint.post("/<case_id>/references")
@endpoint(
    Endpoint(
        permission=Permission.REFERENCE_CREATE,
        budget=Budget.WRITES,
        status=201,
        answer=EnrolledAnswered,
        body=ReferenceByCodes,
        media=ReferenceFields,
        job=JobAnswered,
        idempotent=True,
        problems=(400, 404, 408, 409, 413, 415, 422),
    )
)
def post_reference(case_id: str) -> Response:
    """Register a reference in a case.

    The file is fingerprinted in memory and discarded before the answer is sent. With `edits`, crops and altered copies
    are found too. A picture that shows too little for whole codes is found only in its edits and as the exact file;
    `found_by` states this. The same media in the same case is a `duplicate` of the existing reference, whose
    `found_by` stays unchanged.
    """
    require_id(case_id, ids.CASE)
    if media_type(JSON, MULTIPART) == MULTIPART:
        fields, upload, parameters = read_media(ReferenceFields)
        require_adult(is_adult=fields.is_adult)
        if upload.is_clip:
            return as_job(
                upload,
                parameters,
                partial(_asked_to_enrol, fields, InCase(case_id=case_id)),
                _finished_enrolment,
                EnrolmentResult,
            )
        return _enrol(case_id, parameters, lambda: _draft_of(upload.picture(), fields))
    asked, parameters = read_json(ReferenceByCodes)
    require_adult(is_adult=asked.is_adult)
    return _enrol(case_id, parameters, lambda: _draft_of_codes(asked))


@blueprint.get("/<case_id>")
@endpoint(
    Endpoint(permission=Permission.CASE_READ, budget=Budget.READS, answer=CaseAnswered, problems=(404,))
)
def get_case(case_id: str) -> Response:
    """Read a case and its references."""
    require_id(case_id, ids.CASE)
    view = read_case(case_id, actor=actor(), units=container().units)
    heard(case_id)
    return Rendered(status=HTTPStatus.OK, model=CaseAnswered.of(view)).response()


@blueprint.get("/<case_id>/export")
@endpoint(
    Endpoint(permission=Permission.CASE_EXPORT, budget=Budget.READS, answer=ExportAnswered, problems=(404,))
)
def get_export(case_id: str) -> Response:
    """Read all that is held about a case.

    Codes are listed without their values, which are outlines of the picture. `withheld` names what is held and not
    told. After the erasure only ids, states, levels, times and receipts are left.
    """
    require_id(case_id, ids.CASE)
    export = export_case(case_id, actor=actor(), units=container().units)
    heard(case_id)
    return Rendered(status=HTTPStatus.OK, model=ExportAnswered.of(export)).response()


@blueprint.get("/<case_id>/erasure")
@endpoint(
    Endpoint(permission=Permission.CASE_EXPORT, budget=Budget.READS, answer=ErasureAnswered, problems=(404,))
)
def get_erasure(case_id: str) -> Response:
    """Read the receipt that a case is erased.

    `statement` tells what was erased, on which machines and when, and what it does not cover. It is signed, and the
    entry of `receipt` in the ledger holds its digest.
    """
    require_id(case_id, ids.CASE)
    parts = container()
    view = read_erasure(case_id, actor=actor(), units=parts.units)
    answer = ErasureAnswered.of(view, parts.checkpointer.signing.key)
    return Rendered(status=HTTPStatus.OK, model=answer).response()


@blueprint.get("")
@endpoint(
    Endpoint(
        permission=Permission.CASE_LIST,
        budget=Budget.READS,
        answer=CasesAnswered,
        query=CasesAsked,
        problems=(422,),
    )
)
def get_cases() -> Response:
    """List the tenant's cases.

    A page has up to 200 cases, in the order in which they were opened. `next` is the `cursor` of the page that follows.
    """
    asked = read_query(CasesAsked)
    after = place_of(asked, asked.cursor)
    page = list_cases(after, MAX_PAGE, actor=actor(), units=container().units, label=asked.label)
    return Rendered(
        status=HTTPStatus.OK, model=CasesAnswered.of(page, cursor_of(asked, page.next))
    ).response()


@blueprint.post("/<case_id>/verification")
@endpoint(
    Endpoint(
        permission=Permission.CASE_VERIFY,
        budget=Budget.WRITES,
        status=201,
        answer=VerifiedAnswered,
        body=VerificationAsked,
        idempotent=True,
        problems=(400, 404, 408, 409, 413, 415, 422),
    )
)
def post_verification(case_id: str) -> Response:
    """State how far a case is verified.

    The level follows from all statements about the case, and takes effect with this answer, on every worker: a level
    may rise and fall. The key that opened the case cannot verify it (`own-case`). V3 and V4 need the statements of two
    people. The same statement again changes nothing.
    """
    require_id(case_id, ids.CASE)
    media_type(JSON)
    asked, parameters = read_json(VerificationAsked)
    statement = Statement(level=level_of(asked.level), evidence=evidence_of(asked.evidence))
    parts = container()
    caller = actor()

    def act(units: SqlUnits) -> Verified:
        return verify_case(case_id, statement, actor=caller, units=units, environment=parts.environment)

    return once(parts.units, parameters, act, _render_verified)


@blueprint.post("/<case_id>/withdrawal")
@endpoint(
    Endpoint(
        permission=Permission.CASE_WITHDRAW,
        budget=Budget.WRITES,
        answer=WithdrawnAnswered,
        idempotent=True,
        problems=(400, 404),
    )
)
def post_withdrawal(case_id: str) -> Response:
    """Withdraw a case.

    After this answer no check matches the case, on any worker. `erased_at` of the case is the time at which the last
    copies of its codes on disk were overwritten.
    """
    require_id(case_id, ids.CASE)
    parts = container()
    caller = actor()

    def act(units: SqlUnits) -> Withdrawn:
        return withdraw(case_id, actor=caller, units=units, environment=parts.environment)

    def render(result: Withdrawn) -> Rendered:
        return Rendered(status=HTTPStatus.OK, model=WithdrawnAnswered.of(result))

    response = once(parts.units, Parameters(fields=None), act, render)
    parts.upkeep.withdrawal()
    return response


def _open(level: LevelName, parameters: Parameters, draft: OptionalDraftMaker) -> Response:
    parts = container()
    caller = actor()

    def act(units: SqlUnits) -> Opened:
        return open_case(level_of(level), draft(), actor=caller, units=units, environment=parts.environment)

    return once(parts.units, parameters, act, _render_opened)


def _enrol(case_id: str, parameters: Parameters, draft: DraftMaker) -> Response:
    parts = container()
    caller = actor()

    def act(units: SqlUnits) -> Enrolled:
        return enrol(case_id, draft(), actor=caller, units=units, environment=parts.environment)

    return once(parts.units, parameters, act, _render_enrolled)


def _render_opened(opened: Opened) -> Rendered:
    known = isinstance(opened, OpenedWithReference) and opened.first.outcome is EnrolOutcome.DUPLICATE
    return Rendered(
        status=HTTPStatus.OK if known else HTTPStatus.CREATED,
        model=OpenedAnswered.of(opened),
        location=f"/v1/cases/{opened.case.id}",
    )


def _render_enrolled(enrolled: Enrolled) -> Rendered:
    known = enrolled.outcome is EnrolOutcome.DUPLICATE
    return Rendered(
        status=HTTPStatus.OK if known else HTTPStatus.CREATED,
        model=EnrolledAnswered.of(enrolled),
        location=f"/v1/cases/{enrolled.case_id}",
    )


def _render_verified(verified: Verified) -> Rendered:
    return Rendered(
        status=HTTPStatus.OK if verified.receipt is None else HTTPStatus.CREATED,
        model=VerifiedAnswered.of(verified),
    )


def _asked_to_open(fields: CaseFields, spooled: Spooled) -> EnrolmentAsked:
    return _asked_to_enrol(fields, InNewCase(level=level_of(fields.level)), spooled)


def _asked_to_enrol(fields: ReferenceFields, target: InCase | InNewCase, spooled: Spooled) -> EnrolmentAsked:
    if kind_of(fields.kind) is ReferenceKind.LIKENESS:
        raise BodyInvalid(_PHOTOGRAPHS, (Fault(pointer="/kind", detail=_PHOTOGRAPHS, code="field-invalid"),))
    return EnrolmentAsked(
        target=target,
        reference_kind=kind_of(fields.kind),
        edits=fields.edits,
        exclude=parse_excluded(fields.exclude),
        stated=stated_of(fields),
        spooled=spooled,
    )


def _finished_opening(result: EnrolmentResult) -> Rendered:
    first = result.enrolled
    return _render_opened(OpenedWithReference(case=result.case, first=first, receipt=first.receipt))


def _finished_enrolment(result: EnrolmentResult) -> Rendered:
    return _render_enrolled(result.enrolled)


def _draft_of(media: memoryview, fields: ReferenceFields) -> Draft:
    parts = container()
    if fields.exclude:
        raise BodyInvalid(_CLIPS_ONLY, (Fault(pointer="/exclude", detail=_CLIPS_ONLY, code="field-invalid"),))
    draft = draft_from_picture(
        media,
        kind_of(fields.kind),
        parts.fingerprints,
        parts.faces,
        edits=fields.edits,
        has_consented=fields.consent,
    )
    return replace(draft, stated=stated_of(fields))


def _draft_of_codes(asked: ReferenceByCodes, pointer: str = "/codes") -> Draft:
    draft = draft_from_codes(parse_codes(asked.codes, pointer), kind_of(asked.kind))
    return replace(draft, stated=stated_of(asked))
