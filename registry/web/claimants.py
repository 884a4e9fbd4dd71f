"""Claimants without an account: the body of a request proves the right to a case (`registry.usecases.claims.proving`).

1. Typing errors are told before anything is read: the checksums that show them are public.
2. Wrong secrets are counted for the network address. Whoever has too many is refused, but for the right secret.
3. Requests with the right secret are counted for the case.
"""

from flask import g

from registry.domain import Actor
from registry.errors import ClaimNotFound
from registry.security import Budget
from registry.usecases.claims import prove_claim
from registry.web.addresses import address_key
from registry.web.context import container
from registry.web.hearing import heard_of_claimant
from registry.web.schemas import ProofAsked, RecoveryAsked, proof_of


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
