"""Prove the right to a case without an account.

1. What is kept of the case's secret is read. For an unknown case nothing is there, and the same work follows.
2. A secret whose tag is wrong is a guess or a mistake. Who has made too many is refused here.
3. The secret is compared. An unknown case and a wrong secret have the same answer after the same work.
4. The right secret is never refused because of others' mistakes or guesses: it skips 2, and goes first in 3.
"""

from collections.abc import Callable

from registry.domain import Actor
from registry.domain.claims import ClaimProof, claim_actor
from registry.errors import ClaimNotFound
from registry.ports import ClaimProofs, Units


def prove_claim(
    proof: ClaimProof, *, units: Units, proofs: ClaimProofs, require_patience: Callable[[], None]
) -> Actor:
    """Return the actor of the case, for that case alone.

    Args:
        proof: the case and its secret or recovery words.
        units: the database.
        proofs: the comparison.
        require_patience: raises `RateLimited` if the caller has failed too often.

    Raises:
        ClaimNotFound: there is no such case, or the secret is another one.
        RateLimited, ProofsBusy: the secret is not likely to be right, and nothing was compared.
    """
    with units.read() as unit:
        access = unit.claims.find(proof.case_id)  # 1.
    kept = None if access is None else access.of(proof.kind)
    is_likely = proofs.is_likely(proof.case_id, proof.value, kept)
    if not is_likely:
        require_patience()  # 2.
    if not proofs.is_right(proof.case_id, proof.value, kept, is_likely=is_likely):  # 3.
        raise ClaimNotFound
    return claim_actor(proof.case_id)
