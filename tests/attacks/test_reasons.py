"""The holder of a part of a picture, who reads from the reasons of loose matches whether the second code agrees.

The windows match and the frame differs, whatever is asked. The unknown dHash-128 is learnt bit by bit: a question on
the threshold says by `second_family_differs` whether the bit that it flipped was right.
"""

import random

import pytest

from index.verdict.evidence import FrameView, ReferenceFacts, WindowEvidence
from index.verdict.ladder import decide
from index.verdict.telling import tell
from index.verdict.thresholds import MAX_DHASH_BITS
from index.verdict.vocabulary import Level, MatchKind, ReferenceKind

FACTS = ReferenceFacts(kind=ReferenceKind.INTIMATE_ITEM, level=Level.V1)
BITS = 128
KNOWN_AT_MOST = (
    12  # bits beyond chance by which a mean of the runs may differ: three standard errors of a fair coin
)
RUNS = 20


def verdict(distance):
    """Return the verdict about an upload whose windows agree and whose frame differs."""
    view = FrameView(pdq_bits=50, dhash_bits=distance, quality=90, flat_share=0.1, cover=0.6)
    return decide([WindowEvidence(reference=FACTS, nats=90.0, view=view, match=MatchKind.PARTIAL_COPY)])


def learnt(observe, seed):
    """Return how many of the bits are right in the end. The attacker begins just within the threshold."""
    generator = random.Random(seed)
    held = [generator.randrange(2) for _ in range(BITS)]
    guess = list(held)
    for place in generator.sample(range(BITS), MAX_DHASH_BITS):
        guess[place] ^= 1

    def asks(bits):
        return observe(verdict(sum(one != other for one, other in zip(bits, held, strict=True))))

    agrees = asks(guess)
    crossed = [
        asks([*guess[:place], 1 - guess[place], *guess[place + 1 :]]) != agrees for place in range(BITS)
    ]
    if not any(crossed):  # no answer differs, so a coin is as good
        crossed = [generator.randrange(2) == 0 for _ in range(BITS)]
    return sum(said == (guess[place] == held[place]) for place, said in enumerate(crossed))


def full(found):
    """What was answered before: all reasons."""
    return found.reasons


@pytest.mark.parametrize("distance", range(0, BITS + 1, 4))
def test_no_distance_of_the_second_code_shows(distance):
    """Whatever it is, a loose match is told in one way."""
    assert tell(verdict(distance)) == tell(verdict(0))


def test_nobody_learns_the_second_code_by_reasons():
    """With one reason the attacker is left to guess; with all of them every bit is learnt."""
    told = sum(learnt(tell, seed) for seed in range(RUNS)) / RUNS
    before = sum(learnt(full, seed) for seed in range(RUNS)) / RUNS
    assert before == BITS
    assert abs(told - BITS / 2) <= KNOWN_AT_MOST
