"""Ports for matching: the index proposes, and the database confirms."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from index.arrays import U8
from index.search import Hits
from registry.domain import (
    Candidate,
    CaseStanding,
    FaceCandidate,
    Family,
    KeyFrameCandidate,
    PictureCandidate,
    Rank,
)


class Index(Protocol):
    """The searched codes, one part for each code family. `registry.indexing.Indexes` implements it."""

    def ready_position(self) -> int:
        """Return the position of the change log that searches of all families now reflect.

        Raises:
            IndexBehind: a family cannot be searched.
        """
        ...

    def propose(self, family: Family, codes: U8, radius: int, doubtful: U8 | None = None) -> Hits:
        """Search one family as `index.search.SearchEngine.propose` does; raise `IndexBehind`."""
        ...

    def size(self, family: Family) -> int:
        """Return the number of codes in a family. It is cheap, so that an empty family need not be searched.

        The number is valid for the position that `ready_position` returned. Raise `IndexBehind`.
        """
        ...


class Candidates(Protocol):
    """The confirmation of an index's proposals: one indexed read of the references of active cases.

    A withdrawal takes effect here at its commit, even if an index still holds the codes.

    Errors: `StorageUnavailable`; `SealBroken` if a sealed row does not open, because a registered reference must not
    silently go unmatched.
    """

    def confirm(self, code_ids: Sequence[int], sha256: bytes | None) -> tuple[Candidate, ...]:
        """Return the active references that have one of these codes or this exact digest."""
        ...

    def active(self, reference_ids: Sequence[str]) -> Mapping[str, Rank]:
        """Return the present rank of those of the given references that are active now."""
        ...

    def rank_codes(self, code_ids: Sequence[int]) -> Mapping[int, Rank]:
        """Return the rank of each active reference that has one of these codes, by the code's id. Only for crowds."""
        ...

    def rank_references(self, keys: Sequence[int]) -> Mapping[int, Rank]:
        """Return the rank of each active reference with one of these keys. Only for crowds."""
        ...

    def standing(self, case_ids: Sequence[str]) -> Mapping[str, CaseStanding]:
        """Return what is known of each of these cases now: who is linked with it, and whether it was verified.

        A link counts while both cases are active. Cases of which nothing is known may be absent.
        """
        ...

    def confirm_pictures(self, keys: Sequence[int], family: Family) -> tuple[PictureCandidate, ...]:
        """Return the active references with these keys, with their windows of this family."""
        ...

    def confirm_key_frames(self, keys: Sequence[int], family: Family) -> tuple[KeyFrameCandidate, ...]:
        """Return the key frames with these keys whose references are active, with their windows of this family."""
        ...

    def confirm_faces(self, keys: Sequence[int], family: Family) -> tuple[FaceCandidate, ...]:
        """Return the active face templates of this family with these keys, decrypted."""
        ...

    def template_counts(self) -> Mapping[str, int]:
        """Return the number of face templates by engine id. Engines without any are absent."""
        ...
