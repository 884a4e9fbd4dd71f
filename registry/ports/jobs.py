"""Ports for jobs and their spooled uploads. `registry.storage` and `registry.security` implement them."""

from datetime import datetime
from typing import Protocol

from index.sandbox import ClipSource
from registry.domain import Job, Queued, Spooled


class Jobs(Protocol):
    """The jobs, as one unit of work sees them."""

    def add(self, job: Job) -> None:
        """Add a new job. The key of its upload is stored sealed."""
        ...

    def get(self, job_id: str, tenant_id: str, *, for_update: bool = False) -> Job:
        """Return the tenant's job; raise `NotFound`, also if the job belongs to another tenant."""
        ...

    def take(self, job_id: str) -> Job:
        """Return a job of any tenant for its worker, and lock its row; raise `NotFound`."""
        ...

    def spool_key(self, job_id: str) -> bytes:
        """Return the key of a job's upload; raise `UploadLost` if the job has ended, or `SealBroken`."""
        ...

    def save(self, job: Job) -> None:
        """Write the state of a job. If the job has ended, the key of its upload is deleted."""
        ...

    def due(self, machine_id: str, now: datetime, limit: int) -> tuple[Queued, ...]:
        """Return this machine's jobs that a worker may start now (`Job.is_due`), longest due first.

        Of each tenant and kind at most `limit` are returned.
        """
        ...

    def working(self, machine_id: str) -> tuple[Job, ...]:
        """Return this machine's jobs that workers hold, and lock their rows."""
        ...

    def live_spools(self, machine_id: str) -> frozenset[str]:
        """Return the names of the spooled files of this machine's jobs that have not ended."""
        ...


class OpenedUpload(ClipSource, Protocol):
    """A spooled upload that is open for reading."""

    def close(self) -> None:
        """Close the upload."""
        ...


class Spooling(Protocol):
    """Encrypted files in which uploads wait for a worker. Threads: any."""

    def open(self, spooled: Spooled) -> OpenedUpload:
        """Open an upload of this machine. An absent or altered file raises `UploadLost`, at once or when it is read."""
        ...

    def remove(self, name: str) -> None:
        """Delete an upload. It is no error if the file is gone or on another machine."""
        ...
