"""What differs between indexes of codes and of vectors: what a row is. Files, locks and books are the same."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from index.arrays import I32, I64, U8
from index.search.engine import Hits
from index.search.files.disk import Disk
from index.search.files.snapshot_format import Identity, Pin

if TYPE_CHECKING:
    from index.search.files.mapped import MappedSnapshot

Rows = npt.NDArray[Any]
"""Rows as the files hold them: uint64 [n, 4] permuted codes, or float32 [n, dimension] vectors."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Rows within the radius, in no order: int32 [h] query, int64 [h] row, int32 [h] distance."""

    queries: I32
    rows: I64
    distances: I32


def joined(parts: list[Found]) -> Found:
    """Puts what was found in several places together."""
    if len(parts) == 1:
        return parts[0]
    return Found(
        queries=np.concatenate([np.empty(0, np.int32), *(part.queries for part in parts)]),
        rows=np.concatenate([np.empty(0, np.int64), *(part.rows for part in parts)]),
        distances=np.concatenate([np.empty(0, np.int32), *(part.distances for part in parts)]),
    )


class Scanner(Protocol):
    """Compares queries with all of a few codes."""

    def propose(self, codes: U8, radius: int) -> Hits:
        """Finds all codes within `radius` of each query, as `ProposingEngine.propose` returns them."""
        ...


class Form(Protocol):
    """Makes, opens and understands the rows of one index. Immutable; any thread may call."""

    @property
    def key_id(self) -> str:
        """Identifies the key; files of another one are not ours."""
        ...

    @property
    def row_bytes(self) -> int:
        """Length of a code as it crosses the contract."""
        ...

    @property
    def furthest(self) -> int:
        """The greatest radius of `propose`."""
        ...

    def check(self, codes: U8) -> None:
        """Raises `InvalidQuery` where a code of the right length cannot be compared with others."""
        ...

    def stored(self, codes: U8) -> Rows:
        """Turns uint8 [n, row_bytes] into rows as the files hold them."""
        ...

    def scanner(self, ids: I64, codes: U8) -> Scanner:
        """Takes the few codes that are in no file yet."""
        ...

    def open(self, path: Path, identity: Identity, pin: Pin | None) -> "MappedSnapshot":
        """Maps a snapshot; `pin` is None only for one just written. Raises `DamagedSnapshot` for any other file."""
        ...

    def write(
        self,
        path: Path,
        *,
        identity: Identity,
        sequence: int,
        ids: I64,
        rows: Rows,
        disk: Disk,
        stop: Callable[[], bool],
    ) -> None:
        """Writes a snapshot of ascending ids and their stored rows; raises as `write_blocks` does."""
        ...
