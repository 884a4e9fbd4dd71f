"""Removes a folder when its standard input ends: closed by whoever started this, or because that one was killed.

Run by path, as it needs nothing of ours: `python -I -S -B folder_watch.py FOLDER`. It outlives requests to end, and
whoever writes to the folder dies with the same parent, so that removing it again is enough.
"""

import os
import shutil
import signal
import sys
import time
from typing import Final

WATCHING: Final = b"W"
TRIES: Final = 200
PAUSE_SECONDS: Final = 0.05


def main(folder: str) -> None:
    """Say that it watches, wait for the end of the input, then remove the folder until it is gone."""
    for asked_to_end in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(asked_to_end, signal.SIG_IGN)
    os.write(1, WATCHING)
    os.close(1)
    while os.read(0, 1):
        pass
    for _ in range(TRIES):
        shutil.rmtree(folder, ignore_errors=True)
        if not os.path.lexists(folder):
            return
        time.sleep(PAUSE_SECONDS)


if __name__ == "__main__":
    main(sys.argv[1])
