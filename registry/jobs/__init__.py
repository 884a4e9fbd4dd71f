"""Work beside the requests."""

from registry.jobs.queue import open_queue
from registry.jobs.upkeep import Upkeep
from registry.jobs.worker import JobWorker, WorkerParts

__all__ = [
    "JobWorker",
    "Upkeep",
    "WorkerParts",
    "open_queue",
]
