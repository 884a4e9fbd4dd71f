"""`Sealer`: what was sealed opens exactly, in its own context and with its own key, or not at all."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.errors import SealBroken
from registry.security.keys import Keys
from registry.security.sealing import Sealer

OLD_PEPPER = b"o" * 32
OLD, NEW = Keys(OLD_PEPPER), Keys(b"n" * 32)
HERE, THERE = b"anchored-1:7", b"anchored-1:8"


@given(plain=st.binary(max_size=3000), context=st.binary(max_size=40))
def test_what_was_sealed_opens(plain, context):
    """Any bytes come back in the context that they were sealed in, with another sealer of the same pepper too."""
    assert Sealer.of(OLD).unseal(Sealer.of(OLD).seal(plain, context), context) == plain


def test_the_same_bytes_are_never_sealed_alike():
    """Two seals of one plain text share nothing but the key's number."""
    sealer = Sealer.of(OLD)
    one, other = (sealer.seal(b"x" * 64, HERE) for _ in range(2))
    assert one[:1] == other[:1]
    assert one[1:13] != other[1:13]
    assert one[13:] != other[13:]


def test_a_sealed_text_shows_nothing_of_the_plain_one():
    """No eight bytes of the plain text stand in the sealed one, which is 29 bytes longer."""
    plain = os.urandom(1600)
    sealed = Sealer.of(OLD).seal(plain, HERE)
    assert len(sealed) == len(plain) + 29
    assert not any(plain[start : start + 8] in sealed for start in range(len(plain) - 8))


@given(st.data())
def test_any_change_is_noticed(data):
    """One flipped bit anywhere, the key's number and the nonce included, is an error."""
    sealed = bytearray(Sealer.of(OLD).seal(b"windows", HERE))
    place = data.draw(st.integers(0, len(sealed) * 8 - 1))
    sealed[place // 8] ^= 1 << place % 8
    with pytest.raises(SealBroken):
        Sealer({1: OLD, 2: NEW}).unseal(bytes(sealed), HERE)


@given(st.integers(0, 35))
def test_what_was_cut_is_noticed(length):
    """A sealed text that was cut anywhere is an error, down to nothing."""
    sealed = Sealer.of(OLD).seal(b"windows", HERE)
    with pytest.raises(SealBroken):
        Sealer.of(OLD).unseal(sealed[:length], HERE)


def test_another_context_does_not_open():
    """Bytes sealed for one reference open for no other: rows cannot be exchanged."""
    sealer = Sealer.of(OLD)
    with pytest.raises(SealBroken):
        sealer.unseal(sealer.seal(b"windows", HERE), THERE)


def test_another_pepper_does_not_open():
    """A database without its own pepper opens nothing."""
    with pytest.raises(SealBroken):
        Sealer.of(NEW).unseal(Sealer.of(OLD).seal(b"windows", HERE), HERE)


def test_keys_rotate():
    """After a second pepper was added, old seals open, new ones are of the new key, and both go on."""
    old, both, new = Sealer.of(OLD), Sealer({1: OLD, 2: NEW}), Sealer({2: NEW})
    before, after = old.seal(b"before", HERE), both.seal(b"after", HERE)
    assert both.unseal(before, HERE) == b"before"
    assert both.unseal(after, HERE) == new.unseal(after, HERE) == b"after"
    with pytest.raises(SealBroken, match="key that is not here"):
        old.unseal(after, HERE)
    with pytest.raises(SealBroken, match="key that is not here"):
        new.unseal(before, HERE)


def test_a_number_cannot_be_passed_off_as_another():
    """The key's number is authenticated: one key under two numbers opens only what was sealed under that number."""
    sealed = Sealer({1: OLD}).seal(b"windows", HERE)
    with pytest.raises(SealBroken):
        Sealer({1: OLD, 2: OLD}).unseal(b"\x02" + sealed[1:], HERE)


def test_the_pepper_itself_is_not_the_key():
    """The key is derived with a label of its own: the pepper as key opens nothing."""
    from cryptography.exceptions import InvalidTag  # noqa: PLC0415  beside its only use
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415

    sealed = Sealer.of(OLD).seal(b"windows", HERE)
    with pytest.raises(InvalidTag):
        AESGCM(OLD_PEPPER).decrypt(sealed[1:13], sealed[13:], sealed[:1] + HERE)


@pytest.mark.parametrize("keys", [{}, {0: OLD}, {256: OLD}, {1: OLD, 300: NEW}])
def test_numbers_that_fit_no_byte_are_refused(keys):
    """A sealer has at least one key, numbered from 1 to 255."""
    with pytest.raises(ValueError, match="1 to 255"):
        Sealer(keys)


def test_errors_tell_nothing():
    """The error holds neither the plain text nor its context, and not the library's own error."""
    sealer = Sealer.of(OLD)
    with pytest.raises(SealBroken) as caught:
        sealer.unseal(sealer.seal(b"canary", HERE), THERE)
    assert caught.value.__cause__ is None
    assert "canary" not in str(caught.value)
    assert "anchored" not in str(caught.value)
