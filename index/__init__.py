"""Bytes in, evidence out: decoding, hashing, searching and the verdict ladder.

Pure: no web, no database, no network. `registry` imports this package, never the other way round.
"""

import os

# Before NumPy is imported anywhere: threads of its linear algebra only wait for each other here. A match costs 25 ms of
# CPU with one of them and 80 to 150 with two, beside a pool of processes and request threads.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
