"""Migrate the databases named on standard input, as soon as the second line arrives.

Run as a program of its own by `test_migrations.py`.
"""

import os
import sys

from registry.storage import migrate
from tests.support.databases.registry_parts import Location


def main() -> None:
    databases = Location.parse(sys.stdin.readline()).open()
    print("waiting", flush=True)  # noqa: T201  the signal that the test waits for
    sys.stdin.readline()
    migrate.upgrade(databases.registry, databases.checks, os.urandom)
    migrate.require_newest(databases.registry, databases.checks)
    databases.close()


if __name__ == "__main__":
    main()
