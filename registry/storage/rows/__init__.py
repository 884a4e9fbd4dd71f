"""Cases, references, jobs and everything else that is not a code family, as rows."""

from registry.storage.rows.check_lists import SqlCheckLists
from registry.storage.rows.checks import SqlChecks
from registry.storage.rows.explanations import SqlExplanations
from registry.storage.rows.probes import SqlProbes
from registry.storage.rows.tight_hits import SqlTightHits
from registry.storage.rows.units import SqlUnits

__all__ = [
    "SqlCheckLists",
    "SqlChecks",
    "SqlExplanations",
    "SqlProbes",
    "SqlTightHits",
    "SqlUnits",
]
