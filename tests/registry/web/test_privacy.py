"""Promises 1, 3 and 7: no media is kept, withdrawn means gone, logs hold ids only."""

import hashlib
import io
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sqlalchemy import select

from index.sandbox.streaming import BytesSource
from index.search.codes.permutation import Permutation
from registry.demo.pictures import drawn, recompressed_half
from registry.domain.family import Family
from registry.domain.roles import Role
from registry.events import LogEvent, LogField
from registry.security.keys import KeyPurpose
from registry.storage.schema.claim_tables import claim_contacts
from tests.support.spellings import found_in
from tests.support.web.clips import BROKEN, new_clip, registers, spooled, work_off
from tests.support.web.clips import checks as check_of
from tests.support.web.media import PICTURE_SIZE, codes_of, fingerprint, flat, saved
from tests.support.web.service import Service, running, until

SLICE = 32  # bytes of media that no file may hold
CANARY = "Canary4711"
_opened: list[str] | None = None


def _note_opening(event, arguments):
    """Remembers what this process opens for writing, while somebody listens."""
    if _opened is None or event != "open" or not isinstance(arguments[0], (str, bytes)):
        return
    mode, flags = arguments[1], arguments[2] or 0
    if (mode or "").strip("rbt") or flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
        path = os.fsdecode(arguments[0])
        if "__pycache__" not in path:
            _opened.append(path)


sys.addaudithook(_note_opening)


@contextmanager
def openings() -> Iterator[list[str]]:
    """Lists the files that this process opens for writing; SQLite's own openings do not show."""
    global _opened  # noqa: PLW0603  an audit hook cannot be taken away again
    _opened = []
    try:
        yield _opened
    finally:
        _opened = None


@pytest.fixture
def folders(tmp_path, monkeypatch):
    """A data folder, and an empty folder for whoever wants temporary files."""
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    for name in ("TMPDIR", "TEMP", "TMP"):
        monkeypatch.setenv(name, str(temporary))
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    return tmp_path / "data", temporary


@pytest.fixture
def large(new_picture):
    """A file of over a megabyte, which Werkzeug would spool to the disk."""
    scene = np.asarray(Image.open(io.BytesIO(drawn(950))).convert("RGB"), np.int16)
    noise = np.random.default_rng(950).integers(-12, 13, scene.shape, np.int16)
    return saved(Image.fromarray((scene + noise).clip(0, 255).astype(np.uint8)), "PNG")


def contents(*places: Path) -> dict[str, bytes]:
    """Reads every file under some folders, and every file that this process holds open, named or not."""
    found = {str(path): path.read_bytes() for place in places for path in place.rglob("*") if path.is_file()}
    for descriptor in Path("/proc/self/fd").iterdir():
        try:
            target = descriptor.readlink()
            if "(deleted)" in target.name or target.name.startswith("memfd:"):
                found[f"fd {descriptor.name}"] = descriptor.read_bytes()
        except OSError:
            continue
    return found


def holding(files: dict[str, bytes], media: bytes) -> list[str]:
    """Names the files that hold 32 bytes of the media, at any place of theirs."""
    slices = {media[start : start + SLICE] for start in range(0, len(media) - SLICE, SLICE)}
    slices = {part for part in slices if len(set(part)) >= SLICE // 2}  # any file may hold 32 zeros
    return [
        name
        for name, content in files.items()
        if any(content[start : start + SLICE] in slices for start in range(len(content) - SLICE + 1))
    ]


def holding_any(files: dict[str, bytes], values: dict[str, bytes]) -> set[tuple[str, str]]:
    """Names the files that hold any of the values, as bytes or in any of their spellings."""
    return {
        (Path(name).name, what) for name, content in files.items() for what, _ in found_in(content, values)
    }


def derived(media: bytes) -> dict[str, bytes]:
    """Returns everything that is derived from a picture and stored."""
    found = fingerprint(media)
    return {
        "sha256": found.sha256,
        "pdq": found.pdq.value,
        "canonical pdq": found.pdq_canonical.value,
        "dhash128": found.dhash.value,
        "phash": found.phash.value,
    }


def windows_of(media: bytes) -> dict[str, bytes]:
    """Returns the codes of a picture's windows, all of it as packed with the places, and rows of its signature."""
    found = fingerprint(media)
    windows = found.windows
    assert windows is not None
    codes = {f"window {row}": code.tobytes() for row, code in enumerate(windows.codes)}
    signature = found.regions.pack()
    rows = {f"regions {row}": signature[1 + 32 * row : 33 + 32 * row] for row in range(16)}
    return codes | rows | {"packed": windows.pack()}


def permuted(service: Service, values: dict[str, bytes]) -> dict[str, bytes]:
    """Returns window codes in the secret order of bits in which index files hold them."""
    order = Permutation(service.container.keys.derive(KeyPurpose.INDEX_BIT_ORDER))
    codes = {
        name: np.frombuffer(code, np.uint8)[None]
        for name, code in values.items()
        if name.startswith("window")
    }
    return {f"{name}, permuted": order.apply(code).astype("<u8").tobytes() for name, code in codes.items()}


def test_no_media_is_kept(folders, large):
    """Enrolling and checking a large file leaves no 32 bytes of it in any file, and opens none for writing."""
    data, temporary = folders
    with running(data) as service:
        service.container.fingerprints.warm_up()
        with openings() as opened:
            service.operator.opens(large, level="V1")
            assert service.operator.checks(large)["verdict"] == "block"
            service.operator.send("/v1/checks", large[: len(large) // 2])
            files = contents(data, temporary)
        assert opened == []
        assert holding(files, large) == []
        assert list(temporary.rglob("*")) == []
    assert holding(contents(data, temporary), large) == []


@pytest.mark.parametrize("end", ["done", "failed", "cancelled", "refused"])
def test_no_clip_is_kept(folders, end):
    """Wherever a clip ends, no 32 bytes of it are in any file, then or while it waits in the spool."""
    data, temporary = folders
    clip = new_clip(seconds=20) if end == "done" else BROKEN + os.urandom(300_000)
    with running(data) as service:
        operator = service.operator
        with openings() as opened:
            field = {"field": "unknown"} if end == "refused" else {}
            answers = [operator.send(path, clip, **field) for path in ("/v1/cases", "/v1/checks")]
            assert len(spooled(service)) == (0 if end == "refused" else 2)
            assert holding(contents(data, temporary), clip) == []
            for answer in answers:
                if end == "cancelled":
                    operator.ask("DELETE", answer.headers["Location"])
            work_off(service)
            for answer in answers:
                if end != "refused":
                    assert operator.get(answer.headers["Location"]).json["state"] == end
        # Withdrawal journals have ids and times alone; other services of this process look at theirs.
        others = {path for path in opened if path != os.devnull and not path.endswith(".withdrawals")}
        assert {Path(path).parent for path in others} <= {data / "spool"}
        assert spooled(service) == []
        assert holding(contents(data, temporary), clip) == []
        assert list(temporary.rglob("*")) == []
    assert holding(contents(data, temporary), clip) == []


def test_a_withdrawn_clip_is_gone(folders):
    """After `erased_at` no file holds a digest of a clip or a window of its frames, permuted or not."""
    data, temporary = folders
    with running(data) as service:
        operator, clip = service.operator, new_clip()
        seen = service.container.clips.enrol(BytesSource(clip))
        assert seen.frames
        digests = {"sha256": seen.sha256, "md5": seen.md5}
        windows = {
            f"frame {frame.start_ms} window {row}": code.tobytes()
            for frame in seen.frames
            for row, code in enumerate(frame.windows.codes)
        }
        hidden = permuted(service, windows)
        case = registers(service, operator, clip, level="V1")["case"]
        registers(service, operator, new_clip(), level="V1")
        assert check_of(service, operator, clip)["verdict"] == "block"
        service.container.keepers[Family.FRAMES].compact()
        present = {what for _, what in holding_any(contents(data, temporary), digests | windows | hidden)}
        assert present == set(digests) | set(hidden)
        operator.post(f"/v1/cases/{case}/withdrawal")
        until(lambda: operator.get(f"/v1/cases/{case}").json["erased_at"] is not None)
        assert check_of(service, operator, clip)["verdict"] == "allow"
        assert holding_any(contents(data, temporary), digests | windows | hidden) == set()
    assert holding_any(contents(data, temporary), digests | windows | hidden) == set()


def test_the_search_for_media_finds_it(folders, large):
    """Media that is written anywhere under the folders is found: the test before this one can fail."""
    data, temporary = folders
    data.mkdir()
    with openings() as opened:
        (temporary / "spooled").write_bytes(b"head" + large[1000:1100])
        with tempfile.TemporaryFile() as file:
            file.write(large)
            file.flush()
            assert len(holding(contents(data, temporary), large)) == 2
    assert any("spooled" in name for name in opened)


def test_workers_hold_no_file_of_media(folders, large):
    """A decoder has no file open but its pipes and /dev/null."""
    data, _ = folders
    with running(data) as service:
        service.operator.checks(large)
        for pid in service.container.fingerprints._sandbox.worker_ids():
            targets = {str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir()}
            assert {target.split(":")[0] for target in targets} <= {"pipe", "/dev/null"}


def test_withdrawn_means_gone(folders, picture, new_picture):
    """After `erased_at` no file of the data folder holds a code of the case; before, they all were there."""
    data, temporary = folders
    values = derived(picture)
    with running(data) as service:
        operator = service.operator
        case = operator.opens(picture, level="V1")["case"]
        other = new_picture()
        operator.opens(other, level="V1")
        for media in (picture, recompressed_half(picture)):
            assert operator.checks(media)["verdict"] == "block"
        operator.post("/v1/checks", json={"codes": codes_of(picture)}, headers={"Idempotency-Key": "k"})
        present = holding_any(contents(data, temporary), values)
        assert {what for _, what in present} == set(values)
        operator.post(f"/v1/cases/{case}/withdrawal", headers={"Idempotency-Key": "w"})
        until(lambda: operator.get(f"/v1/cases/{case}").json["erased_at"] is not None)
        files = contents(data, temporary)
        assert holding_any(files, values) == set()
        assert {what for _, what in holding_any(files, derived(other))} == set(values)
    assert holding_any(contents(data, temporary), values) == set()


def test_a_contact_lies_sealed_and_is_gone_after_withdrawal(folders, picture):
    """No file ever holds a contact in the clear; the sealed one and its key are in none once the case is erased."""
    data, temporary = folders
    told = {"value": "canary.jane@example.org", "hours": "canary evenings", "wording": "canary library"}
    clear = {name: text.encode() for name, text in told.items()}
    asked = {"codes": codes_of(picture), "consents": ["fingerprints"], "contact": {"kind": "email", **told}}
    with running(data) as service:
        person = service.with_key(None)
        claim = person.post("/v1/claims", json=asked).json
        proof = {"case": claim["case"], "secret": claim["secret"]}
        with service.container.databases.registry.read() as connection:
            row = connection.execute(select(claim_contacts)).mappings().one()
        sealed = {name: bytes(value) for name, value in row.items() if isinstance(value, bytes)}
        assert sealed
        files = contents(data, temporary)
        assert {what for _, what in holding_any(files, sealed)} == set(sealed)
        assert holding_any(files, clear) == set()
        assert person.post("/v1/claims/withdrawal", json=proof).status_code == 200
        until(lambda: person.post("/v1/claims/status", json=proof).json["erased_at"] is not None)
        assert holding_any(contents(data, temporary), sealed | clear) == set()


def test_windows_lie_sealed_and_are_gone_after_withdrawal(folders):
    """No file ever holds a window in the clear; the index's files hold them permuted until the case is erased."""
    data, temporary = folders
    picture, other = (
        drawn(1, PICTURE_SIZE),
        drawn(2, PICTURE_SIZE),
    )  # one in 200 drawn ones is missed when it is tilted
    values = windows_of(picture)
    with running(data) as service:
        operator, hidden = service.operator, permuted(service, values)
        case = operator.opens(picture, level="V1")["case"]
        operator.opens(other, level="V1")
        assert operator.checks(saved(Image.open(io.BytesIO(picture)).rotate(4), "PNG"))["verdict"] != "allow"
        service.container.keepers[Family.ANCHORED].compact()
        present = holding_any(contents(data, temporary), values | hidden)
        assert {what for _, what in present} == set(hidden)
        assert not [name for name, _ in present if "sqlite" in name]
        operator.post(f"/v1/cases/{case}/withdrawal")
        until(lambda: operator.get(f"/v1/cases/{case}").json["erased_at"] is not None)
        files = contents(data, temporary)
        assert holding_any(files, values | hidden) == set()
        kept = permuted(service, windows_of(other))
        assert {what for _, what in holding_any(files, kept)} == set(kept)
    assert holding_any(contents(data, temporary), values | hidden) == set()


def test_who_chooses_copies_only_leaves_no_window(folders, picture):
    """With `edits=false` no window is kept in any file, sealed or not, and the index of windows stays empty."""
    data, temporary = folders
    with running(data) as service:
        service.operator.opens(picture, level="V1", edits="false")
        assert service.operator.checks(picture)["verdict"] == "block"
        assert service.count("anchored_windows") == 0
        assert service.container.indexes.size(Family.ANCHORED) == 0
        service.container.keepers[Family.ANCHORED].compact()
        values = windows_of(picture)
        assert holding_any(contents(data, temporary), values | permuted(service, values)) == set()


def test_a_check_keeps_no_code(folders, picture):
    """An upload of a platform is kept in no file, whether the platform sent the file or its codes."""
    data, temporary = folders
    with running(data) as service:
        service.operator.checks(picture)
        service.operator.post(
            "/v1/checks", json={"codes": codes_of(picture)}, headers={"Idempotency-Key": "k"}
        )
        values = derived(picture) | windows_of(picture)
        assert holding_any(contents(data, temporary), values) == set()
    assert holding_any(contents(data, temporary), values) == set()


def test_a_key_is_not_kept(folders):
    """The data folder holds no API key's secret."""
    data, temporary = folders
    with running(data) as service:
        secret = service.newcomer(Role.PLATFORM).key.split("_", 2)[2].encode()
    assert [name for name, content in contents(data, temporary).items() if secret in content] == []


def test_the_data_is_the_owners_alone(folders, picture):
    """No file of the data folder can be read by anybody else."""
    data, _ = folders
    with running(data) as service:
        service.operator.opens(picture)
        assert {path.stat().st_mode & 0o077 for path in data.rglob("*") if path.is_file()} == {0}
        assert data.stat().st_mode & 0o077 == 0


def journey(service, picture):
    """Does everything there is to do, well and badly, and returns what may not be logged."""
    operator = service.operator
    labelled = service.newcomer(Role.CLAIMANT, label=CANARY)
    copy = recompressed_half(picture)
    opened = operator.post(
        "/v1/cases",
        data={"level": "V1", "media": (picture, f"{CANARY}.jpg")},
        headers={"Idempotency-Key": f"{CANARY}-key", "User-Agent": CANARY, "Referer": CANARY},
    ).json
    case = operator.verified(opened, "V1")["case"]
    check = operator.checks(copy)
    operator.checks(codes=codes_of(copy))
    operator.post(f"/v1/checks/{check['check_id']}/decision", json={"decision": "blocked"})
    labelled.get(f"/v1/cases/{case}")
    operator.send("/v1/cases", flat())
    operator.send("/v1/checks", CANARY.encode())
    clip = new_clip(seconds=1)
    for media in (clip, BROKEN + CANARY.encode()):
        operator.post("/v1/cases", data={"exclude": "0-0.1", "media": (media, f"{CANARY}.mp4")})
        cancelled = operator.post("/v1/checks", data={"media": (media, f"{CANARY}.mp4")})
        operator.ask("DELETE", cancelled.headers["Location"])
    work_off(service)
    service.with_key(CANARY).ask("DELETE", f"/v1/jobs/{CANARY}")
    operator.post("/v1/checks", json={"codes": [{"algorithm": CANARY, "value": CANARY}]})
    operator.post("/v1/cases", json={CANARY: CANARY})
    service.with_key(CANARY).get(f"/v1/cases/{CANARY}?{CANARY}={CANARY}")
    service.with_key(None).ask(CANARY.upper(), f"/{CANARY}")
    operator.post(f"/v1/cases/{case}/withdrawal")
    until(lambda: operator.get(f"/v1/cases/{case}").json["erased_at"] is not None)
    values = [value for media in (picture, copy, flat()) for value in derived(media).values()]
    values += list(windows_of(picture).values())
    digests = [
        hashlib.new(name, media).digest() for name in ("sha256", "sha1", "md5") for media in (picture, clip)
    ]
    secrets = [person.key for person in (operator, labelled)]
    parts = [part for key in secrets for part in key.split("_", 2)[1:]]
    return [CANARY, *secrets, *parts, *(value.hex() for value in values + digests)]


def test_logs_hold_ids_only(folders, picture, monkeypatch):
    """The log of a whole journey is JSON of known fields, without hash, file name, label, key or address."""
    data, _ = folders
    with running(data) as service:
        forbidden = journey(service, picture)
        with monkeypatch.context() as patch:
            patch.setattr(service.container.follower, "ready_position", lambda: 1 / 0)
            service.operator.send("/v1/checks", picture)
    lines = [json.loads(line) for line in service.log.getvalue().splitlines()]
    assert {line["event"] for line in lines} >= {
        LogEvent.SERVICE_STARTED,
        LogEvent.REQUEST,
        LogEvent.REQUEST_FAILED,
        LogEvent.CASE_ERASED,
        LogEvent.SERVICE_STOPPED,
    }
    assert {name for line in lines for name in line} <= set(LogField)
    assert {line["event"] for line in lines} <= set(LogEvent)
    text = service.log.getvalue().lower()
    assert [secret for secret in forbidden if secret.lower() in text] == []
    assert "127.0.0.1" not in text


def test_metrics_hold_names_only(folders, picture):
    """The metrics after a whole journey hold no hash, file name, label, key or id."""
    data, _ = folders
    with running(data) as service:
        forbidden = journey(service, picture)
        text = service.operator.get("/metrics").text.lower()
    assert [secret for secret in forbidden if secret.lower() in text] == []
    assert not any(f'"{prefix}_' in text for prefix in ("case", "ref", "chk", "ten", "crd", "job", "spl"))


def test_nothing_is_printed(folders, picture, capfd):
    """The journey leaves nothing on standard output or error, from workers neither."""
    data, _ = folders
    with running(data) as service:
        journey(service, picture)
    assert capfd.readouterr() == ("", "")
