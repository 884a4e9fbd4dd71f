"""The ports for the ledger: its entries, its checkpoints, their signatures and the file that publishes them."""

from collections.abc import Iterable, Mapping
from typing import Protocol

from registry.domain import Act, Checkpoint, LedgerEntry, TilePlace, VerifierKey


class Ledger(Protocol):
    """The ledger: appended at its end, read from its start."""

    def append(self, act: Act) -> LedgerEntry:
        """Append an act. The entry counts once the unit of work is committed.

        Call it last in a unit of work: from here to the commit other appends wait.
        """
        ...

    def entries(self, after: int = 0) -> Iterable[LedgerEntry]:
        """Yield all entries after a number, in order."""
        ...

    def entry(self, number: int) -> LedgerEntry | None:
        """Return the entry with a number; None if there is none."""
        ...

    def find(self, digest: bytes) -> LedgerEntry | None:
        """Return the entry with a digest; None if there is none."""
        ...

    def of_case(self, case_id: str) -> tuple[LedgerEntry, ...]:
        """Return the entries that name a case, oldest first."""
        ...


class Checkpoints(Protocol):
    """The checkpoints of the ledger's tree, and the tiles of the newest one."""

    def newest(self) -> Checkpoint | None:
        """Return the checkpoint that covers most entries; None before the first."""
        ...

    def after(self, size: int = 0) -> Iterable[Checkpoint]:
        """Yield the checkpoints of more than `size` entries, the smallest first."""
        ...

    def tile(self, place: TilePlace) -> bytes:
        """Return the bytes of a tile; none if there is no such tile."""
        ...

    def tiles(self) -> Mapping[TilePlace, bytes]:
        """Return all tiles."""
        ...

    def add(self, checkpoint: Checkpoint, tiles: Mapping[TilePlace, bytes]) -> None:
        """Add a checkpoint, and write the tiles that changed since the newest one."""
        ...


class CheckpointSigning(Protocol):
    """The key that signs checkpoints."""

    @property
    def key(self) -> VerifierKey:
        """The public key."""
        ...

    def sign(self, checkpoint: Checkpoint) -> Checkpoint:
        """Return the checkpoint with its signature."""
        ...

    def is_signed(self, checkpoint: Checkpoint) -> bool:
        """Tell whether the checkpoint's signature is this key's."""
        ...


class Publication(Protocol):
    """A file outside of the deployment to which checkpoints are appended."""

    def read(self) -> str:
        """Return the file's text, which is empty if there is no file; raise `NotPublished`."""
        ...

    def append(self, text: str) -> None:
        """Append text. It is on the disk when the function returns; raise `NotPublished` otherwise."""
        ...
