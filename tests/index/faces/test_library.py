"""The library: engines are whole or not there, and a changed file is found before it is used."""

import subprocess
import sys
import textwrap
from dataclasses import replace

import numpy as np
import pytest

from index.errors import EngineUnavailable, MalformedManifest, ModelDamaged
from index.faces.engine.manifest import Alignment
from index.faces.library import Library, manifest_of, open_engine
from tests.support.faces import made_models as made
from tests.support.paths import ROOT


@pytest.fixture
def sources(tmp_path):
    """The two files, somewhere on this machine."""
    return made.write_sources(tmp_path)


@pytest.fixture
def library(tmp_path):
    """A library whose folder does not exist yet."""
    return Library(tmp_path / "data" / "models")


@pytest.fixture
def installed(library, sources):
    """A library with one engine."""
    library.install(made.manifest(), sources)
    return library


def visible(library):
    """Names in the library's folder that count."""
    return sorted(path.name for path in library.folder.iterdir() if path.name != ".lock")


def test_an_installed_engine_is_listed_and_opened(installed):
    """From files to vectors."""
    (found,) = installed.installed()
    assert (found.id, found.manifest) == ("made-1", made.manifest())
    assert manifest_of(installed.folder, "made-1") == installed.verify("made-1") == made.manifest()
    engine = open_engine(installed.folder, "made-1")
    picture = made.grey()
    made.face_at(picture, 64, 96)
    assert engine.embed(engine.chips(picture, engine.detect(picture))).shape == (1, made.DIMENSION)


def test_an_empty_library_has_no_engines(library):
    """No folder is no error."""
    assert library.installed() == ()
    with pytest.raises(EngineUnavailable):
        open_engine(library.folder, "made-1")
    with pytest.raises(EngineUnavailable):
        library.remove("made-1")


@pytest.mark.parametrize("name", ["", "..", "../made-1", "MADE-1", ".lock", "x" * 33])
def test_only_ids_name_folders(installed, name):
    """No name leads out of the library."""
    with pytest.raises(EngineUnavailable):
        installed.manifest(name)
    with pytest.raises(EngineUnavailable):
        installed.remove(name)


@pytest.mark.parametrize("file", ["detector.onnx", "embedder.onnx"])
@pytest.mark.parametrize("harm", ["flipped", "cut", "longer", "missing"])
def test_a_changed_file_is_found_before_it_is_used(installed, file, harm):
    """One bit is enough."""
    path = installed.folder / "made-1" / file
    data = bytearray(path.read_bytes())
    if harm == "flipped":
        data[len(data) // 2] ^= 1
    path.write_bytes({"cut": data[:-1], "longer": data + b"x"}.get(harm, data))
    if harm == "missing":
        path.unlink()
    with pytest.raises(ModelDamaged, match=file):
        installed.verify("made-1")
    with pytest.raises(ModelDamaged, match=file):
        open_engine(installed.folder, "made-1")


def test_an_unreadable_manifest_is_listed_and_told(installed):
    """Such an engine does not vanish."""
    (installed.folder / "made-1" / "manifest.json").write_text("{}", encoding="ascii")
    (found,) = installed.installed()
    assert (found.id, found.manifest) == ("made-1", None)
    with pytest.raises(MalformedManifest):
        open_engine(installed.folder, "made-1")


def test_a_folder_of_another_name_is_not_the_engine(installed):
    """The id is what templates are stored under: a renamed folder must not lend it to another engine."""
    (installed.folder / "made-1").rename(installed.folder / "made-2")
    with pytest.raises(MalformedManifest):
        installed.manifest("made-2")


def test_a_wrong_source_installs_nothing(library, sources):
    """What is not the manifest's file stays outside."""
    sources["embedder.onnx"].write_bytes(made.embedder()[:-1] + b"x")
    with pytest.raises(ModelDamaged, match=r"embedder\.onnx"):
        library.install(made.manifest(), sources)
    assert visible(library) == []


def test_an_engine_of_other_vectors_takes_no_ones_id(installed, sources):
    """Templates of the one would be compared with vectors of the other."""
    for other in (made.manifest(input_mean=0.0), made.manifest(bgr=True), made.manifest(dimension=47)):
        with pytest.raises(EngineUnavailable, match="another id"):
            installed.install(other, sources)
        with pytest.raises(EngineUnavailable, match="another id"):
            installed.update(other)
    assert installed.verify("made-1") == made.manifest()


def test_a_calibration_is_written_to_an_installed_engine(installed):
    """What was measured changes no vector."""
    calibrated = made.manifest(calibration=made.calibration())
    installed.update(calibrated)
    assert installed.verify("made-1") == calibrated
    with pytest.raises(EngineUnavailable):
        installed.update(replace(calibrated, id="made-2"))


def test_a_damaged_engine_is_installed_anew(installed, sources):
    """Adding it again repairs it."""
    (installed.folder / "made-1" / "embedder.onnx").write_bytes(b"")
    installed.install(made.manifest(), sources)
    assert installed.verify("made-1") == made.manifest()
    assert visible(installed) == ["made-1"]


def test_a_removed_engine_is_gone(installed):
    """Its files too."""
    installed.remove("made-1")
    assert visible(installed) == []
    assert installed.installed() == ()


@pytest.mark.parametrize(
    "changes",
    [
        {"detector": None},
        {"alignment": Alignment.DLIB_150},
        {"id": "dlib-resnet-1"},
        {"detector": made.model_file("embedder.onnx", made.detector())},
        {"detector": made.model_file("manifest.json", made.detector())},
        {"detector": made.model_file("Embedder.ONNX", made.detector())},
    ],
)
def test_other_kinds_of_engines_are_not_installed(library, sources, changes):
    """What could not be opened, or would take a built-in engine's name, is refused before anything is written."""
    with pytest.raises(MalformedManifest):
        library.install(replace(made.manifest(), **changes), sources)
    assert not library.folder.exists()


def test_without_onnxruntime_the_engine_is_unavailable(installed, monkeypatch):
    """The extra is named; no answer is given instead."""
    monkeypatch.setitem(sys.modules, "index.faces.onnx_engine", None)
    with pytest.raises(EngineUnavailable, match="faces"):
        open_engine(installed.folder, "made-1")


@pytest.mark.parametrize("step", range(1, 8))
def test_a_command_killed_at_any_step_leaves_whole_engines(installed, sources, step):
    """Killed while it installs anew, the engine is whole or not there; the next command clears what is left."""
    script = textwrap.dedent(f"""
        import os, pathlib
        from tests.support.faces import made_models as made
        from index.faces import library
        from index.faces.engine import model_files
        left = {step}
        def counted(of, name):
            real = getattr(of, name)
            def call(*arguments, **named):
                global left
                left -= 1
                if not left:
                    os._exit(9)
                return real(*arguments, **named)
            setattr(of, name, call)
        counted(library, "copy_verified")
        counted(library, "write_settled")
        counted(library, "sync_folder")
        counted(pathlib.Path, "rename")
        folder = pathlib.Path({str(installed.folder)!r})
        sources = {{name: pathlib.Path(path) for name, path in { ({k: str(v) for k, v in sources.items()})!r}.items()}}
        library.Library(folder).install(made.manifest(calibration=made.calibration()), sources)
    """)
    done = subprocess.run(
        [sys.executable, "-c", script], check=False, timeout=60, capture_output=True, cwd=ROOT
    )
    assert done.returncode == (9 if step < 8 else 0), done.stderr.decode()
    for found in installed.installed():
        assert installed.verify(found.id).id == "made-1"
    installed.install(made.manifest(calibration=made.calibration()), sources)
    assert visible(installed) == ["made-1"]
    assert installed.verify("made-1").calibration is not None


def test_threads_open_their_own(installed):
    """Two engines of one folder give the same vectors."""
    noise = np.random.default_rng(1).integers(0, 256, (3, 112, 112, 3), dtype=np.uint8)
    one, other = (open_engine(installed.folder, "made-1").embed(noise) for _ in range(2))
    assert np.array_equal(one, other)
