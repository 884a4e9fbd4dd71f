"""Decoding, hashing, searching and grading: from the bytes of an upload to a verdict.

This package uses no web framework, no database and no network. `registry` imports it, never the other way round.
"""

import os

# To be set before NumPy is imported. The service already runs a pool of processes and request threads, and the threads
# of NumPy's linear algebra wait for each other: a match costs 25 ms of CPU time with one thread and 80 to 150 ms with
# two.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
