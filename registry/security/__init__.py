"""Authentication, keys, sealing, rate limits, the upload spool and the service's log."""

from registry.security.answer_seals import AnswerSeal
from registry.security.authenticator import Authenticator
from registry.security.claim_proofs import ArgonProofs, ProofCost
from registry.security.explanation_budget import CountedExplanations
from registry.security.keys import DigestPurpose, KeyPurpose, Keys
from registry.security.library_lines import LibraryLines, capture_faults
from registry.security.logs import ServiceLog, place_of
from registry.security.oracle_budget import OracleBudget
from registry.security.people_budget import PeopleLimits
from registry.security.private_files import write_private
from registry.security.rate_limits import Budget, RateLimits
from registry.security.sealing import Sealer
from registry.security.signing import CheckpointSigner
from registry.security.spool import Spool, SpoolWriter

__all__ = [
    "AnswerSeal",
    "ArgonProofs",
    "Authenticator",
    "Budget",
    "CheckpointSigner",
    "CountedExplanations",
    "DigestPurpose",
    "KeyPurpose",
    "Keys",
    "LibraryLines",
    "OracleBudget",
    "PeopleLimits",
    "ProofCost",
    "RateLimits",
    "Sealer",
    "ServiceLog",
    "Spool",
    "SpoolWriter",
    "capture_faults",
    "place_of",
    "write_private",
]
