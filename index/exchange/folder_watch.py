"""Remove a folder when the standard input ends, because the parent closed it or was killed.

It is run by path and imports nothing of this project: `python -I -S -B folder_watch.py FOLDER`. It ignores signals that
ask it to end. The processes that write to the folder die with the same parent, so it is enough to remove it repeatedly.
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
    """Report readiness, wait for the end of the input, then remove the folder until it is gone."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
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
