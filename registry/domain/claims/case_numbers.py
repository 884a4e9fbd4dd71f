"""Case numbers: a case's id as people copy it, with a checksum.

    case_4k7xq09m2b5t8r1w   becomes   4K7X-Q09M-2B5T-8R1W-XX

1. The first 16 characters are the 80 random bits of the id, in Crockford's base 32. The last two are the number modulo
   1,021. As 1,021 is prime, one wrong character and two characters in each other's place are always noticed.
2. Reading ignores case, blanks and hyphens, and takes O for 0, I and L for 1, as Crockford's alphabet means them.
3. The id itself is read too: programs have it, and do not mistype it.
"""

import re
from typing import Final

from registry.domain import ids
from registry.errors import CaseNumberInvalid

_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_VALUES: Final = {letter: value for value, letter in enumerate(_ALPHABET)} | {"O": 0, "I": 1, "L": 1}
_LETTERS: Final = 16
_CHECK_LETTERS: Final = 2
_MODULUS: Final = 1_021
MAX_NUMBER_CHARACTERS: Final = 64
_IGNORED: Final = re.compile(r"[\s\-\u2010-\u2015]+")


def case_number(case_id: str) -> str:
    """Return a case's id as people copy it."""
    letters = case_id.removeprefix(f"{ids.CASE}_").upper()
    whole = letters + _check_letters(letters)
    return "-".join(re.findall(".{1,4}", whole))


def case_id_of(number: str) -> str:
    """Return the id of a case, given its number or the id; raise `CaseNumberInvalid`."""
    if len(number) > MAX_NUMBER_CHARACTERS:
        raise CaseNumberInvalid(f"A case number has {_LETTERS + _CHECK_LETTERS} letters and digits.")
    if ids.is_id(number.strip(), ids.CASE):  # 3.
        return number.strip()
    letters = _IGNORED.sub("", number).upper()  # 2.
    if len(letters) != _LETTERS + _CHECK_LETTERS:
        raise CaseNumberInvalid(
            f"A case number has {_LETTERS + _CHECK_LETTERS} letters and digits, and this one has {len(letters)}."
        )
    if not set(letters) <= _VALUES.keys():
        raise CaseNumberInvalid("A case number has the digits 0 to 9 and the letters A to Z without U.")
    canonical = "".join(_ALPHABET[_VALUES[letter]] for letter in letters)
    if _check_letters(canonical[:_LETTERS]) != canonical[_LETTERS:]:
        raise CaseNumberInvalid(
            "There is a typing error in the case number: its last two characters do not fit."
        )
    return f"{ids.CASE}_{canonical[:_LETTERS].lower()}"


def _check_letters(letters: str) -> str:
    number = 0
    for letter in letters:
        number = number * len(_ALPHABET) + _VALUES[letter]
    number %= _MODULUS
    return _ALPHABET[number // len(_ALPHABET)] + _ALPHABET[number % len(_ALPHABET)]
