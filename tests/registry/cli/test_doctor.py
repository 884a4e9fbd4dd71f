"""`takedown doctor`, and what becomes of commands whose face engine is missing, damaged or removed."""

import os
import shutil
import subprocess
import sys
from functools import partial

import pytest
from click.testing import CliRunner
from PIL import Image

from index.faces.library import Library
from index.verdict.vocabulary import Level
from registry.cli.main import main
from tests.support.commands import Done
from tests.support.faces import made_models as made
from tests.support.usecases.verifying import raise_in_folder

REFERENCES = ["references: fingerprints", "references: pictures", "references: key frames"]
FAMILIES = ["index: pdq-1", "index: anchored-1", "index: frames-1", "index: frame-pdq-1"]
WARNING, OK, FAILURE = "warning", "ok", "failure"


class Operator:
    """Runs commands in this process, on a registry with an engine of small networks."""

    def __init__(self, folder):
        self.models = folder / "models"
        self.photograph = folder / "photograph.png"
        self._data = folder / "data"

    @property
    def environment(self):
        """The environment variables of a server of this registry."""
        return {
            "TAKEDOWN_DATA": str(self._data),
            "TAKEDOWN_MODELS": str(self.models),
            "TAKEDOWN_FACES": "made-1",
        }

    def __call__(self, *arguments, faces="made-1", **env):
        """Runs one command to its end."""
        environment = {**self.environment, "TAKEDOWN_FACES": faces, **env}
        done = CliRunner().invoke(main, list(map(str, arguments)), env=environment)
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return Done(code=done.exit_code, out=done.stdout, err=done.stderr)


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """A registry with one person, who is registered by a photograph of a made-up face, and the person's case."""
    folder = tmp_path_factory.mktemp("template")
    manifest = made.manifest(calibration=made.calibration(0.9))
    sources = tmp_path_factory.mktemp("sources")
    Library(folder / "models").install(manifest, made.write_sources(sources))
    picture = made.grey()
    made.face_at(picture, 544, 544)
    Image.fromarray(picture).save(folder / "photograph.png")
    run = Operator(folder)
    assert run("db", "upgrade").code == 0
    done = run("enrol", "--kind", "likeness", "--level", "V2", "--consent", "--json", run.photograph)
    assert done.code == 0, done.out + done.err
    raise_in_folder(folder / "data", done.lines[0]["case"], Level.V2)
    return folder, done.lines[0]["case"]


@pytest.fixture
def registered(template):
    """The case of the person."""
    return template[1]


@pytest.fixture
def run(template, tmp_path):
    """An operator of a copy of that registry."""
    shutil.copytree(template[0], tmp_path / "copy")
    return Operator(tmp_path / "copy")


def told(done):
    """Severities by topic."""
    return {line["topic"]: line["severity"] for line in done.lines}


def one_line(done, *words):
    """Passes a command that failed with one line which says these words."""
    assert done.code != 0
    lines = done.err.strip().splitlines()
    assert len(lines) == 1, done.err
    assert all(word in lines[0] for word in words)


def test_a_deployment_without_faces_is_well(tmp_path):
    """Database and indexes are looked at, and faces are told to be off."""
    run = Operator(tmp_path)
    assert run("db", "upgrade", faces="").code == 0
    done = run("doctor", "--json", faces="")
    assert done.code == 0
    assert told(done) == dict.fromkeys(
        ["database", "withdrawal journal", *FAMILIES, *REFERENCES, "faces"], OK
    )


def test_a_journal_that_cannot_be_kept_is_a_warning(tmp_path):
    """A journal that cannot be written, or that is lost with the data folder, is told; nothing is refused for it."""
    (tmp_path / "file").touch()
    for name, path in (
        ("one", tmp_path / "file" / "journal"),
        ("two", tmp_path / "two" / "data" / "journal"),
    ):
        (tmp_path / name).mkdir()
        run = partial(Operator(tmp_path / name), faces="", TAKEDOWN_WITHDRAWAL_JOURNAL=str(path))
        assert run("db", "upgrade").code == 0
        done = run("doctor", "--json")
        assert (done.code, told(done)["withdrawal journal"]) == (0, WARNING)


def test_an_engine_that_is_on_is_well(run):
    """Its index agrees with the database, and its false alarms are counted: by the group that fares worst."""
    done = run("doctor", "--json")
    assert (done.code, set(told(done).values())) == (0, {OK})
    (text,) = [line["text"] for line in done.lines if line["topic"] == "faces: made-1"]
    assert text.startswith("1 subjects, 0.0002 false alarms")
    plain = run("doctor").out.splitlines()
    assert len(plain) == len(done.lines)
    assert all(line.startswith("ok ") for line in plain)


def test_more_false_alarms_than_wished_are_a_warning(run):
    """A warning is no failure: the exit code stays 0."""
    done = run("doctor", "--json", TAKEDOWN_FACE_FALSE_ALARMS="0.0001")
    assert (done.code, told(done)["faces: made-1"]) == (0, WARNING)


def test_subjects_of_an_engine_that_is_off_are_a_warning(run):
    """Somebody believes to be looked for, and is not."""
    done = run("doctor", "--json", faces="")
    assert (done.code, told(done)["faces: made-1"]) == (0, WARNING)


def test_a_damaged_engine_is_a_failure(run):
    """A changed file is found as a server would find it, and fails the command."""
    path = next(run.models.rglob("embedder.onnx"))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.chmod(0o600)
    path.write_bytes(content)
    done = run("doctor", "--json")
    assert done.code == 1
    assert FAILURE in told(done).values()
    assert "Traceback" not in done.err


@pytest.mark.parametrize("command", [("serve", "--port", "0"), ("worker",)])
def test_an_engine_that_is_not_installed_stops_the_start_with_one_line(run, command):
    """Server and worker say which, and do nothing."""
    done = subprocess.run(
        [sys.executable, "-m", "registry.cli.main", *command],
        env={**os.environ, **run.environment, "TAKEDOWN_FACES": "gone-1"},
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
    )
    one_line(Done(code=done.returncode, out=done.stdout, err=done.stderr), "gone-1")


def test_an_engine_with_templates_is_not_removed(run):
    """Refused while somebody is registered by it, from the folder that the server reads; by force it goes."""
    one_line(run("models", "remove", "made-1"), "1 registered people", "made-1")
    assert [found.id for found in Library(run.models).installed()] == ["made-1"]
    assert run("check", "--json", run.photograph).lines[0]["verdict"] == "review"
    assert run("models", "remove", "made-1", "--force").code == 0
    assert Library(run.models).installed() == ()
    one_line(run("check", run.photograph), "made-1")
    assert told(run("doctor", "--json", faces=""))["faces: made-1"] == WARNING


def test_who_withdraws_while_the_engine_is_off_is_erased(run, registered):
    """Nobody needs the engine to be forgotten."""
    done = run("withdraw", "--json", registered, faces="")
    assert done.lines[0]["erased_at"] is not None
    assert told(run("doctor", "--json"))["faces: made-1"] == OK
    assert "0 subjects" in run("doctor").out
