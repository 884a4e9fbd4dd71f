"""Codes: one canonical spelling, our errors only, no value in any text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.errors import CodeError, MalformedCode, UnknownAlgorithm, WrongLength
from index.hashing.codes import Algorithm, Code

algorithms = st.sampled_from(list(Algorithm))
codes = algorithms.flatmap(
    lambda a: st.builds(
        Code,
        algorithm=st.just(a),
        value=st.binary(min_size=a.bits // 8, max_size=a.bits // 8),
        quality=st.none(),
    )
)
PDQ_TEXT = "0123456789abcdef" * 4


@given(codes)
def test_what_is_printed_is_what_is_parsed(code):
    """Every code is read back from its own spelling."""
    assert Code.parse(str(code.algorithm), code.hex()) == code


@given(algorithms, st.text(alphabet="0123456789abcdefABCDEF xX_\n\t-+٣３", max_size=70) | st.text())
def test_only_the_canonical_spelling_passes(algorithm, text):
    """Whatever text passes is the spelling that the code prints; everything else is a CodeError."""
    try:
        code = Code.parse(algorithm.value, text)
    except CodeError:
        return
    assert code.hex() == text


@pytest.mark.parametrize(
    "text",
    [PDQ_TEXT.upper(), "0x" + PDQ_TEXT[2:], PDQ_TEXT[:-1] + "\n", " " + PDQ_TEXT[1:], PDQ_TEXT[:-1] + "_",
     PDQ_TEXT[:-1] + "٣", PDQ_TEXT[:-1] + "\uff13", PDQ_TEXT[:-1] + "g", "+" + PDQ_TEXT[1:], "\x00" * 64],
)  # fmt: skip
def test_other_spellings_of_the_right_length_are_malformed(text):
    """Capitals, prefixes, blanks, separators and foreign digits are refused, and never quoted."""
    with pytest.raises(MalformedCode) as caught:
        Code.parse("pdq", text)
    assert text not in str(caught.value)


@pytest.mark.parametrize("text", ["", PDQ_TEXT[:-1], PDQ_TEXT + "0", PDQ_TEXT + "\n", "z" * 4_000_000])
def test_the_length_is_checked_first(text):
    """A wrong length is told as such, however long and whatever else is wrong."""
    with pytest.raises(WrongLength):
        Code.parse("pdq", text)


@pytest.mark.parametrize("name", ["", "PDQ", "pdq ", "sha1", "Algorithm.PDQ"])
def test_unknown_algorithms_are_refused(name):
    """An algorithm's name has one spelling as well."""
    with pytest.raises(UnknownAlgorithm):
        Code.parse(name, PDQ_TEXT)


@pytest.mark.parametrize(("algorithm", "quality"), [("pdq", -1), ("pdq", 101), ("pdq", True), ("sha256", 50)])
def test_a_quality_is_in_range_or_refused(algorithm, quality):
    """Only PDQ codes have a quality, a whole number from 0 to 100."""
    with pytest.raises(MalformedCode):
        Code.parse(algorithm, PDQ_TEXT, quality)


@given(codes, st.integers(min_value=0))
def test_distance_counts_the_bits_that_differ(code, number):
    """A code is at distance 0 from itself, at its length from its complement, and at 1 from a neighbour."""
    bits = code.algorithm.bits
    value = int.from_bytes(code.value)

    def like(changed):
        return Code(algorithm=code.algorithm, value=changed.to_bytes(bits // 8))

    assert code.distance(code) == 0
    assert code.distance(like(value ^ (1 << bits) - 1)) == bits
    assert like(value ^ 1 << number % bits).distance(code) == 1


def test_codes_of_two_algorithms_have_no_distance():
    """Comparing a PDQ code with a digest of the same length is an error, not a number."""
    with pytest.raises(CodeError):
        Code.parse("pdq", PDQ_TEXT).distance(Code.parse("sha256", PDQ_TEXT))


@given(codes)
def test_no_text_shows_the_value(code):
    """Neither repr nor str of a code holds any of its value, so that logs hold no hashes."""
    assert code.hex() not in repr(code) + str(code)
    assert repr(code.value) not in repr(code) + str(code)


@pytest.mark.parametrize(
    ("algorithm", "text", "degenerate"),
    [("pdq", "8" + "0" * 63, True), ("pdq", "0" * 64, True), ("pdq", "f" * 64, True),
     ("pdq", "5" * 64, False), ("dhash128", "0" * 32, True), ("dhash128", "0f" * 16, False),
     ("phash", "8" + "0" * 15, True), ("phash", "a5" * 8, False), ("sha256", "0" * 64, False),
     ("md5", "0" * 32, False)],
)  # fmt: skip
def test_codes_of_flat_pictures_are_degenerate(algorithm, text, degenerate):
    """Codes with hardly a bit set, or hardly one unset, are told apart from codes of pictures."""
    assert Code.parse(algorithm, text).is_degenerate is degenerate


def test_digests_alone_are_exact():
    """Two digests say something only by being equal; every other code by how far it is from another."""
    assert {algorithm.value for algorithm in Algorithm if algorithm.is_exact} == {"sha256", "md5"}
