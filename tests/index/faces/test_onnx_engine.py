"""An engine of two files: what it makes of chips, and which networks it takes."""

import numpy as np
import pytest

from index.errors import ModelDamaged
from index.faces.describing import describe_faces
from index.faces.onnx_engine import OnnxEngine
from tests.support.faces import made_models as made


def opened(described=None, **changes):
    """Opens an engine of made-up networks."""
    described = made.embedder() if described is None else described
    return OnnxEngine(
        made.manifest(described=described, **changes), detector=made.detector(), embedder=described
    )


def chips(count, seed=0):
    """Makes noise of a chip's size."""
    return np.random.default_rng(seed).integers(0, 256, (count, 112, 112, 3), dtype=np.uint8)


def expected(levels):
    """What the made-up embedder computes, in plain numpy: means of 4 x 4 fields, plane by plane."""
    fields = levels.reshape(len(levels), 4, 28, 4, 28, 3).mean(axis=(2, 4))
    return fields.transpose(0, 3, 1, 2).reshape(len(levels), -1)


def unit(vectors):
    """Rows of unit length."""
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.mark.parametrize("batch", ["batch", 1], ids=["any", "one"])
@pytest.mark.parametrize("count", [0, 1, 5, 33])
def test_chips_are_described_with_their_mirror_images(batch, count):
    """The sum of both descriptions, of unit length, whether or not the network takes several at once."""
    engine = opened(made.embedder(batch=batch))
    noise = chips(count)
    levels = (noise.astype(np.float64) - 127.5) / 127.5
    wanted = unit(expected(levels) + expected(levels[:, :, ::-1])) if count else np.empty((0, made.DIMENSION))
    got = engine.embed(noise)
    assert (got.shape, got.dtype) == ((count, made.DIMENSION), np.float32)
    assert got == pytest.approx(wanted, abs=1e-5)


def test_the_manifest_says_how_levels_are_read():
    """Blue first, mean and scale are the manifest's."""
    noise = chips(2)
    plain = opened(input_mean=10.0, input_scale=0.5).embed(noise)
    levels = (noise.astype(np.float64) - 10) * 0.5
    assert plain == pytest.approx(unit(expected(levels) + expected(levels[:, :, ::-1])), abs=1e-5)
    swapped = opened(input_mean=10.0, input_scale=0.5, bgr=True).embed(noise[..., ::-1].copy())
    assert swapped == pytest.approx(plain, abs=1e-6)


def test_a_face_is_the_same_as_its_mirror_image():
    """The flip average takes no side."""
    engine, noise = opened(), chips(3)
    assert engine.embed(noise[:, :, ::-1].copy()) == pytest.approx(engine.embed(noise), abs=1e-6)


def test_a_chip_without_description_is_not_a_number():
    """Zeros have no direction: the row is NaN, its neighbour is not touched."""
    engine = opened(input_mean=128.0)
    noise = chips(2)
    noise[0] = 128
    got = engine.embed(noise)
    assert np.isnan(got[0]).all()
    assert np.isfinite(got[1]).all()


def test_faces_of_a_picture_are_seen():
    """From pixels to vectors."""
    engine = opened()
    picture = made.grey()
    made.face_at(picture, 64, 96)
    seen = describe_faces(picture, engine)
    assert seen.engine == "made-1"
    (face,) = seen.faces
    assert np.linalg.norm(face.vector) == pytest.approx(1, abs=1e-5)
    assert engine.chips(picture, engine.detect(picture)).shape == (1, 112, 112, 3)


@pytest.mark.parametrize(
    ("described", "changes"),
    [
        (b"", {}),
        (b"no network at all", {}),
        (made.embedder()[:100], {}),
        (made.embedder(), {"dimension": 128}),
        (made.embedder(side=224, dimension=192), {"dimension": 192}),
        (made.embedder(zero=True), {}),
        (made.detector(), {}),
    ],
    ids=["empty", "text", "cut", "dimension", "layout", "no description", "another"],
)
def test_a_network_that_is_not_what_the_manifest_says_is_refused(described, changes):
    """Length and digest may be right and the network still be another one."""
    with pytest.raises(ModelDamaged):
        opened(described, **changes)
