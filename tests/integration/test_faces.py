"""Faces through whole processes: where vectors lie, what a withdrawal leaves, and engines that come and go."""

import io
import os
import tempfile
from dataclasses import dataclass, replace

import numpy as np
import pytest
from PIL import Image

from index.errors import EngineUnavailable
from index.faces.library import Library
from index.faces.worker_pool import FaceWorkerPool
from index.hashing.codes import Algorithm, Code
from index.pictures.describing import Purpose
from index.verdict.vocabulary import Level, MatchKind, Outcome, ReferenceKind
from registry.bootstrap.container import Container
from registry.bootstrap.databases import ENVIRONMENT
from registry.cli.backends import local_actor, prepare_data
from registry.config import Settings
from registry.domain.family import Family
from registry.domain.likeness import FacePhoto, StoredLikeness
from registry.errors import FaceNotFound
from registry.indexing import opening
from registry.matching.question import question_of
from registry.security.logs import ServiceLog
from registry.usecases.cases.withdrawing import withdraw
from registry.usecases.checks.uploads import check_upload
from registry.usecases.enrolment.describe_likeness import draft_from_photograph
from registry.usecases.enrolment.describe_reference import draft_from_codes
from registry.usecases.enrolment.enrolling import enrol
from tests.support.faces import made_models as made
from tests.support.faces.pictures import head
from tests.support.paths import DEMO_PICTURES
from tests.support.usecases.verifying import open_verified

ENGINE = "dlib-resnet-1"
FACES = Family.faces(ENGINE, 128)
PORTRAIT = (DEMO_PICTURES / "astronaut.jpg").read_bytes()
CROWD = 12
"""Made-up people beside the portrait's, so that templates go to files."""
LEAK = 16
"""Bytes of a vector that no file may hold in a row: four numbers, far beyond chance."""


@dataclass(kw_only=True)
class Process:
    """One process's parts with faces, driven by hand; remembers what its engines saw before the rotation."""

    container: Container
    log: io.StringIO
    plain: list

    @property
    def around(self):
        """What use cases ask for."""
        return {
            "actor": local_actor(self.container),
            "units": self.container.units,
            "environment": ENVIRONMENT,
        }

    def enrol_photograph(self, data):
        """Registers a photograph in a case of its own."""
        draft = draft_from_photograph(
            data, self.container.fingerprints, self.container.faces, has_consented=True
        )
        return open_verified(Level.V2, draft, **self.around).case.id

    def enrol_made_up(self, *vectors):
        """Registers vectors that no photograph has, one photograph each, in one case."""
        engine = next(
            one for one in self.container.faces.engines if len(vectors[0]) * 4 == one.family.row_bytes
        )
        case = open_verified(Level.V2, None, **self.around).case.id
        for vector in vectors:
            code = Code(algorithm=Algorithm.SHA256, value=os.urandom(32))
            photo = FacePhoto(engine=engine.id, model_sha256=engine.model_sha256, vector=vector)
            draft = replace(
                draft_from_codes([code], ReferenceKind.INTIMATE_ITEM),
                kind=ReferenceKind.LIKENESS,
                likeness=StoredLikeness(photos=(photo,)),
                has_consented=True,
            )
            enrol(case, draft, **self.around)
        return case

    def check(self, data):
        """Asks about a picture."""
        services = self.container.check_services
        colours = services.faces is not None
        fingerprint = self.container.fingerprints.describe(data, Purpose.CHECK, colours=colours)
        return check_upload(question_of(fingerprint), actor=local_actor(self.container), services=services)

    def finds(self, data):
        """Tells whether a picture is held for a likeness."""
        verdict = self.check(data).verdict
        assert verdict.outcome is not Outcome.BLOCK
        return MatchKind.LIKENESS in verdict.kinds

    def proposes(self, vector):
        """Counts the templates that the index proposes near a vector."""
        self.container.indexes.ready_position()
        family = Family.faces(ENGINE, len(vector))
        return len(self.container.indexes.propose(family, vector[None].view(np.uint8), 1000).ids)

    def withdraw(self, case):
        """Withdraws a case."""
        withdraw(case, **self.around)

    def erased_at(self, case):
        """Returns when a case was erased, or None."""
        with self.container.units.read() as unit:
            return unit.cases.get(case, local_actor(self.container).tenant_id).erased_at

    def compact(self, family=FACES):
        """Has what was added written to files."""
        self.container.upkeep.once()
        self.container.keepers[family].compact()


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """The folder of models, apart from the data folders: the default engine converted, and a made-up one beside it."""
    folder = tmp_path_factory.mktemp("models")
    sources = tmp_path_factory.mktemp("sources")
    manifest = made.manifest(calibration=made.calibration(0.9))
    Library(folder).install(manifest, made.write_sources(sources))
    return folder


@pytest.fixture
def settings(tmp_path, monkeypatch, models):
    """A fresh registry with the default engine on, and a folder for whoever wants temporary files."""
    monkeypatch.setattr(opening, "MAX_REPLAYED_CODES", 10)
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    for name in ("TMPDIR", "TEMP", "TMP"):
        monkeypatch.setenv(name, str(temporary))
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    settings = Settings(data=tmp_path / "data", models=models, faces=ENGINE)
    prepare_data(settings)
    return settings


@pytest.fixture
def open_process(settings, monkeypatch):
    """Starts processes by hand; those that still run are closed at the end."""
    opened = []
    plain = []
    find = FaceWorkerPool.find

    def seeing(self, pictures):
        found = find(self, pictures)
        plain.extend(face.vector for of in found for seen in of for face in seen.faces)
        return found

    monkeypatch.setattr(FaceWorkerPool, "find", seeing)

    def begin(*, once=True, **changes):
        log = io.StringIO()
        changed = settings.model_copy(update=changes)
        container = Container.build(changed, log=ServiceLog(log), decoders=1)
        opened.append(container)
        if once:
            container.upkeep.once()
        return Process(container=container, log=log, plain=plain)

    yield begin
    for container in opened:
        container.close()


def made_up(seed, dimension=128):
    """A unit vector of nobody."""
    vector = np.random.default_rng(seed).standard_normal(dimension)
    return (vector / np.linalg.norm(vector)).astype(np.float32)


def another_picture():
    """The portrait's head alone, mirrored and darker."""
    file = io.BytesIO()
    Image.fromarray((head(200)[:, ::-1] * 0.85).astype(np.uint8)).save(file, "JPEG", quality=85)
    return file.getvalue()


def slices(vector):
    """Returns every run of `LEAK` bytes of a vector, as float32, float64 and float16, either byte order."""
    spelled = [vector.astype(order + kind).tobytes() for kind in ("f4", "f8", "f2") for order in "<>"]
    return {one[start : start + LEAK] for one in spelled for start in range(len(one) - LEAK + 1)}


def holders(folder, wanted, *texts):
    """Names the files under a folder, and the texts, that hold any of these runs of bytes."""
    contents = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    contents |= {f"text {place}": text for place, text in enumerate(texts)}
    return {name for name, content in contents.items() if not wanted.isdisjoint(_runs(content))}


def _runs(content):
    """Returns every run of `LEAK` bytes."""
    return {content[start : start + LEAK] for start in range(len(content) - LEAK + 1)}


@pytest.fixture
def filled(open_process):
    """A process with the portrait and a crowd of made-up people in files, and the portrait's case."""
    process = open_process()
    case = process.enrol_photograph(PORTRAIT)
    for seed in range(CROWD):
        process.enrol_made_up(made_up(seed))
    process.compact()
    assert process.finds(another_picture())
    return process, case


def rotated(process):
    """Returns the portrait's template as it is kept, by a database that is opened."""
    family = process.container.faces.engines[0].family
    _, ids, codes = process.container.feeds[family].everything()
    return codes[ids.argmin()].view(np.float32)


def test_no_plain_vector_is_anywhere(filled, tmp_path):
    """No four numbers in a row of what the engine saw are in a file or a log; rotated ones only in the index."""
    process, _ = filled
    log = process.log.getvalue().encode()
    assert len(process.plain) >= 2  # of the registered photograph and of the checked picture
    for vector in process.plain:
        assert vector is None or holders(tmp_path, slices(vector), log) == set()
    found = holders(tmp_path, slices(rotated(process)), log)
    assert found  # the search finds what is there
    assert {path.parent.name for path in found} == {FACES.value}


def test_nothing_of_a_withdrawn_face_is_left(filled, tmp_path):
    """Once a case is called erased no file holds four numbers of it: not the index, not the database, not its logs."""
    process, case = filled
    wanted = slices(rotated(process))
    process.withdraw(case)
    assert not process.finds(another_picture())
    process.container.eraser.erase()
    assert process.erased_at(case) is None  # the index's files still hold it
    process.container.upkeep.once()
    assert process.erased_at(case) is not None
    assert holders(tmp_path, wanted, process.log.getvalue().encode()) == set()
    assert [process.proposes(made_up(seed)) for seed in range(CROWD)] == [1] * CROWD


def test_a_restart_reads_the_files(filled, open_process):
    """What stands in files is found again, and agrees with the database."""
    process, _ = filled
    process.container.close()
    again = open_process()
    assert again.finds(another_picture())
    assert again.container.indexes.reconcile() == frozenset()
    assert again.container.indexes.size(FACES) == CROWD + 1


def test_an_engine_that_is_switched_off_is_told_and_erased(filled, open_process, settings):
    """Its files go, its subjects are not found and that is said once; a withdrawal is erased; then it is on again."""
    process, case = filled
    gone = process.enrol_made_up(made_up(99))
    folder = settings.data / "index" / FACES.value
    process.container.close()
    off = open_process(faces="")
    assert not folder.exists()
    off.container.upkeep.once()
    assert off.log.getvalue().count('"faces.unsearched"') == 1
    assert off.check(another_picture()).verdict.outcome is Outcome.ALLOW
    off.withdraw(gone)
    off.container.upkeep.once()
    assert off.erased_at(gone) is not None
    off.container.close()
    on = open_process()
    assert on.finds(another_picture())
    assert on.proposes(made_up(99)) == 0
    assert on.container.indexes.size(FACES) == CROWD + 1
    on.withdraw(case)
    on.container.upkeep.once()
    assert on.erased_at(case) is not None


def test_a_command_without_the_engines_leaves_a_servers_files_alone(filled, open_process, settings):
    """Beside a process that searches faces nothing of its files is deleted, and nothing is called erased too early."""
    server, case = filled
    folder = settings.data / "index" / FACES.value
    held = {path.name for path in folder.iterdir()}
    command = open_process(faces="")
    command.withdraw(case)
    command.container.upkeep.once()
    assert {path.name for path in folder.iterdir()} == held
    assert command.erased_at(case) is None
    assert not server.finds(another_picture())
    server.container.upkeep.once()
    assert server.erased_at(case) is not None
    assert server.proposes(made_up(0)) == 1


def test_an_engine_that_is_not_there_stops_the_start(settings):
    """A registry whose engine is not installed does not start half: one sentence says which."""
    with pytest.raises(EngineUnavailable, match="gone-1"):
        Container.build(settings.model_copy(update={"faces": f"{ENGINE},gone-1"}), log=ServiceLog.silent())


def with_made_up_face(data=None):
    """A picture with a face that the made-up engine sees, grey or over another one."""
    picture = made.grey()
    if data is not None:
        picture[:512, :512] = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
    made.face_at(picture, 544, 544)
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "PNG")
    return file.getvalue()


def test_two_engines_of_two_dimensions_are_searched_apart(open_process):
    """Each has a family, an index and a width of its own; a photograph that one cannot describe is refused."""
    process = open_process(faces=f"{ENGINE},made-1")
    small = Family.faces("made-1", made.DIMENSION)
    process.enrol_made_up(made_up(1))
    process.enrol_made_up(
        made_up(1, made.DIMENSION), made_up(2, made.DIMENSION)
    )  # one person, two photographs
    process.container.indexes.ready_position()
    sizes = {family: process.container.indexes.size(family) for family in (FACES, small)}
    assert sizes == {FACES: 1, small: 1}
    with pytest.raises(FaceNotFound):
        process.enrol_photograph(with_made_up_face())  # a face to the made-up engine alone


def test_an_engine_by_manifest_finds_what_it_registered(open_process):
    """The library's engine registers and finds through the same pool; its subjects wait while it is off."""
    process = open_process(faces="made-1")
    process.enrol_photograph(with_made_up_face())
    assert process.finds(with_made_up_face(PORTRAIT))
    process.container.close()
    other = open_process()
    assert '"faces.unsearched"' in other.log.getvalue()
    assert not other.finds(with_made_up_face(PORTRAIT))
