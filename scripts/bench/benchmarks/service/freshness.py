"""Measure how soon a registration starts to match and a withdrawal stops, on every one of several worker processes.

Each worker process has the product's own parts and answers checks all the time, most of them about new codes. The
coordinator registers a code, and each worker reports when one of its checks first matched it. Then the coordinator
withdraws it, and each worker reports when a check first did not match. A check that began after the acknowledgement
of the withdrawal and matched is a stale match. A code is erased when no copy of it is left in the database, its
write-ahead log or the index's files, in plain or permuted order. Half of the withdrawn codes stood in the files from
the beginning.

JSON fields (the last line printed, with --json):
  codes, workers                       number of held codes, and of worker processes
  add_p50_ms, add_p99_ms               acknowledged registration to matched, over all workers
  withdraw_p50_ms, withdraw_p99_ms     acknowledged withdrawal to not matched, over all workers
  erased_s                             the slowest erasure, from the acknowledgement until no copy is left
  stale_matches                        must be 0
  checks_per_s                         checks answered per second meanwhile
"""

import argparse
import multiprocessing as mp
import os
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

import numpy as np

from benchmarks.common.codes import make_enrollable
from benchmarks.common.report import print_json, print_table, write_chart
from benchmarks.common.service import fill
from benchmarks.common.verified import verify
from index.hashing import Algorithm, Code
from index.search.codes import Permutation
from index.verdict import Level, Outcome, ReferenceKind
from registry.bootstrap import ENVIRONMENT, Container
from registry.cli.backends import local_actor, open_local
from registry.config import Settings
from registry.matching import question_of_codes
from registry.security import KeyPurpose, ServiceLog
from registry.usecases.cases import open_case, withdraw
from registry.usecases.checks import check_upload
from registry.usecases.enrolment import draft_from_codes

if TYPE_CHECKING:
    from multiprocessing.sharedctypes import Synchronized

PACE_SECONDS: Final = 0.01
"""Each worker asks 100 times a second: the load of a large platform on two cores."""

BLOCK_BYTES: Final = 4 * 2**20
"""Size of one read while files are searched for erased codes."""


@dataclass(frozen=True, slots=True)
class Board:
    """State that all processes share: the code to check, and the time at which each worker saw the expected answer."""

    code: Any
    round: "Synchronized[int]"
    wanted: "Synchronized[int]"
    acknowledged: "Synchronized[float]"
    seen: Any
    checks: Any
    stale: "Synchronized[int]"
    stop: Any


def main() -> int:
    """Run the command line."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # for the workers, which inherit it
    arguments = _arguments()
    with tempfile.TemporaryDirectory() as folder:
        figures = measure(Path(folder), arguments)
    print_table([figures])
    if arguments.plot:
        points = {"p50": [(1.0, figures["add_p50_ms"]), (2.0, figures["withdraw_p50_ms"])]}
        points["p99"] = [(1.0, figures["add_p99_ms"]), (2.0, figures["withdraw_p99_ms"])]
        write_chart(arguments.plot, "Add (1), withdraw (2)", ("", "ms"), points)
    if arguments.json:
        print_json(figures)
    return 0


def measure(folder: Path, arguments: argparse.Namespace) -> dict[str, float]:
    """Fill a registry, start the workers and drive them."""
    settings = Settings(data=folder / "data")
    fill(settings.data, make_enrollable(arguments.codes))
    rounds = arguments.rounds
    fresh = make_enrollable(rounds, seed=77)
    held = make_enrollable(rounds, seed=78)
    with open_local(settings) as container:
        actor = local_actor(container)
        cases = [_register(container, actor, code.tobytes()) for code in held]
        container.follower.begin()  # writes the files, with the held codes in them
    context = mp.get_context("spawn")
    board = _board(context, arguments.workers)
    workers = [
        context.Process(target=work, args=(settings.data, number, board))
        for number in range(arguments.workers)
    ]
    for worker in workers:
        worker.start()
    _await(lambda: all(count > 0 for count in board.checks))
    added, withdrawn, erased = [], [], []
    with open_local(settings) as container:
        actor = local_actor(container)
        permuted = _permutation(container)
        before, began = sum(board.checks), time.monotonic()
        for number in range(rounds):
            code = fresh[number].tobytes()
            case = _register(container, actor, code)
            added += _observe(board, code, matched=True)
            for gone, name in ((code, case), (held[number].tobytes(), cases[number])):
                _observe(board, gone, matched=True)
                withdraw(name, actor=actor, units=container.units, environment=ENVIRONMENT)
                withdrawn += _observe(board, gone, matched=False)
                erased.append(_erased(settings.data, [gone, permuted(gone)], board.acknowledged.value))
        took, checks = time.monotonic() - began, sum(board.checks) - before
    board.stop.set()
    for worker in workers:
        worker.join(60)
    return {
        "codes": arguments.codes,
        "workers": arguments.workers,
        "add_p50_ms": _percentile(added, 50),
        "add_p99_ms": _percentile(added, 99),
        "withdraw_p50_ms": _percentile(withdrawn, 50),
        "withdraw_p99_ms": _percentile(withdrawn, 99),
        "erased_s": round(max(erased), 3),
        "stale_matches": board.stale.value,
        "checks_per_s": round(checks / took, 1),
    }


def work(data: Path, number: int, board: Board) -> None:
    """Answer checks until told to stop: new codes at a steady pace, and the code on the board."""
    container = Container.build(Settings(data=data), log=ServiceLog.silent())
    container.start()
    if not container.upkeep.wait_until_ready():
        return
    actor = local_actor(container)
    random = np.random.default_rng(number)
    done = 0
    while not board.stop.is_set():
        began = time.monotonic()
        _ask(container, actor, random.bytes(32))
        board.checks[number] += 1
        if board.round.value != done:
            done = _answer_board(container, actor, board, number)
        time.sleep(max(0.0, PACE_SECONDS - (time.monotonic() - began)))
    container.close()


def _answer_board(container: Container, actor: Any, board: Board, number: int) -> int:
    """Check the code on the board until the answer is the expected one; return the round."""
    asked, wanted = board.round.value, bool(board.wanted.value)
    while True:
        began = time.monotonic()
        matched = _ask(container, actor, bytes(board.code[:]))
        if matched == wanted:
            board.seen[number] = time.monotonic()
            return asked
        if matched and began > board.acknowledged.value:
            with board.stale.get_lock():
                board.stale.value += 1


def _ask(container: Container, actor: Any, value: bytes) -> bool:
    code = Code(algorithm=Algorithm.PDQ, value=value, quality=100)
    check = check_upload(question_of_codes([code]), actor=actor, services=container.check_services)
    return check.verdict.outcome is not Outcome.ALLOW


def _observe(board: Board, code: bytes, *, matched: bool) -> list[float]:
    """Put a code on the board; return the seconds until each worker saw the expected answer."""
    acknowledged = time.monotonic()
    board.acknowledged.value = acknowledged
    board.code[:] = code
    board.wanted.value = int(matched)
    board.seen[:] = [0.0] * len(board.seen)
    board.round.value += 1
    _await(lambda: all(board.seen))
    return [seen - acknowledged for seen in board.seen]


def _erased(data: Path, patterns: list[bytes], acknowledged: float) -> float:
    _await(lambda: not any(_holds(path, patterns) for path in data.rglob("*") if path.is_file()))
    return time.monotonic() - acknowledged


def _holds(path: Path, patterns: list[bytes]) -> bool:
    """Return whether a file holds any of the patterns.

    The file is read and not mapped: SQLite truncates its write-ahead log at any time, and reading a mapping beyond the
    new end kills the process by SIGBUS.
    """
    try:
        with path.open("rb") as file:
            return _reads_any(file, patterns)
    except FileNotFoundError:  # removed meanwhile
        return False


def _reads_any(file: BinaryIO, patterns: list[bytes]) -> bool:
    overlap = max(map(len, patterns)) - 1  # a pattern may stand across the border of two blocks
    end = b""
    while block := file.read(BLOCK_BYTES):
        block = end + block
        if any(pattern in block for pattern in patterns):
            return True
        end = block[-overlap:]
    return False


def _await(done: Any) -> None:
    deadline = time.monotonic() + 120
    while not done():
        if time.monotonic() > deadline:
            raise TimeoutError("what was waited for did not happen")
        time.sleep(0.001)


def _register(container: Container, actor: Any, value: bytes) -> str:
    code = Code(algorithm=Algorithm.PDQ, value=value, quality=100)
    draft = draft_from_codes([code], ReferenceKind.INTIMATE_ITEM)
    opened = open_case(Level.V1, draft, actor=actor, units=container.units, environment=ENVIRONMENT)
    verify(container, opened.case.id, actor)
    return opened.case.id


def _permutation(container: Container) -> Any:
    key = container.keys.derive(KeyPurpose.INDEX_BIT_ORDER)
    permutation = Permutation(key)
    return lambda code: permutation.apply(np.frombuffer(code, np.uint8)[None]).astype("<u8").tobytes()


def _board(context: Any, workers: int) -> Board:
    return Board(
        code=context.Array("B", 32),
        round=context.Value("q", 0),
        wanted=context.Value("b", 0),
        acknowledged=context.Value("d", 0.0),
        seen=context.Array("d", workers),
        checks=context.Array("q", workers),
        stale=context.Value("q", 0),
        stop=context.Event(),
    )


def _percentile(values: list[float], percent: float) -> float:
    return round(1000 * float(np.percentile(values, percent)), 2)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--codes", type=int, default=1_000_000)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument(
        "--rounds", type=int, default=40, help="codes registered, and twice as many withdrawn"
    )
    parser.add_argument("--json", action="store_true", help="print the figures as the last line")
    parser.add_argument("--plot", type=Path, help="write a chart as SVG")
    return parser.parse_args()
