"""The verification of benchmark cases by somebody else than their opener."""

from index.verdict import Level
from registry.bootstrap import ENVIRONMENT, Container
from registry.domain import ROLE_PERMISSIONS, Actor, Role, usual_evidence
from registry.usecases.cases import Statement, verify_case


def verify(container: Container, case_id: str, opener: Actor, level: Level = Level.V1) -> None:
    """Raise a case to V1 or V2, as a verifier of its opener's tenant."""
    verifier = Actor(
        tenant_id=opener.tenant_id,
        credential_id="crd_benchmarkverifie",
        permissions=ROLE_PERMISSIONS[Role.VERIFIER],
    )
    verify_case(
        case_id,
        Statement(level=level, evidence=usual_evidence(level)),
        actor=verifier,
        units=container.units,
        environment=ENVIRONMENT,
    )
