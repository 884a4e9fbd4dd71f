"""Ports: Protocols for everything that use cases, matching and indexing need from outside.

The docstrings are the contracts.
"""

from registry.ports.acknowledgements import Acknowledge, Acknowledged, Acknowledgements
from registry.ports.benign import BenignPictures
from registry.ports.cases import CaseLinks, Cases, References, Verifications
from registry.ports.challenges import Challenges
from registry.ports.checks import Checks, Decisions, ExplanationBudget, ProbeBudget, ProbeReports
from registry.ports.claims import ClaimProofs, Claims
from registry.ports.consents import Consents
from registry.ports.credentials import Credentials
from registry.ports.environment import Environment
from registry.ports.erasures import Erasures, StatementSigning
from registry.ports.faces import Faces, SearchedEngine
from registry.ports.indexing import ChangeFeed, FeedChange, FeedPage, FeedState, IndexMachines
from registry.ports.jobs import Jobs, OpenedUpload, Spooling
from registry.ports.journal import JournalFile, Journals, WithdrawalJournal
from registry.ports.judging import Quarantines, TightHits, Votes
from registry.ports.keys import SecretDigests
from registry.ports.labels import CaseLabels, CheckFilter, CheckLists, CheckPlace
from registry.ports.ledger import Checkpoints, CheckpointSigning, Ledger, Publication
from registry.ports.mandates import Mandates
from registry.ports.matching import Candidates, Index
from registry.ports.media import Fingerprints
from registry.ports.quotas import Quotas
from registry.ports.retention import Retention
from registry.ports.sealing import Sealing, SubjectSealing
from registry.ports.takedowns import TakedownPage, Takedowns
from registry.ports.templates import Templates
from registry.ports.units import UnitOfWork, Units

__all__ = [
    "Acknowledge",
    "Acknowledged",
    "Acknowledgements",
    "BenignPictures",
    "Candidates",
    "CaseLabels",
    "CaseLinks",
    "Cases",
    "Challenges",
    "ChangeFeed",
    "CheckFilter",
    "CheckLists",
    "CheckPlace",
    "CheckpointSigning",
    "Checkpoints",
    "Checks",
    "ClaimProofs",
    "Claims",
    "Consents",
    "Credentials",
    "Decisions",
    "Environment",
    "Erasures",
    "ExplanationBudget",
    "Faces",
    "FeedChange",
    "FeedPage",
    "FeedState",
    "Fingerprints",
    "Index",
    "IndexMachines",
    "Jobs",
    "JournalFile",
    "Journals",
    "Ledger",
    "Mandates",
    "OpenedUpload",
    "ProbeBudget",
    "ProbeReports",
    "Publication",
    "Quarantines",
    "Quotas",
    "References",
    "Retention",
    "Sealing",
    "SearchedEngine",
    "SecretDigests",
    "Spooling",
    "StatementSigning",
    "SubjectSealing",
    "TakedownPage",
    "Takedowns",
    "Templates",
    "TightHits",
    "UnitOfWork",
    "Units",
    "Verifications",
    "Votes",
    "WithdrawalJournal",
]
