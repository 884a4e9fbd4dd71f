"""A withdrawal on a disk that is full, in a process of its own with a small file system of its own.

Run as `unshare -rm python -m tests.support.databases.full_disk FOLDER`: it mounts over the folder, which nobody else
sees. Prints one line of JSON.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

from index.verdict.vocabulary import Level
from registry.domain.case import CaseState
from registry.errors import StorageFull
from registry.storage.reserve import PIECES, Reserve
from registry.storage.rows.units import SqlUnits
from registry.usecases.cases.opening import open_case
from registry.usecases.cases.withdrawing import withdraw
from registry.usecases.enrolment.enrolling import enrol
from tests.support.databases.registry_parts import (
    ALICE,
    SEALER,
    Location,
    environment,
    migrated,
    seen_draft,
)

DISK_MIB = 24
RESERVE_BYTES = 4 << 20
REFERENCES = 20


def main() -> None:
    """Fills the disk, and withdraws without and with the room that was kept."""
    disk = Path(sys.argv[1])
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m", "tmpfs", str(disk)], check=True)
    location = Location.folder(disk)
    migrated(location)
    databases = location.open()
    reserve = Reserve(disk / "reserve", RESERVE_BYTES)
    told = {"made": reserve.restore()}
    plain, units = (SqlUnits(databases.registry, SEALER, reserve=one) for one in (None, reserve))
    around = environment()
    case = open_case(Level.V0, seen_draft(0), actor=ALICE, units=units, environment=around).case
    for seed in range(1, REFERENCES):
        enrol(case.id, seen_draft(seed), actor=ALICE, units=units, environment=around)
    databases.registry.purge_files()
    filled = fill(disk / "filling")
    try:
        withdraw(case.id, actor=ALICE, units=plain, environment=around)
        told["without"] = "withdrawn"
    except StorageFull:
        told["without"] = "full"
    withdraw(case.id, actor=ALICE, units=units, environment=around)
    with units.read() as unit:
        told["withdrawn"] = unit.cases.get(case.id, ALICE.tenant_id).state is CaseState.WITHDRAWN
    told["released"] = PIECES - len(list((disk / "reserve").iterdir()))
    told["made while full"] = reserve.restore()
    filled.unlink()
    told["made again"] = reserve.restore()
    told["files"] = len(list((disk / "reserve").iterdir()))
    databases.close()
    sys.stdout.write(json.dumps(told))


def fill(path: Path) -> Path:
    """Writes until the disk takes not one byte more."""
    descriptor = os.open(path, os.O_CREAT | os.O_WRONLY)
    for size in (1 << 20, 4096, 1):
        try:
            while os.write(descriptor, bytes(size)):
                continue
        except OSError:
            continue
    os.close(descriptor)
    return path


if __name__ == "__main__":
    main()
