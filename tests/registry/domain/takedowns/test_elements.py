"""Elements of requests: blanks say nothing, unknown ones are refused, and no error repeats a value."""

import pytest

from registry.bootstrap import load_profiles
from registry.domain.takedowns.elements import missing_elements, parse_elements
from registry.domain.takedowns.profile import ElementKind
from registry.errors import ElementUnfit
from tests.support.takedowns import complete_elements

PROFILES = load_profiles()
TIDA = PROFILES["US-TIDA"]
BLANKS = [
    "",
    " ",
    "\t\n",
    "\u00a0",
    "\u3000",
    "\u200b\u200d",
    "\u2800\u2800",
    "\u3164\u3164",
    "\u115f\u1160",
    "...",
    "___",
    "\u202e",
]


@pytest.mark.parametrize("name", PROFILES)
def test_complete_elements_are_kept(name):
    """What a profile asks for is kept as it was sent."""
    profile = PROFILES[name]
    whole = complete_elements(profile)
    assert parse_elements(profile, whole) == whole


@pytest.mark.parametrize("blank", BLANKS)
def test_a_signature_of_blanks_is_missing(blank):
    """Blanks of every kind, fillers and mere punctuation sign nothing."""
    found = parse_elements(TIDA, {**complete_elements(TIDA), "signature": blank})
    assert [missing.element for missing in missing_elements(TIDA, found)] == ["signature"]


def test_a_statement_that_is_false_is_missing():
    """Only a statement that is made counts."""
    found = parse_elements(TIDA, {**complete_elements(TIDA), "non_consent": False})
    assert [missing.element for missing in missing_elements(TIDA, found)] == ["non_consent"]


@pytest.mark.parametrize(
    ("element", "value"),
    [
        ("signature", "K"),
        ("signature", "Kim" * 100),
        ("signature", "Kim\x00Made-Up"),
        ("signature", "Kim\ue000Made-Up"),
        ("signature", True),
        ("non_consent", "true"),
        ("contact", "call me maybe"),
        ("contact", "12345"),
        ("contact", "someone@nowhere"),
        ("contact", "@nowhere.example"),
        ("identification", "x" * 2001),
        ("target", "https://video.example/"),
        ("date_of_birth", "1999-01-01"),
    ],
)
def test_what_does_not_fit_is_refused(element, value):
    """Another form, too much, or an element that the profile does not ask for: named by element, never by value."""
    with pytest.raises(ElementUnfit) as caught:
        parse_elements(TIDA, {**complete_elements(TIDA), element: value})
    assert "Kim" not in str(caught.value)
    assert "maybe" not in str(caught.value)
    assert "1999" not in str(caught.value)
    assert "date_of_birth" not in str(caught.value)


@pytest.mark.parametrize("value", ["someone@made-up.example", "+82 2-735-8994", "(0345) 6000 459", "19결x"])
def test_a_contact_reaches_somebody(value):
    """An e-mail address or a telephone number is a contact; other texts are not."""
    asked = {**complete_elements(TIDA), "contact": value}
    if "결" in value:
        with pytest.raises(ElementUnfit, match="contact is an e-mail address or a telephone number"):
            parse_elements(TIDA, asked)
        return
    assert parse_elements(TIDA, asked)["contact"] == value


@pytest.mark.parametrize(
    "value", ["김가나", "\u0646\u0648\u0631", "O'Neil 🙂", "Zoë", "\u200f\u0646\u0648\u0631"]
)
def test_names_of_all_scripts_sign(value):
    """A name in Korean, from right to left, with an apostrophe or with an emoji is a signature."""
    assert parse_elements(TIDA, {"signature": value})["signature"] == value.strip()


def test_a_choice_is_one_of_its_names():
    """Relations to the person are names of the profile."""
    korea = PROFILES["KR-22-5"]
    assert parse_elements(korea, {"relation": "agent"}) == {"relation": "agent"}
    with pytest.raises(ElementUnfit, match="self, spouse"):
        parse_elements(korea, {"relation": "neighbour"})


def test_no_profile_takes_more_than_it_lists():
    """Every profile refuses every element of another profile that it does not have itself."""
    every = {element.id for profile in PROFILES.values() for element in profile.elements}
    for profile in PROFILES.values():
        own = {element.id for element in profile.elements if element.kind is not ElementKind.ADDRESS}
        for name in every - own:
            with pytest.raises(ElementUnfit, match="no others"):
                parse_elements(profile, {name: "x"})
