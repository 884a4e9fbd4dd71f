"""Whatever a client sends, it is understood, or refused in the one shape."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index.hashing.codes import Algorithm
from registry.demo.pictures import drawn
from tests.support.web.media import made_up_pdq
from tests.support.web.service import assert_problem

MEDIA = drawn(920, (240, 160))
PATHS = ["/v1/cases", "/v1/checks", "/v1/cases/{case}/references", "/v1/checks/{check}/decision"]
BOUNDED = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=70)
names = st.sampled_from(["codes", "algorithm", "value", "quality", "level", "reference", "kind", "decision"])
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=5) | st.dictionaries(names | st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=12,
)
almost_codes = st.fixed_dictionaries(
    {
        "algorithm": st.sampled_from([*Algorithm, "PDQ", "", "md5"]),
        "value": st.sampled_from([made_up_pdq(920).hex(), "0" * 64, "f" * 32, "a" * 16])
        | st.text(max_size=64),
    },
    optional={"quality": st.integers(-2, 102) | scalars},
)
bodies = st.fixed_dictionaries({"codes": st.lists(almost_codes, max_size=5)}) | values


@pytest.fixture(scope="module")
def paths(frank):
    """The paths that take a body, with ids of the operator's own."""
    case = frank.opens()["case"]
    codes = [{"algorithm": "sha256", "value": "9" * 64}]
    check = frank.checks(codes=codes)["check_id"]
    return [path.format(case=case, check=check) for path in PATHS]


def assert_answered(answer):
    """Passes a success in JSON, or a client's problem with a documented status."""
    if answer.status_code in {200, 201}:
        assert answer.is_json
        return
    assert answer.status_code in {400, 404, 409, 413, 415, 422}, answer.text
    assert_problem(answer, answer.status_code, answer.json["code"])


@given(body=bodies, place=st.integers(0, 3))
@BOUNDED
def test_any_json(frank, paths, body, place):
    """Any JSON value is understood or refused."""
    assert_answered(frank.post(paths[place], data=json.dumps(body), content_type="application/json"))


@given(
    data=st.binary(max_size=300),
    place=st.integers(0, 3),
    kind=st.sampled_from(
        ["application/json", "multipart/form-data; boundary=a", "multipart/form-data; boundary="]
    ),
)
@BOUNDED
def test_any_bytes(frank, paths, data, place, kind):
    """Any bytes under any type are understood or refused."""
    assert_answered(frank.post(paths[place], data=data, content_type=kind))


@given(
    middle=st.binary(max_size=200),
    head=st.text(st.characters(codec="latin-1", exclude_characters="\r\n"), max_size=60),
    end=st.sampled_from([b"\r\n--a--\r\n", b"\r\n--a", b"--a--", b""]),
)
@BOUNDED
def test_any_multipart(frank, paths, middle, head, end):
    """Any part, however its head and its end look, is understood or refused."""
    start = f'--a\r\nContent-Disposition: form-data; name="media"; filename="{head}"\r\n{head}\r\n\r\n'
    data = start.encode("latin-1") + middle + end
    assert_answered(frank.post(paths[1], data=data, content_type="multipart/form-data; boundary=a"))


@given(
    places=st.lists(st.tuples(st.integers(0, len(MEDIA) - 1), st.integers(0, 255)), max_size=8),
    cut=st.integers(0, len(MEDIA)),
)
@BOUNDED
def test_any_damage(frank, places, cut):
    """A file with any bytes changed and any end cut off is answered or refused."""
    media = bytearray(MEDIA)
    for place, value in places:
        media[place] = value
    assert_answered(frank.send("/v1/checks", bytes(media[: max(cut, len(MEDIA) // 2)])))


@given(
    path=st.text(max_size=40),
    key=st.text(st.characters(codec="latin-1", exclude_characters="\r\n\0"), max_size=40),
)
@BOUNDED
def test_any_address_and_key(service, path, key):
    """Any address under any key is a problem document."""
    answer = service.with_key(key).get("/v1/" + path.replace("?", ""))
    assert_problem(answer, answer.status_code, answer.json["code"])
    assert answer.status_code in {401, 404, 405}
