"""What jobs need from the outside, as Protocols. `registry.storage` and `registry.security` implement them."""

from datetime import datetime
from typing import Protocol

from index.sandbox import ClipSource
from registry.domain import Job, Spooled


class Jobs(Protocol):
    """Jobs of one unit of work."""

    def add(self, job: Job) -> None:
        """Adds a new job, its upload's key sealed."""
        ...

    def get(self, job_id: str, tenant_id: str, *, for_update: bool = False) -> Job:
        """Returns the tenant's job; raises `NotFound` for an absent id and for another tenant's alike."""
        ...

    def take(self, job_id: str) -> Job:
        """Returns a job, whoever's it is, for its worker, and keeps others from changing it; raises `NotFound`."""
        ...

    def spool_key(self, job_id: str) -> bytes:
        """Returns the key of a job's upload; raises `UploadLost` once the job has ended, and `SealBroken`."""
        ...

    def save(self, job: Job) -> None:
        """Writes where a job stands; the upload's key of one that has ended is forgotten."""
        ...

    def due(self, machine_id: str, now: datetime, limit: int) -> tuple[str, ...]:
        """Names jobs of this machine that a worker may begin now (`Job.is_due`), the longest due first."""
        ...

    def working(self, machine_id: str) -> tuple[Job, ...]:
        """Returns the jobs of this machine that are being worked on, and keeps others from changing them."""
        ...

    def live_spools(self, machine_id: str) -> frozenset[str]:
        """Names the spooled files of this machine's jobs that have not ended."""
        ...


class OpenedUpload(ClipSource, Protocol):
    """An upload that is being read."""

    def close(self) -> None:
        """Ends reading."""
        ...


class Spooling(Protocol):
    """Where uploads wait, encrypted (promise 1). Threads: any."""

    def open(self, spooled: Spooled) -> OpenedUpload:
        """Opens an upload of this machine; what does not open exactly raises `UploadLost`, now or when it is read."""
        ...

    def remove(self, name: str) -> None:
        """Deletes an upload; one that is gone, or another machine's, is no error."""
        ...
