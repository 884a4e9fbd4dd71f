"""What the operator does on the data folder."""

import sqlite3
import stat


def test_the_first_credential_is_the_owners_alone(shell):
    """`db upgrade` leaves the first key in a file that only its owner can read."""
    path = shell.data / "first-credential"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_text(encoding="ascii").startswith("tdr_")
    assert shell.run("db", "upgrade").out == "The databases are up to date.\n"


def test_credentials_are_made_listed_and_revoked(shell):
    """A key is shown once, listed without its secret, and revoked."""
    made = shell.run("credentials", "create", "Dana's platform", "--role", "platform", "--json").lines[0]
    assert made["key"].startswith("tdr_")
    listed = shell.run("credentials", "list", "--json")
    assert made["credential"] in [line["credential"] for line in listed.lines]
    assert made["key"] not in listed.out
    assert shell.run("credentials", "revoke", made["credential"]).code == 0
    revoked = {
        line["credential"]: line["revoked_at"] for line in shell.run("credentials", "list", "--json").lines
    }
    assert revoked[made["credential"]] is not None


def test_scopes_only_narrow(shell):
    """`--scope` grants fewer permissions than the role, never one beyond it."""
    command = ["credentials", "create", "x", "--role", "platform", "--json"]
    made = shell.run(*command, "--scope", "tenant:check:create").lines[0]
    assert made["permissions"] == ["tenant:check:create"]
    beyond = shell.run(*command, "--scope", "service:credential:manage")
    assert (beyond.code, beyond.out) == (2, "")


def test_a_changed_ledger_is_found(shell, pictures):
    """`ledger verify` succeeds, and names the first entry that was changed."""
    shell.run("enrol", pictures / "photo.jpg")
    assert shell.run("ledger", "verify", "--json").lines[0]["intact"] is True
    with sqlite3.connect(shell.data / "registry.sqlite") as connection:
        connection.execute("UPDATE ledger_entries SET event = 'case.withdrawn' WHERE number = 3")
    connection.close()
    done = shell.run("ledger", "verify", "--json")
    assert done.code == 1
    assert done.lines[0] == {**done.lines[0], "intact": False, "first_broken": 3, "entries": 2}


def test_the_index_agrees_and_is_rebuilt(shell, pictures):
    """`index status` counts what is searched; `index rebuild` begins a new epoch."""
    shell.run("enrol", pictures / "photo.jpg")
    before = shell.run("index", "status", "--json").lines[0]
    assert (before["ready"], before["agrees"], before["codes"]) == (True, True, 2)
    assert shell.run("index", "rebuild", "--json").lines[0]["codes"] == 2
    assert shell.run("index", "status", "--json").lines[0] == before


def test_a_damaged_secret_is_refused(shell):
    """A pepper of another length stops every command: no key would be accepted."""
    (shell.data / "secret").write_bytes(b"short")
    done = shell.run("credentials", "list")
    assert done.code == 1
    assert "secret" in done.err
    assert done.err.count("\n") == 1
