"""A registered picture behind the real ladder and budgets, without the server around them: an oracle to attack."""

import random
from collections import Counter
from dataclasses import dataclass, field

from index.hashing.codes import Algorithm, Code
from index.verdict.evidence import ReferenceFacts, WholeEvidence
from index.verdict.thresholds import MAX_PROPOSED_PDQ_BITS
from index.verdict.vocabulary import Level, ReferenceKind
from registry.domain.probe import Asker, ProbeCounts
from registry.errors import ProbingSuspended
from registry.matching.probing import weigh
from registry.matching.question import CodeQuestion
from registry.security.keys import Keys
from registry.security.oracle_budget import MEDIA_BUDGETS, OracleBudget
from tests.support.databases.registry_parts import Clock

PDQ_BITS = 256
DHASH_BITS = 128
REFERENCE = "ref_1"
FACTS = ReferenceFacts(kind=ReferenceKind.INTIMATE_ITEM, level=Level.V1)


@dataclass
class CountedProbes:
    """Counts as `SqlProbes` does, in memory, for one tenant and one reference."""

    near: dict = field(default_factory=dict)
    of_uploader: Counter = field(default_factory=Counter)
    held: int = 0

    def count(self, asker, digest, reference_ids, people, today) -> ProbeCounts:
        """Returns the numbers of other questions."""
        own = self.near.get(digest)
        is_own = own is not None and own.uploader == asker.uploader
        return ProbeCounts(
            of_references=dict.fromkeys(reference_ids, len(self.near) - (own is not None)),
            of_uploader=self.of_uploader[asker.uploader] - is_own if asker.uploader is not None else 0,
            held=self.held - (own is not None and own.is_held),
        )

    def write(self, probe):
        """Keeps a question."""
        if probe is None or probe.digest in self.near:
            return
        self.near[probe.digest] = probe
        self.of_uploader[probe.uploader] += 1
        self.held += probe.is_held


class Oracle:
    """One registered picture and a tenant that asks about it with any number of keys.

    Attributes:
        asked: the number of questions that were answered.
        warned_at: the number of questions after which the operator was warned first, or None.
    """

    tenant = "ten_1"

    def __init__(self, seed, *, budget=20):
        draw = random.Random(seed)
        self.pdq = draw.getrandbits(PDQ_BITS)
        self.dhash = draw.getrandbits(DHASH_BITS)
        self.size = budget
        self.asked = 0
        self.warned_at = None
        self.probes = CountedProbes()
        self.budget = OracleBudget(
            probes=self.probes,
            keys=Keys(draw.randbytes(32)),
            budget=budget,
            now=Clock(),
            report=lambda _event, _tenant: self._warned(),
        )

    def _warned(self):
        if self.warned_at is None:
            self.warned_at = self.asked

    def is_silent(self, uploader=None):
        """Tells whether every further question of an asker by media gets the same answer."""
        counts = self.probes.count(
            Asker(tenant_id=self.tenant, uploader=uploader), b"", [REFERENCE], (), None
        )
        is_pool_spent = uploader is None and counts.held >= self.size * MEDIA_BUDGETS
        return is_pool_spent or counts.of_uploader >= self.size

    def ask(self, pdq, dhash=None, *, uploader=None, is_by_codes=True):
        """Returns the outcome, or None if nothing more is answered."""
        dhash = self.dhash if dhash is None else dhash
        question = question_of(pdq, dhash)
        bits = (pdq ^ self.pdq).bit_count()
        found = found_at(bits, (dhash ^ self.dhash).bit_count())
        asker = Asker(tenant_id=self.tenant, uploader=uploader, is_by_codes=is_by_codes)
        try:
            weighed = weigh(question, found, asker=asker, budget=self.budget)
        except ProbingSuspended:
            return None
        self.asked += 1
        self.probes.write(weighed.probe)
        return weighed.verdict.outcome


def question_of(pdq, dhash):
    """Returns a question of two codes, given as numbers."""
    return CodeQuestion(
        pdq=Code(algorithm=Algorithm.PDQ, value=pdq.to_bytes(32), quality=100),
        dhash=Code(algorithm=Algorithm.DHASH128, value=dhash.to_bytes(16)),
    )


def found_at(pdq_bits, dhash_bits, reference=REFERENCE):
    """Returns what is found about a reference at these distances."""
    if pdq_bits > MAX_PROPOSED_PDQ_BITS:
        return []
    evidence = WholeEvidence(
        reference=FACTS, pdq_bits=pdq_bits, dhash_bits=dhash_bits, quality=100, flat_share=0.0
    )
    return [(reference, evidence)]


def moved(value, bits, draw, width=PDQ_BITS):
    """Returns a code that differs in that many bits."""
    return value ^ sum(1 << place for place in draw.sample(range(width), bits))
