"""`takedown models`, as an operator uses it."""

import json
from dataclasses import replace

import pytest
from click.testing import CliRunner

from index.faces.engine.manifest import Alignment, Assurance
from index.faces.library import Library
from index.faces.manifest_file import print_manifest
from registry.cli.commands import models
from registry.engines.models.catalogue import known_engines
from tests.support.faces import made_models as made


class Operator:
    """Runs `takedown models` on a data folder, with files that are on this machine."""

    def __init__(self, folder):
        self.folder = folder
        self.data = folder / "data"
        self.library = Library(self.data / "models")
        self.sources = made.write_sources(folder)
        self.manifest = folder / "made.json"
        self.manifest.write_bytes(print_manifest(made.manifest()))

    @property
    def files(self):
        """The options that name the files."""
        return [part for name, path in self.sources.items() for part in ("--file", f"{name}={path}")]

    def run(self, *arguments, answer=None):
        """Runs one command."""
        command = [*map(str, arguments), "--data", str(self.data)]
        return CliRunner().invoke(models.group, command, input=answer)

    def add(self, *arguments):
        """Installs the made-up engine."""
        done = self.run("add", self.manifest, "--accept-licence", *self.files, *arguments)
        assert done.exit_code == 0, done.output
        return done


@pytest.fixture
def operator(tmp_path):
    """An operator with an empty library."""
    return Operator(tmp_path)


def states(operator):
    """The engines listed, with their states."""
    done = operator.run("list", "--json")
    return {line["id"]: line for line in map(json.loads, done.output.splitlines())}


def test_engines_that_can_be_had_are_listed(operator):
    """The built-in one, and the catalogue; nothing is written."""
    listed = states(operator)
    assert {name: line["state"] for name, line in listed.items()} == {
        "dlib-resnet-1": "built in",
        "yunet-auraface-1": "known",
        "yunet-sface-1": "known",
    }
    assert not operator.data.exists()


def test_the_catalogue_is_sound():
    """Every known engine can be installed, says its licence, is published by https, and claims no measured errors."""
    for name, manifest in known_engines().items():
        assert name == manifest.id
        assert manifest.alignment is Alignment.ARCFACE_112
        assert manifest.assurance is Assurance.STANDARD
        assert manifest.calibration is None
        assert manifest.licence_url is not None
        for file in (manifest.detector, manifest.embedder):
            assert file.url.startswith("https://")
            assert len(file.sha256) == 32


def test_an_engine_is_installed_from_local_files(operator):
    """The licence is shown; without calibration the engine says that it matches nobody."""
    done = operator.add()
    assert "Apache-2.0" in done.stderr
    assert "matches nobody" in done.stdout
    assert operator.library.verify("made-1") == made.manifest()
    assert states(operator)["made-1"]["state"] == "installed"
    assert "not calibrated: matches nobody" in operator.run("list").output


@pytest.mark.parametrize(("answer", "code"), [("y\n", 0), ("n\n", 1), (None, 1)], ids=["yes", "no", "nobody"])
def test_the_licence_is_asked_for(operator, answer, code):
    """Nothing is installed before it is accepted."""
    done = operator.run("add", operator.manifest, *operator.files, answer=answer)
    assert done.exit_code == code
    assert len(operator.library.installed()) == 1 - code


def test_a_measured_calibration_is_added_without_files(operator):
    """Adding an installed engine again changes what is said of it."""
    operator.add()
    operator.manifest.write_bytes(print_manifest(made.manifest(calibration=made.calibration())))
    done = operator.run("add", operator.manifest, "--accept-licence", "--json")
    assert json.loads(done.stdout)["calibrated"] is True
    assert operator.library.verify("made-1").calibration == made.calibration()


def test_a_wrong_file_is_named(operator):
    """One line, an exit code, and no engine."""
    operator.sources["detector.onnx"].write_bytes(b"another file")
    done = operator.run("add", operator.manifest, "--accept-licence", *operator.files)
    assert done.exit_code == 1
    assert "detector.onnx" in done.stderr.splitlines()[-1]
    assert operator.library.installed() == ()


def test_a_file_that_is_no_network_is_not_installed(operator):
    """Length and SHA-256 are those of the manifest, and it still could not be used."""
    operator.sources["embedder.onnx"].write_bytes(b"no network")
    wrong = made.manifest(described=b"no network")
    operator.manifest.write_bytes(print_manifest(wrong))
    done = operator.run("add", operator.manifest, "--accept-licence", *operator.files)
    assert done.exit_code == 1
    assert "embedder" in done.stderr
    assert operator.library.installed() == ()


def test_a_file_that_cannot_be_had_names_the_way_by_hand(operator):
    """Without a network the operator is told which file to bring, and from where."""
    url = "https://127.0.0.1:1/embedder.onnx"
    operator.manifest.write_bytes(
        print_manifest(made.manifest(embedder=made.model_file("embedder.onnx", made.embedder(), url)))
    )
    done = operator.run("add", operator.manifest, "--accept-licence", *operator.files[:2])
    assert done.exit_code == 1
    last = done.stderr.splitlines()[-1]
    assert url in last
    assert "--file embedder.onnx=PATH" in last


@pytest.mark.parametrize(
    "arguments",
    [["nothing-known"], ["made.json", "--file", "x=y"], ["made.json", "--file", "detector.onnx"]],
)
def test_mistakes_are_told_as_such(operator, arguments):
    """An engine that is not known, a file that the engine does not have, and no path."""
    arguments = [str(operator.folder / part) if part.endswith(".json") else part for part in arguments]
    done = operator.run("add", *arguments, "--accept-licence")
    assert done.exit_code == 2


def test_a_manifest_that_is_none_is_told_field_by_field(operator):
    """Nothing in it is executed, and nothing of it is repeated."""
    operator.manifest.write_bytes(b'{"id": "../../etc"}')
    done = operator.run("add", operator.manifest, "--accept-licence")
    assert done.exit_code == 1
    assert "id must be" in done.stderr
    assert "etc" not in done.stderr
    assert operator.run("add", operator.folder / "absent.json").exit_code == 1


def test_damage_is_found(operator):
    """`verify` names the engine and the file, and fails."""
    operator.add()
    assert operator.run("verify").output == "made-1: intact\n"
    (operator.library.folder / "made-1" / "embedder.onnx").write_bytes(b"")
    done = operator.run("verify", "--json")
    assert done.exit_code == 1
    line = json.loads(done.stdout)
    assert (line["engine"], line["intact"]) == ("made-1", False)
    assert "embedder.onnx" in line["fault"]
    assert operator.run("verify", "made-2").exit_code == 1


def test_an_unreadable_engine_is_listed(operator):
    """It does not vanish from the list."""
    operator.add()
    (operator.library.folder / "made-1" / "manifest.json").write_text("x", encoding="ascii")
    assert states(operator)["made-1"] == {"id": "made-1", "state": "unreadable"}
    assert "cannot be read" in operator.run("list").output


@pytest.mark.parametrize(("count", "options", "code"), [(0, [], 0), (3, [], 1), (3, ["--force"], 0)])
def test_an_engine_is_kept_while_people_are_found_by_it(operator, monkeypatch, count, options, code):
    """Removing it would leave them unmatched without a word; `--force` says that this is meant."""
    operator.add()
    monkeypatch.setattr(models, "_templates", lambda _data, _engine: count)
    done = operator.run("remove", "made-1", *options)
    assert done.exit_code == code
    assert len(operator.library.installed()) == code
    assert ("3 registered people" in done.stderr) is bool(code)


def test_other_vectors_never_take_the_same_name(operator):
    """Templates are stored under the id."""
    operator.add()
    operator.manifest.write_bytes(print_manifest(replace(made.manifest(), bgr=True)))
    done = operator.run("add", operator.manifest, "--accept-licence", *operator.files)
    assert done.exit_code == 1
    assert "another id" in done.stderr
