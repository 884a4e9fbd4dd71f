"""GET /v1/cases/notices, and reading a case as a sign of life."""

from datetime import timedelta

from registry.domain.retention import RetentionNotice
from registry.domain.roles import Role
from tests.support.web.service import assert_problem


def test_reading_a_case_keeps_it(service, alice, charlie):
    """A notice is listed to its tenant alone, until somebody who may open cases reads the case."""
    case, parts = alice.opens()["case"], service.container
    later = parts.environment.now() + timedelta(days=90)
    with parts.units.write() as unit:
        silence = unit.retention.silent(later, "", 100_000)
        assert case in {one.case_id for one in silence}
        unit.retention.add_notice(
            RetentionNotice(case_id=case, days=90, made_at=parts.environment.now(), expires_at=later)
        )
        unit.commit()
    [listed] = alice.get("/v1/cases/notices").json["notices"]
    assert (listed["case"], listed["days"]) == (case, 90)
    assert charlie.get("/v1/cases/notices").json == {"notices": []}
    verifier = service.newcomer(Role.VERIFIER, tenant_id=alice.tenant_id)
    assert verifier.get(f"/v1/cases/{case}").status_code == 200
    assert alice.get("/v1/cases/notices").json["notices"] == [listed]
    assert alice.get(f"/v1/cases/{case}").status_code == 200
    assert alice.get("/v1/cases/notices").json == {"notices": []}
    assert_problem(verifier.get("/v1/cases/notices"), 403, "not-permitted")
