"""Measure whether the time of an answer tells an unknown case from a wrong secret, in the process itself.

Questions about one case with wrong secrets, and about cases that do not exist, are asked in turns. Each is a request to
`/v1/claims/status` through the whole application, and its processor time is counted. Questions whose tag is right by
chance are as frequent in both.

JSON fields (the last line printed, with --json):
  samples      questions of each kind
  wrong_ms     milliseconds of processor time of a wrong secret, mean of the fastest nine tenths
  unknown_ms   the same of an unknown case
  t            Welch's t of the two
"""

import argparse
import os
import statistics
import tempfile
import time
from pathlib import Path

from flask import Flask

from benchmarks.common.report import print_json, print_table
from registry.cli.backends import open_local, prepare_data
from registry.config import Settings
from registry.domain import Language, ids
from registry.domain.claims import SecretKind, as_words, case_number
from registry.security import ProofCost
from registry.usecases.claims import open_claim
from registry.web.app import create_app

PLENTY = 10**9
KEPT = 0.9
"""Share of the questions that are compared, the fastest: the others waited for other processes."""


def main() -> int:
    """Run the command line."""
    arguments = _arguments()
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(
            data=Path(folder) / "data", reserve_mib=0, workers=1, claim_failures_per_minute=PLENTY
        )
        prepare_data(settings)
        with open_local(settings) as container:
            if arguments.cheap:
                container.claim_proofs.cost = ProofCost(memory_kib=8, passes=1)
            opened = open_claim(
                [],
                None,
                units=container.units,
                environment=container.environment,
                proofs=container.claim_proofs,
            )
            figures = measure(create_app(container), case_number(opened.case.id), arguments.samples)
    print_table([figures])
    if arguments.json:
        print_json(figures)
    return 0


def measure(app: Flask, case: str, samples: int) -> dict[str, float]:
    """Return the figures of so many questions of each kind."""
    times: dict[str, list[float]] = {"wrong": [], "unknown": []}
    for number in range(2 * samples):
        kind = ("wrong", "unknown")[number % 2]
        unknown = case_number(ids.new_id(ids.CASE, os.urandom))  # made in both cases
        times[kind].append(_asked_ms(app, case if kind == "wrong" else unknown))
    wrong, unknown_ = (sorted(one)[: round(KEPT * len(one))] for one in times.values())
    spread = statistics.variance(wrong) / len(wrong) + statistics.variance(unknown_) / len(unknown_)
    difference = statistics.mean(wrong) - statistics.mean(unknown_)
    return {
        "samples": samples,
        "wrong_ms": round(statistics.mean(wrong), 4),
        "unknown_ms": round(statistics.mean(unknown_), 4),
        "t": round(difference / spread**0.5, 2),
    }


def _asked_ms(app: Flask, case: str) -> float:
    """Ask with a random secret, and return the processor time in milliseconds."""
    secret = as_words(SecretKind.SECRET, os.urandom(SecretKind.SECRET.words), Language.EN)
    with app.test_client() as client:
        began = time.thread_time_ns()
        answer = client.post("/v1/claims/status", json={"case": case, "secret": secret})
        spent = time.thread_time_ns() - began
    if answer.status_code != 404:
        raise RuntimeError("a question was not answered as expected")
    return spent / 1e6


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--samples", type=int, default=10_000, help="Questions of each kind.")
    parser.add_argument(
        "--cheap", action="store_true", help="argon2id at its least cost, which hides nothing."
    )
    parser.add_argument("--json", action="store_true", help="Print one line of JSON as well.")
    return parser.parse_args()
