"""What use cases, matching and indexing need from outside, as Protocols."""

from registry.ports.faces import Faces, SearchedEngine
from registry.ports.indexing import ChangeFeed, FeedChange, FeedPage, FeedState, IndexMachines
from registry.ports.jobs import Jobs, OpenedUpload, Spooling
from registry.ports.keys import SecretDigests
from registry.ports.storage import (
    Acknowledge,
    Acknowledged,
    Acknowledgements,
    Candidates,
    Cases,
    Checks,
    Credentials,
    Decisions,
    Environment,
    Fingerprints,
    Index,
    Ledger,
    ProbeBudget,
    References,
    Sealing,
    SubjectSealing,
    UnitOfWork,
    Units,
)
from registry.ports.templates import Templates

__all__ = [
    "Acknowledge",
    "Acknowledged",
    "Acknowledgements",
    "Candidates",
    "Cases",
    "ChangeFeed",
    "Checks",
    "Credentials",
    "Decisions",
    "Environment",
    "Faces",
    "FeedChange",
    "FeedPage",
    "FeedState",
    "Fingerprints",
    "Index",
    "IndexMachines",
    "Jobs",
    "Ledger",
    "OpenedUpload",
    "ProbeBudget",
    "References",
    "Sealing",
    "SearchedEngine",
    "SecretDigests",
    "Spooling",
    "SubjectSealing",
    "Templates",
    "UnitOfWork",
    "Units",
]
