"""Locks of cases without an account: no opening and no enrolment wait for each other."""

from index.verdict.vocabulary import Level
from registry.domain.case_states import CaseState
from registry.domain.claims import CLAIMS_TENANT, KeptProof, claim_actor
from registry.usecases.claims import open_claim
from registry.usecases.enrolment.enrolling import as_reference
from tests.support.databases.registry_parts import draft, environment


class Proofs:
    """Keeps nothing that opens."""

    def keep(self, _secret):
        """Returns what no secret opens."""
        return KeptProof(salt=bytes(16), tag=0, digest=bytes(32))


def test_opening_waits_for_no_media(postgresql):
    """An enrolment holds the media's lock before it counts; an opening counts first, so it must not take that lock."""
    around = {"units": postgresql.units, "environment": environment(), "proofs": Proofs()}
    held = open_claim([draft(1)], None, **around).case
    with postgresql.units.write() as enrolling:
        enrolling.references.find_equal(as_reference(held, draft(2), environment()), in_case=held.id)
        opened = open_claim(
            [draft(2), draft(2)], None, **around
        )  # a lock would last longer than its time limit
        enrolling.quotas.take(claim_actor(held.id), held.id, references=1)
    first, again = opened.enrolled
    assert again.reference == first.reference
    assert (opened.case.tenant_id, opened.case.state, opened.case.level) == (
        CLAIMS_TENANT,
        CaseState.ACTIVE,
        Level.V0,
    )
