"""Profiles: each shipped file says what its law says, and an unfit file is refused with its place."""

import tomllib
from pathlib import Path

import pytest

import registry.bootstrap
from registry.bootstrap import load_profiles
from registry.domain.takedowns.elements import missing_elements
from registry.domain.takedowns.profile import (
    Basis,
    ClockName,
    Duration,
    ElementKind,
    Language,
    Pausing,
    Unit,
)
from registry.domain.takedowns.profile_file import ProfileUnfit, parse_profile
from tests.support.takedowns import complete_elements

FOLDER = Path(registry.bootstrap.__file__).parent / "profiles"
TEXTS = {path.stem: path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.toml"))}
PROFILES = load_profiles()
TIDA = TEXTS["US-TIDA"]
HANGUL = range(0xAC00, 0xD7A4)

# By hand, on purpose: what each profile requires, in the groups of its law.
REQUIRED = {
    "COPYRIGHT": {"signature", "work", "target", "contact", "good_faith", "accuracy"},
    "EU-DSA-16": {"explanation", "target", "name", "contact", "good_faith"},
    "GENERIC": {"target", "identification", "non_consent", "contact"},
    "KR-22-5": {"relation", "target", "identification", "non_consent", "contact"},
    "KR-44-2": {"claimant", "relation", "target", "facts", "contact"},
    "US-TIDA": {"signature", "target", "identification", "non_consent", "contact"},
}
PERSONAL = {
    "COPYRIGHT": {"signature", "contact"},
    "EU-DSA-16": {"explanation", "name", "contact"},
    "GENERIC": {"contact"},
    "KR-22-5": {"contact"},
    "KR-44-2": {"claimant", "facts", "contact"},
    "US-TIDA": {"signature", "information", "contact"},
}
DECISIONS = {
    "COPYRIGHT": (48, Unit.HOURS, Basis.TARGET, 0),
    "EU-DSA-16": (48, Unit.HOURS, Basis.TARGET, 0),
    "GENERIC": (48, Unit.HOURS, Basis.TARGET, 0),
    "KR-22-5": (14, Unit.CALENDAR_DAYS, Basis.LAW, 1),
    "KR-44-2": (48, Unit.HOURS, Basis.TARGET, 0),
    "US-TIDA": (48, Unit.HOURS, Basis.LAW, 0),
}


def test_the_profiles_are_those_written_here():
    """Required and personal elements and the platform's deadline of each profile are those of the tables above."""
    assert set(PROFILES) == set(REQUIRED) == set(PERSONAL) == set(DECISIONS)
    for name, profile in PROFILES.items():
        assert {element.id for element in profile.elements if element.is_required} == REQUIRED[name]
        assert {element.id for element in profile.elements if element.is_personal} == PERSONAL[name]
        rule = profile.decision
        assert (rule.duration.amount, rule.duration.unit, rule.basis, rule.max_extensions) == DECISIONS[name]


def test_tida_has_the_four_groups_of_its_statute():
    """Signature, identification, statement and contact; nothing pauses its clock."""
    tida = PROFILES["US-TIDA"]
    groups = {element.group for element in tida.elements if element.is_required}
    assert groups == {"signature", "identification", "statement", "contact"}
    assert tida.decision.pausing is Pausing.NEVER


def test_only_targets_pause():
    """No clock of a law pauses."""
    paused = {name for name, profile in PROFILES.items() if profile.decision.pausing is not Pausing.NEVER}
    assert paused == {"GENERIC"}


def test_the_block_of_44_2_lasts_30_days():
    """The temporary block of the Network Act is bounded by 30 days."""
    rule = PROFILES["KR-44-2"].clocks[ClockName.TEMP_BLOCK]
    assert rule.duration == Duration(amount=30, unit=Unit.DAYS_OF_24_HOURS)
    assert rule.basis is Basis.LAW


@pytest.mark.parametrize("name", TEXTS)
def test_each_required_element_is_named_in_both_languages_when_it_is_missing(name):
    """Without one required element exactly that one is named, in Korean and in English."""
    profile = PROFILES[name]
    whole = complete_elements(profile)
    assert missing_elements(profile, whole) == ()
    for left_out in REQUIRED[name] - {"target"}:
        (missing,) = missing_elements(
            profile, {key: value for key, value in whole.items() if key != left_out}
        )
        assert missing.element == left_out
        assert set(missing.message) == set(Language)
        assert any(ord(letter) in HANGUL for letter in missing.message[Language.KO])
        assert missing.message[Language.EN].isascii()


@pytest.mark.parametrize("name", TEXTS)
def test_each_profile_says_that_it_is_no_legal_advice_and_where_its_rules_are_from(name):
    """Each profile has the line, and a source with a date for every rule."""
    profile = PROFILES[name]
    assert "not legal advice" in profile.notice[Language.EN]
    assert "법률 자문이 아닙니다" in profile.notice[Language.KO]
    rules = [profile.source, profile.retention.source]
    rules += [rule.source for rule in profile.clocks.values()]
    rules += [authority.source for authority in profile.authorities]
    assert all(rule.text and rule.as_of for rule in rules)
    assert "Not legal advice" in TEXTS[name].split("\n\n")[0]


@pytest.mark.parametrize("name", TEXTS)
def test_names_and_contacts_are_personal(name):
    """Whatever names or reaches a person is marked, so that it is sealed and erased."""
    for element in PROFILES[name].elements:
        if element.kind in {ElementKind.NAME, ElementKind.CONTACT}:
            assert element.is_personal


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('id = "US-TIDA"', 'id = "us tida"', "id must match"),
        ('id = "US-TIDA"', 'id = "US-OTHER"', "id must be the name of the file"),
        ('version = "2026-12-01"', 'version = "soon"', "version must be a date"),
        ('languages = ["en", "ko"]', 'languages = ["fr"]', "languages must name"),
        ('languages = ["en", "ko"]', "languages = []", "languages must name"),
        ("America/New_York", "America/Gotham", "time_zone is not a time zone"),
        ("America/New_York", "../../etc/passwd", "time_zone is not a time zone"),
        ('title.ko = "', 'title.fr = "', "title.ko is missing"),
        ('title.en = "TAKE IT DOWN Act (United States)"', 'title.en = "  "', "title.en is blank"),
        ('as_of = "2026-08", certainty = "text"', 'as_of = "2026", certainty = "text"', "source.as_of"),
        ('certainty = "text"', 'certainty = "sure"', "source.certainty must be one of"),
        ('kind = "name"', 'kind = "photograph"', "kind must be one of"),
        ("personal = true", "personal = false", "personal must be true"),
        ("max_characters = 120", "max_characters = 0", "max_characters must be 1 to"),
        ("max_characters = 120", "max_characters = true", "max_characters must be a whole number"),
        ("max_characters = 120\n", "", "max_characters is missing"),
        ("max_characters = 120", "max_characters = 120\nmax_length = 3", "max_length is unknown"),
        ('id = "contact"', 'id = "signature"', "element names an id twice"),
        ('id = "target"', 'id = "address"', "exactly one address"),
        ("[clock.decision]", "[clock.verdict]", "clock.verdict must be one of"),
        ("[clock.decision]", "[clock.temp_block]", "clock.decision is missing"),
        ("amount = 48", "amount = 0", "amount must be 1 to"),
        ("amount = 48", "amount = 4.5", "amount must be a whole number"),
        ('unit = "hours"', 'unit = "fortnights"', "unit must be one of"),
        ('boundary = "inclusive"', 'boundary = "end_of_day"', "boundary must be end_of_day for calendar"),
        ('boundary = "end_of_day"', 'boundary = "inclusive"', "boundary must be end_of_day for calendar"),
        ('pauses = "never"', 'pauses = "needs_info"', "pauses must be never"),
        ("extensions = 0", "extensions = 1", "extension is missing"),
        (
            "extensions = 0",
            'extensions = 1\nextension = { amount = 1, unit = "months" }',
            "extension must count as the clock does",
        ),
        ('unit = "hours"', 'unit = "business_days"', "must be"),
        ("elements_days = 183", "elements_days = -1", "elements_days must be 0 to"),
        ("https://TakeItDown", "http://TakeItDown", "address must match"),
        ('pack = ["notice"', 'pack = ["notice", "notice"', "pack names something twice"),
        ("[retention]", "[extra]\na = 1\n[retention]", "extra is unknown"),
        ("[[element]]", "[element]", "not valid TOML"),
    ],
)
def test_an_unfit_file_is_refused_with_its_place(old, new, told):
    """Every rule of the loader refuses a file that breaks it, and names file and place."""
    assert old in TIDA
    with pytest.raises(ProfileUnfit, match=rf"US-TIDA: .*{told}"):
        parse_profile(TIDA.replace(old, new, 1), "US-TIDA")


def test_a_calendar_stands_with_business_days_only():
    """A clock of business days needs a list of holidays, and a list that nothing uses is refused."""
    text = TEXTS["COPYRIGHT"]
    with pytest.raises(ProfileUnfit, match="calendar must be there if, and only if"):
        parse_profile(text.replace('"business_days"', '"calendar_days"'), "COPYRIGHT")
    without = text[: text.index("[calendar]")] + text[text.index("[retention]") :]
    with pytest.raises(ProfileUnfit, match="calendar must be there if, and only if"):
        parse_profile(without, "COPYRIGHT")
    with pytest.raises(ProfileUnfit, match="holidays must be dates within the years"):
        parse_profile(text.replace("2026-01-01, ", "2025-01-01, ", 1), "COPYRIGHT")
    with pytest.raises(ProfileUnfit, match="weekend must name days"):
        parse_profile(text.replace('"saturday"', '"caturday"', 1), "COPYRIGHT")


def test_a_folder_with_an_unfit_file_does_not_load(tmp_path):
    """A deployment does not start with a profile that says something else than it seems to."""
    (tmp_path / "US-TIDA.toml").write_text(TIDA, encoding="utf-8")
    assert list(load_profiles(tmp_path)) == ["US-TIDA"]
    (tmp_path / "XX.toml").write_text("id = ", encoding="utf-8")
    with pytest.raises(ProfileUnfit, match=r"XX: not valid TOML"):
        load_profiles(tmp_path)


def test_every_field_of_a_file_is_read():
    """Nothing stands in a file without effect: each table's unknown fields are refused."""
    for name, text in TEXTS.items():
        data = tomllib.loads(text)
        for place in ("", "[clock.decision]\n", "[retention]\n"):
            changed = text.replace(place, f"{place}surprise = 1\n", 1) if place else f"surprise = 1\n{text}"
            with pytest.raises(ProfileUnfit, match="surprise"):
                parse_profile(changed, name)
        assert data["id"] == name
