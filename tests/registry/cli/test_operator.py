"""The operator's commands on the data folder."""

import json
import socket
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

SCRIPTS = Path(__file__).parents[3] / "scripts"
FAMILIES = ["pdq-1", "anchored-1", "frames-1", "frame-pdq-1"]


def test_the_first_credential_is_the_owners_alone(shell):
    """`db upgrade` leaves the first key in a file that only its owner can read."""
    path = shell.data / "first-credential"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_text(encoding="ascii").startswith("tdr_")
    assert shell.run("db", "upgrade").out == "The databases are up to date.\n"


def test_credentials_are_made_listed_and_revoked(here):
    """A key is shown once, listed without its secret, and revoked."""
    made = here.run("credentials", "create", "Dana's platform", "--role", "platform", "--json").lines[0]
    assert made["key"].startswith("tdr_")
    listed = here.run("credentials", "list", "--json")
    assert made["credential"] in [line["credential"] for line in listed.lines]
    assert made["key"] not in listed.out
    assert here.run("credentials", "revoke", made["credential"]).code == 0
    revoked = {
        line["credential"]: line["revoked_at"] for line in here.run("credentials", "list", "--json").lines
    }
    assert revoked[made["credential"]] is not None


def test_scopes_only_narrow(here):
    """`--scope` grants fewer permissions than the role, never one beyond it."""
    command = ["credentials", "create", "x", "--role", "platform", "--json"]
    made = here.run(*command, "--scope", "tenant:check:create").lines[0]
    assert made["permissions"] == ["tenant:check:create"]
    beyond = here.run(*command, "--scope", "service:credential:manage")
    assert (beyond.code, beyond.out) == (2, "")


def test_optional_permissions_are_allowed_by_name(here):
    """`--allow` adds a permission that no key of the role has unasked, and none that the role may not have."""
    command = ["credentials", "create", "x", "--json", "--role"]
    plain = here.run(*command, "platform").lines[0]["permissions"]
    more = here.run(*command, "platform", "--allow", "tenant:check:codes").lines[0]["permissions"]
    assert set(more) - set(plain) == {"tenant:check:codes"}
    narrow = here.run(*command, "platform", "--scope", "tenant:check:create", "--allow", "tenant:check:codes")
    assert narrow.lines[0]["permissions"] == ["tenant:check:codes", "tenant:check:create"]
    beyond = here.run(*command, "agency", "--allow", "tenant:check:codes")
    assert (beyond.code, beyond.out) == (2, "")
    assert "does not hold tenant:check:codes" in beyond.err


def test_a_changed_ledger_is_found(here, pictures):
    """`ledger verify` succeeds, and names the first entry that was changed."""
    here.run("enrol", pictures / "photo.jpg")
    assert here.run("ledger", "verify", "--json").lines[0]["intact"] is True
    with sqlite3.connect(here.data / "registry.sqlite") as connection:
        connection.execute("UPDATE ledger_entries SET event = 'case.withdrawn' WHERE number = 3")
    connection.close()
    done = here.run("ledger", "verify", "--json")
    assert done.code == 1
    assert done.lines[0] == {**done.lines[0], "intact": False, "first_broken": 3, "entries": 2}


def test_cases_are_linked_listed_and_unlinked(here, pictures):
    """An operator links cases by their ids, sees the links, and ends them; a case that is none is named in one line."""
    one = here.run("enrol", pictures / "photo.jpg", "--json").lines[0]["case"]
    assert here.run("releases", "link", one, "--json").lines == [{"cases": [one, one], "state": "linked"}]
    assert here.run("releases", "link", one).out == ""
    (listed,) = here.run("releases", "list", "--json").lines
    assert listed["cases"] == [one, one]
    assert one in here.run("releases", "list").out
    missing = here.run("releases", "link", one, "cas_0000000000000000")
    assert (missing.code, missing.out, len(missing.err.splitlines())) == (1, "", 1)
    assert "cas_0000000000000000" in missing.err
    assert here.run("releases", "unlink", one).out == f"{one}  {one}  unlinked\n"
    assert here.run("releases", "unlink", one).code == 1
    assert here.run("releases", "list", "--json").lines == []


def test_checkpoints_are_published_and_receipts_proven(here, pictures, tmp_path):
    """A checkpoint goes to a file elsewhere; a receipt is proven by it, and the ledger still fits it later."""
    here.run("enrol", pictures / "photo.jpg")
    with sqlite3.connect(here.data / "registry.sqlite") as connection:
        (digest,) = connection.execute("SELECT digest FROM ledger_entries ORDER BY number DESC").fetchone()
    connection.close()
    published = tmp_path / "published"
    done = here.run("ledger", "checkpoint", "--to", published)
    assert done.code == 0, done.err
    assert "signed by takedown-registry/" in done.out
    receipt = tmp_path / "receipt.json"
    receipt.write_text(here.run("ledger", "receipt", digest.hex()).out)
    key = done.out.split()[-1]
    script = [sys.executable, SCRIPTS / "verify_receipt", receipt, published, "--key", key]
    assert subprocess.run(script, capture_output=True, check=False).returncode == 0
    for wrong in ("something", "a+b+AAAA"):
        told = subprocess.run([*script[:-1], wrong], capture_output=True, text=True, check=False)
        assert (told.returncode, len(told.stderr.splitlines())) == (1, 1)
        assert "the key has not the form" in told.stderr
    receipt.write_text('{"entry": "x", "receipt": "x"}')
    told = subprocess.run(script, capture_output=True, text=True, check=False)
    assert (told.returncode, len(told.stderr.splitlines())) == (1, 1)
    size = int(done.out.split()[0])
    here.run("credentials", "create", "x", "--role", "platform")
    here.run("ledger", "checkpoint", "--to", published)
    verified = here.run("ledger", "verify", "--against", published, "--json").lines[0]
    assert (verified["intact"], verified["checkpoints"]) == (True, 4)
    assert json.loads(here.run("ledger", "consistency", str(size)).out)["old"] == size


def test_what_the_ledger_cannot_prove_is_one_line(here, tmp_path):
    """A receipt of another form or of another registry, and a file of something else, are refused in one line."""
    wrong = tmp_path / "wrong"
    wrong.write_text("something else\n")
    for command in (
        ["receipt", "0" * 63],
        ["receipt", "0" * 64],
        ["consistency", "1000"],
        ["checkpoint", "--to", wrong],
        ["checkpoint", "--to", tmp_path / "no" / "folder"],
        ["verify", "--against", wrong],
    ):
        done = here.run("ledger", *command)
        assert done.code != 0, command
        assert (done.out, len(done.err.splitlines())) == ("", 1), command


def test_probing_is_listed_and_cleared(here, pictures):
    """Questions near what is registered are counted for their tenant, and forgotten on the operator's word."""
    assert here.run("probing", "list", "--json").lines == []
    here.run("enrol", pictures / "photo.jpg")
    with Image.open(pictures / "photo.jpg") as photo:
        photo.save(here.data / "copy.jpg", quality=40)
    here.run("check", here.data / "copy.jpg")
    (line,) = here.run("probing", "list", "--json").lines
    assert [line[name] for name in ("questions", "references", "most", "held", "uploaders")] == [
        1,
        1,
        1,
        0,
        0,
    ]
    assert here.run("probing", "list").out.startswith(f"{line['tenant_id']}  questions 1  references 1")
    assert here.run("probing", "clear", line["tenant_id"]).out == f"{line['tenant_id']}: cleared\n"
    assert here.run("probing", "list", "--json").lines == []
    assert here.run("ledger", "verify", "--json").lines[0]["intact"] is True
    again = here.run("probing", "clear", line["tenant_id"])
    assert (again.code, again.out) == (1, "")


@pytest.mark.parametrize(
    "command",
    [
        ["cases", "show"],
        ["cases", "verify", "--level", "V1"],
        ["cases", "verify", "--level", "V1", "--all-of-tenant"],
        ["credentials", "revoke"],
        ["releases", "link"],
        ["tenants", "quota"],
        ["withdraw"],
        ["withdraw", "--url", "http://127.0.0.1:9"],
    ],
    ids=str,
)
def test_an_argument_of_other_bytes_is_one_line(here, command):
    """Bytes that are no UTF-8 in place of an id are refused in one line, without a traceback."""
    done = here.run(*command, "\udcff", env={"TAKEDOWN_KEY": "tdr_x"} if "--url" in command else None)
    assert (done.code, done.out) == (1, "")
    assert done.err == "takedown: An argument is not text in UTF-8.\n"


def test_quotas_are_shown_and_set(here, pictures):
    """A tenant's quotas are told with what it uses; one that is reached refuses, and a larger one does no more."""
    here.run("enrol", pictures / "photo.jpg")
    (line,) = [one for one in here.run("credentials", "list", "--json").lines if one["role"] == "operator"]
    tenant = line["tenant"]
    assert f"{tenant}  references  1 of 2000000" in here.run("tenants", "quota", tenant).out.splitlines()
    made = here.run("tenants", "quota", tenant, "--references", "1", "--mib", "2", "--json").lines[0]
    assert (made["most"]["references"], made["most"]["bytes"], made["used"]["references"]) == (1, 2 << 20, 1)
    refused = here.run("enrol", pictures / "unrelated.jpg")
    assert (refused.code, "quota-reached" in refused.out) == (1, True)
    assert here.run("tenants", "quota", tenant, "--default").code == 0
    assert here.run("enrol", pictures / "unrelated.jpg").code == 0
    assert here.run("tenants", "quota", "ten_nobody").code == 1


def test_the_index_agrees_and_is_rebuilt(here, pictures):
    """`index status` counts what is searched, family by family; `index rebuild` begins a new epoch."""
    here.run("enrol", pictures / "photo.jpg")
    before = here.run("index", "status", "--json").lines
    assert [line["family"] for line in before] == FAMILIES
    assert [(line["ready"], line["agrees"], line["lag"]) for line in before] == [(True, True, 0)] * len(
        FAMILIES
    )
    assert before[0]["codes"] == 2
    rebuilt = here.run("index", "rebuild", "--json").lines
    assert [line["codes"] for line in rebuilt] == [line["codes"] for line in before]
    assert here.run("index", "status", "--json").lines == before
    said = here.run("index", "status").out.splitlines()
    assert [line.split(":")[0] for line in said] == FAMILIES


def test_a_damaged_secret_is_refused(shell):
    """A pepper of another length stops every command: no key would be accepted."""
    (shell.data / "secret").write_bytes(b"short")
    done = shell.run("credentials", "list")
    assert done.code == 1
    assert "secret" in done.err
    assert done.err.count("\n") == 1


@pytest.mark.parametrize("family", FAMILIES)
def test_damaged_index_files_are_named_and_mended(here, pictures, family):
    """`index verify` succeeds on good files, and says so when it had to build them anew."""
    here.run("enrol", pictures / "photo.jpg")
    assert [line["agrees"] for line in here.run("index", "verify", "--json").lines] == [True] * len(FAMILIES)
    manifest = next((here.data / "index" / family).glob("*manifest*"), None)
    if (
        manifest is None
    ):  # so small an index has no files yet: what stands in their place is thrown away likewise
        manifest = here.data / "index" / family / "manifest.json"
    manifest.write_bytes(b"nonsense")
    done = here.run("index", "verify", "--json")
    assert done.code == 1
    assert f"{family} were damaged or of another database, and were rebuilt" in done.err
    assert [line["agrees"] for line in done.lines] == [name != family for name in FAMILIES]
    assert here.run("index", "verify").code == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "abc"),
        ("PORT", "70000"),
        ("WORKERS", "0"),
        ("PEPPER", "short-canary"),
        ("DATABASE_URL", "mysql://canary"),
        ("DATABASE_URL", "canary"),
        ("REDIS_URL", "http://canary"),
    ],
)
def test_a_wrong_setting_is_one_message(shell, name, value):
    """A variable with a wrong value is named, its value is not repeated, and nothing starts."""
    done = shell.run("serve", env={f"TAKEDOWN_{name}": value})
    assert (done.code, done.out) == (2, "")
    assert f"TAKEDOWN_{name}" in done.err
    assert "canary" not in done.err


def test_a_port_in_use_is_an_error(shell):
    """Two servers on one port: the second ends with a failure and says why."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = shell.run("serve", "--port", taken.getsockname()[1])
    assert done.code != 0
    assert "ready" not in done.out
    assert "in use" in done.err


@pytest.mark.parametrize("label", ["", "x" * 121, "two\nlines"])
def test_a_label_is_short_and_printable(here, label):
    """A label that does not fit is wrong usage, on every database alike."""
    done = here.run("credentials", "create", label, "--role", "platform")
    assert (done.code, done.out) == (2, "")


@pytest.mark.parametrize(
    "command", [["serve"], ["db", "upgrade"], ["demo"], ["credentials", "list"]], ids=" ".join
)
def test_a_folder_that_cannot_be_made_is_one_line(shell, command):
    """Where the system refuses the data folder, one line says so."""
    done = shell.run(*command, "--data", "/proc/nothing")
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("takedown: ")
    assert done.err.count("\n") == 1
