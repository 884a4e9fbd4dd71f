"""False matches: pairs of an upload and a stranger, those that matched, and the number to expect among many more."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from benchmarks.common.measures import measures_of
from benchmarks.recall.run import Registered, Result
from benchmarks.recall.same_photograph import is_one_photograph
from benchmarks.recall.tail import Rate, rate_of, share_beyond
from benchmarks.recall.uploads import Job, Looked, bits_between
from index.arrays import F64
from index.verdict import LOOSE_PDQ_BITS, MAX_DHASH_BITS, MIN_NATS, TIGHT_PDQ_BITS, Band, Evidence
from registry.matching import MAX_COMPARED

NEAR_DUPLICATE_BITS: Final = 60
"""PDQ distance of two whole pictures, in any dihedral variant, up to which they are one photograph: strangers are at
128 +- 8 bits."""

SUSPECT_NATS: Final = 4.0
"""Evidence of a stranger from which the pictures are compared: they may be parts of one photograph."""

SCALE: Final = 1_000_000  # number of references that the figures stand for
WHOLE_TAIL_FROM_BITS: Final = 96  # distances of strangers up to this many bits are kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """An upload that matched a stranger's reference."""

    job: Job
    reference: int
    band: Band
    evidence: Evidence


class Strangers:
    """Decides which references are strangers to an upload: it shows neither them nor their subjects."""

    def __init__(self, registered: Registered, same: Iterable[tuple[int, int]]) -> None:
        self._by_subject: dict[str, list[int]] = {}
        for place, picture in enumerate(registered.pictures):
            self._by_subject.setdefault(picture.subject, []).append(place)
        self._pictures = registered.pictures
        self._refused = [place for place, name in enumerate(registered.full_ids) if name is None]
        self._same: dict[int, set[int]] = {}
        for one, other in same:
            self._same.setdefault(one, set()).add(other)
            self._same.setdefault(other, set()).add(one)

    def known_to(self, job: Job) -> set[int]:
        """Return the places of references that are no strangers to an upload."""
        known = set(self._refused)
        for place in job.shown:
            known.update(self._by_subject[self._pictures[place].subject], self._same.get(place, ()))
        return known


def near_duplicates(looked: Sequence[Looked]) -> set[tuple[int, int]]:
    """Find pairs of references whose whole pictures are nearly the same in any dihedral variant."""
    upright = np.stack([one.pdq[0] for one in looked])
    pairs: set[tuple[int, int]] = set()
    for place, one in enumerate(looked):
        near = bits_between(one.pdq, upright).min(axis=0) <= NEAR_DUPLICATE_BITS
        pairs.update((place, other) for other in np.flatnonzero(near).tolist() if other > place)
    return pairs


def false_matches(results: Sequence[Result], registered: Registered, strangers: Strangers) -> list[Mistake]:
    """Return every match with a stranger, in descending order of the evidence."""
    places = registered.places()
    found: list[Mistake] = []
    for result in results:
        known = strangers.known_to(result.job)
        answer = result.answer
        found += [
            Mistake(
                job=result.job,
                reference=places[name],
                band=answer.band_of(name),
                evidence=answer.best[name],
            )
            for name in answer.counted() | answer.reference_ids
            if places[name] not in known
        ]
    return sorted(found, key=lambda one: -(measures_of(one.evidence).nats or 0.0))


def same_photographs(
    results: Sequence[Result], registered: Registered, strangers: Strangers
) -> set[tuple[int, int]]:
    """Find pairs of references that are parts of one photograph, among pairs with evidence or a match."""
    places = registered.places()
    suspects: set[tuple[int, int]] = set()
    for result in results:
        answer, known = result.answer, strangers.known_to(result.job)
        likely = {name for name, nats in answer.compared.items() if nats >= SUSPECT_NATS}
        for name in likely | answer.counted() | answer.reference_ids:
            if places[name] not in known:
                pairs = [sorted((shown, places[name])) for shown in result.job.shown]
                suspects.update((first, second) for first, second in pairs)
    paths = [picture.path for picture in registered.pictures]
    return {(one, other) for one, other in suspects if is_one_photograph(paths[one], paths[other])}


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Observed and expected false matches.

    Attributes:
        pairs: distinct pairs of an upload and a stranger.
        review_seen: pairs that matched loosely or tightly.
        tight_seen: pairs that matched tightly.
        windows: rate of strangers with `MIN_NATS` nats.
        whole: rate of strangers whose whole codes match.
        compared: strangers whose windows were compared, without those of loose hits, per upload and million references.
        bound: share of uploads that would trigger more than `MAX_COMPARED` of a million strangers, if uploads'
            rates are gamma distributed.
        pdq: false matches of PDQ alone, per upload and million references.
        classic: false matches of each hash of ImageHash, likewise.
    """

    pairs: int
    review_seen: int
    tight_seen: int
    windows: Rate
    whole: Rate
    compared: float
    bound: float
    pdq: float
    classic: dict[str, float]

    @property
    def review_1m(self) -> float:
        """Expected false reviews of one check at a million references."""
        return SCALE * (self.windows.rate + self.whole.rate)

    @property
    def interval_1m(self) -> tuple[float, float]:
        """95 % interval of `review_1m`: the sums of both lower and of both upper ends."""
        return (
            SCALE * (self.windows.low + self.whole.low),
            SCALE * (self.windows.high + self.whole.high),
        )


def stranger_nats(results: Sequence[Result], registered: Registered, strangers: Strangers) -> list[F64]:
    """Return for each upload the evidence of all strangers whose windows were compared."""
    places = registered.places()
    nats = []
    for result in results:
        known, compared = strangers.known_to(result.job), result.answer.compared.items()
        nats.append(np.array([value for name, value in compared if places[name] not in known]))
    return nats


def _triggered(results: Sequence[Result], registered: Registered, strangers: Strangers) -> list[int]:
    """Return for each upload the number of strangers that triggered, without those of one loose hit."""
    places = registered.places()
    return [
        sum(places[name] not in known for name in result.answer.compared.keys() - result.answer.loose)
        for result in results
        for known in (strangers.known_to(result.job),)
    ]


def summary_of(
    results: Sequence[Result],
    registered: Registered,
    strangers: Strangers,
    matches: Sequence[Mistake],
    seed: int,
) -> Summary:
    """Count the false matches, and extrapolate."""
    pairs, plain = [], 0
    nats = stranger_nats(results, registered, strangers)
    classic: dict[str, int] = dict.fromkeys(results[0].classic_false, 0)
    for result in results:
        known = strangers.known_to(result.job)
        pairs.append(len(registered.pictures) - len(known))
        plain += len(set(result.pdq_false) - known)
        for name, near in result.classic_false.items():
            classic[name] += len(set(near) - known)
    rng = np.random.default_rng(seed)
    total = max(1, sum(pairs))
    triggered = np.array(_triggered(results, registered, strangers))
    return Summary(
        pairs=sum(pairs),
        review_seen=len(matches),
        tight_seen=sum(match.band is Band.TIGHT for match in matches),
        windows=rate_of(nats, pairs, MIN_NATS, rng),
        whole=_whole_rate(results, registered, strangers, pairs, rng),
        compared=SCALE * float(triggered.sum()) / total,
        bound=share_beyond(triggered, np.array(pairs), MAX_COMPARED / SCALE, rng),
        pdq=plain / total * SCALE,
        classic={name: count / total * SCALE for name, count in classic.items()},
    )


def _whole_rate(
    results: Sequence[Result],
    registered: Registered,
    strangers: Strangers,
    pairs: Sequence[int],
    rng: np.random.Generator,
) -> Rate:
    """Extrapolate the distances of strangers' whole codes to the tight radius, and to the loose one.

    Beyond the tight radius, only strangers whose dHash-128 agrees count. Their share is taken from the nearest pairs
    that were observed.
    """
    held = np.stack([one.pdq[0] for one in registered.looked])
    held_dhash = np.stack([one.dhash for one in registered.looked])
    nearness, agreeing, looked_at = [], 0, 0
    for result in results:
        pdq, dhash = result.answer.pdq, result.answer.dhash
        own = np.zeros(0)
        if pdq is not None and dhash is not None:
            bits = bits_between(pdq, held)
            bits[:, sorted(strangers.known_to(result.job))] = 256
            nearest = bits.min(axis=0)
            near = np.flatnonzero(nearest <= WHOLE_TAIL_FROM_BITS)
            between = bits_between(dhash, held_dhash[near])[
                bits[:, near].argmin(axis=0), np.arange(len(near))
            ]
            agreeing += int((between <= MAX_DHASH_BITS).sum())
            looked_at += len(near)
            own = -nearest[near].astype(np.float64)
        nearness.append(own)
    tight = rate_of(nearness, pairs, -TIGHT_PDQ_BITS, rng)
    loose = rate_of(nearness, pairs, -LOOSE_PDQ_BITS, rng)
    share = agreeing / max(1, looked_at)
    return Rate(
        rate=tight.rate + share * max(0.0, loose.rate - tight.rate),
        low=tight.low + share * max(0.0, loose.low - tight.low),
        high=tight.high + share * max(0.0, loose.high - tight.high),
        seen=tight.seen,
        pairs=loose.pairs,
        shape=loose.shape,
        excesses=loose.excesses,
    )
