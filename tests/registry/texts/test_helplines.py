"""Bodies that help: nobody in need dials a number that nobody has looked at for half a year."""

from datetime import date, timedelta

import pytest

from registry.domain.consent import Language
from registry.texts.consents import LANGUAGES
from registry.texts.helplines import VALID_DAYS, helplines


@pytest.mark.parametrize("line", helplines(Language.EN), ids=lambda line: line.name)
def test_each_entry_was_verified_lately(line):
    """Look at the source, correct registry/texts/helplines.toml, and set `verified_on` to today."""
    assert line.verified_on <= date.today() <= line.verified_on + timedelta(days=VALID_DAYS)  # noqa: DTZ011


def test_each_entry_stands_in_both_languages():
    """Every line has a name and a note, and a way to reach it."""
    for language in LANGUAGES:
        for line in helplines(language):
            assert line.name
            assert line.note
            assert line.phone or line.url.startswith("https://")
            assert line.source


def test_minors_are_sent_to_somebody():
    """Whoever is under 18 finds a body in the own language, day and night."""
    assert sum(line.for_minors for line in helplines(Language.KO)) >= 2
