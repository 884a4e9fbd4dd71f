"""A registry in a folder, and commands as a user runs them."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

from registry.cli.main import main
from registry.demo.pictures import drawn, recompressed_half
from tests.support.commands import Done


@dataclass(frozen=True, slots=True, kw_only=True)
class Shell:
    """Runs `takedown` with a data folder."""

    data: Path

    def run(self, *arguments, data=True, stdin=None, env=None):
        """Runs a command to its end."""
        wanted = {name: value for name, value in os.environ.items() if not name.startswith("TAKEDOWN_")}
        if data:
            wanted["TAKEDOWN_DATA"] = str(self.data)
        done = subprocess.run(
            [sys.executable, "-m", "registry.cli.main", *map(str, arguments)],
            capture_output=True,
            input=stdin,
            check=False,
            timeout=120,
            env={**wanted, **(env or {})},
        )
        return Done(code=done.returncode, out=done.stdout.decode(), err=done.stderr.decode())


class Here(Shell):
    """Runs `takedown` in this process, which is faster and shows what no command may raise."""

    def run(self, *arguments, data=True, stdin=None, env=None):
        """Runs a command to its end."""
        wanted = {name: None for name in os.environ if name.startswith("TAKEDOWN_")}
        if data:
            wanted["TAKEDOWN_DATA"] = str(self.data)
        done = CliRunner().invoke(
            main, [str(one) for one in arguments], stdin, {**wanted, **(env or {})}, catch_exceptions=False
        )
        assert "(internal-error)" not in done.stderr  # a fault that would otherwise be raised here
        return Done(code=done.exit_code, out=done.stdout, err=done.stderr)


@pytest.fixture(scope="session")
def pictures(tmp_path_factory):
    """Files: a photo, its copy at half size, another photo, a flat one and a text."""
    from PIL import Image  # noqa: PLC0415

    folder = tmp_path_factory.mktemp("pictures")
    (folder / "photo.jpg").write_bytes(drawn(301))
    (folder / "copy.jpg").write_bytes(recompressed_half(drawn(301)))
    (folder / "unrelated.jpg").write_bytes(drawn(302))
    (folder / "text.jpg").write_text("this is no picture", encoding="ascii")
    Image.new("RGB", (640, 480), (30, 90, 200)).save(folder / "flat.png")
    return folder


@pytest.fixture
def shell(tmp_path):
    """A fresh registry."""
    return _with_registry(Shell(data=tmp_path / "data"))


@pytest.fixture
def here(tmp_path):
    """A fresh registry, whose commands run in this process."""
    return _with_registry(Here(data=tmp_path / "data"))


def _with_registry(shell):
    done = shell.run("db", "upgrade")
    assert done.code == 0, done.err
    return shell
