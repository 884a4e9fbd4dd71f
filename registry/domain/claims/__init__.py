"""Cases without an account: numbers and words that people copy, what is kept of them, and the optional contact."""

from registry.domain.claims.access import (
    CLAIM_PERMISSIONS,
    CLAIMS_ROLES,
    CLAIMS_TENANT,
    ClaimAccess,
    ClaimProof,
    KeptProof,
    claim_actor,
)
from registry.domain.claims.case_numbers import MAX_NUMBER_CHARACTERS, case_id_of, case_number
from registry.domain.claims.contact import (
    MAX_CONTACT_CHARACTERS,
    MAX_HOURS_CHARACTERS,
    MAX_WORDING_CHARACTERS,
    Contact,
    ContactKind,
    contact_context,
)
from registry.domain.claims.progress import CountBand, MatchedCheck, MatchMonth, band_of, match_months
from registry.domain.claims.words import (
    LANGUAGES,
    MAX_WORDS_CHARACTERS,
    SecretKind,
    as_words,
    from_words,
    new_secret,
    word_list,
)

__all__ = [
    "CLAIMS_ROLES",
    "CLAIMS_TENANT",
    "CLAIM_PERMISSIONS",
    "LANGUAGES",
    "MAX_CONTACT_CHARACTERS",
    "MAX_HOURS_CHARACTERS",
    "MAX_NUMBER_CHARACTERS",
    "MAX_WORDING_CHARACTERS",
    "MAX_WORDS_CHARACTERS",
    "ClaimAccess",
    "ClaimProof",
    "Contact",
    "ContactKind",
    "CountBand",
    "KeptProof",
    "MatchMonth",
    "MatchedCheck",
    "SecretKind",
    "as_words",
    "band_of",
    "case_id_of",
    "case_number",
    "claim_actor",
    "contact_context",
    "from_words",
    "match_months",
    "new_secret",
    "word_list",
]
