"""Figures of a run: recall by kind and by sort, false pairs and segments; as tables and as JSON."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.clips.cost import Cost
from benchmarks.clips.films.kinds import PLAIN
from benchmarks.clips.peers import PEERS
from benchmarks.clips.run import Result
from benchmarks.common.answer import FAULT


@dataclass(frozen=True, slots=True, kw_only=True)
class Recall:
    """Shares of some uploads that were found; None where no upload was hashed."""

    n: int
    ours: float
    peers: Mapping[str, float | None]

    def as_row(self) -> dict[str, object]:
        """Return the shares by their names in the JSON output."""
        return {
            "ours": round(self.ours, 4),
            **{name: None if share is None else round(share, 4) for name, share in self.peers.items()},
            "n": self.n,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class FalsePairs:
    """Pairs of content and another clip's reference.

    Attributes:
        pairs: distinct pairs; all uploads of one clip are one content.
        false: distinct pairs that matched at least once.
        uploads: pairs of an upload and another clip's reference.
        peers: share of `uploads` that other methods match; None where no upload was hashed.
    """

    pairs: int
    false: tuple[tuple[str, int], ...]
    uploads: int
    peers: Mapping[str, float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """All results of a run.

    Attributes:
        segments: number of true segments that could have been reported.
        segments_right: share of them that was reported within 1 s.
        held: uploads of strangers that were not allowed.
        faults: exceptions that the product must never raise.
    """

    kinds: Mapping[str, Recall]
    sorts: Mapping[str, Recall]
    false: FalsePairs
    segments: int
    segments_right: float
    strangers: int
    held: int
    faults: tuple[str, ...]
    cost: Cost | None

    @property
    def mean_ours(self) -> float:
        """Mean over kinds, each with the same weight."""
        return sum(one.ours for one in self.kinds.values()) / max(1, len(self.kinds))


def figures_of(results: Sequence[Result], references: int, cost: Cost | None) -> Figures:
    """Count the results."""
    own = [one for one in results if one.place is not None]
    strangers = [one for one in results if one.place is None]
    told = [right for one in own if one.is_found and one.answer.is_clip for right in one.right]
    return Figures(
        kinds=_recalls(own, lambda one: one.job.kind),
        sorts=_recalls(own, lambda one: one.job.clip.sort.value),
        false=_false(results, references),
        segments=len(told),
        segments_right=sum(told) / max(1, len(told)),
        strangers=len(strangers),
        held=sum(one.answer.outcome != "allow" for one in strangers),
        faults=tuple(one.answer.reasons[0] for one in results if one.answer.outcome == FAULT),
        cost=cost,
    )


def _recalls(results: Iterable[Result], group: Callable[[Result], str]) -> dict[str, Recall]:
    groups: dict[str, list[Result]] = defaultdict(list)
    for one in results:
        groups[group(one)].append(one)
    return {
        name: Recall(
            n=len(some),
            ours=sum(one.is_found for one in some) / len(some),
            peers={peer: _share(some, peer) for peer in PEERS},
        )
        for name, some in groups.items()
    }


def _share(results: Sequence[Result], peer: str) -> float | None:
    hashed = [(one.place, found) for one in results if (found := one.theirs[peer]) is not None]
    return sum(place in found for place, found in hashed) / len(hashed) if hashed else None


def _false(results: Sequence[Result], references: int) -> FalsePairs:
    shown = {one.job.clip.name: one.place for one in results}
    false = {(one.job.clip.name, place) for one in results for place in one.false(one.found)}
    peers: dict[str, float | None] = {}
    for peer in PEERS:
        hashed = [(one, found) for one in results if (found := one.theirs[peer]) is not None]
        wrong = sum(len(one.false(found)) for one, found in hashed)
        pairs = sum(references - (one.place is not None) for one, _ in hashed)
        peers[peer] = wrong / pairs if pairs else None
    return FalsePairs(
        pairs=sum(references - (place is not None) for place in shown.values()),
        false=tuple(sorted(false)),
        uploads=sum(references - (one.place is not None) for one in results),
        peers=peers,
    )


def json_of(figures: Figures) -> dict[str, object]:
    """Return the figures by their names in the JSON output."""
    false = figures.false
    return {
        "kinds": {name: one.as_row() for name, one in figures.kinds.items()},
        "sorts": {name: one.as_row() for name, one in figures.sorts.items()},
        "mean_ours": round(figures.mean_ours, 4),
        "false_pairs": len(false.false),
        "pairs": false.pairs,
        "upload_pairs": false.uploads,
        "false_of_peers": {
            name: None if share is None else round(share, 5) for name, share in false.peers.items()
        },
        "strangers": figures.strangers,
        "strangers_held": figures.held,
        "faults": len(figures.faults),
        "segments": figures.segments,
        "segments_within_1s": round(figures.segments_right, 4),
        **({} if figures.cost is None else figures.cost.as_json()),
    }


def rows_of(recalls: Mapping[str, Recall], title: str) -> list[dict[str, object]]:
    """Return the rows of a table."""
    return [
        {
            title: name,
            "n": one.n,
            "ours": f"{one.ours:.2f}",
            **{peer: "" if share is None else f"{share:.2f}" for peer, share in one.peers.items()},
        }
        for name, one in recalls.items()
    ]


def dumped(result: Result) -> dict[str, object]:
    """Return one upload as an object for JSON, for the study of misses."""
    job, answer = result.job, result.answer
    return {
        "kind": job.kind,
        "clip": job.clip.name,
        "sort": job.clip.sort.value,
        "is_stranger": job.kind == PLAIN or not job.clip.is_registered,
        "seed": job.seed,
        "seconds": round(result.seconds, 2),
        "outcome": answer.outcome,
        "band": "" if answer.verdict is None else answer.verdict.band.value,
        "reasons": answer.reasons,
        "is_found": result.is_found,
        "false": result.false(result.found),
        "shown": [[*one.starts, *one.ends] for one in result.shown],
        "segments": [[one.start_ms / 1000, one.end_ms / 1000] for one in answer.segments],
        "right": result.right,
        "others": {name: found for name, found in result.theirs.items() if found},
    }
