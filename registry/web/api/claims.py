"""Endpoints for people without an account. The secret of a case stands in the body, never in an address.

The case is at V0 until a verifier raises it. Nobody learns from these endpoints what others have registered.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from http import HTTPStatus
from typing import Final

from flask import Blueprint, Response

from registry.domain import ConsentStated, Draft, Language
from registry.domain.claims import CLAIMS_TENANT, Contact
from registry.errors import NotFound
from registry.events import LedgerEvent
from registry.security import Budget
from registry.storage.rows import SqlUnits
from registry.usecases.cases import Withdrawn, export_case, read_erasure, withdraw
from registry.usecases.challenges import Challenged, challenge_case
from registry.usecases.claims import (
    ContactKept,
    NewSecret,
    OpenedClaim,
    follow_claim,
    keep_contact,
    open_claim,
    replace_secret,
)
from registry.usecases.enrolment import (
    Enrolled,
    EnrolOutcome,
    draft_from_codes,
    enrol,
)
from registry.usecases.ledger import prove_receipt
from registry.web.bodies import JSON, MULTIPART, Parameters, media_type, read_json, read_media
from registry.web.claimants import count_claim, count_try, person_of, picture_draft, prove
from registry.web.context import container
from registry.web.endpoints import Endpoint, endpoint
from registry.web.idempotency import Rendered, Scope, once
from registry.web.schemas import (
    AdditionAsked,
    ChallengedAnswered,
    ClaimAsked,
    ClaimChallengeAsked,
    ClaimFields,
    ClaimOpenedAnswered,
    ClaimStatusAnswered,
    ContactChangeAsked,
    ContactKeptAnswered,
    DeviceReference,
    EnrolledAnswered,
    ErasureAnswered,
    ExportAnswered,
    NewSecretAnswered,
    ProofAsked,
    ProofFields,
    ReceiptAnswered,
    ReceiptAsked,
    RecoveryAsked,
    WithdrawnAnswered,
    challenge_reason_of,
    claim_kind_of,
    language_of,
    parse_codes,
    parse_windows,
    require_adult,
    stated_in,
)

blueprint: Final = Blueprint("claims", __name__, url_prefix="/v1/claims")

_PROBLEMS: Final = (400, 404, 408, 413, 415, 422, 429)
_by_words: Final = partial(
    Endpoint,
    permission=None,
    budget=None,
    is_for_claimants=True,
    body=ProofAsked,
    problems=_PROBLEMS,
)
"""The statement of an endpoint for whoever has a case's words, with its own differences."""


@blueprint.post("")
@endpoint(
    Endpoint(
        permission=None,
        budget=Budget.CLAIMS,
        is_for_claimants=True,
        status=201,
        answer=ClaimOpenedAnswered,
        body=ClaimAsked,
        media=ClaimFields,
        idempotent=True,
        tells_secret=True,
        problems=(400, 403, 408, 413, 415, 422, 429),
    )
)
def post_claim() -> Response:
    """Open a case without an account.

    Send what your device computed of up to 16 pictures, or one picture, which is fingerprinted in memory and discarded
    before the answer is sent. The case is at V0: uploads that match are reviewed by people until a verifier has
    confirmed more. The secret and the recovery words are told once. An `Idempotency-Key` has at least 22 random
    characters here, as the answer holds secrets.
    """
    if media_type(JSON, MULTIPART) == MULTIPART:
        fields, upload, parameters = read_media(ClaimFields)
        require_adult(is_adult=fields.is_adult)
        return _open(lambda: [picture_draft(upload, fields)], None, language_of(fields.language), parameters)
    asked, parameters = read_json(ClaimAsked)
    require_adult(is_adult=asked.is_adult)
    stated = stated_in(asked.language)
    contact = None if asked.contact is None else asked.contact.contact()
    return _open(
        lambda: [_device_draft(one, pointer, stated) for pointer, one in asked.all_references()],
        contact,
        language_of(asked.language),
        parameters,
    )


@blueprint.post("/status")
@endpoint(_by_words(answer=ClaimStatusAnswered))
def post_status() -> Response:
    """Read what has become of a case.

    Matches are told by month and in bands, with what platforms did, and without their names. It works after the
    withdrawal too: `erased_at` is the time at which the last copies of the codes were overwritten.
    """
    media_type(JSON)
    asked, _ = read_json(ProofAsked)
    case_id, claimant = prove(asked)
    parts = container()
    followed = follow_claim(case_id, actor=claimant, units=parts.units, checks=parts.checks)
    return Rendered(status=HTTPStatus.OK, model=ClaimStatusAnswered.of(followed)).response()


@blueprint.post("/references")
@endpoint(
    _by_words(
        status=201,
        answer=EnrolledAnswered,
        body=AdditionAsked,
        media=ProofFields,
        idempotent=True,
        problems=(*_PROBLEMS, 403, 409),
    )
)
def post_claim_reference() -> Response:
    """Add a picture to a case, by codes of the device or as a file."""
    if media_type(JSON, MULTIPART) == MULTIPART:
        fields, upload, parameters = read_media(ProofFields)
        return _add(fields, lambda: picture_draft(upload, fields), parameters)
    asked, parameters = read_json(AdditionAsked)
    one = DeviceReference(kind=asked.kind, codes=asked.codes, windows=asked.windows)
    return _add(asked, lambda: _device_draft(one, "", stated_in(asked.language)), parameters)


@blueprint.post("/withdrawal")
@endpoint(_by_words(answer=WithdrawnAnswered, idempotent=True))
def post_claim_withdrawal() -> Response:
    """Withdraw a case.

    After this answer no check matches it, on any worker, and its contact is gone. The secret still opens the status.
    """
    media_type(JSON)
    asked, parameters = read_json(ProofAsked)
    case_id, claimant = prove(asked)
    parts = container()

    def act(units: SqlUnits) -> Withdrawn:
        return withdraw(case_id, actor=claimant, units=units, environment=parts.environment)

    def render(result: Withdrawn) -> Rendered:
        return Rendered(status=HTTPStatus.OK, model=WithdrawnAnswered.of(result))

    response = once(parts.units, parameters, act, render, Scope(owner_id=claimant.credential_id))
    parts.upkeep.withdrawal()
    return response


@blueprint.post("/export")
@endpoint(_by_words(answer=ExportAnswered))
def post_export() -> Response:
    """Export all that is held about a case: facts of each reference, records, and the ledger's entries.

    `withheld` names what is held and not told. After the erasure only ids, states and times are left.
    """
    media_type(JSON)
    asked, _ = read_json(ProofAsked)
    case_id, claimant = prove(asked)
    export = export_case(case_id, actor=claimant, units=container().units)
    return Rendered(status=HTTPStatus.OK, model=ExportAnswered.of(export)).response()


@blueprint.post("/erasure")
@endpoint(_by_words(answer=ErasureAnswered))
def post_claim_erasure() -> Response:
    """Read the signed receipt that a case is erased; null until it is.

    `scripts/verify_receipt --erasure` verifies it without this registry.
    """
    media_type(JSON)
    asked, _ = read_json(ProofAsked)
    case_id, claimant = prove(asked)
    parts = container()
    view = read_erasure(case_id, actor=claimant, units=parts.units)
    answer = ErasureAnswered.of(view, parts.checkpointer.signing.key)
    return Rendered(status=HTTPStatus.OK, model=answer).response()


@blueprint.post("/contact")
@endpoint(
    _by_words(
        answer=ContactKeptAnswered, body=ContactChangeAsked, idempotent=True, problems=(*_PROBLEMS, 409)
    )
)
def post_claim_contact() -> Response:
    """Keep a contact in place of an earlier one, or delete it.

    It is sealed by a key of its own. A verifier of these cases can read it, and the ledger keeps that they did.
    """
    media_type(JSON)
    asked, parameters = read_json(ContactChangeAsked)
    case_id, claimant = prove(asked)
    contact = None if asked.contact is None else asked.contact.contact()
    parts = container()

    def act(units: SqlUnits) -> ContactKept:
        return keep_contact(case_id, contact, actor=claimant, units=units, environment=parts.environment)

    def render(kept: ContactKept) -> Rendered:
        return Rendered(status=HTTPStatus.OK, model=ContactKeptAnswered.of(kept))

    return once(parts.units, parameters, act, render, Scope(owner_id=claimant.credential_id))


@blueprint.post("/challenge")
@endpoint(
    _by_words(
        status=201,
        answer=ChallengedAnswered,
        body=ClaimChallengeAsked,
        idempotent=True,
        problems=(*_PROBLEMS, 403, 409),
    )
)
def post_claim_challenge() -> Response:
    """Challenge somebody else's case, whose number you were given: a platform's reviewer or an officer tells it.

    With this answer it is for review at most, until two officers have decided. The same challenge again changes
    nothing. Officers who find bad faith count it against your own case.
    """
    media_type(JSON)
    asked, parameters = read_json(ClaimChallengeAsked)
    own_id, claimant = prove(asked)
    challenged_id = asked.challenged_id()
    parts = container()
    person = person_of(own_id, claimant)

    def act(units: SqlUnits) -> Challenged:
        return challenge_case(
            challenged_id,
            challenge_reason_of(asked.reason),
            reference_id=asked.reference,
            actor=person,
            units=units,
            environment=parts.environment,
        )

    def render(result: Challenged) -> Rendered:
        status = HTTPStatus.OK if result.receipt is None else HTTPStatus.CREATED
        return Rendered(status=status, model=ChallengedAnswered.of(result))

    return once(parts.units, parameters, act, render, Scope(owner_id=claimant.credential_id))


@blueprint.post("/recovery")
@endpoint(_by_words(answer=NewSecretAnswered, body=RecoveryAsked, idempotent=True, tells_secret=True))
def post_recovery() -> Response:
    """Set a new secret by the recovery words. The old secret opens nothing from this answer on.

    Who has lost both can do nothing alone: a verifier may write to the contact, if there is one.
    """
    media_type(JSON)
    asked, parameters = read_json(RecoveryAsked)
    case_id, claimant = prove(asked)
    parts = container()
    language = language_of(asked.language)

    def act(units: SqlUnits) -> NewSecret:
        return replace_secret(
            case_id,
            actor=claimant,
            units=units,
            environment=parts.environment,
            proofs=parts.claim_proofs,
        )

    def render(new: NewSecret) -> Rendered:
        return Rendered(status=HTTPStatus.OK, model=NewSecretAnswered.of(new, language))

    scope = Scope(owner_id=claimant.credential_id, is_private=True)
    return once(parts.units, parameters, act, render, scope)


@blueprint.post("/receipts")
@endpoint(_by_words(answer=ReceiptAnswered, body=ReceiptAsked))
def post_claim_receipt() -> Response:
    """Read the ledger entry of one of the case's receipts, and the proof that the newest checkpoint covers it.

    Challenges are proven to whoever made them, and not to the challenged: the entry names the challenger's case.
    `scripts/verify_receipt` verifies the answer without this registry.
    """
    media_type(JSON)
    asked, _ = read_json(ReceiptAsked)
    case_id, claimant = prove(asked)
    parts = container()
    proven = prove_receipt(bytes.fromhex(asked.receipt), actor=claimant, units=parts.units)
    act = proven.entry.act
    is_about_hers = act.case_id == case_id and act.event is not LedgerEvent.CASE_CHALLENGED
    if not is_about_hers and act.credential_id != claimant.credential_id:
        raise NotFound
    answer = ReceiptAnswered.of(proven, parts.checkpointer.signing.key)
    return Rendered(status=HTTPStatus.OK, model=answer).response()


def _open(
    drafts: Callable[[], Sequence[Draft]], contact: Contact | None, language: Language, parameters: Parameters
) -> Response:
    parts = container()

    def act(units: SqlUnits) -> OpenedClaim:
        count_try()
        described = drafts()
        count_claim()
        return open_claim(
            described, contact, units=units, environment=parts.environment, proofs=parts.claim_proofs
        )

    def render(opened: OpenedClaim) -> Rendered:
        return Rendered(status=HTTPStatus.CREATED, model=ClaimOpenedAnswered.of(opened, language))

    return once(parts.units, parameters, act, render, Scope(owner_id=CLAIMS_TENANT, is_private=True))


def _add(asked: ProofAsked, draft: Callable[[], Draft], parameters: Parameters) -> Response:
    case_id, claimant = prove(asked)
    parts = container()

    def act(units: SqlUnits) -> Enrolled:
        return enrol(case_id, draft(), actor=claimant, units=units, environment=parts.environment)

    def render(enrolled: Enrolled) -> Rendered:
        is_known = enrolled.outcome is EnrolOutcome.DUPLICATE
        status = HTTPStatus.OK if is_known else HTTPStatus.CREATED
        return Rendered(status=status, model=EnrolledAnswered.of(enrolled))

    return once(parts.units, parameters, act, render, Scope(owner_id=claimant.credential_id))


def _device_draft(one: DeviceReference, pointer: str, stated: ConsentStated) -> Draft:
    codes = parse_codes(one.codes, f"{pointer}/codes")
    windows = parse_windows(one.windows, f"{pointer}/windows")
    return replace(draft_from_codes(codes, claim_kind_of(one.kind), windows), stated=stated)
