"""Parts of a clip that are not registered: one spelling each."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.domain.excluded import MAX_CHARACTERS, parse_excluded
from registry.domain.job import MAX_EXCLUDED

TIMES = st.integers(0, 999_999_999)


def spelled(milliseconds):
    """Spells a time as briefly as it can be."""
    whole, rest = divmod(milliseconds, 1000)
    return f"{whole}.{rest:03}".rstrip("0").rstrip(".")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ()),
        ("0-5.5", ((0, 5500),)),
        ("0-5.5,60-62.25", ((0, 5500), (60_000, 62_250))),
        ("0.001-0.01", ((1, 10),)),
        ("1.0-1.100", ((1000, 1100),)),
    ],
)
def test_parts_are_read_in_milliseconds(text, expected):
    """Start and end are told in milliseconds, in the order given."""
    assert parse_excluded(text) == expected


@given(st.lists(st.tuples(TIMES, TIMES).filter(lambda part: part[0] < part[1]), max_size=MAX_EXCLUDED))
def test_what_is_spelled_is_read_back(parts):
    """As many parts as are allowed, of any length, are read exactly."""
    text = ",".join(f"{spelled(start)}-{spelled(end)}" for start, end in parts)
    assert len(text) <= MAX_CHARACTERS
    assert parse_excluded(text) == tuple(parts)


@given(st.text(alphabet="0123456789.-, \n٢e+", max_size=40))
def test_nothing_else_is_read(text):
    """Whatever is read at all is what was written: no sign, no blank, no other digit, no leading zero."""
    try:
        parts = parse_excluded(text)
    except ValueError:
        return
    assert all(0 <= start < end for start, end in parts)
    assert set(text) <= set("0123456789.-,")
    assert text.count("-") == len(parts)


def test_too_many_parts_are_refused():
    """One part more than allowed is refused, and a long text is before it is looked at."""
    assert len(parse_excluded(",".join(["1-2"] * MAX_EXCLUDED))) == MAX_EXCLUDED
    for text in (",".join(["1-2"] * (MAX_EXCLUDED + 1)), "1" * 10_000_000):
        with pytest.raises(ValueError, match=r"at most"):
            parse_excluded(text)
