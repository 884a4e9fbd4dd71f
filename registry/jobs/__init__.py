"""Background work: the upkeep of the indexes, and the worker that runs jobs."""

from registry.jobs.duties import Duty
from registry.jobs.upkeep import Upkeep
from registry.jobs.worker import JobWorker, WorkerParts

__all__ = [
    "Duty",
    "JobWorker",
    "Upkeep",
    "WorkerParts",
]
