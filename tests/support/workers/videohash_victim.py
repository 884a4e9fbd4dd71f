"""A process that hashes a clip until it is killed.

Usage: `python -m tests.support.workers.videohash_victim ROOT CLIP PROGRAM`.

It says "working" once the clip lies in the folder and the program runs.
"""

import os
import sys
from pathlib import Path

from index.exchange import videohash as video_hash
from index.sandbox.streaming import BytesSource


def main(root, clip, program):
    video_hash.bundled_program = lambda: program
    data = Path(clip).read_bytes()
    video_hash.video_hash(BytesSource(data), root=Path(root), beat=lambda: os.write(1, b"working\n"))


if __name__ == "__main__":
    main(*sys.argv[1:])
