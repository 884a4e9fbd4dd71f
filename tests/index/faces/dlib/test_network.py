"""dlib's network as ONNX: the same numbers, a file that is made again when damaged, and no other file believed."""

import importlib.util
import struct
from concurrent.futures import ThreadPoolExecutor

import dlib
import numpy as np
import pytest

from index.errors import EngineUnavailable, ModelDamaged
from index.faces.dlib import files as dlib_files
from index.faces.dlib.files import landmarks_path, made_up_chip, network_bytes, open_network
from index.faces.dlib.format import read_network
from index.faces.dlib.manifest import NETWORK_NAME, NETWORK_SHA256, NETWORK_SIZE
from index.faces.dlib.network import INPUT, OUTPUT, written_as_onnx
from tests.support.faces.pictures import head, lfw, pixels, resized

SOURCE = landmarks_path().with_name("dlib_face_recognition_resnet_model_v1.dat")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    kept = tmp_path_factory.mktemp("engine")
    network_bytes(kept)
    return kept


@pytest.fixture(scope="module")
def session(folder):
    return open_network(network_bytes(folder))


@pytest.fixture(scope="module")
def native():
    return dlib.face_recognition_model_v1(str(SOURCE))


def converted(session, chips):
    return session.run([OUTPUT], {INPUT: chips})[0]


def natively(native, chips):
    return np.array([np.array(native.compute_face_descriptor(chip)) for chip in chips])


def test_the_converted_network_gives_dlibs_own_numbers(session, native):
    """Noise, ramps and a face at many brightnesses are described as dlib does, within 1e-5."""
    random = np.random.default_rng(1)
    noise = random.integers(0, 256, (8, 150, 150, 3)).astype(np.uint8)
    faces = [
        np.clip(head(150) * float(gain) + shift, 0, 255)
        for gain in (0.1, 0.5, 1, 2)
        for shift in (-40, 0, 40)
    ]
    chips = np.concatenate((noise, made_up_chip()[np.newaxis], np.array(faces, np.uint8)))
    assert abs(converted(session, chips) - natively(native, chips)).max() <= 1e-5


def test_it_does_so_on_fifty_photographs(session, native):
    """Fifty chips of photographs differ by 1e-5 at most; `scripts/bench/faces --native` measures the speed-up."""
    chips = np.array([resized(pixels(path)[50:200, 50:200], 150) for path in lfw(35)])
    assert len(chips) >= 50
    ours = np.concatenate([converted(session, chips[row : row + 1]) for row in range(len(chips))])
    assert abs(ours - natively(native, chips)).max() <= 1e-5


def test_the_kept_file_is_the_known_one(folder):
    """What is kept is the conversion whose digest and size the manifest names."""
    kept = (folder / NETWORK_NAME).read_bytes()
    assert len(kept) == NETWORK_SIZE
    assert dlib_files._sha256(kept) == NETWORK_SHA256
    assert [path.name for path in folder.iterdir()] == [NETWORK_NAME]


@pytest.mark.parametrize("damage", ["flipped", "cut", "empty"])
def test_a_damaged_kept_file_is_made_again(folder, tmp_path, damage):
    """One wrong bit, a missing end or no content: the file is replaced, and what is returned is right."""
    whole = (folder / NETWORK_NAME).read_bytes()
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 1
    wrong = {"flipped": bytes(flipped), "cut": whole[:-1], "empty": b""}[damage]
    (tmp_path / NETWORK_NAME).write_bytes(wrong)
    assert network_bytes(tmp_path) == whole
    assert (tmp_path / NETWORK_NAME).read_bytes() == whole


def test_a_whole_kept_file_is_not_made_again(folder, monkeypatch):
    """The conversion happens once: with the file there, dlib's own is not even looked for."""
    monkeypatch.setattr(dlib_files, "_models", None)
    assert dlib_files._sha256(network_bytes(folder)) == NETWORK_SHA256


def test_several_make_it_at_once(tmp_path):
    """Workers that start together all get the network, and leave one file and no draft."""
    with ThreadPoolExecutor(3) as threads:
        made = list(threads.map(network_bytes, [tmp_path / "new"] * 3))
    assert {dlib_files._sha256(model) for model in made} == {NETWORK_SHA256}
    assert [path.name for path in (tmp_path / "new").iterdir()] == [NETWORK_NAME]


def test_a_folder_that_cannot_be_used_is_said(tmp_path):
    """Where the folder is a file, the engine is unavailable; nothing is guessed."""
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(EngineUnavailable, match="folder cannot be"):
        network_bytes(tmp_path / "file")


def test_a_missing_package_is_said(tmp_path, monkeypatch):
    """Without face_recognition_models the engine is unavailable, and the message names the extra."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(EngineUnavailable, match="extra: faces"):
        network_bytes(tmp_path)


def test_another_source_is_refused(tmp_path, monkeypatch):
    """A file of dlib's with one other bit is not converted: its digest is known."""
    wrong = bytearray(SOURCE.read_bytes())
    wrong[10_000] ^= 1
    (tmp_path / SOURCE.name).write_bytes(wrong)
    monkeypatch.setattr(dlib_files, "_models", lambda: tmp_path)
    with pytest.raises(ModelDamaged, match="not the one that is known"):
        network_bytes(tmp_path / "kept")
    assert not (tmp_path / "kept").exists()


def test_a_network_that_describes_otherwise_is_refused(folder):
    """A loadable network with other weights fails the self-check."""
    model = bytearray(network_bytes(folder))
    mean = struct.pack("<f", 122.78199768066406)
    model[model.index(mean) : model.index(mean) + 4] = struct.pack("<f", 90.0)
    with pytest.raises(ModelDamaged, match="known face"):
        open_network(bytes(model))


def test_what_is_no_network_is_refused():
    """Bytes that onnxruntime cannot load are our error, without its text."""
    with pytest.raises(ModelDamaged, match="cannot be opened"):
        open_network(b"not a network")


@pytest.mark.parametrize("length", [0, 300, 330, 19_000, 19_500, 57_300, 22_000_000, 22_466_065])
def test_a_file_that_is_cut_off_is_damaged(length):
    """Wherever dlib's file ends too early, reading or writing it is `ModelDamaged`."""
    with pytest.raises(ModelDamaged):
        written_as_onnx(read_network(SOURCE.read_bytes()[:length]))


@pytest.mark.parametrize("at", [292, 320, 331, 345, 19_382, 19_757, 19_810, 57_276])
def test_a_file_with_a_wrong_byte_is_damaged_or_of_other_figures(at):
    """A wrong byte among names and sizes is `ModelDamaged` or another network, never another exception."""
    data = bytearray(SOURCE.read_bytes())
    before = written_as_onnx(read_network(bytes(data)))
    data[at] ^= 0xFF
    try:
        written = written_as_onnx(read_network(bytes(data)))
    except ModelDamaged:
        return
    assert written != before
