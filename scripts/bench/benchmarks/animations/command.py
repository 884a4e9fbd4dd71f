"""Measure what a check of an animation or a file of pages costs, and where in it a registered picture is found.

Each file shows distinct drawn pictures, so all of them are looked at, as far as the bounds allow. The cost is that of a
check in which nothing matches. Then each of the pictures is registered, in a case of its own.

JSON fields (the last line printed, with --json):
  runs                 list of kind, frames, size (of a picture, reduced until the file is small enough), file_kb,
                       and:
                       decode_ms, CPU milliseconds of decoding all pictures of the file and nothing else;
                       worker_ms and parent_ms, those of a check: decoding and description, search and comparison;
                       over_decoding, worker_ms and parent_ms together over decode_ms;
                       looked_at, pictures that were looked at; in_full, those with anchored windows;
                       is_whole, false where a bound was reached: such an upload is a review (work_bound) at least;
                       found, share of the places at which the registered picture is found
  slowest_s            CPU seconds of the most expensive check
  load_before          the machine's load average (1 minute) before the first measurement
  size                 columns and rows of a picture, in pixels
"""

import argparse
import io
import os
import tempfile
import time
from pathlib import Path
from typing import Any, Final

from PIL import Image

from benchmarks.animations.drawing import KINDS, Kind, decode_alone, file_of, picture
from benchmarks.common.registry import MeasuredRegistry, OnlySome, registry_in
from benchmarks.common.report import print_json, print_table
from index.limits import STANDARD
from index.pictures import Purpose, describe_in_process
from registry.matching import assess, question_of

COUNTS: Final = (6, 12, 30, 300)
SIZE: Final = (640, 480)


def main() -> int:
    """Run the command line."""
    arguments = _arguments()
    size = (arguments.size[0], arguments.size[1])
    load_before = round(os.getloadavg()[0], 2)
    pictures = [picture(number, size) for number in range(max(arguments.frames))]
    with tempfile.TemporaryDirectory() as folder, registry_in(Path(folder)) as registry:
        ids = registry.enrol_pictures([(str(number), _png(one)) for number, one in enumerate(pictures)])
        if None in ids:
            raise RuntimeError("a drawn picture was refused")
        measured = Measurement(registry, pictures, [one for one in ids if one is not None])
        runs = [
            measured.run(name, KINDS[name], count)
            for name in arguments.kinds
            for count in arguments.frames
            if count <= KINDS[name].most
        ]
    print_table(runs)
    slowest = max(run["worker_ms"] + run["parent_ms"] for run in runs) / 1000
    print(f"the most expensive check: {slowest:.2f} s of CPU time; load average before: {load_before}")
    if arguments.json:
        print_json(
            {"runs": runs, "slowest_s": round(slowest, 3), "load_before": load_before, "size": list(size)}
        )
    return 0


class Measurement:
    """Checks against a registry in which each of the pictures is registered."""

    def __init__(self, registry: MeasuredRegistry, pictures: list[Image.Image], ids: list[str]) -> None:
        self._services = registry.parts.check_services
        self._pictures = pictures
        self._ids = ids

    def run(self, name: str, kind: Kind, count: int) -> dict[str, Any]:
        """Measure one file."""
        data, size = _fitting(self._pictures[:count], kind)
        began = time.process_time()
        decode_alone(data, kind)
        decoded = time.process_time()
        fingerprint = describe_in_process(data, Purpose.CHECK)
        described = time.process_time()
        question = question_of(fingerprint)
        none = OnlySome(self._services.candidates, frozenset())
        assess(question, index=self._services.index, candidates=none)
        asked = time.process_time()
        found = assess(
            question, index=self._services.index, candidates=self._services.candidates, is_exhaustive=True
        )
        names = {name for name, _ in (*found.found, *found.further)}
        decode, worker, parent = decoded - began, described - decoded, asked - described
        return {
            "kind": name,
            "frames": count,
            "size": "x".join(map(str, size)),
            "file_kb": len(data) // 1000,
            "decode_ms": round(1000 * decode),
            "worker_ms": round(1000 * worker),
            "parent_ms": round(1000 * parent),
            "over_decoding": round((worker + parent) / decode, 2),
            "looked_at": len(fingerprint.query_frames),
            "in_full": sum(len(frame.windows) > 0 for frame in fingerprint.query_frames),
            "is_whole": fingerprint.is_whole,
            "found": round(sum(one in names for one in self._ids[:count]) / count, 3),
        }


def _fitting(pictures: list[Image.Image], kind: Kind) -> tuple[bytes, tuple[int, int]]:
    """Return a file that is not too large for a check, and the size of its pictures."""
    while len(data := file_of(pictures, kind)) > STANDARD.max_bytes:
        width, height = pictures[0].size
        pictures = [one.resize((width * 3 // 4, height * 3 // 4)) for one in pictures]
    return data, pictures[0].size


def _png(image: Image.Image) -> Any:
    def read() -> bytes:
        file = io.BytesIO()
        image.save(file, "PNG", compress_level=1)
        return file.getvalue()

    return read


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--frames", type=int, nargs="+", default=list(COUNTS), help="pictures of a file")
    parser.add_argument("--kinds", nargs="+", choices=list(KINDS), default=list(KINDS), help="kinds of files")
    parser.add_argument("--size", type=int, nargs=2, default=list(SIZE), help="columns and rows, pixels")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON, as the last line")
    return parser.parse_args()
