"""Match whole codes of query frames with those of key frames: frames that are stretched, or stored anamorphic.

Windows bear a stretch of about 1.2. PDQ and dHash-128 reduce every picture to a square, so they bear any stretch.

1. The index proposes key frames near any variant of any query frame, all query frames in one search.
2. One indexed read confirms those whose references are active.
3. Distances are computed again from the rows' own codes, as for registered pictures (`whole_codes`), and graded by the
   same rule. Evidence takes the form of a query frame that was seen in the key frame's frame, all of it.

The work is bounded by `MAX_CONFIRMED_FRAMES`, highest levels first, then the nearest.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from index.arrays import F64
from index.frames import QueryFrame
from index.search import Hits
from index.stages import Stage, stage
from index.verdict import (
    LOOSE_PDQ_BITS,
    MAX_DHASH_BITS,
    MAX_PROPOSED_PDQ_BITS,
    MIN_FRAME_NATS,
    MIN_NATS,
    REACH_BITS_PER_NAT,
    TIGHT_PDQ_BITS,
    Band,
    WholeEvidence,
    WindowEvidence,
)
from registry.domain import Family, KeyFrameCandidate, number_of
from registry.matching.crowds import ranked_keys
from registry.matching.near_pictures import view_of
from registry.matching.whole_codes import AskedCodes, RegisteredCodes, asked_of_frames, compared
from registry.ports import Candidates, Index

MAX_FRAMES_OF_ONE_CLIP: Final = 3
"""Maximum number of key frames of one clip that one query frame is compared with, the nearest first, as for windows."""

MAX_CONFIRMED_FRAMES: Final = 512
"""Maximum number of key frames confirmed in one call. Opening one takes about 0.05 ms."""

_NATS_BITS: Final = (0, TIGHT_PDQ_BITS, LOOSE_PDQ_BITS, MAX_PROPOSED_PDQ_BITS, 256)
_NATS: Final = (
    MIN_FRAME_NATS + 40.0,
    MIN_FRAME_NATS,
    MIN_NATS,
    MIN_NATS - (MAX_PROPOSED_PDQ_BITS - LOOSE_PDQ_BITS) / REACH_BITS_PER_NAT,
    0.0,
)
_WHOLE_NATS: Final[F64] = np.interp(np.arange(257), _NATS_BITS, _NATS)
"""Log-likelihood ratio by PDQ distance, in nats, on the scale of windows.

Pairs of unrelated photographs and portraits (647,220, the nearest of ten variants) are within 80 bits in 7.6e-5 and
within 72 bits in 6.2e-6 of the cases, none is within 65. Continued at that slope (0.3 nats a bit), 40 bits are 21 nats.
Within the tight radius it is the same picture, so one key frame is a match by itself, as a registered picture is.
Beyond the loose radius the nats lie so far below `MIN_NATS` that evidence reaches exactly its distance
(`WindowEvidence.reach_bits`)."""

MAX_DOUBTFUL_NATS: Final = 90.0
"""Maximum evidence of a key frame that fails a gate (flat, poor, other dHash-128), or that was found median-filtered:
as much as one template gives by windows. It must not be a match by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameCodeMatches:
    """The matches of one query frame's whole codes with key frames.

    Attributes:
        shown: key frames, each with the evidence about it; also evidence that is too weak to count, for the probing
            budget.
        is_finished: whether everything that was proposed was compared.
    """

    shown: list[tuple[KeyFrameCandidate, WindowEvidence]] = field(default_factory=list, repr=False)
    is_finished: bool = True


def match_key_frame_codes(
    query_frames: Sequence[QueryFrame], index: Index, candidates: Candidates
) -> list[FrameCodeMatches]:
    """Find key frames by whole codes, and return the matches of each query frame.

    Frames that show too little to be told from others, such as black ones, match nothing.

    Raises:
        IndexBehind, StorageUnavailable: the index or the database cannot answer now.
        SealBroken: a stored key frame does not open.
    """
    asked = [asked_of_frames([one]) for one in query_frames]
    pdqs = [codes.pdqs for some in asked for codes in some]
    if not pdqs or not index.size(Family.FRAME_WHOLE):
        return [FrameCodeMatches() for _ in query_frames]
    with stage(Stage.PROPOSAL, Family.FRAME_WHOLE.value):
        hits = index.propose(Family.FRAME_WHOLE, np.concatenate(pdqs), MAX_PROPOSED_PDQ_BITS)  # 1.
    owners = np.repeat(np.arange(len(asked)), [sum(len(codes.pdqs) for codes in some) for some in asked])
    proposed = _proposed(hits, owners[hits.queries].tolist())
    wanted = list(dict.fromkeys(key for _, key in proposed))
    known = np.array(wanted, np.int64)
    read, left_out = ranked_keys(known, Family.FRAMES, candidates, MAX_CONFIRMED_FRAMES)
    keys: list[int] = read.tolist()
    confirmed: tuple[KeyFrameCandidate, ...] = ()
    if keys:
        with stage(Stage.CONFIRMATION, Family.FRAME_WHOLE.value):
            confirmed = candidates.confirm_key_frames(keys, Family.FRAMES)  # 2.
    by_key = {one.key: one for one in confirmed}
    unread = frozenset(left_out.tolist())
    keys_of: dict[int, list[int]] = defaultdict(list)
    for place, key in proposed:
        keys_of[place].append(key)
    return [
        FrameCodeMatches(
            shown=list(_shown(some, (by_key[key] for key in keys_of[place] if key in by_key))),
            is_finished=unread.isdisjoint(keys_of[place]),
        )
        for place, some in enumerate(asked)
    ]


def merged(
    by_codes: Iterable[tuple[KeyFrameCandidate, WindowEvidence]],
    by_windows: Iterable[tuple[KeyFrameCandidate, WindowEvidence]],
) -> list[tuple[KeyFrameCandidate, WindowEvidence]]:
    """Return the matches of one query frame, each key frame once: the better evidence, with the nats of the stronger.

    Tight evidence is better, and otherwise the evidence with more nats.
    """
    found: dict[int, tuple[KeyFrameCandidate, WindowEvidence]] = {}
    for one, evidence in (*by_codes, *by_windows):
        known = found.get(one.key, (one, evidence))[1]
        best = max((known, evidence), key=_rank)
        found[one.key] = (one, replace(best, nats=max(known.nats, evidence.nats)))
    return list(found.values())


def _rank(evidence: WindowEvidence) -> tuple[bool, float]:
    return (evidence.grade().band is Band.TIGHT, evidence.nats)


def _proposed(hits: Hits, owners: Sequence[int]) -> list[tuple[int, int]]:
    """Return pairs of a query frame and a key frame, the nearest first, with a few key frames of each clip at most."""
    seen: set[tuple[int, int]] = set()
    of_clip: Counter[tuple[int, int]] = Counter()
    pairs = []
    ids = hits.ids.tolist()
    for row in np.argsort(hits.distances, kind="stable").tolist():
        place, key = owners[row], ids[row]
        clip = (place, key - number_of(key))
        if (place, key) in seen or of_clip[clip] >= MAX_FRAMES_OF_ONE_CLIP:
            continue
        seen.add((place, key))
        of_clip[clip] += 1
        pairs.append((place, key))
    return pairs


def _shown(
    asked: Sequence[AskedCodes], key_frames: Iterable[KeyFrameCandidate]
) -> Iterable[tuple[KeyFrameCandidate, WindowEvidence]]:
    for one in key_frames:
        if one.pdq is None or one.pdq.is_degenerate:
            continue
        held = RegisteredCodes(reference=one.facts, pdq=one.pdq, dhash=one.dhash, flat_share=one.flat_share)
        evidence = _as_seen(compared(asked, held))  # 3.
        if evidence is not None:
            yield one, evidence


def _as_seen(whole: WholeEvidence) -> WindowEvidence | None:
    """Return evidence of whole codes as that of a frame seen in the key frame's frame; None if it shows another one."""
    band = whole.grade().band
    agrees = whole.dhash_bits is not None and whole.dhash_bits <= MAX_DHASH_BITS
    if whole.pdq_bits > MAX_PROPOSED_PDQ_BITS or (band is Band.NONE and not agrees):
        return None
    nats = float(_WHOLE_NATS[whole.pdq_bits])
    if band is not Band.TIGHT or whole.is_median_filtered:
        nats = min(nats, MAX_DOUBTFUL_NATS)
    return WindowEvidence(reference=whole.reference, nats=nats, view=view_of(whole))
