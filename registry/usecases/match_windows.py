"""What the anchored windows of an upload that is a picture match: registered pictures, and frames of registered clips.

Each frame of the upload is compared with each family (`match_sight`), for `WORK_SECONDS` of CPU in all. A picture can
show no more of a clip than one frame, so it matches a part of it whatever it shows of that frame.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

from index.verdict import Evidence, MatchKind
from registry.domain.family import Family
from registry.usecases.match_sight import Shown, evidence_of, match_sight
from registry.usecases.match_whole import Found
from registry.usecases.ports import Candidates, Index
from registry.usecases.question import Question

WORK_SECONDS: Final = 0.5
"""CPU time of one check's comparisons; an ordinary one takes 2 to 20 ms."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowMatches:
    """What windows found.

    Attributes:
        is_finished: whether everything that triggered was compared.
    """

    found: list[Found] = field(repr=False)
    is_finished: bool


def match_windows(
    question: Question, index: Index, candidates: Candidates, cpu: Callable[[], float] = time.thread_time
) -> WindowMatches:
    """Finds references by windows; raises `IndexBehind`, `StorageUnavailable` or `SealBroken`."""
    deadline = cpu() + WORK_SECONDS
    found: list[Found] = []
    is_finished = True
    for sight in question.sights:
        for family in (Family.ANCHORED, Family.FRAMES):
            matched = match_sight(
                sight, family, index=index, candidates=candidates, cpu=cpu, deadline=deadline
            )
            found += [(shown[0].reference_id, _evidence(shown)) for shown in matched.shown]
            is_finished = is_finished and matched.is_finished
    return WindowMatches(found=found, is_finished=is_finished)


def _evidence(shown: Shown) -> Evidence:
    one, match = shown
    evidence = evidence_of(one, match)
    if one.frame is None or evidence.match is MatchKind.ALTERED_COPY:
        return evidence
    return replace(evidence, match=MatchKind.PARTIAL_COPY)
