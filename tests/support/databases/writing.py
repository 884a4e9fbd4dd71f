"""Writers of references for `test_sequencer.py`, run as threads or as a program."""

import random
import sys
import time
from collections.abc import Callable

from tests.support.databases.registry_parts import (
    NOW,
    Databases,
    Location,
    a_case,
    a_reference,
    clip,
    pdq,
    windows,
)

MAX_DELAY_S = 0.008
STANDING = 6  # cases that each writer leaves alone: nobody withdraws what he has just enrolled


def write(
    databases: Databases,
    seed: int,
    commits: int,
    started: Callable[[], None] = lambda: None,
    *,
    is_seen: bool = False,
) -> None:
    """Enrols and withdraws, holding each transaction open for a random while before its commit.

    What `is_seen` has windows, and frames of a clip, besides its code.
    """
    chance = random.Random(seed)
    cases = []
    started()
    for number in range(commits):
        with databases.units.write() as unit:
            if len(cases) > STANDING and chance.random() < 0.25:
                unit.references.erase_codes(cases.pop(0).id, NOW)
            else:
                cases.append(a_case())
                unit.cases.add(cases[-1])
                for code in range(chance.randint(1, 3)):
                    name = (seed, number, code)
                    seen = {"windows": windows(name), "clip": clip(name, 2, 4)} if is_seen else {}
                    unit.references.add(a_reference(cases[-1], pdq(name), **seen))
            time.sleep(chance.uniform(0, MAX_DELAY_S))  # the load itself: rows with low ids commit late
            if chance.random() < 0.1:
                continue  # rolled back
            unit.commit()


def main() -> None:
    databases = Location.parse(sys.stdin.readline()).open()
    seed, commits = map(int, sys.argv[1:])
    print("waiting", flush=True)  # noqa: T201  the signal that the test waits for
    sys.stdin.readline()
    write(databases, seed, commits)
    databases.close()


if __name__ == "__main__":
    main()
