"""The two commands about faces, run in process with a made-up engine."""

import json
import sys
import xml.etree.ElementTree as ET
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path

import pytest

from benchmarks.faces import arguments
from index.errors import EngineUnavailable
from index.faces.manifest_file import parse_manifest, print_manifest
from tests.support.bench.made_up_faces import MadeUpEngine, manifest, write_people

SCRIPTS = Path(__file__).parents[2] / "scripts"


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Return a folder of 40 people with 4 pictures each; 10 of them are in a group."""
    folder = tmp_path_factory.mktemp("people")
    write_people(folder / "faces", {f"person_{number:02}": 4 for number in range(40)})
    (folder / "group.txt").write_text("".join(f"person_{number:02}\n" for number in range(10)))
    return folder


@pytest.fixture
def run(monkeypatch, folder, tmp_path):
    """Return a function that runs a command on the folder and returns its exit code."""
    monkeypatch.setattr(arguments, "open_engine", lambda _spec: MadeUpEngine())

    def call(script: str, *given: object, on: Path = folder / "faces") -> int:
        loader = SourceFileLoader(script.replace("/", "_"), str(SCRIPTS / script))
        spec = spec_from_loader(loader.name, loader)
        assert spec is not None
        module = module_from_spec(spec)
        monkeypatch.setattr(sys, "dont_write_bytecode", True)
        loader.exec_module(module)
        options = ["--group", folder / "group.txt", "--group-name", "members", "--cache", tmp_path / "cache"]
        monkeypatch.setattr(sys, "argv", [str(word) for word in (script, on, *options, *given)])
        return module.main()

    return call


def test_the_bench_writes_what_it_is_asked_for(run, tmp_path):
    """JSON, document and chart are written, and the document refers to the chart relative to itself."""
    files = {name: tmp_path / "docs" / name for name in ("faces.json", "faces.md", "img/det.svg")}
    files["faces.md"].parent.mkdir()
    options = ["--json", files["faces.json"], "--markdown", files["faces.md"], "--svg", files["img/det.svg"]]
    assert run("bench/faces", "--robust", 4, "--no-cost", *options) == 0
    named = json.loads(files["faces.json"].read_text())
    assert named["engine"] == "made-up-1"
    assert named["identities"] == {"everybody": 40, "members": 10, "others": 30}
    assert "](img/det.svg)" in files["faces.md"].read_text()
    ET.fromstring(files["img/det.svg"].read_text())


def test_a_calibration_is_written_into_a_manifest(run, tmp_path, capsys):
    """The manifest can be read back and differs in nothing else; expected false alarms are printed."""
    path = tmp_path / "manifest.json"
    path.write_bytes(print_manifest(manifest()))
    assert run("calibrate_faces", "--enrolled", 500, "--write", path, "--describe", "made-up faces") == 0
    written = parse_manifest(path.read_bytes())
    calibration = written.calibration
    assert calibration is not None
    assert [row[0] for row in calibration.far_by_group] == ["members", "others"]
    assert all(share <= 1e-3 for _, share, _, _ in calibration.far_by_group)
    assert calibration.far <= 1e-4
    assert "made-up faces, 160 pictures of 40 identities (10 members, 30 others)" in calibration.evidence
    assert str(tmp_path) not in calibration.evidence
    assert written == manifest(calibration=calibration)
    shown = capsys.readouterr().out
    assert f"threshold: cosine {calibration.cosine:.3f}" in shown
    assert "among 500 enrolled like members" in shown


def test_the_manifest_of_another_engine_is_left_alone(run, tmp_path, capsys):
    """A file that is no manifest is left alone too; the command says so and ends with 2."""
    for content in (print_manifest(manifest()).replace(b"made-up-1", b"made-up-2"), b"{}"):
        path = tmp_path / "manifest.json"
        path.write_bytes(content)
        assert run("calibrate_faces", "--write", path) == 2
        assert path.read_bytes() == content
        assert "manifest" in capsys.readouterr().err


def test_a_rate_that_cannot_be_told_is_refused(run, capsys):
    """The folder's 25,000 trials cannot measure a rate of 1e-7."""
    assert run("calibrate_faces", "--far", "1e-7") == 1
    assert "too few pictures" in capsys.readouterr().err


@pytest.mark.parametrize("rate", ["0", "0.5", "-1"])
def test_a_rate_out_of_bounds_is_wrong_usage(run, rate):
    """Argparse ends with 2."""
    with pytest.raises(SystemExit) as ended:
        run("calibrate_faces", f"--far={rate}")
    assert ended.value.code == 2


@pytest.mark.parametrize("script", ["bench/faces", "calibrate_faces"])
def test_an_absent_folder_or_engine_is_skipped(run, script, tmp_path, capsys, monkeypatch):
    """Both commands print the reason and end with 3."""
    assert run(script, on=tmp_path / "absent") == 3
    assert capsys.readouterr().err == "skipped: absent is no folder\n"

    def refuse(_spec):
        raise EngineUnavailable("the engine absent-1 is not installed")

    monkeypatch.setattr(arguments, "open_engine", refuse)
    assert run(script) == 3
    assert capsys.readouterr().err == "skipped: the engine absent-1 is not installed\n"
