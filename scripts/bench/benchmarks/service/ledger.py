"""Measure the ledger: verification, a first checkpoint, one more entry, and the proof of a receipt, on SQLite.

JSON fields (the last line printed, with --json):
  entries          number of entries
  verify_per_s     entries verified per second: chain, tree, checkpoint and tiles
  ratio_sha256     time of the digests alone (an entry, a leaf and a node each) over the time of the verification
  first_s          seconds of the first checkpoint, which reads everything
  next_ms          milliseconds of a checkpoint after one more entry
  proof_ms         milliseconds of a receipt's proof, median of 50, spread over all
  tiles_mb         megabytes of the stored tiles
"""

import argparse
import hashlib
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from sqlalchemy import insert

from benchmarks.common.report import print_json, print_table
from registry.bootstrap import Container
from registry.cli.backends import local_actor, open_local, prepare_data
from registry.config import Settings
from registry.domain import GENESIS, Act, LedgerEntry, link
from registry.events import LedgerEvent
from registry.storage.schema import ledger_entries
from registry.usecases.ledger import prove_receipt, publish_checkpoint, verify_ledger

PAGE = 10_000
PROOFS = 50
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


def main() -> int:
    """Run the command line."""
    arguments = _arguments()
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data=Path(folder) / "data", reserve_mib=0)
        prepare_data(settings)
        with open_local(settings) as container:
            figures = measure(container, arguments.entries)
    print_table([figures])
    if arguments.json:
        print_json(figures)
    return 0


def measure(container: Container, count: int) -> dict[str, float]:
    """Return the figures of a ledger with so many entries."""
    actor = local_actor(container)
    digests = fill(container, count)
    checkpointer = container.checkpointer
    first = _timed(lambda: publish_checkpoint(actor=actor, checkpointer=checkpointer))
    verified = _timed(lambda: verify_ledger(actor=actor, units=container.units, signing=checkpointer.signing))
    with container.units.write() as unit:
        unit.ledger.append(Act.by(actor, LedgerEvent.CASE_OPENED, at=BEGIN))
        unit.commit()
    following = _timed(lambda: publish_checkpoint(actor=actor, checkpointer=checkpointer))
    prove = partial(prove_receipt, actor=actor, units=container.units, is_of_any_tenant=True)
    proofs = [_timed(partial(prove, digest)) for digest in digests[:: max(1, count // PROOFS)]]
    with container.units.read() as unit:
        tiles = sum(map(len, unit.checkpoints.tiles().values()))
    return {
        "entries": count,
        "verify_per_s": round(count / verified),
        "ratio_sha256": round(_hashing(count) / verified, 2),
        "first_s": round(first, 2),
        "next_ms": round(1000 * following, 1),
        "proof_ms": round(1000 * statistics.median(proofs), 2),
        "tiles_mb": round(tiles / 1e6, 1),
    }


def fill(container: Container, count: int) -> list[bytes]:
    """Add so many entries after those there are, page by page, and return their digests."""
    with container.units.read() as unit:
        entries = list(unit.ledger.entries())
    number, previous = (entries[-1].number, entries[-1].digest) if entries else (0, GENESIS)
    digests: list[bytes] = []
    for start in range(0, count, PAGE):
        page: list[LedgerEntry] = []
        for place in range(start, min(count, start + PAGE)):
            act = Act(
                event=LedgerEvent.REFERENCE_ENROLLED,
                tenant_id="ten_0000000000000000",
                credential_id="crd_0000000000000000",
                at=BEGIN + timedelta(seconds=place),
                case_id=f"case_{place:016}",
                reference_id=f"ref_{place:016}",
            )
            page.append(link(number + 1, act, previous))
            number, previous = page[-1].number, page[-1].digest
        digests += [entry.digest for entry in page]
        with container.databases.registry.write() as connection:
            connection.execute(insert(ledger_entries), [_row(entry) for entry in page])
            connection.commit()
    return digests


def _row(entry: LedgerEntry) -> dict[str, object]:
    act = entry.act
    return {
        "number": entry.number,
        "event": act.event.value,
        "tenant_id": act.tenant_id,
        "credential_id": act.credential_id,
        "at": act.at,
        "case_id": act.case_id,
        "reference_id": act.reference_id,
        "digest": entry.digest,
    }


def _hashing(count: int) -> float:
    """Return the seconds of the digests that a verification cannot do without."""
    text, pair = b"x" * 300, b"x" * 65
    began = time.perf_counter()
    for _ in range(count):
        hashlib.sha256(text).digest()
        hashlib.sha256(pair[:33]).digest()
        hashlib.sha256(pair).digest()
    return time.perf_counter() - began


def _timed(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--entries", type=int, default=1_000_000, help="number of entries (default: %(default)s)"
    )
    parser.add_argument("--json", action="store_true", help="print the figures as one line of JSON")
    return parser.parse_args()
