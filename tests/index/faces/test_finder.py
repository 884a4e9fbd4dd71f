"""The pool of face workers: faces come out, limits hold, and an engine that does not open is said."""

from dataclasses import replace

import numpy as np
import pytest

from index.errors import DecoderFailed, EngineUnavailable, FaceError, TooManyPixels
from index.faces.describing import describe_faces
from index.faces.dlib.manifest import DEFAULT_ENGINE, NETWORK_NAME
from index.faces.dlib.opening import open_default
from index.faces.wire import EngineSpec
from index.faces.worker_pool import FaceWorkerPool
from index.limits import FACES
from tests.support.faces.pictures import astronaut, head


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("engines")


@pytest.fixture(scope="module")
def finder(folder):
    with FaceWorkerPool([EngineSpec(id=DEFAULT_ENGINE, folder=folder)], workers=1) as pool:
        pool.warm_up()
        yield pool


def test_faces_come_out_of_the_workers(finder, folder):
    """What a worker finds is what the engine finds in this process."""
    ((seen,),) = finder.find([astronaut()])
    here = describe_faces(astronaut(), open_default(folder))
    assert seen.engine == DEFAULT_ENGINE
    assert [face.box for face in seen.faces] == [face.box for face in here.faces]
    assert seen.faces[0].vector == pytest.approx(here.faces[0].vector, abs=1e-6)


def test_pictures_keep_their_order(finder):
    """Seven pictures of many sizes are more than one request, and come back in their order."""
    blank = np.zeros((40, 30, 3), np.uint8)
    pictures = [
        astronaut(),
        blank,
        head(),
        blank[:1, :1],
        np.tile(head(), (2, 2, 1)),
        blank,
        astronaut()[:, 10:],
    ]
    found = finder.find(pictures)
    described = [sum(face.vector is not None for face in seen.faces) for (seen,) in found]
    assert described == [1, 0, 1, 0, 4, 0, 1]
    assert finder.find([]) == ()


def test_a_view_that_is_not_contiguous_is_sent_right(finder):
    """A mirrored view is the mirrored picture, and not the memory below it."""
    (plain,), (mirrored,) = finder.find([astronaut(), astronaut()[:, ::-1]])
    assert mirrored.faces[0].box.left == pytest.approx(1 - plain.faces[0].box.right, abs=0.05)


@pytest.mark.parametrize(
    "wrong",
    [
        np.zeros((1281, 4, 3), np.uint8),
        np.zeros((0, 4, 3), np.uint8),
        np.zeros((4, 4), np.uint8),
        np.zeros((4, 4, 4), np.uint8),
        np.zeros((4, 4, 3), np.float32),
    ],
    ids=["large", "empty", "grey", "alpha", "floats"],
)
def test_what_is_no_picture_is_refused(finder, wrong):
    """Too large, empty, or of another kind: refused before any worker sees it."""
    with pytest.raises(TooManyPixels):
        finder.find([wrong])


def test_the_dearest_request_fits_its_limits(finder):
    """Five pictures of 64 faces each are described within the profile, by a worker that lives on."""
    workers = finder._sandbox.worker_ids()
    found = finder.find([np.tile(head(), (8, 8, 1))] * 5)
    assert [len(seen.faces) for (seen,) in found] == [64] * 5
    assert finder._sandbox.worker_ids() == workers


def test_an_engine_that_cannot_be_opened_is_said_at_once(tmp_path):
    """Where the engine's folder cannot be used, starting and finding raise; no answer is empty."""
    (tmp_path / "file").write_bytes(b"")
    with FaceWorkerPool([EngineSpec(id=DEFAULT_ENGINE, folder=tmp_path / "file")], workers=1) as pool:
        with pytest.raises(EngineUnavailable):
            pool.warm_up()
        with pytest.raises(EngineUnavailable):
            pool.find([astronaut()])


def test_an_engine_that_is_not_installed_is_said_at_once(tmp_path):
    """An id of which nothing is installed is refused when the finder is made."""
    with pytest.raises(FaceError):
        FaceWorkerPool([EngineSpec(id="nobody-has-this-1", folder=tmp_path)], workers=1)


def test_a_worker_over_its_limits_is_our_error(folder):
    """A request that takes too much processor time costs its worker, and another one answers the next."""
    small = replace(FACES, cpu_seconds=1)
    with FaceWorkerPool([EngineSpec(id=DEFAULT_ENGINE, folder=folder)], workers=1, limits=small) as pool:
        with pytest.raises(DecoderFailed):
            pool.find([np.tile(head(), (8, 8, 1))] * 5)
        assert pool.find([np.zeros((2, 2, 3), np.uint8)])[0][0].faces == ()


def test_the_network_is_kept_for_the_next_start(finder, folder):
    """The workers' conversion stays in the folder, and nothing else does."""
    assert finder.find([]) == ()
    assert [path.name for path in folder.iterdir()] == [NETWORK_NAME]
