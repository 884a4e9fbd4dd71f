"""Keys of subjects: what one sealed opens with it alone, and the key opens for its own subject alone."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.errors import SealBroken
from registry.security.keys import Keys
from registry.security.sealing import Sealer
from registry.security.subject_keys import SubjectSealer

SEALER = Sealer.of(Keys(b"p" * 32))
MINE, YOURS = b"face key|case_1|1", b"face key|case_2|1"
HERE, THERE = b"photo|case_1", b"photo|case_2"


@given(plain=st.binary(max_size=3000), context=st.binary(max_size=40))
def test_what_a_key_sealed_opens(plain, context):
    """Any bytes come back, by the key as it is kept, opened another time."""
    sealed_key = SEALER.make_key(MINE)
    sealed = SEALER.open_key(sealed_key, MINE).seal(plain, context)
    assert SEALER.open_key(sealed_key, MINE).unseal(sealed, context) == plain


def test_every_key_is_another():
    """Two subjects' keys open nothing of each other."""
    one, other = (SEALER.open_key(SEALER.make_key(MINE), MINE) for _ in range(2))
    with pytest.raises(SealBroken):
        other.unseal(one.seal(b"a face", HERE), HERE)


def test_a_key_opens_for_its_own_subject_alone():
    """A key that was put into another subject's row, or taken to another deployment, does not open."""
    sealed_key = SEALER.make_key(MINE)
    with pytest.raises(SealBroken):
        SEALER.open_key(sealed_key, YOURS)
    with pytest.raises(SealBroken):
        Sealer.of(Keys(b"q" * 32)).open_key(sealed_key, MINE)


def test_a_seal_of_the_deployment_is_no_key():
    """Bytes of another length than a key are refused, also if they were sealed in the key's context."""
    with pytest.raises(SealBroken):
        SEALER.open_key(SEALER.seal(b"k" * 31, MINE), MINE)


def test_another_context_does_not_open():
    """Rows cannot change places."""
    sealer = SubjectSealer(b"k" * 32, os.urandom)
    with pytest.raises(SealBroken):
        sealer.unseal(sealer.seal(b"a face", HERE), THERE)


@given(st.data())
def test_any_change_is_noticed(data):
    """One flipped bit anywhere, and any cut, is an error."""
    sealer = SubjectSealer(b"k" * 32, os.urandom)
    sealed = bytearray(sealer.seal(b"a face", HERE))
    place = data.draw(st.integers(0, len(sealed) * 8 - 1))
    flipped = bytearray(sealed)
    flipped[place // 8] ^= 1 << place % 8
    for broken in (flipped, sealed[: place // 8]):
        with pytest.raises(SealBroken):
            sealer.unseal(bytes(broken), HERE)


def test_a_plain_key_is_nowhere_in_its_seal():
    """No eight bytes of the random key stand in what is kept."""
    drawn = []

    def random(count):
        drawn.append(os.urandom(count))
        return drawn[-1]

    sealed_key = Sealer.of(Keys(b"p" * 32), random).make_key(MINE)
    key = next(one for one in drawn if len(one) == 32)
    assert not any(key[start : start + 8] in sealed_key for start in range(25))
