"""The confirmation of an index's proposals by committed rows of active cases."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final, TypeVar

from sqlalchemy import Select, bindparam, null, select, union_all

from index.verdict import Level, ReferenceKind
from registry.domain import (
    Candidate,
    CaseStanding,
    FaceCandidate,
    Family,
    KeyFrameCandidate,
    PictureCandidate,
    Rank,
)
from registry.ports import SubjectSealing
from registry.storage.codes.faces import FACES
from registry.storage.codes.families import KEY_FRAME_FAMILIES, PICTURE_FAMILIES
from registry.storage.codes.whole import WHOLE
from registry.storage.codes.window_family import C, WindowFamily
from registry.storage.database import Database
from registry.storage.pages import batched
from registry.storage.schema import active_references, case_links, cases, codes

N = TypeVar("N", int, str)

_PICTURES: Final = {windows.family: windows for windows in PICTURE_FAMILIES}
_KEY_FRAMES: Final = {windows.family: windows for windows in KEY_FRAME_FAMILIES}

_RANKED: Final = (
    active_references.c.tenant_id,
    active_references.c.kind,
    active_references.c.level,
    active_references.c.is_disputed,
)
_RANK_OF_CODES: Final = (
    select(codes.c.id, *_RANKED)
    .join_from(codes, active_references, active_references.c.key == codes.c.reference_key)
    .where(codes.c.id.in_(bindparam("names", expanding=True)))
)
_ACTIVE: Final = select(active_references.c.id, *_RANKED).where(
    active_references.c.id.in_(bindparam("names", expanding=True))
)
_RANK_OF_REFERENCES: Final = select(active_references.c.key, *_RANKED).where(
    active_references.c.key.in_(bindparam("names", expanding=True))
)

_linked = cases.alias("linked")
_LINKS: Final = (
    select(case_links.c.case_id, case_links.c.other_id)
    .join_from(case_links, _linked, _linked.c.id == case_links.c.other_id)
    .where(case_links.c.case_id.in_(bindparam("cases", expanding=True)), _linked.c.withdrawn_at.is_(None))
)
_VERIFIED: Final = select(cases.c.id, null()).where(
    cases.c.id.in_(bindparam("cases", expanding=True)),
    cases.c.verified_by.is_not(None),
    cases.c.verified_by != cases.c.opened_by,
    cases.c.withdrawn_at.is_(None),
)
_STANDING: Final = union_all(_LINKS, _VERIFIED)
"""Links of cases, and a row without another case for each case that somebody else than its opener verified."""


class SqlCandidates:
    """SQL implementation of `registry.ports.Candidates`. Threads: any."""

    def __init__(self, database: Database, sealing: SubjectSealing) -> None:
        self._database = database
        self._sealing = sealing

    def confirm(self, code_ids: Sequence[int], sha256: bytes | None) -> tuple[Candidate, ...]:
        """Return the active references that have one of these codes or this exact digest."""
        if not code_ids and sha256 is None:
            return ()
        with self._database.read() as connection:
            return tuple(WHOLE.confirm(connection, code_ids, sha256))

    def active(self, reference_ids: Sequence[str]) -> Mapping[str, Rank]:
        """Return the present rank of those of the given references that are active now."""
        return self._ranks(_ACTIVE, reference_ids)

    def rank_codes(self, code_ids: Sequence[int]) -> Mapping[int, Rank]:
        """Return the rank of each active reference that has one of these codes, by the code's id."""
        return self._ranks(_RANK_OF_CODES, code_ids)

    def rank_references(self, keys: Sequence[int]) -> Mapping[int, Rank]:
        """Return the rank of each active reference with one of these keys."""
        return self._ranks(_RANK_OF_REFERENCES, keys)

    def _ranks(self, query: Select[Any], names: Sequence[N]) -> Mapping[N, Rank]:
        rank_of = cache(_rank)  # a crowd has few different ranks
        ranks: dict[N, Rank] = {}
        with self._database.read() as connection:
            for page in batched(names):
                rows = connection.execute(query, {"names": page})
                ranks.update((name, rank_of(*facts)) for name, *facts in rows)
        return ranks

    def standing(self, case_ids: Sequence[str]) -> Mapping[str, CaseStanding]:
        """Return what is known of each of these cases now."""
        linked: dict[str, set[str]] = {case_id: set() for case_id in case_ids}
        verified: set[str] = set()
        if case_ids:
            with self._database.read() as connection:
                for page in batched(case_ids):
                    for case_id, other in connection.execute(_STANDING, {"cases": page}):
                        if other is None:
                            verified.add(case_id)
                        else:
                            linked[case_id].add(other)
        return {
            case_id: CaseStanding(linked=frozenset(others), is_verified=case_id in verified)
            for case_id, others in linked.items()
        }

    def confirm_pictures(self, keys: Sequence[int], family: Family) -> tuple[PictureCandidate, ...]:
        """Return the active references with these keys, with their windows of this family."""
        return self._confirmed(_PICTURES.get(family), keys)

    def confirm_key_frames(self, keys: Sequence[int], family: Family) -> tuple[KeyFrameCandidate, ...]:
        """Return the key frames with these keys whose references are active, with their windows of this family."""
        return self._confirmed(_KEY_FRAMES.get(family), keys)

    def _confirmed(self, windows: WindowFamily[C] | None, keys: Sequence[int]) -> tuple[C, ...]:
        if windows is None or not keys:
            return ()
        with self._database.read() as connection:
            rows = windows.read(connection, keys)
        return tuple(windows.candidate(row, self._sealing) for row in rows)

    def confirm_faces(self, keys: Sequence[int], family: Family) -> tuple[FaceCandidate, ...]:
        """Return the active face templates of this family with these keys, decrypted."""
        if not keys:
            return ()
        with self._database.read() as connection:
            rows = FACES.read(connection, keys, family)
        return FACES.candidates(rows, family, self._sealing)

    def template_counts(self) -> Mapping[str, int]:
        """Return the number of face templates by engine id."""
        with self._database.read() as connection:
            return FACES.counts(connection)


def _rank(tenant_id: str, kind: str, level: int, is_disputed: int) -> Rank:
    return Rank(
        tenant_id=tenant_id, kind=ReferenceKind(kind), level=Level(level), is_disputed=bool(is_disputed)
    )
