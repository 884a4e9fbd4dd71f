"""How pages are made: their policy, and what every template knows."""

from http import HTTPStatus
from typing import Any, Final

from flask import Response, make_response, render_template

from registry.domain import ConsentPurpose, Language
from registry.texts import ConsentText, Helpline, current_text, helplines
from registry.web.api.device import device_address
from registry.web.pages.languages import page_language
from registry.web.problems import trouble_of
from registry.web.static_files import StaticFolder, static_folder

PAGE_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; worker-src 'self'; connect-src 'self'; img-src data:;"
    " base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
"""Everything that a page loads is ours, and no picture is ever shown. `data:` is the empty icon."""

EXITS: Final = {
    Language.EN: "https://www.bbc.co.uk/weather",
    Language.KO: "https://www.weather.go.kr/",
}
"""Where "Exit this page" leads: a page that anybody may have open."""


def pages_folder() -> StaticFolder:
    """Return the files that pages load."""
    return static_folder("pages")


def pages_address() -> str:
    """Return the address under which they lie."""
    return f"/pages/{pages_folder().digest}/"


def page(template: str, status: HTTPStatus = HTTPStatus.OK, **values: Any) -> Response:
    """Return a page in the language of the request."""
    language = page_language()
    response = make_response(
        render_template(
            f"pages/{template}.html",
            assets=pages_address(),
            device=device_address(),
            exit_address=EXITS[language],
            helplines=_helplines,
            **values,
        ),
        status,
    )
    response.headers["Content-Security-Policy"] = PAGE_POLICY
    response.headers["Vary"] = "Accept-Language"
    return response


def not_taken(error: Exception) -> Response:
    """Return the page that tells why a picture was not taken."""
    trouble = trouble_of(error)
    is_clip = any(fault.pointer == "/media" for fault in trouble.faults)
    response = page("trouble", HTTPStatus(trouble.status), code="clip" if is_clip else trouble.code)
    if trouble.retry_after_s is not None:
        response.headers["Retry-After"] = str(trouble.retry_after_s)
    return response


def consent_text() -> ConsentText:
    """Return the newest text of the consent to fingerprints, in the language of the page."""
    return current_text(ConsentPurpose.FINGERPRINTS, page_language())


def _helplines(for_minors: bool) -> list[Helpline]:  # noqa: FBT001  called by a template
    lines = helplines(page_language())
    return [line for line in lines if line.for_minors or not for_minors]
