"""Made-up faces: an engine, vectors of a chosen cosine, and fakes of the pool, the index and the rows."""

from dataclasses import dataclass, field, replace

import numpy as np

from index.faces.engine.contract import FaceRefusal, SeenFace, SeenFaces
from index.search.contract import Hits
from index.verdict.boxes import Box
from index.verdict.vocabulary import Level, ReferenceKind
from registry.domain.candidate import FaceCandidate
from registry.domain.family import Family
from registry.ports.faces import SearchedEngine
from registry.usecases.checks import CheckServices, check_upload
from tests.support.databases.registry_parts import DANA, environment
from tests.support.usecases.fakes import FakeBudget, FakeCandidates, FakeChecks, FakeIndex, rank_of

DIMENSION = 8
COSINE = 0.5


def engine(name="one", dimension=DIMENSION):
    """An engine that is on."""
    return SearchedEngine(
        id=name,
        family=Family.faces(name, dimension),
        cosine=COSINE,
        model_sha256=bytes(32),
    )


def vector(likeness, axis=1, dimension=DIMENSION):
    """A unit vector that lies so far beyond the threshold from the first axis, which stands for the subject."""
    cosine = COSINE + likeness * (1 - COSINE)
    row = np.zeros(dimension, np.float32)
    row[0], row[axis] = cosine, np.sqrt(max(0.0, 1 - cosine**2))
    return row


def face(likeness=1.0, *, side=80.0, left=0.0, dimension=DIMENSION):
    """A face that is fit to be compared."""
    return SeenFace(
        box=Box(left=left, top=0.0, right=left + 0.25, bottom=0.5),
        vector=vector(likeness, dimension=dimension),
        side_px=side,
    )


def unfit(*refusals, side=80.0):
    """A face that is not compared with anyone."""
    return SeenFace(
        box=Box(left=0, top=0, right=0.1, bottom=0.1),
        refusals=refusals or (FaceRefusal.TOO_SMALL,),
        side_px=side,
    )


def picture(number=0):
    """A picture that shows what `FakeFaces.shown` says of its number."""
    return np.full((4, 4, 3), number, np.uint8)


def template(key=1, axis=1, likeness=1.0, dimension=DIMENSION, **changes):
    """A template of an active case."""
    plain = FaceCandidate(
        key=key,
        case_id=f"case_{key}",
        number=key,
        reference_id=f"ref_face_{key}",
        kind=ReferenceKind.LIKENESS,
        level=Level.V2,
        photographs=3,
        template=vector(likeness, axis, dimension),
    )
    return replace(plain, **changes)


@dataclass
class FakeFaces:
    """Sees in each picture what it was told of its number; fails where it was told to."""

    calls: list
    engines: tuple = (engine(),)
    shown: dict = field(default_factory=dict)
    is_whole: bool = True
    failure: Exception | None = None

    def look(self, pictures):
        """Implements `Faces.look`; of several engines the number's faces are told by the engine's id."""
        self.calls.append(("look", len(pictures)))
        if self.failure is not None:
            raise self.failure
        return tuple(
            tuple(self._seen(int(one[0, 0, 0]), position) for position in self.engines) for one in pictures
        )

    def _seen(self, number, by):
        faces = self.shown.get((number, by.id), self.shown.get(number, ()))
        return SeenFaces(engine=by.id, faces=tuple(faces), is_whole=self.is_whole)


@dataclass
class FaceIndex(FakeIndex):
    """Proposes all templates of an engine to each face."""

    templates: dict = field(default_factory=dict)

    def propose(self, family, codes, radius, doubtful=None):
        """Proposes whole codes as ever, of windows none."""
        if family is Family.WHOLE:
            return super().propose(family, codes, radius, doubtful)
        held = self.templates.get(family, ())
        self.calls.append(("propose", family.value, len(codes)))
        rows = np.repeat(np.arange(len(codes)), len(held)).astype(np.int32)
        keys = np.tile(np.array([one.key for one in held], np.int64), len(codes))
        return Hits(queries=rows, ids=keys, distances=np.zeros(len(rows), np.int32))

    def size(self, family):
        """Counts."""
        return super().size(family) or len(self.templates.get(family, ()))


@dataclass
class FaceCandidates(FakeCandidates):
    """Confirms templates too."""

    templates: dict = field(default_factory=dict)
    withdrawn: set = field(default_factory=set)

    def confirm_faces(self, keys, family):
        """Answers what is active."""
        self.calls.append(("confirm_faces", tuple(keys)))
        held = self.templates.get(family, ())
        return tuple(one for one in held if one.key in keys and one.reference_id not in self.withdrawn)

    def active(self, reference_ids):
        """Answers what is not withdrawn, as it is now."""
        self.calls.append(("active", tuple(reference_ids)))
        held = [*self.by_code.values(), *self.by_digest.values(), *self.by_key.values()]
        held += [one for some in self.templates.values() for one in some]
        ranks = {one.reference_id: rank_of(one, "tnt_1") for one in held}
        return {name: ranks[name] for name in reference_ids if name not in self.withdrawn}


class FaceSetting:
    """The services of a check with faces switched on, all fakes that keep what they were asked in one list."""

    def __init__(self, *engines):
        self.calls = []
        templates = {}
        self.index = FaceIndex(self.calls, templates=templates)
        self.candidates = FaceCandidates(self.calls, templates=templates)
        self.checks = FakeChecks(self.calls)
        self.budget = FakeBudget(self.calls)
        self.faces = FakeFaces(self.calls, engines=engines or (engine(),))
        self.services = CheckServices(
            index=self.index,
            candidates=self.candidates,
            checks=self.checks,
            budget=self.budget,
            environment=environment(),
            faces=self.faces,
        )

    def register(self, *templates, by="one", dimension=DIMENSION):
        """Registers subjects with an engine."""
        held = self.candidates.templates
        family = Family.faces(by, dimension)
        held[family] = (*held.get(family, ()), *templates)

    def ask(self, question, actor=DANA):
        """Asks about an upload."""
        return check_upload(question, actor=actor, services=self.services)
