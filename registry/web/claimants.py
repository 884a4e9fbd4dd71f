"""Claimants without an account: the body of a request proves the right to a case (`registry.usecases.claims.proving`).

1. Typing errors are told before anything is read: the checksums that show them are public.
2. Wrong secrets are counted for the network address. Whoever has too many is refused, but for the right secret.
3. Requests with the right secret are counted for the case.
"""

from dataclasses import replace

from flask import g

from registry.domain import Actor, Draft, Person
from registry.domain.claims import CLAIMS_TENANT
from registry.errors import ClaimNotFound
from registry.security import Budget
from registry.usecases.claims import prove_claim
from registry.usecases.enrolment import draft_from_media
from registry.web.addresses import address_key
from registry.web.context import container
from registry.web.hearing import heard_of_claimant
from registry.web.schemas import (
    ClaimFields,
    ProofAsked,
    ProofFields,
    RecoveryAsked,
    claim_kind_of,
    proof_of,
    stated_in,
)
from registry.web.uploads import Upload


def count_try() -> None:
    """Count a try for the network address before the work on it: failed ones cost as much; raise `RateLimited`."""
    container().rate_limits.draw(Budget.CLAIMS, address_key())


def count_claim() -> None:
    """Count a new case for the deployment, which failed tries do not use up; raise `RateLimited`."""
    container().rate_limits.draw(Budget.ALL_CLAIMS, CLAIMS_TENANT)


def picture_draft(upload: Upload, fields: ClaimFields | ProofFields) -> Draft:
    """Return the draft of a picture that was sent: it is fingerprinted in memory, and nothing else of it is kept.

    Raises:
        MediaError, InformationError: the picture cannot be registered.
    """
    parts = container()
    draft = draft_from_media(
        upload.picture(),
        claim_kind_of(fields.kind),
        parts.fingerprints,
        edits=fields.edits,
        faces=parts.faces,
    )
    return replace(draft, stated=stated_in(fields.language))


def person_of(case_id: str, claimant: Actor) -> Person:
    """Return the person who has proven the right to a case, as she acts on somebody else's."""
    return Person(case_id=case_id, tenant_id=claimant.tenant_id, credential_id=claimant.credential_id)


def prove(asked: ProofAsked | RecoveryAsked) -> tuple[str, Actor]:
    """Return the id and the actor of the case to which the body proves the right.

    Raises:
        BodyInvalid: the case number or the words have a typing error.
        ClaimNotFound: there is no such case, or the secret is another one.
        RateLimited: too many wrong secrets came from this address, or too many requests about this case.
    """
    parts = container()
    proof = proof_of(asked)  # 1.
    address = address_key()
    try:
        g.actor = prove_claim(
            proof,
            units=parts.units,
            proofs=parts.claim_proofs,
            require_patience=lambda: parts.rate_limits.require(Budget.CLAIM_FAILURES, address),  # 2.
        )
    except ClaimNotFound:
        parts.rate_limits.count(Budget.CLAIM_FAILURES, address)
        raise
    g.limit = parts.rate_limits.draw(Budget.CLAIM_REQUESTS, proof.case_id)  # 3.
    heard_of_claimant(proof.case_id)
    return proof.case_id, g.actor
