"""Fakes of the ports that use cases need; each call is recorded in one list."""

from dataclasses import dataclass, field, replace

import numpy as np

from index.search.contract import Hits
from index.verdict.evidence import DecidingBits
from registry.domain.candidate import AnchoredCandidate, Candidate, CaseStanding, KeyFrameCandidate, Rank
from registry.domain.clips import frame_key
from registry.domain.family import Family
from registry.domain.people import PeopleStanding
from registry.domain.probe import Standing, Strictness
from registry.errors import IndexBehind, NotFound


class Untouchable:
    """Stands for any port; whoever touches it has come too far."""

    def __getattr__(self, name):
        raise AssertionError(f"a port was touched: {name}")


@dataclass
class FakeIndex:
    """Proposes what it was told to."""

    calls: list
    proposed: tuple[int, ...] = ()
    position: int = 7
    ready: bool = True

    def ready_position(self) -> int:
        """Tells the position, or that there is none."""
        self.calls.append("ready_position")
        if not self.ready:
            raise IndexBehind
        return self.position

    def propose(self, family, codes, radius, doubtful=None) -> Hits:
        """Proposes the ids of whole pictures, all at distance 0: the distance is nobody's to believe."""
        assert family is Family.WHOLE
        self.calls.append(("propose", codes.tobytes(), radius))
        count = len(self.proposed)
        return Hits(
            queries=np.zeros(count, np.int32),
            ids=np.array(self.proposed, np.int64),
            distances=np.zeros(count, np.int32),
        )

    def size(self, family) -> int:
        """Holds whole pictures only."""
        return len(self.proposed) if family is Family.WHOLE else 0


def rank_of(one, tenant_id):
    """The rank of a candidate."""
    return Rank(tenant_id=tenant_id, kind=one.kind, level=one.level, is_disputed=one.is_disputed)


@dataclass
class FakeCandidates:
    """Confirms those of its candidates that were asked for."""

    calls: list
    by_code: dict[int, Candidate] = field(default_factory=dict)
    by_digest: dict[bytes, Candidate] = field(default_factory=dict)
    by_key: dict[int, AnchoredCandidate] = field(default_factory=dict)
    standings: dict[str, CaseStanding] = field(default_factory=dict)

    def confirm(self, code_ids, sha256) -> tuple[Candidate, ...]:
        """Answers what is active."""
        self.calls.append(("confirm", tuple(code_ids), sha256))
        found = [self.by_code[code_id] for code_id in code_ids if code_id in self.by_code]
        return (*found, *([self.by_digest[sha256]] if sha256 in self.by_digest else []))

    def rank_codes(self, code_ids):
        """Tells the ranks of what is active; all of it is of one tenant."""
        self.calls.append(("rank_codes", tuple(code_ids)))
        held = {one: self.by_code[one] for one in code_ids if one in self.by_code}
        return {one: rank_of(held[one], "tnt_1") for one in held}

    def rank_references(self, keys):
        """Tells the ranks of what is active."""
        self.calls.append(("rank_references", tuple(keys)))
        held = {}
        for key, one in self.by_key.items():
            owner = key // frame_key(1, 0) if isinstance(one, KeyFrameCandidate) else key
            held[owner] = rank_of(one, one.tenant_id)
        return {key: held[key] for key in keys if key in held}

    def link(self, *case_ids) -> None:
        """Links each case with each other, or one with itself."""
        for one in case_ids:
            others = set(case_ids) - {one} or {one}
            self.standings[one] = CaseStanding(linked=frozenset(others))

    def standing(self, case_ids) -> dict[str, CaseStanding]:
        """Answers who is linked."""
        self.calls.append(("standing_of_cases", tuple(case_ids)))
        return {one: self.standings[one] for one in case_ids if one in self.standings}

    def confirm_pictures(self, keys, family) -> tuple[AnchoredCandidate, ...]:
        """Answers what is active, in no order that means anything."""
        assert family is Family.ANCHORED
        return self._anchored("confirm_pictures", keys)

    def confirm_key_frames(self, keys, family) -> tuple[AnchoredCandidate, ...]:
        """Answers what is active, likewise."""
        assert family is Family.FRAMES
        return self._anchored("confirm_key_frames", keys)

    def _anchored(self, name, keys):
        self.calls.append((name, tuple(keys)))
        return tuple(self.by_key[key] for key in sorted(keys) if key in self.by_key)


@dataclass
class FakeChecks:
    """Keeps checks in a dict."""

    calls: list = field(default_factory=list)
    kept: dict = field(default_factory=dict)

    def add(self, check) -> None:
        """Keeps a check."""
        self.calls.append("add")
        self.kept[check.id] = check

    def add_probe(self, tenant_id, probe, at) -> None:
        """Keeps the probe of an upload that gets no check."""
        self.calls.append(("add_probe", tenant_id, probe.reference_ids))

    def get(self, check_id, tenant_id):
        """Returns the tenant's check."""
        found = self.kept.get(check_id)
        if found is None or found.tenant_id != tenant_id:
            raise NotFound
        return found


@dataclass
class FakeBudget:
    """Budgets of one strictness; `blur` and `edge` are every question's own distances."""

    calls: list
    strictness: Strictness = Strictness.EXACT
    edge: int = 64
    near: DecidingBits = DecidingBits(pdq_bits=8, dhash_bits=4)  # noqa: RUF009  frozen
    is_stopped: bool = False
    people: PeopleStanding = PeopleStanding()  # noqa: RUF009  frozen
    is_telling: bool = True

    def standing(self, asker, digest, reference_ids, people=(), *, shows_face=False) -> Standing:
        """Tells the same of each reference; people are new."""
        self.calls.append(("standing", asker.tenant_id, tuple(reference_ids)))
        return Standing(
            strictness=dict.fromkeys(reference_ids, self.strictness),
            is_stopped=self.is_stopped,
            people=replace(self.people, new=tuple(people)),
        )

    def tell(self, asker, people) -> bool:
        """Tells whether people may be told."""
        self.calls.append(("tell", tuple(people)))
        return self.is_telling

    def blur(self, edge, probe) -> DecidingBits:
        """Tells within which distances a copy is told."""
        return self.near

    def edge_bits(self, edge) -> int:
        """Tells where holding ends."""
        return self.edge

    def digest(self, probe) -> bytes:
        """Tells under what a question is counted."""
        return b"".join(code.value for code in probe)

    def uploader(self, tenant_id, name) -> bytes:
        """Tells under what a user is counted."""
        return f"{tenant_id} {name}".encode()
