"""Faces of an upload against templates: what is asked, confirmed and compared, and what becomes evidence."""

from dataclasses import dataclass, field

import numpy as np
import pytest

from index.faces.engine.contract import FaceRefusal, SeenFace, SeenFaces
from index.search.contract import Hits
from index.search.vectors.exact import DISTANCE_SCALE
from index.verdict.boxes import WHOLE, Box
from index.verdict.segments import Segment
from index.verdict.thresholds import NEAR_LIKENESS
from index.verdict.vocabulary import Level, MatchKind, ReferenceKind
from registry.matching.likeness import MAX_PLACED, MAX_TEMPLATES, LikenessMatcher, likeness_of
from tests.support.usecases.fake_faces import COSINE, DIMENSION, engine, template

ONE, OTHER = engine("one"), engine("other")


def vector(cosine, axis=1):
    """A unit vector with this similarity to the first axis."""
    row = np.zeros(DIMENSION, np.float32)
    row[0], row[axis] = cosine, np.sqrt(1 - cosine**2)
    return row


def face(cosine, left=0.0, axis=1):
    """A face as an engine sees it, so similar to the template of the first axis."""
    return SeenFace(
        box=Box(left=left, top=0.0, right=left + 0.25, bottom=0.5), vector=vector(cosine, axis), side_px=80
    )


UNFIT = SeenFace(box=Box(left=0, top=0, right=0.1, bottom=0.1), refusals=(FaceRefusal.TOO_SMALL,))


def seen(*faces, engine_id="one", is_whole=True):
    """The faces that one engine finds in a picture."""
    return SeenFaces(engine=engine_id, faces=faces, is_whole=is_whole)


def candidate(key=1, held=None):
    """A template of an active case: the subject's, or another."""
    return template(key, reference_id=f"ref_{key}", template=vector(1.0) if held is None else held)


@dataclass
class Registered:
    """An index that proposes whatever it holds within the radius, and the rows that confirm it."""

    held: dict = field(default_factory=lambda: {ONE.family: [], OTHER.family: []})
    lies: bool = False
    asked: list = field(default_factory=list)
    confirmed: list = field(default_factory=list)

    def propose(self, family, codes, radius, doubtful=None):
        """Finds by inner product; `lies` proposes everything."""
        self.asked.append((family, radius))
        queries = codes.view(np.float32)
        pairs = [
            (row, one.key)
            for row in range(len(queries))
            for one in self.held[family]
            if self.lies or 1 - float(queries[row] @ one.template) <= radius / DISTANCE_SCALE
        ]
        return Hits(
            queries=np.array([row for row, _ in pairs], np.int32),
            ids=np.array([key for _, key in pairs], np.int64),
            distances=np.zeros(len(pairs), np.int32),
        )

    def size(self, family):
        """Counts."""
        return len(self.held[family])

    def confirm_faces(self, keys, family):
        """Confirms what is held."""
        self.confirmed.append(tuple(keys))
        return tuple(one for one in self.held[family] if one.key in keys)


@pytest.fixture
def registered():
    return Registered()


def matches(registered, *looks, engines=(ONE,)):
    """Compares looks: of one engine, or of several at a time."""
    matcher = LikenessMatcher(registered, registered, engines)
    for place, look in enumerate(looks):
        segment = Segment(start_ms=2000 * place, end_ms=2000 * place + 500) if len(looks) > 1 else None
        matcher.add(look if isinstance(look, tuple) else (look,), segment)
    return matcher.matches()


def test_nothing_is_asked_where_nothing_is_registered(registered):
    """No search, no read: faces of an upload cost nothing where nobody asked for a likeness."""
    assert matches(registered, seen(face(1.0))).found == []
    assert registered.asked == []
    assert registered.confirmed == []


def test_the_nearest_face_counts(registered):
    """Of two faces near a template the nearer one is told, with its place."""
    registered.held[ONE.family] = [candidate()]
    ((name, found),) = matches(registered, seen(face(0.75, left=0.5), face(0.8, left=0.25))).found
    assert name == "ref_1"
    assert (found.reference.kind, found.match, found.reference.level) == (
        ReferenceKind.LIKENESS,
        MatchKind.LIKENESS,
        Level.V2,
    )
    assert found.likeness == pytest.approx(0.6, abs=1e-6)
    assert found.box.left == 0.25
    assert found.votes is None


def test_the_radius_reaches_a_little_below_the_threshold(registered):
    """As far as what counts as probing, and no farther."""
    registered.held[ONE.family] = [candidate()]
    ((_, near),) = matches(registered, seen(face(COSINE - 0.5 * NEAR_LIKENESS * (1 - COSINE)))).found
    assert -NEAR_LIKENESS <= near.likeness < 0
    assert matches(registered, seen(face(COSINE - 2 * NEAR_LIKENESS * (1 - COSINE)))).found == []


def test_similarity_is_the_databases_word(registered):
    """An index that proposes a stranger gets the stranger's true similarity, far below any threshold."""
    registered.held[ONE.family] = [candidate(held=vector(0.0))]
    registered.lies = True
    ((_, found),) = matches(registered, seen(face(1.0))).found
    assert found.likeness == pytest.approx(likeness_of(0.0, COSINE))


def test_each_query_frame_has_one_vote(registered):
    """Two faces of one look are one vote; a look below the threshold is none."""
    registered.held[ONE.family] = [candidate()]
    twice, below = seen(face(0.8), face(0.9, left=0.5)), seen(face(COSINE - 0.01))
    ((_, found),) = matches(registered, twice, below, seen(face(0.7)), seen()).found
    assert (found.votes.looks, found.votes.is_every_look) == (2, False)
    assert {segment.start_ms for segment in found.segments} == {0, 4000}
    assert found.likeness == pytest.approx(0.8, abs=1e-6)


def test_full_support_is_reported(registered):
    """If every query frame shows the likeness, the evidence says so: a clip of two frames has no more."""
    registered.held[ONE.family] = [candidate()]
    ((_, found),) = matches(registered, seen(face(0.8)), seen(face(0.8))).found
    assert (found.votes.looks, found.votes.is_every_look) == (2, True)


def test_engines_are_never_mixed(registered):
    """The face that one engine describes is asked of that engine's templates only."""
    registered.held[ONE.family] = [candidate(1)]
    registered.held[OTHER.family] = [candidate(2)]
    look = (seen(face(0.9)), seen(face(0.2), engine_id="other"))
    found = matches(registered, look, engines=(ONE, OTHER)).found
    assert [name for name, _ in found] == ["ref_1"]


def test_unfit_faces_are_told_and_not_compared(registered):
    """A face that nobody can tell is told; the fit one beside it is compared all the same."""
    registered.held[ONE.family] = [candidate()]
    result = matches(registered, seen(UNFIT, face(0.9)))
    assert result.has_unfit
    assert result.is_finished
    assert len(result.found) == 1


def test_more_faces_than_are_described_leave_it_unfinished(registered):
    """A face that was not compared may be anybody's."""
    assert not matches(registered, seen(face(0.9), is_whole=False)).is_finished


def test_more_templates_than_are_confirmed_leave_it_unfinished(registered):
    """A flood of templates near one face is cut, and told."""
    registered.held[ONE.family] = [candidate(key) for key in range(1, MAX_TEMPLATES + 2)]
    result = matches(registered, seen(face(0.9)))
    assert not result.is_finished
    assert len(result.found) == MAX_TEMPLATES


def test_what_is_gone_is_no_evidence(registered):
    """A template that the index still holds and the database does not confirms nothing."""
    registered.held[ONE.family] = [candidate()]
    registered.confirm_faces = lambda keys, family: ()
    assert matches(registered, seen(face(1.0))).found == []


@pytest.mark.parametrize(("others", "is_placed"), [(MAX_PLACED - 1, True), (MAX_PLACED, False)])
def test_a_crowd_is_not_told_who_of_it_matches(registered, others, is_placed):
    """Among more comparable faces than a person looks at one by one, the place of a match is the whole picture."""
    registered.held[ONE.family] = [candidate()]
    strangers = [face(-0.5, axis=2 + number % 3) for number in range(others)]
    ((_, found),) = matches(registered, seen(face(0.9, left=0.5), *strangers, UNFIT, UNFIT)).found
    assert found.box == (Box(left=0.5, top=0.0, right=0.75, bottom=0.5) if is_placed else WHOLE)


@pytest.mark.parametrize(("faces", "has_fit"), [((), False), ((UNFIT,), False), ((face(-0.5),), True)])
def test_a_face_that_could_be_compared_is_reported(registered, faces, has_fit):
    """Also where nobody is registered: what a spent budget holds does not follow what is."""
    assert matches(registered, seen(*faces)).has_fit is has_fit
