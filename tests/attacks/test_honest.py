"""Honest use beside the probing budgets: a month of a platform whose users upload what others registered."""

import random
from collections import Counter
from datetime import timedelta

from index.verdict.vocabulary import Outcome
from registry.domain.probe import Asker, Standing
from registry.matching.probing import weigh
from registry.security.keys import Keys
from registry.security.oracle_budget import OracleBudget
from registry.storage.rows.checks import SqlChecks
from registry.storage.rows.probes import SqlProbes
from tests.support.attacks.oracle import found_at, question_of
from tests.support.databases.registry_parts import Clock

CHECKS = 100_000
RE_UPLOADS = 2_000
REFERENCES = 1_000
REPEATERS = 200
BITS = [0, 2, 2, 4, 4, 6, 6, 8, 8, 10, 10, 12, 14, 16, 18, 20, 24, 28, 30, 34, 38, 48]
"""PDQ distances of re-uploads; three quarters are tight, as in docs/recall.md."""

MAX_OTHERWISE = CHECKS // 1_000


def test_a_month_of_honest_uploads_is_answered_as_without_budgets(sqlite):
    """Of 2,000 re-uploads, 200 users' own among them, tight copies block, nobody is stopped, and few answers differ."""
    draw = random.Random(1)
    clock, warned, told = Clock(), [], Counter()
    budget = OracleBudget(
        probes=SqlProbes(sqlite.checks),
        keys=Keys(bytes(32)),
        budget=20,
        now=clock,
        report=lambda *event: warned.append(event),
    )
    checks = SqlChecks(sqlite.checks)
    for number in range(RE_UPLOADS):
        clock.time += timedelta(days=30) / RE_UPLOADS
        is_repeater = number % 2 == 0  # 200 users upload five pictures each, the others one
        user = f"repeater {number // 2 % REPEATERS}" if is_repeater else f"user {number}"
        bits = draw.choice(BITS)
        asked = question_of(draw.getrandbits(256), draw.getrandbits(128))
        found = found_at(bits, min(bits // 2, 12), f"ref_{draw.randrange(REFERENCES)}")
        asker = Asker(tenant_id="ten_dana", uploader=budget.uploader("ten_dana", user))
        weighed = weigh(asked, found, asker=asker, budget=budget)
        plain = weigh(asked, found, asker=asker, budget=_Unlimited(budget))
        checks.add_probe("ten_dana", weighed.probe, clock())
        is_tight = plain.verdict.outcome is Outcome.BLOCK
        told["tight"] += is_tight
        told["blocked"] += is_tight and weighed.verdict.outcome is Outcome.BLOCK
        told["otherwise"] += weighed.verdict != plain.verdict
    assert told["tight"] > RE_UPLOADS / 2
    assert told["blocked"] >= 0.999 * told["tight"]
    assert told["otherwise"] <= MAX_OTHERWISE
    assert warned == []


class _Unlimited:
    """The same budgets, none of which is ever spent."""

    def __init__(self, budget):
        self._budget = budget

    def __getattr__(self, name):
        return getattr(self._budget, name)

    def standing(self, asker, digest, reference_ids, people=(), *, shows_face=False):
        """Tells that nothing was asked before."""
        return Standing(strictness={})
