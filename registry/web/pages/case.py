"""The pages of somebody's own case: what was found, adding pictures, and withdrawing.

1. Each form has the case number and the secret words in its body. No cookie and no session: whoever takes the phone
   later finds nothing, and another page's form can do nothing without the words.
2. The same proof, budgets and answers as for `/v1/claims`. An unknown case and wrong words lead to the same page.
"""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any, Final, TypeVar

from flask import Blueprint, Response, request
from pydantic import BaseModel, ValidationError

from index.errors import IndexingError
from registry.domain import Actor
from registry.domain.claims import SecretKind, as_words, case_number, from_words
from registry.errors import ClaimNotFound, RegistryError, WordsInvalid
from registry.usecases.cases import export_case, withdraw
from registry.usecases.challenges import challenge_case
from registry.usecases.claims import follow_claim, keep_contact, replace_secret
from registry.usecases.enrolment import enrol
from registry.web.bodies import read_media
from registry.web.claimants import person_of, picture_draft, prove
from registry.web.context import container
from registry.web.endpoints import Endpoint, endpoint
from registry.web.errors import BodyInvalid
from registry.web.pages.languages import page_language
from registry.web.pages.serving import consent_text, not_taken, page
from registry.web.schemas import (
    ClaimChallengeAsked,
    ExportAnswered,
    ProofAsked,
    ProofFields,
    RecoveryAsked,
    challenge_reason_of,
)

blueprint: Final = Blueprint("pages_case", __name__, url_prefix="/case")

_PAGE: Final = Endpoint(permission=None, budget=None, is_page=True)
_ACT: Final = Endpoint(permission=None, budget=None, is_for_claimants=True, is_page=True)

View = Callable[[], Response]
Model = TypeVar("Model", bound=BaseModel)


def told_in_words(template: str, kind: SecretKind = SecretKind.SECRET) -> Callable[[View], View]:
    """Show the form again, with what was wrong, in place of a problem document."""

    def around(view: View) -> View:
        @wraps(view)
        def shown() -> Response:
            try:
                return view()
            except RegistryError as error:
                status = HTTPStatus(error.status)
                return page(template, status, trouble=_trouble(error, kind), form=request.form)

        return shown

    return around


@blueprint.get("")
@endpoint(_PAGE)
def ask() -> Response:
    """Ask for the case number and the secret words."""
    return page("case_open", form={}, trouble=None)


@blueprint.post("")
@endpoint(_ACT)
@told_in_words("case_open")
def show() -> Response:
    """Show what has become of the case."""
    case_id, claimant = _proven()
    return _case_page(case_id, claimant)


@blueprint.post("/add")
@endpoint(_ACT)
@told_in_words("case_open")
def add() -> Response:
    """Show the page on which pictures are added."""
    case_id, _ = _proven()
    consent = consent_text()
    return page("case_add", proof=_proof_fields(), number=case_number(case_id), consent=consent)


@blueprint.post("/added")
@endpoint(_ACT)
@told_in_words("case_open")
def add_by_server() -> Response:
    """Add one picture that was sent, as who has no JavaScript or a browser that distorts pixels chose to."""
    try:
        return _added()
    except ClaimNotFound:
        raise
    except (RegistryError, IndexingError) as error:
        return not_taken(error)


def _added() -> Response:
    fields, upload, _ = read_media(ProofFields)
    case_id, claimant = prove(fields)
    draft = picture_draft(upload, fields)
    parts = container()
    enrol(case_id, draft, actor=claimant, units=parts.units, environment=parts.environment)
    return _case_page(case_id, claimant)


@blueprint.post("/challenge")
@endpoint(_ACT)
@told_in_words("case_open")
def ask_challenge() -> Response:
    """Ask whose case is disputed, and why."""
    case_id, _ = _proven()
    return page("case_challenge", proof=_proof_fields(), number=case_number(case_id), trouble=None, form={})


@blueprint.post("/challenged")
@endpoint(_ACT)
def challenge() -> Response:
    """Dispute somebody else's case. Two officers who know neither side decide."""
    try:
        return _challenged()
    except RegistryError as error:
        trouble = _trouble(error, SecretKind.SECRET)
        status = HTTPStatus(error.status)
        return page("case_challenge", status, proof=_proof_fields(), trouble=trouble, form=request.form)


@blueprint.post("/contact")
@endpoint(_ACT)
@told_in_words("case_open")
def delete_contact() -> Response:
    """Delete the contact with its key."""
    case_id, claimant = _proven()
    parts = container()
    keep_contact(case_id, None, actor=claimant, units=parts.units, environment=parts.environment)
    return _case_page(case_id, claimant)


@blueprint.post("/withdraw")
@endpoint(_ACT)
@told_in_words("case_open")
def confirm_withdrawal() -> Response:
    """Ask once whether to withdraw."""
    case_id, _ = _proven()
    return page("case_withdraw", proof=_proof_fields(), number=case_number(case_id))


@blueprint.post("/withdrawn")
@endpoint(_ACT)
@told_in_words("case_open")
def withdraw_case() -> Response:
    """Withdraw the case. It matches nothing from this answer on."""
    case_id, claimant = _proven()
    parts = container()
    result = withdraw(case_id, actor=claimant, units=parts.units, environment=parts.environment)
    parts.upkeep.withdrawal()
    receipt = None if result.receipt is None else result.receipt.hex()
    return page("case_withdrawn", proof=_proof_fields(), number=case_number(case_id), receipt=receipt)


@blueprint.post("/export")
@endpoint(_ACT)
@told_in_words("case_open")
def export() -> Response:
    """Save all that is held about the case, under a name that tells nothing."""
    case_id, claimant = _proven()
    held = ExportAnswered.of(export_case(case_id, actor=claimant, units=container().units))
    response = Response(held.model_dump_json(indent=1), content_type="application/json")
    response.headers["Content-Disposition"] = 'attachment; filename="notes.json"'
    return response


@blueprint.get("/recovery")
@endpoint(_PAGE)
def ask_recovery() -> Response:
    """Ask for the recovery words."""
    return page("case_recovery", form={}, trouble=None)


@blueprint.post("/recovery")
@endpoint(_ACT)
@told_in_words("case_recovery", SecretKind.RECOVERY)
def recover() -> Response:
    """Give the case new secret words."""
    asked = _read(RecoveryAsked, case=_text("case"), recovery_words=_text("recovery_words"))
    case_id, claimant = prove(asked)
    parts = container()
    new = replace_secret(
        case_id,
        actor=claimant,
        units=parts.units,
        environment=parts.environment,
        proofs=parts.claim_proofs,
    )
    words = as_words(SecretKind.SECRET, new.secret, page_language())
    return page("case_recovered", number=case_number(case_id), words=words)


def _case_page(case_id: str, claimant: Actor) -> Response:
    parts = container()
    followed = follow_claim(case_id, actor=claimant, units=parts.units, checks=parts.checks)
    return page("case", followed=followed, proof=_proof_fields(), number=case_number(case_id))


def _challenged() -> Response:
    asked = _read(
        ClaimChallengeAsked,
        case=_text("case"),
        secret=_text("secret"),
        challenged=_text("challenged"),
        reason=_text("reason"),
    )
    case_id, claimant = prove(asked)
    parts = container()
    challenge_case(
        asked.challenged_id(),
        challenge_reason_of(asked.reason),
        reference_id=None,
        actor=person_of(case_id, claimant),
        units=parts.units,
        environment=parts.environment,
    )
    return page("case_challenged", proof=_proof_fields())


def _proven() -> tuple[str, Actor]:
    return prove(_read(ProofAsked, case=_text("case"), secret=_text("secret")))


def _proof_fields() -> dict[str, str]:
    return {"case": _text("case"), "secret": _text("secret"), "language": page_language().value}


def _text(name: str) -> str:
    return request.form.get(name, "").strip()


def _read(model: type[Model], **values: str) -> Model:
    """Return the model of a form; raise `BodyInvalid` without places: the form says what is missing."""
    try:
        return model.model_validate(values)
    except ValidationError:
        raise BodyInvalid from None


def _trouble(error: RegistryError, kind: SecretKind) -> dict[str, Any]:
    """Return what the page tells of an error: its code, and where the typing errors are."""
    pointers = {fault.pointer for fault in error.faults} if isinstance(error, BodyInvalid) else set()
    name = "secret" if kind is SecretKind.SECRET else "recovery_words"
    return {
        "code": error.code,
        "is_number_wrong": bool(pointers & {"/case", "/challenged"}),
        "are_words_wrong": f"/{name}" in pointers,
        "places": _misspelt(kind, _text(name)),
    }


def _misspelt(kind: SecretKind, words: str) -> tuple[int, ...]:
    """Return the places of words with typing errors, counted from 1; none if their number is wrong."""
    try:
        from_words(kind, words)
    except WordsInvalid as error:
        return error.places
    return ()
