"""Replies of face workers: honest ones are read back, all others are `DecoderFailed`."""

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.errors import DecoderFailed, EngineUnavailable, MalformedManifest, ModelDamaged
from index.faces import wire as answers
from index.faces.dlib.manifest import DEFAULT_MANIFEST
from index.faces.engine.contract import MAX_FACES, Detection, FaceRefusal
from index.faces.wire import _FACE, _FACES, _FAILURE, _SEEN, EngineSpec, Expected, read, request, served
from index.verdict.boxes import Box

UNIT = np.full(128, 128**-0.5, np.float32)
ONE = Expected(pictures=1, engines=(("dlib-resnet-1", 128),))


class MadeUpEngine:
    """Finds as many faces as the first pixel says; the second says whether they are described."""

    manifest = DEFAULT_MANIFEST

    def detect(self, picture):
        """Finds them."""
        points = np.zeros((5, 2), np.float32)
        face = Detection(left=0.0, top=0.0, right=40.0, bottom=40.0, points=points, score=1.5)
        return (face,) * int(picture[0, 0, 0])

    def chips(self, picture, detections):
        """Draws their chips."""
        fill = np.random.default_rng(5).integers(0, 256, (150, 150, 3)) * (picture[0, 0, 1] != 0)
        return np.tile(fill.astype(np.uint8), (len(detections), 1, 1, 1))

    def embed(self, chips):
        """Describes them."""
        return np.tile(UNIT, (len(chips), 1))


def picture(count, *, is_sharp=True, rows=50, columns=80):
    drawn = np.zeros((rows, columns, 3), np.uint8)
    drawn[0, 0] = (count, is_sharp, 7)
    return drawn


def asked(*pictures, engines=1):
    return served(b"".join(request(pictures)), [MadeUpEngine()] * engines)


def face(*, box=(0, 0, 64, 64), bits=0, side=50.0, score=1.0, sharp=20.0, vector=UNIT):
    fixed = _FACE.pack(*box, bits, side, score, sharp)
    return fixed + (b"" if vector is None else vector.astype("<f4").tobytes())


def reply(*faces, count=None, is_whole=True):
    return _FACES + _SEEN.pack(is_whole, len(faces) if count is None else count) + b"".join(faces)


def test_an_honest_reply_is_read_back():
    """Pictures of several sizes and two engines: every face comes back with its vector or its refusals."""
    sent = (picture(2), picture(0, rows=1, columns=1), picture(3, is_sharp=False, columns=333))
    expected = Expected(pictures=3, engines=(("one", 128), ("two", 128)))
    found = read(asked(*sent, engines=2), expected)
    assert [[len(seen.faces) for seen in row] for row in found] == [[2, 2], [0, 0], [3, 3]]
    assert [seen.engine for seen in found[0]] == ["one", "two"]
    (first, _) = found[0][0].faces
    assert first.vector == pytest.approx(UNIT)
    assert first.box == Box.coarse(0, 0, 40 / 80, 40 / 50)
    assert (first.side_px, first.score, first.refusals) == (40.0, 1.5, ())
    assert {blurred.refusals for blurred in found[2][1].faces} == {(FaceRefusal.TOO_BLURRED,)}
    assert all(blurred.vector is None for blurred in found[2][1].faces)


def test_a_request_of_no_pictures_has_an_empty_answer():
    """It is how a pool is asked whether its engines opened."""
    assert read(asked(), Expected(pictures=0, engines=ONE.engines)) == ()


@pytest.mark.parametrize(
    "wrong",
    [
        b"",
        b"F",
        b"Z",
        reply(face())[:-1],
        reply(face()) + b"\0",
        reply(face(), count=2),
        reply(face(), face(), count=1),
        reply(*[face()] * (MAX_FACES + 1)),
        reply(face(box=(3, 0, 3, 64))),
        reply(face(box=(0, 9, 64, 8))),
        reply(face(box=(0, 0, 65, 64))),
        reply(face(bits=16, vector=None)),
        reply(face(bits=1)),
        reply(face(vector=None)),
        reply(face(side=-1.0)),
        reply(face(side=float("nan"))),
        reply(face(score=float("inf"))),
        reply(face(sharp=-0.5)),
        reply(face(vector=UNIT * np.nan)),
        reply(face(vector=UNIT * 2)),
        reply(face(vector=UNIT * 0)),
        reply(face(vector=UNIT[:64])),
        _FAILURE + b"an-attackers-own-words",
        _FAILURE,
    ],
)
def test_a_reply_that_no_honest_worker_gives_is_refused(wrong):
    """Wrong lengths, counts, boxes, refusals, measures and vectors are `DecoderFailed`, in our words."""
    with pytest.raises(DecoderFailed, match="the face finder's answer was") as caught:
        read(wrong, ONE)
    assert "attacker" not in str(caught.value)


@given(st.binary(max_size=300))
def test_no_bytes_are_another_error(noise):
    """Whatever bytes come, they are read or refused."""
    try:
        read(_FACES + noise, ONE)
    except DecoderFailed:
        return
    assert len(noise) >= _SEEN.size


@pytest.mark.parametrize("error", [EngineUnavailable, MalformedManifest, ModelDamaged])
def test_why_an_engine_did_not_open_is_told(error, monkeypatch):
    """A worker whose engine did not open says so to every request, by a code of ours."""
    monkeypatch.setattr(answers, "_failed", [error("its own words")])
    with pytest.raises(error) as caught:
        read(answers.serve(b"".join(request([picture(1)]))), ONE)
    assert "its own words" not in str(caught.value)


def test_engines_are_named_for_the_workers(tmp_path):
    """What `warm_up` is told names each engine and its folder."""
    argument = answers.warm_up_argument([EngineSpec(id="dlib-resnet-1", folder=tmp_path)])
    assert argument == f'[["dlib-resnet-1", "{tmp_path}"]]'


def test_a_request_that_is_cut_off_ends_the_worker():
    """A request shorter than its sizes say is no picture: the worker raises, and its parent kills it."""
    whole = b"".join(request([picture(1)]))
    with pytest.raises((ValueError, struct.error)):
        served(whole[:-1], [MadeUpEngine()])
