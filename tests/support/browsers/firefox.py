"""Firefox of this machine, driven by Marionette: its own protocol, for which nothing needs to be installed.

Playwright and Selenium drive a Firefox only with programs that they download. A message is its length, a colon, and
JSON: `[0, id, command, parameters]`, answered by `[1, id, error, result]`.
"""

import json
import shutil
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

NAMES = ("firefox-esr", "firefox")
START_S = 60
SCRIPT_MS = 120_000
PREFERENCES = {
    "app.normandy.enabled": False,
    "app.update.disabledForTesting": True,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "extensions.update.enabled": False,
    "marionette.port": 0,  # any free one; it is written to a file of the profile
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "network.disable-localhost-when-offline": True,
    "toolkit.telemetry.enabled": False,
}


class MarionetteError(Exception):
    """Firefox refused a command, or a script of a page failed."""


class Firefox:
    """One window of a headless Firefox."""

    def __init__(self, connection):
        self._connection = connection
        self._received = b""
        self._count = 0
        self._message()  # who it is
        self._ask("WebDriver:NewSession", {})
        self._ask("WebDriver:SetTimeouts", {"script": SCRIPT_MS})

    def goto(self, address):
        """Opens an address, and waits until its script has run."""
        self._ask("WebDriver:Navigate", {"url": address})
        self.run("const wait = () => window.isReady ? done(true) : setTimeout(wait, 20); wait();")

    def call(self, name, *arguments):
        """Calls an asynchronous function of the page."""
        asked = json.dumps([name, arguments])
        answer = self.run("window.call(given).then(done, error => done('! ' + error));", asked)
        if answer.startswith("!"):
            raise MarionetteError(answer)
        return json.loads(answer)

    def run(self, script, *given, context="content"):
        """Runs a script that calls `done` with its result."""
        self._ask("Marionette:SetContext", {"value": context})
        names = "const given = arguments[0], done = arguments[arguments.length - 1];"
        return self._ask("WebDriver:ExecuteAsyncScript", {"script": names + script, "args": list(given)})[
            "value"
        ]

    def set_offline(self, offline):
        """Takes the whole browser off the network, or back."""
        self.run("Services.io.offline = given; done(Services.io.offline);", offline, context="chrome")

    def quit(self):
        """Ends the browser."""
        self._ask("Marionette:Quit", {"flags": ["eForceQuit"]})

    def _ask(self, command, parameters):
        self._count += 1
        message = json.dumps([0, self._count, command, parameters]).encode()
        self._connection.sendall(b"%d:%b" % (len(message), message))
        _, _, error, result = self._message()
        if error is not None:
            raise MarionetteError(f"{command}: {error['error']}: {error['message']}")
        return result

    def _message(self):
        while b":" not in self._received:
            self._receive()
        length, _, self._received = self._received.partition(b":")
        while len(self._received) < int(length):
            self._receive()
        message, self._received = self._received[: int(length)], self._received[int(length) :]
        return json.loads(message)

    def _receive(self):
        received = self._connection.recv(1 << 16)
        if not received:
            raise MarionetteError("Firefox has ended")
        self._received += received


@contextmanager
def firefox(**preferences):
    """A headless Firefox with these preferences; skips the test where this machine has none."""
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        pytest.skip(f"no browser on this machine: none of {', '.join(NAMES)}")
    with tempfile.TemporaryDirectory() as folder:
        profile = Path(folder)
        lines = [
            f"user_pref({json.dumps(name)}, {json.dumps(value)});"
            for name, value in (PREFERENCES | preferences).items()
        ]
        (profile / "user.js").write_text("\n".join(lines), encoding="utf-8")
        command = [
            program,
            "--headless",
            "--marionette",
            "--remote-allow-system-access",
            "--no-remote",
            "--profile",
            folder,
        ]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            with socket.create_connection(
                ("127.0.0.1", _port_of(profile, process)), timeout=SCRIPT_MS / 1000
            ) as connection:
                window = Firefox(connection)
                yield window
                window.quit()
                process.wait(timeout=START_S)
        finally:
            process.kill()
            process.wait()


def _port_of(profile, process):
    """The port that Firefox writes down once it listens."""
    until = time.monotonic() + START_S
    while time.monotonic() < until and process.poll() is None:
        try:
            return int((profile / "MarionetteActivePort").read_text(encoding="ascii"))
        except (FileNotFoundError, ValueError):
            time.sleep(0.05)  # a file is all that Firefox gives as a sign
    raise MarionetteError("Firefox did not start")
