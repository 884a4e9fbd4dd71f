"""Case numbers: one number an id, forgiving of how people write, and no single mistake unnoticed."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.domain import ids
from registry.domain.claims.case_numbers import case_id_of, case_number
from registry.errors import CaseNumberInvalid

LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
BITS = st.binary(min_size=10, max_size=10)


def made(bits):
    return ids.new_id(ids.CASE, lambda _count: bits)


@given(BITS)
def test_a_number_is_read_back(bits):
    """Written, copied in lower case with blanks, and as the id itself: the same case."""
    case_id = made(bits)
    number = case_number(case_id)
    assert {case_id_of(form) for form in (number, number.lower().replace("-", " "), case_id)} == {case_id}


@given(BITS)
def test_letters_that_look_like_digits_are_digits(bits):
    """O is 0, I and L are 1."""
    case_id = made(bits)
    number = case_number(case_id)
    for written in (number.replace("0", "O"), number.replace("1", "I"), number.replace("1", "l")):
        assert case_id_of(written) == case_id


@given(BITS, st.integers(0, 17), st.sampled_from(LETTERS))
def test_one_wrong_character_is_noticed(bits, place, letter):
    """Whichever character is wrong, the number is refused."""
    number = case_number(made(bits)).replace("-", "")
    if number[place] == letter:
        return
    with pytest.raises(CaseNumberInvalid):
        case_id_of(number[:place] + letter + number[place + 1 :])


@given(BITS, st.integers(0, 16))
def test_two_characters_in_each_others_place_are_noticed(bits, place):
    """Neighbours that change places are the commonest mistake after a wrong character."""
    number = case_number(made(bits)).replace("-", "")
    swapped = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    if swapped == number:
        return
    with pytest.raises(CaseNumberInvalid):
        case_id_of(swapped)


@pytest.mark.parametrize(
    "text", ["", "A", "U" * 18, "A" * 17, "A" * 19, "Ä" * 18, "A" * 65, "ref_0000000000000000", "٣" * 18]
)
def test_anything_else_is_refused(text):
    """Another length, another alphabet, another kind of id."""
    with pytest.raises(CaseNumberInvalid):
        case_id_of(text)


def test_an_error_repeats_nothing():
    """What was typed is in no message."""
    number = case_number(ids.new_id(ids.CASE, os.urandom))
    with pytest.raises(CaseNumberInvalid) as caught:
        case_id_of(number[:-1] + "?")
    assert number[:4] not in str(caught.value)
