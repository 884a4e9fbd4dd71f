"""The languages of the pages: English in the templates, Korean in `registry/web/translations/ko.po`.

A page's language is what its form or address names, otherwise the best of what the browser accepts. No cookie keeps it.
"""

from functools import cache
from gettext import GNUTranslations, NullTranslations
from importlib.resources import files
from io import BytesIO
from typing import Final

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import Flask, g, request

from registry.domain import Language
from registry.texts import LANGUAGES

FIELD: Final = "language"
"""Name of the field or parameter that names the language."""


def language_of_request() -> Language:
    """Return the language in which this request is answered."""
    named = request.form.get(FIELD) or request.args.get(FIELD)
    if named in LANGUAGES:
        return Language(named)
    best = request.accept_languages.best_match([language.value for language in LANGUAGES])
    return Language.EN if best is None else Language(best)


@cache
def translations(language: Language) -> NullTranslations:
    """Return the texts of a language. Read at the first use; the texts themselves are in the package."""
    if language is Language.EN:
        return NullTranslations()
    path = files("registry.web").joinpath("translations", f"{language.value}.po")
    compiled = BytesIO()
    write_mo(compiled, read_po(BytesIO(path.read_bytes()), locale=language.value, abort_invalid=True))
    compiled.seek(0)
    return GNUTranslations(compiled)


def page_language() -> Language:
    """Return the language of the page that is being made."""
    if "page_language" not in g:
        g.page_language = language_of_request()
    language: Language = g.page_language
    return language


def install_languages(app: Flask) -> None:
    """Let templates translate: `_("…")`, by the language of the page."""
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]  # the extension adds it
        lambda text: translations(page_language()).gettext(text),
        lambda one, many, number: translations(page_language()).ngettext(one, many, number),
        newstyle=True,
    )
    app.jinja_env.globals["page_language"] = page_language


def translated(text: str) -> str:
    """Return a text of the templates in the language of the page."""
    return translations(page_language()).gettext(text)
