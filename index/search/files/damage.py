"""Nonsense in a file of the index is damage, whatever it makes the code that reads it raise.

Checksums find almost every damage before it is used. The rest is a file that was changed after it was verified, or one
whose checksums fit its nonsense: offsets beyond the end, sizes that no machine has, numbers that are none.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from index.errors import DamagedSnapshot, IndexingError


@contextmanager
def nonsense_is_damage() -> Iterator[None]:
    """Raise `DamagedSnapshot` for every error that a file's content alone explains.

    Our own errors pass, and so do those of the disk (`OSError`) and of memory.
    """
    try:
        yield
    except (IndexingError, OSError, MemoryError):
        raise
    except Exception as error:
        raise DamagedSnapshot("a file of the index holds nonsense") from error
