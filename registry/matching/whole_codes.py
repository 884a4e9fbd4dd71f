"""What an upload's whole codes match: each frame in its eight forms, inverted and without what is thin.

1. The index proposes codes near any of them; it has no say beyond that.
2. One indexed read confirms what is active, and what has the file's exact digest.
3. Distances are computed anew from the database's own codes (style rule R2), with the second family in the form that
   is nearest.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from index.arrays import U8
from index.frames import MEDIAN_FILTERED, QueryFrame
from index.hashing import Code
from index.stages import Stage, stage
from index.verdict import DEFAULT_PROFILE, Evidence
from registry.domain import Candidate, Family
from registry.matching.question import Question
from registry.ports import Candidates, Index

PROPOSE_BITS: Final = 64
"""How far the index is asked: as far as a held answer may reach (`ProbeBudget.edge_bits`)."""

MAX_CONFIRMED: Final = 20_000
"""Codes confirmed for one upload. More are a flood: an upload in it is held, whatever stands among the first."""

Found = tuple[str, Evidence]
"""A reference's id, and what was found about it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeMatches:
    """What whole codes and exact digests found.

    Attributes:
        is_flood: whether more was proposed than is ever confirmed.
    """

    found: list[Found] = field(repr=False)
    is_flood: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Asked:
    """One frame's codes: uint8 [f, 32] and uint8 [f, 16] or None; what else the ladder asks of it.

    Attributes:
        median_filtered: which of the codes is of the frame without what is thin; None for codes that came alone.
    """

    codes: U8
    seconds: U8 | None
    quality: int | None
    flat_share: float | None
    median_filtered: int | None = None


def match_whole(question: Question, index: Index, candidates: Candidates) -> WholeMatches:
    """Finds references by whole codes and digest; raises `IndexBehind` or `StorageUnavailable`."""
    asked = _asked(question)
    proposed: list[int] = []
    if asked:
        codes = np.concatenate([one.codes for one in asked])
        with stage(Stage.PROPOSAL, Family.WHOLE.value):
            hits = index.propose(Family.WHOLE, codes, PROPOSE_BITS)  # 1.
        nearest = hits.ids[np.argsort(hits.distances, kind="stable")]
        proposed = list(dict.fromkeys(nearest.tolist()))
    confirmed: tuple[Candidate, ...] = ()
    if proposed or question.sha256 is not None:
        with stage(Stage.CONFIRMATION, Family.WHOLE.value):
            confirmed = candidates.confirm(proposed[:MAX_CONFIRMED], question.sha256)  # 2.
    return WholeMatches(found=_evidence(asked, confirmed), is_flood=len(proposed) > MAX_CONFIRMED)


def match_digest(sha256: bytes, candidates: Candidates) -> list[Found]:
    """Finds the references of the very same file; raises `StorageUnavailable`."""
    return _evidence([], candidates.confirm((), sha256))


def _asked(question: Question) -> list[_Asked]:
    if question.query_frames:
        return [
            _of_query_frame(query_frame)
            for query_frame in question.query_frames
            if query_frame.is_informative
        ]
    if question.pdq is None or not question.informative:
        return []
    return [
        _Asked(
            codes=_row(question.pdq),
            seconds=None if question.second is None else _row(question.second),
            quality=question.pdq.quality,
            flat_share=question.flat_share,
        )
    ]


def _of_query_frame(query_frame: QueryFrame) -> _Asked:
    """Asks for a frame in all its forms, and inverted: the complement of its code exactly."""
    return _Asked(
        codes=np.concatenate([query_frame.pdq_codes, ~query_frame.pdq_codes[:1]]),
        seconds=np.concatenate([query_frame.dhash_codes, ~query_frame.dhash_codes[:1]]),
        quality=query_frame.quality,
        flat_share=query_frame.flat_share,
        median_filtered=MEDIAN_FILTERED,
    )


def _evidence(asked: list[_Asked], confirmed: Iterable[Candidate]) -> list[Found]:
    return [(one.reference_id, _about(asked, one)) for one in confirmed]


def _about(asked: list[_Asked], candidate: Candidate) -> Evidence:
    """Compares the upload's nearest frame and form with one reference (3.)."""
    kind, level = candidate.kind, candidate.level
    if candidate.code_id is None:
        return Evidence(kind=kind, level=level, exact=True)
    if not asked or candidate.pdq is None:
        return Evidence(kind=kind, level=level)
    frame, form, bits = _nearest(asked, candidate.pdq)
    second = None
    if frame.seconds is not None and candidate.second is not None:
        second = int(_bits(frame.seconds[form : form + 1], candidate.second)[0])
    shares = [share for share in (frame.flat_share, candidate.flat_share) if share is not None]
    known = frame.quality is not None and candidate.pdq.quality is not None
    return Evidence(
        kind=kind,
        level=level,
        pdq_bits=bits,
        is_median_filtered=frame.median_filtered == form,
        second_family_bits=second,
        quality=min(frame.quality or 0, candidate.pdq.quality or 0) if known else None,
        flat_share=max(shares) if shares else None,
    )


def _nearest(asked: list[_Asked], held: Code) -> tuple[_Asked, int, int]:
    """Chooses the frame and form that stand for the upload, and tells their distance: the nearest.

    The form without what is thin stands for it only where no other is as near as a copy: it proves less.
    """
    forms = [
        (int(bits), one.median_filtered == form, place, form)
        for place, one in enumerate(asked)
        for form, bits in enumerate(_bits(one.codes, held).tolist())
    ]
    plain = min(one for one in forms if not one[1])
    bits, _, place, form = plain if plain[0] <= DEFAULT_PROFILE.tight_pdq_bits else min(forms)
    return asked[place], form, bits


def _row(code: Code) -> U8:
    return np.frombuffer(code.value, np.uint8)[None]


def _bits(codes: U8, held: Code) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    counts: np.ndarray[tuple[int], np.dtype[np.int64]] = np.bitwise_count(codes ^ _row(held)).sum(
        axis=1, dtype=np.int64
    )
    return counts
