"""Learning a registered code by questions (promise 5): what each attack knows more at its stop than at its start.

Each attacker holds a copy whose code is some bits away, knows the source and everything but the pepper, and asks until
nothing more is told. Run with `-s` to see the table.
"""

import random

import numpy as np
import pytest

from tests.support.attacks.learners import EXACT, HELD, Climber, LeastSquares, target_of
from tests.support.attacks.oracle import DHASH_BITS, PDQ_BITS, Oracle, moved

BUDGET = 20  # the default of `registry.config.Settings`
RUNS = 20
MAX_GAIN_BITS = 8
MAX_QUESTIONS = 4_000
UPLOADERS = [f"user {number}".encode() for number in range(20)]

WAYS = {
    "codes": {"is_by_codes": True, "uploaders": [None]},
    "media": {"is_by_codes": False, "uploaders": [None]},
    "20 uploaders": {"is_by_codes": False, "uploaders": UPLOADERS},
}


def attack(learner, seed, wrong, *, is_by_codes, uploaders, budget=BUDGET):
    """Returns the bits gained, the number of answers, and after how many of them the operator was warned."""
    oracle = Oracle(seed, budget=budget)
    attacker = learner(moved(oracle.pdq, wrong, random.Random(seed + 1)), wrong, PDQ_BITS, seed + 2)
    asking = list(uploaders)
    while asking and oracle.asked < MAX_QUESTIONS:
        uploader = asking[oracle.asked % len(asking)]
        if not is_by_codes and oracle.is_silent(uploader):
            asking.remove(uploader)
            continue
        target = target_of(oracle, budget)
        code, places = attacker.question(target)
        outcome = oracle.ask(code, uploader=uploader, is_by_codes=is_by_codes)
        if outcome is None:
            break
        attacker.hear(target, places, outcome)
    gained = wrong - (attacker.guess() ^ oracle.pdq).bit_count()
    return gained, oracle.asked, oracle.warned_at


@pytest.mark.parametrize("learner", [LeastSquares, Climber])
@pytest.mark.parametrize("way", WAYS)
def test_nobody_learns_a_code(way, learner):
    """No attack gains more than eight bits in the mean, and the operator is warned in its first half."""
    everything = []
    for wrong in (8, 16, 30, 45):
        runs = [attack(learner, 100 * seed + wrong, wrong, **WAYS[way]) for seed in range(RUNS // 4)]
        gained, asked = np.mean([run[:2] for run in runs], axis=0)
        print(f"{way:>12} {learner.__name__:>12} from {wrong:2} bits: {gained:5.1f} gained of {asked:5.0f}")  # noqa: T201
        everything += runs
    assert np.mean([gained for gained, _, _ in everything]) <= MAX_GAIN_BITS
    assert all(asked < MAX_QUESTIONS for _, asked, _ in everything)
    assert all(warned is not None and warned <= asked / 2 for _, asked, warned in everything)


def test_nobody_learns_the_second_code():
    """Of dHash-128 no more is learned, by somebody whose PDQ is near enough at every strictness."""
    gains = []
    for seed in range(0, 5 * RUNS, 10):
        oracle, draw = Oracle(seed, budget=BUDGET), random.Random(seed + 1)
        near, wrong = moved(oracle.pdq, 4, draw), 10
        attacker = LeastSquares(moved(oracle.dhash, wrong, draw, DHASH_BITS), wrong, DHASH_BITS, seed + 2)
        while True:
            target = target_of(oracle, BUDGET)
            code, places = attacker.question(20 if target == EXACT else 14)
            outcome = oracle.ask(near, code)
            if outcome is None or target == HELD:
                break
            attacker.hear(target, places, outcome)
        gains.append(wrong - (attacker.guess() ^ oracle.dhash).bit_count())
    assert np.mean(gains) <= MAX_GAIN_BITS


@pytest.mark.parametrize(("learner", "wrong"), [(Climber, 30), (LeastSquares, 16)])
def test_without_budgets_the_attacks_succeed(learner, wrong):
    """What the budgets prevent is real: with answers that stay exact most of the code is learned."""
    gained, _, warned = attack(learner, 1, wrong, is_by_codes=True, uploaders=[None], budget=10**9)
    assert gained > MAX_GAIN_BITS
    assert warned is None
