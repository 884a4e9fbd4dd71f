"""Attackers who know the source. They choose questions, and guess which bits of their copy are wrong."""

import random

import numpy as np

from index.verdict.vocabulary import Outcome
from registry.security.oracle_budget import BLURRED_BUDGETS

STRENGTH = {Outcome.ALLOW: 0, Outcome.REVIEW: 1, Outcome.BLOCK: 2}
EXACT, BLURRED, HELD = 31, 27, 52
"""Distances in the middle of what each strictness leaves to be told."""

SLOPES = {EXACT: 0.15, BLURRED: 2 / 8, HELD: 1 / 25}
"""Change of the answer's expected strength with each bit, as the source tells."""

MIN_ANSWERS = 8


def target_of(oracle, budget):
    """Returns the distance at which the next answer tells most."""
    near = len(oracle.probes.near)
    if near < budget:
        return EXACT
    return BLURRED if near < budget * BLURRED_BUDGETS else HELD


class LeastSquares:
    """Flips random bits of a copy, so that about half of the answers are the stronger one.

    Flipping a bit that is wrong brings the question nearer, so answers are stronger where such bits are flipped.
    """

    def __init__(self, start, wrong, width, seed):
        self.start, self.wrong, self.width = start, wrong, width
        self.draw = random.Random(seed)
        self.heard = []

    def question(self, target):
        """Returns a code that lies about `target` bits from the registered one, and its flipped places."""
        share = 1 - 2 * self.wrong / self.width
        count = min(self.width // 2, max(8, round((target - self.wrong) / share)))
        places = self.draw.sample(range(self.width), count)
        return self.start ^ _bits(places), places

    def hear(self, target, places, outcome):
        """Keeps an answer."""
        self.heard.append((target, places, STRENGTH[outcome]))

    def odds(self):
        """Returns the log odds that each bit is wrong, float64 [width]."""
        odds = np.full(self.width, np.log(self.wrong / (self.width - self.wrong)))
        for target, slope in SLOPES.items():
            mine = [(places, strength) for at, places, strength in self.heard if at == target]
            answers = np.array([strength for _, strength in mine], float)
            if len(mine) < MIN_ANSWERS or not answers.std():
                continue
            design = np.zeros((len(mine), self.width))
            for row, (places, _) in enumerate(mine):
                design[row, places] = 1
            design -= design.mean(axis=0)
            odds += slope * (design.T @ (answers - answers.mean())) / answers.var()
            odds -= slope**2 * (design**2).sum(axis=0) / answers.var() / 2
        return odds

    def guess(self):
        """Returns the likeliest code: bits with more than even odds are flipped."""
        return self.start ^ _bits(map(int, np.flatnonzero(self.odds() > 0)))


class Climber(LeastSquares):
    """Walks just beyond the threshold, then flips one bit after another: the attack that needs 271 exact answers.

    Only exact answers are worth anything to it.
    """

    def __init__(self, start, wrong, width, seed):
        super().__init__(start, wrong, width, seed)
        self.order = self.draw.sample(range(width), width)
        self.base, self.is_beyond, self.rounds = [], False, 0
        self.left, self.found = [], []

    def question(self, target):
        """Returns the base, or a code with one more bit flipped."""
        if not self.is_beyond and len(self.base) + self.wrong < HELD:
            self.base.append(self.order[len(self.base)])
            return self.start ^ _bits(self.base), []
        if not self.left:
            if self.rounds:
                self.base = self.draw.sample(
                    self.order, len(self.base)
                )  # the same questions again tell nothing
            self.rounds += 1
            self.left = [place for place in self.order if place not in self.base]
        place = self.left.pop()
        return self.start ^ _bits([*self.base, place]), [place]

    def hear(self, target, places, outcome):
        """Stops walking where the answer gets weaker, and then keeps each bit that makes it stronger again."""
        if target != EXACT or self.rounds > 1:
            return
        if not places:
            self.is_beyond = outcome is not Outcome.BLOCK
        elif outcome is Outcome.BLOCK:
            self.found.append(places[0])

    def guess(self):
        """Returns the copy with the bits flipped that were found."""
        return self.start ^ _bits(set(self.found))


def _bits(places):
    return sum(1 << place for place in places)
