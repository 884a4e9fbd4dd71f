"""People, clocks, codes and databases, shared by the tests of storage, use cases, security and crashes."""

import hashlib
import json
import os
import random
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

import numpy as np

from index.clips.key_frames import KeyFrame
from index.hashing.codes import Algorithm, Code
from index.regions import RegionalSignature, regional_signature
from index.verdict.boxes import Box
from index.verdict.vocabulary import Level, ReferenceKind
from index.windows.windows import SIDE, Windows
from registry.domain.case import Case, CaseState
from registry.domain.clips import StoredClip
from registry.domain.credential import Credential, Tenant
from registry.domain.family import Family
from registry.domain.probe import Probe
from registry.domain.reference import Draft, NewReference, StoredCode, View
from registry.domain.roles import ROLE_PERMISSIONS, Actor, Role
from registry.domain.windows import StoredWindows
from registry.permissions import Permission
from registry.ports import Environment
from registry.security.keys import Keys
from registry.security.sealing import Sealer
from registry.storage import migrate
from registry.storage.codes.candidates import SqlCandidates
from registry.storage.codes.change_feed import SqlChangeFeed
from registry.storage.codes.families import searched_codes
from registry.storage.database import Database, Durability
from registry.storage.rows.units import SqlUnits
from registry.usecases.enrolment.describe_reference import draft_from_codes

SEALER = Sealer.of(Keys(b"the pepper of these tests, 32 b."))
NOW = datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=UTC)


def _actor(name: str, role: Role, *allowed: Permission) -> Actor:
    permissions = ROLE_PERMISSIONS[role] | set(allowed)
    return Actor(tenant_id=f"ten_{name}", credential_id=f"crd_{name}", permissions=permissions)


ALICE = _actor("alice", Role.CLAIMANT)  # a victim
BOB = _actor("bob", Role.AGENCY)
CHARLIE = _actor("charlie", Role.CLAIMANT)  # a stranger
DANA = _actor("dana", Role.PLATFORM, Permission.CHECK_CODES)
FRANK = _actor("frank", Role.OPERATOR)
PEOPLE = (ALICE, BOB, CHARLIE, DANA, FRANK)


def colleague(of: Actor, role: Role, name: str = "colleague") -> Actor:
    """Somebody else of the same tenant, with a key of another role."""
    return Actor(
        tenant_id=of.tenant_id,
        credential_id=f"crd_{name}_{role.value}",
        permissions=ROLE_PERMISSIONS[role],
    )


@dataclass(frozen=True, kw_only=True)
class Location:
    """Where a registry's two databases are: file names or addresses; crosses to other processes as JSON."""

    kind: str
    registry: str
    checks: str

    @classmethod
    def folder(cls, path: Path) -> Self:
        """Names the SQLite files of a data folder."""
        return cls(kind="sqlite", registry=str(path / "registry.sqlite"), checks=str(path / "checks.sqlite"))

    @classmethod
    def parse(cls, line: str) -> Self:
        """Reads what `str` printed."""
        return cls(**json.loads(line))

    def __str__(self) -> str:
        return json.dumps(asdict(self))

    def open(self) -> "Databases":
        """Opens both, with connections of their own."""
        if self.kind == "sqlite":
            registry = Database.sqlite(Path(self.registry), Durability.FULL)
            checks = Database.sqlite(Path(self.checks), Durability.PROCESS)
        else:
            registry = Database.postgresql(self.registry, Durability.FULL)
            checks = Database.postgresql(self.checks, Durability.PROCESS)
        return Databases(location=self, registry=registry, checks=checks)


@dataclass(frozen=True, kw_only=True)
class Databases:
    """The two databases of one registry, as one process has them open."""

    location: Location
    registry: Database
    checks: Database

    @property
    def units(self) -> SqlUnits:
        """Units of work over the registry's database."""
        return SqlUnits(self.registry, SEALER)

    def feed(self, family: Family = Family.WHOLE) -> SqlChangeFeed:
        """Makes a reader of one family's change log."""
        codes = {codes.family: codes for codes in searched_codes(SEALER)}
        return SqlChangeFeed(self.registry, codes[family])

    def candidates(self) -> SqlCandidates:
        """Makes the confirmation of what indexes proposed."""
        return SqlCandidates(self.registry, SEALER)

    def another(self) -> "Databases":
        """Opens the same databases once more, as another process has them."""
        return self.location.open()

    def close(self) -> None:
        """Closes the connections."""
        self.registry.close()
        self.checks.close()


class Clock:
    """Stands still until it is moved."""

    def __init__(self, start: datetime = NOW) -> None:
        self.time = start

    def __call__(self) -> datetime:
        """Tells the time."""
        return self.time

    def advance(self, **duration: float) -> None:
        """Moves on by a `timedelta`'s keywords."""
        self.time += timedelta(**duration)


def environment(clock: Clock | None = None) -> Environment:
    return Environment(now=clock or Clock(), random=os.urandom)


def add_people(units: SqlUnits, people: Sequence[Actor] = PEOPLE) -> None:
    with units.write() as unit:
        for person in people:
            unit.credentials.add_tenant(
                Tenant(id=person.tenant_id, label=person.tenant_id.removeprefix("ten_"), created_at=NOW)
            )
        unit.commit()


def add_keys(units: SqlUnits, people: Sequence[Actor] = PEOPLE) -> None:
    """Adds the rows of the people's keys, which the worker of jobs reads."""
    with units.write() as unit:
        for person in people:
            unit.credentials.add(_credential(person), bytes(32))
        unit.commit()


def _credential(person: Actor) -> Credential:
    """Makes the row of a person's key. Nobody can sign in with it: no secret has this HMAC."""
    name = person.credential_id.removeprefix("crd_")
    return Credential(
        id=person.credential_id,
        tenant_id=person.tenant_id,
        role=Role.OPERATOR if person is FRANK else Role.CLAIMANT,
        label=name,
        prefix=name,
        permissions=person.permissions,
        created_at=NOW,
    )


def migrated(location: Location) -> None:
    """Makes the schemas and the standing people."""
    databases = location.open()
    migrate.upgrade(databases.registry, databases.checks, os.urandom)
    add_people(databases.units)
    databases.registry.purge_files()
    databases.checks.purge_files()
    databases.close()


def pdq(seed: object, quality: int | None = 100) -> Code:
    """Makes up a code with half of its bits set, as those of pictures: one in ten thousand random ones is refused."""
    number = sum(1 << place for place in random.Random(f"pdq {seed}").sample(range(256), 128))
    return Code(algorithm=Algorithm.PDQ, value=number.to_bytes(32), quality=quality)


def near(code: Code, bits: int, seed: object = 0) -> Code:
    """Returns the code with exactly that many bits flipped."""
    number = int.from_bytes(code.value)
    for place in random.Random(f"near {seed}").sample(range(code.algorithm.bits), bits):
        number ^= 1 << place
    return Code(algorithm=code.algorithm, value=number.to_bytes(len(code.value)), quality=code.quality)


def digest(seed: object) -> Code:
    return Code(algorithm=Algorithm.SHA256, value=random.Random(f"sha {seed}").randbytes(32))


def dhash(seed: object) -> Code:
    return Code(algorithm=Algorithm.DHASH128, value=random.Random(f"dhash {seed}").randbytes(16))


def windows(seed: object, count: int = 5) -> StoredWindows:
    """Makes up anchored windows, some of them large."""
    chance = np.random.default_rng(list(f"windows {seed}".encode()))
    width, height = 200, 128
    places = np.empty((count, 4), np.float32)
    places[:, 0] = chance.uniform(0, width - 1, count)
    places[:, 1] = chance.uniform(0, height - 1, count)
    places[:, 2] = chance.uniform(0.06, 0.4, count) * SIDE
    places[:, 3] = chance.uniform(0, 2 * np.pi, count)
    made = Windows(
        width=width,
        height=height,
        places=places,
        codes=chance.integers(0, 256, (count, 32), np.uint8),
        flipped=chance.random(count) < 0.5,
    )
    return StoredWindows(
        family=Family.ANCHORED, profile="full", windows=Windows.unpack(made.pack()), regions=regions(seed)
    )


def regions(seed: object) -> RegionalSignature:
    """Makes up the regional signature of a picture with one small face."""
    chance = np.random.default_rng(list(f"regions {seed}".encode()))
    face = Box.of_edges(0.25, 0.25, 0.45, 0.45)
    return regional_signature(chance.integers(0, 256, (96, 96), np.uint8), (face,))


def clip(seed: object, frames: int = 3, count: int = 8, family: Family = Family.FRAMES) -> StoredClip:
    """Makes up a clip whose frames have that many windows each; each stands for a second and a half."""
    return StoredClip(
        family=family,
        profile="sparse",
        duration_ms=1500 * frames + 40,
        is_whole=True,
        frames=tuple(frame((seed, number), 1500 * number, count) for number in range(frames)),
    )


def frame(seed: object, start_ms: int = 0, count: int = 8) -> KeyFrame:
    """Makes up one frame of a clip."""
    return KeyFrame(
        start_ms=start_ms,
        end_ms=start_ms + 1500,
        pdq=pdq(("frame", seed), 70),
        dhash=dhash(("frame", seed)),
        flat_share=0.125,
        windows=windows(("frame", seed), count).windows,
        regions=regions(("frame", seed)),
    )


def draft(seed: object, kind: ReferenceKind = ReferenceKind.INTIMATE_ITEM) -> Draft:
    """Drafts what a device sends of one picture."""
    return draft_from_codes([pdq(seed), dhash(seed), digest(seed)], kind)


def seen_draft(seed: object, kind: ReferenceKind = ReferenceKind.INTIMATE_ITEM) -> Draft:
    """Drafts one picture with its anchored windows, as it is when media is seen."""
    return replace(draft(seed, kind), windows=windows(seed))


def clip_draft(seed: object, frames: int = 3) -> Draft:
    """Drafts one clip, as it is when media is seen."""
    return replace(
        draft_from_codes([digest(("clip", seed))], ReferenceKind.INTIMATE_ITEM), clip=clip(seed, frames)
    )


def a_case(owner: Actor = ALICE, level: Level = Level.V1, opened_at: datetime = NOW) -> Case:
    return Case(
        id=f"case_{secrets.token_hex(8)}",
        tenant_id=owner.tenant_id,
        level=level,
        state=CaseState.ACTIVE,
        opened_at=opened_at,
        opened_by=owner.credential_id,
        claimed_level=level,
        verified_by=None if level is Level.V0 else colleague(owner, Role.VERIFIER).credential_id,
    )


def a_probe(*reference_ids: str, name: object = "probe", **changes) -> Probe:
    """Makes a question near some references."""
    plain = Probe(
        digest=hashlib.sha256(f"{name}".encode()).digest(),
        uploader=None,
        reference_ids=reference_ids,
        is_held=False,
    )
    return replace(plain, **changes)


def a_reference(
    case: Case,
    *codes: Code,
    kind: ReferenceKind = ReferenceKind.INTIMATE_ITEM,
    enrolled_at: datetime = NOW,
    flat_share: float | None = None,
    windows: StoredWindows | None = None,
    clip: StoredClip | None = None,
) -> NewReference:
    """Makes a reference; a second PDQ is that of the matching plane, as media has it."""
    views = {Algorithm.SHA256: [View.BYTES], Algorithm.PDQ: [View.CANONICAL, View.PLANE]}
    return NewReference(
        id=f"ref_{secrets.token_hex(8)}",
        case_id=case.id,
        tenant_id=case.tenant_id,
        enrolled_at=enrolled_at,
        draft=Draft(
            kind=kind,
            flat_share=flat_share,
            codes=tuple(
                StoredCode(
                    code=code, view=views.setdefault(code.algorithm, [View.PLANE]).pop(0), version="test"
                )
                for code in codes
            ),
            windows=windows,
            clip=clip,
        ),
    )
