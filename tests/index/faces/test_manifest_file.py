"""The spelling of manifests: what is written is read back, and what is wrong is named."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.errors import MalformedManifest
from index.faces.manifest_file import MAX_MANIFEST_BYTES, parse_manifest, print_manifest
from tests.support.faces import made_models as made

URL = "https://example.org/models/e.onnx"
WHOLE = made.manifest(
    calibration=made.calibration(), embedder=made.model_file("embedder.onnx", made.embedder(), URL)
)


def spelled(**changes):
    """Spells the manifest with fields replaced by their path, `gates.min_score`; `...` takes one away."""
    content = json.loads(print_manifest(WHOLE))
    for path, value in changes.items():
        *outer, last = path.split(".")
        place = content
        for name in outer:
            place = place[name]
        if value is ...:
            del place[last]
        else:
            place[last] = value
    return json.dumps(content).encode()


@pytest.mark.parametrize("manifest", [WHOLE, made.manifest(), made.manifest(detector=None, licence_url=None)])
def test_a_manifest_is_read_back_as_it_was_written(manifest):
    """Nothing is lost, rounded or added."""
    assert parse_manifest(print_manifest(manifest)) == manifest


def test_what_is_usual_may_be_left_out():
    """How levels are read, and how many photographs are asked for, have defaults; a manifest may lack an evidence."""
    absent = ("min_photographs", "bgr", "input_mean", "input_scale", "calibration", "licence_url")
    read = parse_manifest(spelled(**dict.fromkeys(absent, ...)))
    assert (read.min_photographs, read.bgr, read.input_mean, read.input_scale) == (3, False, 127.5, 1 / 127.5)
    assert read.calibration is None


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("format", "takedown-face-engine-2"),
        ("id", "Upper"),
        ("id", "-x"),
        ("id", "x" * 33),
        ("id", "../x"),
        ("id", "x\n"),
        ("id", ...),
        ("title", ""),
        ("title", "a\x1b[31mb"),
        ("title", 5),
        ("licence", None),
        ("licence_url", "http://example.org/"),
        ("assurance", "high"),
        ("dimension", 0),
        ("dimension", 128.0),
        ("dimension", True),
        ("alignment", "arcface-224"),
        ("detector", []),
        ("detector.name", "../detector.onnx"),
        ("detector.name", ".hidden"),
        ("detector.sha256", "AB" * 32),
        ("detector.sha256", "ab" * 31),
        ("detector.size", 0),
        ("detector.size", 2**40),
        ("embedder", None),
        ("embedder.url", "file:///etc/passwd"),
        ("embedder.url", "https://user:pass@example.org/x"),
        ("gates", ...),
        ("gates.min_score", "0.5"),
        ("gates.min_side_px", -1),
        ("gates.min_sharpness", True),
        ("calibration.cosine", 1.01),
        ("calibration.cosine", 0.0),
        ("calibration.far", 0.5),
        ("calibration.tar", -0.1),
        ("calibration.far_by_group", [["Koreans", 0.1, 0.2]]),
        ("calibration.far_by_group", [["Koreans", 0.1, 0.2, 2]]),
        ("calibration.far_by_group", {}),
        ("calibration.evidence", ...),
        ("min_photographs", 0),
        ("bgr", "no"),
        ("input_mean", 1e9),
        ("input_scale", 0),
    ],
)
def test_each_wrong_field_is_named(path, value):
    """The message says which field, and repeats nothing that stood there."""
    with pytest.raises(MalformedManifest) as caught:
        parse_manifest(spelled(**{path: value}))
    assert str(caught.value).startswith(f"{path} must be")
    if isinstance(value, str) and len(value) > 2:
        assert value not in str(caught.value)


def test_all_wrong_fields_are_named_at_once():
    """Whoever writes a manifest corrects it once."""
    with pytest.raises(MalformedManifest) as caught:
        parse_manifest(spelled(id="X", **{"gates.min_score": None, "gates.extra": 1, "run": "rm"}))
    said = str(caught.value)
    assert all(
        part in said for part in ("id must", "gates.min_score must", "gates.'extra' is", "'run' is not known")
    )


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[]",
        b"null",
        b"{",
        b"\xff\xfe{}",
        b'{"id": NaN}',
        b'{"id": "a", "id": "b"}',
        b"[" * 50_000,
        b" " * (MAX_MANIFEST_BYTES + 1),
    ],
)
def test_what_is_no_manifest_is_refused(text):
    """One error, whatever came in."""
    with pytest.raises(MalformedManifest):
        parse_manifest(text)


@given(
    st.binary(max_size=300)
    | st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["id", "gates", "detector", "calibration", "embedder", "sha256", "far_by_group"]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=12,
    ).map(lambda content: json.dumps(content).encode())
)
def test_anything_else_raises_nothing_else(text):
    """No bytes bring another error."""
    with pytest.raises(MalformedManifest):
        parse_manifest(text)
