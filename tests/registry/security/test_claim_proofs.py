"""Secrets of cases: what is kept of them, and comparisons that neither wait for guesses nor take much memory."""

import os
import threading

import pytest

from registry.domain.claims import KeptProof
from registry.errors import ProofsBusy
from registry.security import claim_proofs
from registry.security.claim_proofs import ArgonProofs, ProofCost
from registry.security.keys import Keys

CASE = "case_0000000000000001"
CHEAP = ProofCost(memory_kib=8, passes=1)


@pytest.fixture
def proofs():
    return ArgonProofs(Keys(bytes(range(32))), os.urandom, CHEAP)


def test_the_right_secret_is_right_and_no_other(proofs):
    """A secret is recognized, and one with a bit flipped is not."""
    kept = proofs.keep(b"nine byte")
    assert proofs.is_likely(CASE, b"nine byte", kept)
    assert proofs.is_right(CASE, b"nine byte", kept, is_likely=True)
    assert not proofs.is_right(CASE, b"nine bytd", kept, is_likely=False)


def test_what_is_kept_tells_nothing_without_the_pepper(proofs):
    """Twice kept, a secret looks different; with another pepper it is not recognized."""
    first, second = proofs.keep(b"nine byte"), proofs.keep(b"nine byte")
    assert first.salt != second.salt
    assert first.digest != second.digest
    assert not ArgonProofs(Keys(bytes(32)), os.urandom, CHEAP).is_right(
        CASE, b"nine byte", first, is_likely=True
    )


def test_an_unknown_case_knows_no_secret(proofs):
    """Whatever is sent, and however often, a decoy is never right, and is always the same decoy."""
    guesses = [os.urandom(9) for _ in range(200)]
    likely = [proofs.is_likely(CASE, guess, None) for guess in guesses]
    assert likely == [proofs.is_likely(CASE, guess, None) for guess in guesses]
    assert not any(proofs.is_right(CASE, guess, None, is_likely=True) for guess in guesses[:20])
    assert not proofs.is_right(CASE, b"", KeptProof(salt=bytes(16), tag=0, digest=bytes(32)), is_likely=True)


def test_few_guesses_are_likely(proofs):
    """One guess in 4,096 has the right tag, for a known case as for an unknown one."""
    kept = proofs.keep(b"nine byte")
    for compared in (kept, None):
        likely = sum(proofs.is_likely(CASE, os.urandom(9), compared) for _ in range(20_000))
        assert likely <= 20  # 5 are expected, and more than 20 of 5 have a probability of 1e-8


def test_the_cost_is_what_is_stated():
    """19 MiB, two passes: OWASP's smallest profile."""
    assert (ProofCost().memory_kib, ProofCost().passes) == (19_456, 2)


def test_guesses_wait_for_nobody_and_owners_go_first(proofs, monkeypatch):
    """With all places taken, two guesses wait, further ones are refused at once, and the right secret goes first."""
    kept = proofs.keep(b"nine byte")
    going, done, order = threading.Event(), [], []
    real = ArgonProofs._digest

    def slow(self, salt, value):
        if value != b"free":
            going.wait(10)
        order.append(value)
        return real(self, salt, value)

    monkeypatch.setattr(ArgonProofs, "_digest", slow)

    def compare(value, *, is_likely):
        done.append(proofs.is_right(CASE, value, kept, is_likely=is_likely))

    def begin(value, *, is_likely):
        thread = threading.Thread(target=compare, args=(value,), kwargs={"is_likely": is_likely})
        thread.start()
        return thread

    gate = proofs._gate
    running = [begin(b"running", is_likely=False) for _ in range(claim_proofs.PLACES)]
    _until(lambda: gate._running == claim_proofs.PLACES)
    waiting = [begin(b"guess", is_likely=False) for _ in range(claim_proofs.MAX_UNLIKELY)]
    _until(lambda: gate._unlikely == claim_proofs.MAX_UNLIKELY)
    with pytest.raises(ProofsBusy):
        proofs.is_right(CASE, b"guess", kept, is_likely=False)
    owner = begin(b"nine byte", is_likely=True)
    _until(lambda: gate._likely == 1)
    going.set()
    for thread in (*running, *waiting, owner):
        thread.join(10)
    assert done.count(True) == 1
    assert order.index(b"nine byte") < order.index(b"guess")


def _until(holds):
    pause = threading.Event()
    for _ in range(2_000):
        if holds():
            return
        pause.wait(0.005)
    raise AssertionError("it did not come to hold in time")
