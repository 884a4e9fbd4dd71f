"""The pages on which somebody registers pictures: one question a page, and nothing is sent before the last one."""

from http import HTTPStatus
from typing import Final, Literal

from flask import Blueprint, Response, abort, request

from index.errors import IndexingError
from registry.domain.claims import Contact, ContactKind, SecretKind, as_words, case_number
from registry.errors import RegistryError
from registry.security import Budget
from registry.usecases.claims import open_claim
from registry.web.bodies import read_media
from registry.web.claimants import count_claim, count_try, picture_draft
from registry.web.context import container
from registry.web.endpoints import Endpoint, endpoint
from registry.web.pages.answers import NO_CONTACT, YES, Answers, Step, open_step
from registry.web.pages.languages import page_language
from registry.web.pages.serving import consent_text, not_taken, page, pages_folder
from registry.web.schemas import ClaimFields

blueprint: Final = Blueprint("pages_register", __name__)

# The guard's refusals are pages too.
blueprint.register_error_handler(RegistryError, not_taken)
blueprint.register_error_handler(IndexingError, not_taken)

_PAGE: Final = Endpoint(permission=None, budget=None, is_page=True)
_WANTED: Final = "step"


@blueprint.get("/")
@endpoint(_PAGE)
def start() -> Response:
    """Read what this service does and what it cannot do, and where to begin."""
    return page("start")


@blueprint.get("/register")
@endpoint(_PAGE)
def begin() -> Response:
    """Begin with the first question."""
    return _shown(Step.AGE, Answers())


@blueprint.post("/register")
@endpoint(_PAGE)
def go_on() -> Response:
    """Show the next question, or an earlier one again, with all answers so far."""
    wanted = request.form.get(_WANTED, "")
    step = Step(wanted) if wanted in set(Step) else Step.AGE
    return _shown(step, Answers.of_form(request.form))


@blueprint.post("/register/server")
@endpoint(Endpoint(permission=None, budget=Budget.CLAIMS, is_for_claimants=True, is_page=True))
def register_by_server() -> Response:
    """Register one picture that was sent, as who has no JavaScript or a browser that distorts pixels chose to."""
    fields, upload, _ = read_media(_ServerFields)
    answers = Answers.of_form(request.form)
    step = open_step(answers, Step.PICTURES)
    if step is not Step.PICTURES:
        return _shown(Step.PICTURES, answers)
    count_try()
    draft = picture_draft(upload, fields)
    count_claim()
    parts = container()
    opened = open_claim(
        [draft],
        _contact(answers),
        units=parts.units,
        environment=parts.environment,
        proofs=parts.claim_proofs,
    )
    language = page_language()
    return page(
        "receipt",
        HTTPStatus.CREATED,
        number=case_number(opened.case.id),
        secret=as_words(SecretKind.SECRET, opened.secret, language),
        recovery=as_words(SecretKind.RECOVERY, opened.recovery, language),
    )


def _contact(answers: Answers) -> Contact | None:
    if answers.contact == NO_CONTACT:
        return None
    return Contact(
        kind=ContactKind(answers.contact),
        value=answers.value,
        may_leave_message=answers.message == YES,
        hours=answers.hours,
        wording=answers.wording,
    )


@blueprint.get("/help")
@endpoint(_PAGE)
def help_lines() -> Response:
    """Read who can help."""
    return page("help")


@blueprint.get("/pages/<digest>/<name>")
@endpoint(_PAGE)
def page_file(digest: str, name: str) -> Response:
    """Read a file that the pages load. Its address changes with any of the files."""
    folder = pages_folder()
    if digest != folder.digest or name not in folder.files:
        abort(HTTPStatus.NOT_FOUND)
    return folder.files[name].response()


class _ServerFields(ClaimFields):
    """The fields of the form: those of the API, and the answers, which `Answers` reads."""

    adult: str
    contact: str
    mine: Literal["yes"]
    value: str = ""
    message: str = ""
    hours: str = ""
    wording: str = ""


def _shown(wanted: Step, answers: Answers) -> Response:
    step = open_step(answers, wanted)
    # Who comes back to a question has nothing to mend; who is held there by a missing answer is told so.
    is_held = step is not wanted and step is not Step.UNDER_AGE
    consent = consent_text()
    return page(step.value, answers=answers, is_held=is_held, consent=consent, step=step.value)
