"""`Keys`: the same bytes for ever, one owner of the pepper, and a file that is private, complete or absent."""

import ast
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from pydantic import SecretStr

from index.hashing import Algorithm, Code
from registry.errors import StorageUnavailable
from registry.security.keys import PEPPER_BYTES, DigestPurpose, KeyPurpose, Keys
from registry.security.oracle_budget import OracleBudget
from registry.security.private_files import write_private
from registry.security.sealing import Sealer
from registry.web.bodies import Parameters

MAKER = """
import os, sys
from pathlib import Path
from registry.security.keys import DigestPurpose, Keys
print("waiting", flush=True)
sys.stdin.readline()
print(Keys.load(Path(sys.argv[1]), os.urandom).digest(DigestPurpose.PROBE, b"same").hex())
"""


# Computed by the code before `Keys` existed, for the pepper 00 01 .. 1f: what is stored must stay valid.
PEPPER = bytes(range(32))
DERIVED = {
    KeyPurpose.SEALING: "8229a4d9e83f502bdd7fc8bafb4efb6a4e100cd5cb7b1795b8b6aa956404a9bf",
    KeyPurpose.INDEX_BIT_ORDER: "0febfcb21c6ca45db311242fb71bf85b4b9176dc07c23f0569d98e7df4603107",
    KeyPurpose.FACE_TEMPLATES: "d09c7f4a1d3e8fbf8d5c6d1593d17f279909ab971871d8ee51b80bc27efc6aa4",
    KeyPurpose.FACE_ROTATION: "e9ef3fa5684404e810c312bb85d5fdc0c9701565a5e539cac2303ab5f988ab58",
    KeyPurpose.CHECKPOINTS: "334dc441300b6062d26b8ed596d641a48f5c9eb4fd9169855a4ed786950174de",
    KeyPurpose.CLAIM_PROOFS: "42e153826fa262ded70728809af01acf683e93de47e9b90df5061f337d358355",
}
ONE_CODE = b"pdq\0" + bytes(32)
DIGESTS = {
    DigestPurpose.CREDENTIAL: (
        b"s" * 43,
        "196afa468902092cc6a3e973304aa6d67857d6833608d6b453c1eebb4c0e9830",
    ),
    DigestPurpose.IDEMPOTENCY_KEY: (
        b"key-1",
        "3d0844c641fbc15acb88e02ee58d1e6a06d79949970f3506cd3d3e2549c7f4c7",
    ),
    DigestPurpose.REQUEST: (
        b'["/v1/checks",{"context":"general"}]',
        "fd9ee1024a3b6359c12a3c767006df085500e505d5a05787b506f2708762d332",
    ),
    DigestPurpose.PROBE: (ONE_CODE, "ca78c39704f19a88afbf2aae64eb0a542f25a5015e76e9b23feedccdea805650"),
    DigestPurpose.PROBE_EDGE: (ONE_CODE, "d017ad8f6def1e64ef82ceec659afabecba2e5d1e90c857d5a5d439ec491501c"),
    DigestPurpose.PROBE_BLUR: (
        b"message",
        "0ce413b1ac5483f944981259100edb8896fc7e6e3683ed1385926befa891ed15",
    ),
    DigestPurpose.PROBE_BLUR_SECOND: (
        b"message",
        "def4075d66ce90e5754bd6f9226100e19402ab5ea0b3fed5ec60b20f8722889f",
    ),
    DigestPurpose.CURSOR: (
        b"message",
        "6e2f30e08e02b645e29c8359a9cd6da52bd674461d87f23cc7cb929a4338e9b4",
    ),
    DigestPurpose.UPLOADER: (
        b"ten_1\0anna",
        "92ffeb67743137b36e2a54b536e121cb1f1feb95fbcbd8b3684e273310e384d9",
    ),
    DigestPurpose.WITHDRAWAL_JOURNAL: (
        b"message",
        "55d653e9aa765da3f62b007b255d5983a3da142fa9d8f73bf3f1f2dbc4adae17",
    ),
    DigestPurpose.PRIVATE_ANSWER: (
        b"message",
        "15493f8f0bcdf816e70d1cf0e71cf045bd7dab85c542f91d6d65d342c6cdc294",
    ),
    DigestPurpose.CLAIM_TAG: (
        b"message",
        "5c37f37b8f3ca099d423dcca89bf70ac9176737b4ee224fe76d94227f18a7bf0",
    ),
    DigestPurpose.CLAIM_DECOY: (
        b"message",
        "c0b96715696a321349ffe42bf9dd985c2781abbecbd05f7356e0b9834472bba7",
    ),
    DigestPurpose.ADDRESS: (
        b"message",
        "cff783232b71f9de2acac05f08e57020c04c578e6cd13dcdae3e5b3e7af3f139",
    ),
    DigestPurpose.MANDATE: (
        b"man_1:secret",
        "75f5848e7d634bd5304d05ceb44a2dc1c054ad89e7c8ab03fd0787a78e76fe40",
    ),
    DigestPurpose.SEEN_FRAMES: (
        bytes(32),
        "1754c6092dfa19d8a754195b01c82787cba5948eab502a0275da4d5a60825a75",
    ),
}
SEALED = bytes.fromhex("010000000000000000000000009691b5a309042eb2f678d0835cbe117eb6d5615b88")
REQUEST_WITH_MEDIA = "77201134e30dc61b06d2e141c4dfce5c19331b62028a1d6f566ad00c32a4de75"

ROOT = Path(__file__).parents[3]
OWNERS = {Path("registry/security/keys.py"), Path("registry/config.py")}
"""The owner of the pepper, and the setting that it may come from."""


def sample(keys):
    """Return bytes that tell one pepper from another."""
    return keys.digest(DigestPurpose.PROBE, b"same")


@pytest.mark.parametrize("purpose", KeyPurpose)
def test_a_derived_key_never_changes(purpose):
    """Each key is the one that index files, sealed rows and face templates were made with."""
    assert Keys(PEPPER).derive(purpose).hex() == DERIVED[purpose]


@pytest.mark.parametrize("purpose", DigestPurpose)
def test_a_digest_never_changes(purpose):
    """Each digest is the one that stored rows hold."""
    message, digest = DIGESTS[purpose]
    assert Keys(PEPPER).digest(purpose, message).hex() == digest


def test_callers_build_their_messages_as_before():
    """The digests of secrets, of requests with media and of questions, and a seal, are those of stored rows."""
    keys = Keys(PEPPER)
    assert keys.digest_secret("s" * 43).hex() == DIGESTS[DigestPurpose.CREDENTIAL][1]
    parameters = Parameters(fields={"context": "general"}, media_sha256=bytes(32))
    assert parameters.digest(keys, "/v1/checks").hex() == REQUEST_WITH_MEDIA
    budget = OracleBudget(probes=None, keys=keys, budget=1, now=None, report=print)
    assert budget.edge_bits([Code(algorithm=Algorithm.PDQ, value=bytes(32), quality=100)]) == 48
    assert Sealer.of(keys).unseal(SEALED, b"context") == b"plain"


def test_labels_keep_purposes_apart():
    """No two purposes share a label, and none holds the byte that ends a label."""
    labels = [purpose.value for purpose in (*KeyPurpose, *DigestPurpose)]
    assert len(set(labels)) == len(labels)
    assert not any(b"\0" in label for label in labels)


def test_the_setting_replaces_the_file(tmp_path):
    """A pepper from the settings makes no file."""
    keys = Keys.load(tmp_path, os.urandom, SecretStr(PEPPER.hex()))
    assert sample(keys) == sample(Keys(PEPPER))
    assert not list(tmp_path.iterdir())


def test_the_pepper_is_not_shown():
    """Printing the keys reveals nothing of the pepper."""
    assert PEPPER.hex() not in repr(Keys(PEPPER))
    assert repr(PEPPER) not in repr(Keys(PEPPER))


def test_nobody_else_uses_the_pepper():
    """Only `security/keys.py` names the pepper or makes an HMAC; the composition root passes the setting on."""
    found = []
    sources = [path for folder in ("registry", "scripts") for path in (ROOT / folder).rglob("*")]
    for path in sources:
        name = path.relative_to(ROOT)
        if not path.is_file() or name in OWNERS or not is_python(path):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            words = {str(getattr(node, field, "")) for field in ("id", "attr", "arg", "name", "module")}
            if any("pepper" in word.lower() for word in words):
                found.append((name.as_posix(), ast.unparse(node)))
            if isinstance(node, ast.Attribute) and ast.unparse(node) in {"hmac.new", "hmac.digest"}:
                found.append((name.as_posix(), ast.unparse(node)))
    assert found == [("registry/bootstrap/container.py", "settings.pepper")]


def is_python(path):
    """Tell whether a file is Python source: by its ending, or as a script by its first line."""
    if path.suffix:
        return path.suffix == ".py"
    with path.open("rb") as file:
        return b"python" in file.readline()


def test_the_first_start_makes_it_and_the_next_ones_read_it(tmp_path):
    """A new folder gets a pepper of 32 random bytes, and keeps it."""
    made = sample(Keys.load(tmp_path, os.urandom))
    assert len((tmp_path / "secret").read_bytes()) == PEPPER_BYTES
    assert sample(Keys.load(tmp_path, lambda _size: pytest.fail("drawn again"))) == made


def test_only_its_owner_can_read_it(tmp_path, monkeypatch):
    """The file's mode is 0600 from its first moment, whatever the umask."""
    modes = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: modes.append(os.fstat(descriptor).st_mode))
    before = os.umask(0)
    try:
        Keys.load(tmp_path, os.urandom)
    finally:
        os.umask(before)
    assert [stat.S_IMODE(mode) for mode in modes if stat.S_ISREG(mode)] == [0o600]
    assert stat.S_IMODE((tmp_path / "secret").stat().st_mode) == 0o600


def test_nothing_else_is_left_in_the_folder(tmp_path):
    """The draft under which it was written is gone."""
    Keys.load(tmp_path, os.urandom)
    assert [path.name for path in tmp_path.iterdir()] == ["secret"]


def test_file_and_folder_are_on_the_disk_before_it_is_used(tmp_path, monkeypatch):
    """Content and name are both synced: a power cut never leaves keys without the pepper that proves them."""
    synced, sync = [], os.fsync

    def note(descriptor):
        synced.append((stat.S_ISDIR(os.fstat(descriptor).st_mode), (tmp_path / "secret").exists()))
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", note)
    Keys.load(tmp_path, os.urandom)
    assert synced == [(False, False), (True, True)]


@pytest.mark.parametrize("content", [b"", b"x" * 31, b"x" * 33, b"x" * 64 + b"\n"])
def test_a_damaged_one_stops_the_start(tmp_path, content):
    """A file of another length is refused and left as it is: a new pepper would end everybody's key."""
    (tmp_path / "secret").write_bytes(content)
    with pytest.raises(StorageUnavailable, match="damaged"):
        Keys.load(tmp_path, os.urandom)
    assert (tmp_path / "secret").read_bytes() == content


def test_a_failure_while_writing_leaves_no_pepper(tmp_path, monkeypatch):
    """A write that fails leaves nothing under the name, so that the next start makes a whole one."""

    def fail(_descriptor):
        raise OSError

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", fail)
        with pytest.raises(OSError):  # noqa: PT011  the disk's own error
            Keys.load(tmp_path, os.urandom)
    assert not (tmp_path / "secret").exists()
    Keys.load(tmp_path, os.urandom)
    assert len((tmp_path / "secret").read_bytes()) == PEPPER_BYTES


def test_an_existing_file_stays(tmp_path):
    """A file that another process wrote first is never replaced."""
    (tmp_path / "secret").write_bytes(b"first")
    write_private(tmp_path / "secret", b"second")
    assert (tmp_path / "secret").read_bytes() == b"first"
    assert len(list(tmp_path.iterdir())) == 1


def test_processes_that_start_at_once_agree(tmp_path):
    """Three processes that make the pepper at once all use the same."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", MAKER, str(tmp_path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    for process in processes:
        assert process.stdout.readline() == "waiting\n"
    for process in processes:
        process.stdin.write("now\n")
        process.stdin.flush()
    answers = {process.communicate()[0].strip() for process in processes}
    assert answers == {sample(Keys((tmp_path / "secret").read_bytes())).hex()}


def test_threads_that_start_at_once_agree(tmp_path):
    """Eight threads of one process that make the pepper at once all use the same."""
    start, found = threading.Barrier(8), []

    def load():
        start.wait()
        found.append(sample(Keys.load(tmp_path, os.urandom)))

    for _ in range(20):
        (tmp_path / "secret").unlink(missing_ok=True)
        threads = [threading.Thread(target=load) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert set(found) == {sample(Keys((tmp_path / "secret").read_bytes()))}
        assert len(found) == 8
        found.clear()
