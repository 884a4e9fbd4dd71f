"""What is known of the cases of one upload's matches beside their levels: which are linked, and which were verified.

Most uploads need none of it, so it is read only where an official release or a part that several cases share is met.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from index.verdict import ReferenceFacts, ReferenceKind, is_vouched_for
from registry.domain import Candidate, CaseStanding
from registry.ports import Candidates

_UNKNOWN = CaseStanding()


class CaseLinks:
    """The standing of cases, read once each. For one upload and one thread."""

    def __init__(self, candidates: Candidates) -> None:
        self._candidates = candidates
        self._read: dict[str, CaseStanding] = {}
        self._used: set[tuple[str, str]] = set()

    def read(self, case_ids: Iterable[str]) -> None:
        """Read those of the cases that were not read yet; raise `StorageUnavailable`."""
        unread = [case_id for case_id in dict.fromkeys(case_ids) if case_id not in self._read]
        if unread:
            self._read.update(dict.fromkeys(unread, _UNKNOWN))
            self._read.update(self._candidates.standing(unread))

    def standing(self, case_id: str) -> CaseStanding:
        """Return what is known of a case; raise `StorageUnavailable`."""
        self.read([case_id])
        return self._read[case_id]

    def are_linked(self, one: str, other: str) -> bool:
        """Return whether an operator linked two cases, and keep in mind that the answer was used."""
        is_linked = other in self.standing(one).linked
        if is_linked:
            self._used.add((one, other))
        return is_linked

    def hold(self) -> bool:
        """Return whether all links that were used still stand; raise `StorageUnavailable`.

        A clip takes minutes, and the end of a link takes effect at once.
        """
        if not self._used:
            return True
        now = self._candidates.standing(sorted({one for one, _ in self._used}))
        return all(other in now.get(one, _UNKNOWN).linked for one, other in self._used)


def told_facts(confirmed: Sequence[Candidate], candidates: Candidates) -> dict[str, ReferenceFacts]:
    """Return facts by reference id, of official releases with who stands for them; raise `StorageUnavailable`."""
    links = CaseLinks(candidates)
    links.read(one.case_id for one in confirmed if _is_release(one))
    return {
        one.reference_id: _vouched(one.facts, links.standing(one.case_id)) if _is_release(one) else one.facts
        for one in confirmed
    }


def may_excuse(facts: ReferenceFacts) -> bool:
    """Return whether a reference is an official release that somebody stands for."""
    return facts.kind is ReferenceKind.OFFICIAL_RELEASE and is_vouched_for(facts)


def _is_release(one: Candidate) -> bool:
    return one.kind is ReferenceKind.OFFICIAL_RELEASE


def _vouched(facts: ReferenceFacts, known: CaseStanding) -> ReferenceFacts:
    return replace(facts, linked=known.linked, is_verified=known.is_verified)
