"""Runs one target with atheris: python -m tests.fuzz.fuzzing TARGET [--seconds N].

The parsers are instrumented, so that inputs that reach new code are kept and built upon. The first input that breaks
a promise ends the run with an error; its bytes are printed, and kept in the folder for finds.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["index", "registry", "tests.support.fuzz_targets"]):
    from tests.support.fuzz_targets import TARGETS


def main() -> None:
    """Reads the command line and fuzzes; libFuzzer ends the process."""
    parser = argparse.ArgumentParser(prog="./scripts/fuzz", description="Fuzz one of our own parsers.")
    parser.add_argument("target", choices=sorted(TARGETS), metavar="TARGET", help=", ".join(sorted(TARGETS)))
    parser.add_argument("--seconds", type=int, default=60, metavar="N", help="how long (60)")
    parser.add_argument("--finds", type=Path, metavar="DIR", help="where to keep what broke a promise")
    arguments = parser.parse_args()
    target = TARGETS[arguments.target]
    finds = arguments.finds or Path(tempfile.mkdtemp(prefix="fuzz-"))
    finds.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="fuzz-corpus-") as corpus:
        for number, seed in enumerate(target.seeds):
            (Path(corpus) / f"seed-{number}").write_bytes(seed)
        options = [
            f"-max_total_time={arguments.seconds}",
            "-max_len=20000",
            "-timeout=5",
            f"-artifact_prefix={finds}/",
            "-print_final_stats=1",
        ]
        atheris.Setup([sys.argv[0], *options, corpus], target.run)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
