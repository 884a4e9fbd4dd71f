"""Models of requests of people without an account."""

import base64
import binascii
from collections.abc import Callable
from typing import Annotated, Final, Literal, Self, TypeVar

from pydantic import BeforeValidator, Field, StrictStr, model_validator

from index.errors import CodeError, MalformedCode
from index.verdict import ReferenceKind
from index.windows import CODE_BYTES as WINDOW_CODE_BYTES
from index.windows import FULL, HEAD_BYTES, MAX_WINDOWS, PLACE_BYTES, Windows, windows_of_device
from registry.domain import ConsentStated, Language
from registry.domain.claims import (
    MAX_CONTACT_CHARACTERS,
    MAX_HOURS_CHARACTERS,
    MAX_NUMBER_CHARACTERS,
    MAX_WORDING_CHARACTERS,
    MAX_WORDS_CHARACTERS,
    ClaimProof,
    Contact,
    ContactKind,
    SecretKind,
    case_id_of,
    from_words,
)
from registry.errors import CaseNumberInvalid, WordsInvalid
from registry.web.errors import CodeRefused, ProofMisspelt
from registry.web.schemas.base import Asked
from registry.web.schemas.challenges import Why
from registry.web.schemas.codes import Codes
from registry.web.schemas.enrolling import ADULT, from_text

MAX_CLAIM_REFERENCES: Final = 16
"""References of one request: their codes and windows fit into a JSON body."""

_MAX_PACKED: Final = HEAD_BYTES + MAX_WINDOWS * (PLACE_BYTES + WINDOW_CODE_BYTES)
_MAX_WINDOWS_TEXT: Final = (_MAX_PACKED + 2) // 3 * 4

ClaimKind = Literal["intimate_item", "source_original"]
LanguageName = Literal["en", "ko"]

_KIND: Final = Field(
    description="`intimate_item` is the picture that must not be published, `source_original` an ordinary one of which"
    " others make such pictures."
)
_LANGUAGE: Final = Field(description="The language of the secret's words, and of the text of the consent.")

T = TypeVar("T")


class DeviceReference(Asked):
    """A picture by what the claimant's own device computed of it."""

    kind: Annotated[ClaimKind, _KIND] = "intimate_item"
    codes: Codes
    windows: Annotated[
        StrictStr | None,
        Field(
            max_length=_MAX_WINDOWS_TEXT,
            description="Packed anchored windows in base 64 (docs/claims.md), by which crops and edits are found too.",
        ),
    ] = None


class ContactAsked(Asked):
    """How the claimant can be reached, and how safely. It is sealed, and a verifier alone can read it."""

    kind: Literal["email", "phone", "messenger"]
    value: Annotated[StrictStr, Field(min_length=3, max_length=MAX_CONTACT_CHARACTERS)]
    may_leave_message: Annotated[
        bool, Field(description="Whether a message may be left where others could find it.")
    ] = False
    hours: Annotated[
        StrictStr, Field(max_length=MAX_HOURS_CHARACTERS, description="When to write or call; empty: always.")
    ] = ""
    wording: Annotated[
        StrictStr,
        Field(
            max_length=MAX_WORDING_CHARACTERS,
            description="Words to use instead of neutral ones; may be empty.",
        ),
    ] = ""

    def contact(self) -> Contact:
        """Return the contact."""
        return Contact(
            kind=ContactKind(self.kind),
            value=self.value,
            may_leave_message=self.may_leave_message,
            hours=self.hours,
            wording=self.wording,
        )


class ClaimAsked(Asked):
    """A case to open without an account, with pictures by codes: one as `codes` with `windows`, or `references`."""

    kind: Annotated[ClaimKind, _KIND] = "intimate_item"
    codes: Codes | None = None
    windows: Annotated[StrictStr | None, Field(max_length=_MAX_WINDOWS_TEXT)] = None
    references: Annotated[
        list[DeviceReference] | None, Field(min_length=1, max_length=MAX_CLAIM_REFERENCES)
    ] = None
    consents: Annotated[
        list[Literal["fingerprints"]],
        Field(
            min_length=1,
            max_length=1,
            description="What the person in the pictures agrees to: that their fingerprints are kept and compared.",
        ),
    ]
    language: Annotated[LanguageName, _LANGUAGE] = "en"
    is_adult: Annotated[bool, ADULT] = True
    contact: ContactAsked | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.codes is None) == (self.references is None) or (self.references and self.windows):
            raise ValueError("send either codes, with windows, or references")
        return self

    def all_references(self) -> list[tuple[str, DeviceReference]]:
        """Return the references, each with the pointer to it."""
        if self.references is not None:
            return [(f"/references/{place}", one) for place, one in enumerate(self.references)]
        return [("", DeviceReference(kind=self.kind, codes=self.codes or [], windows=self.windows))]


class ClaimFields(Asked):
    """The fields beside a picture of which the registry computes the fingerprint in memory."""

    kind: Annotated[ClaimKind, _KIND] = "intimate_item"
    edits: Annotated[
        bool, BeforeValidator(from_text), Field(description="Whether crops and edits are to be found too.")
    ] = True
    consent: Annotated[
        Literal["fingerprints"],
        Field(description="What the person in the picture agrees to: its fingerprint is kept and compared."),
    ]
    language: Annotated[LanguageName, _LANGUAGE] = "en"
    is_adult: Annotated[bool, BeforeValidator(from_text), ADULT] = True


class ProofAsked(Asked):
    """The case, and its secret or its recovery words."""

    case: Annotated[
        StrictStr,
        Field(
            min_length=1,
            max_length=MAX_NUMBER_CHARACTERS,
            description="The case number. Case, blanks and hyphens do not matter, and O is read as 0.",
        ),
    ]
    secret: Annotated[StrictStr | None, Field(min_length=1, max_length=MAX_WORDS_CHARACTERS)] = None
    recovery_words: Annotated[StrictStr | None, Field(min_length=1, max_length=MAX_WORDS_CHARACTERS)] = None

    @model_validator(mode="after")
    def _one_secret(self) -> Self:
        if (self.secret is None) == (self.recovery_words is None):
            raise ValueError("send either secret or recovery_words")
        return self


class ProofFields(ProofAsked):
    """The fields beside a picture that is added to a case."""

    kind: Annotated[ClaimKind, _KIND] = "intimate_item"
    edits: Annotated[bool, BeforeValidator(from_text)] = True
    consent: Literal["fingerprints"]
    language: Annotated[LanguageName, _LANGUAGE] = "en"


class AdditionAsked(ProofAsked):
    """A picture that is added to a case, by codes."""

    kind: Annotated[ClaimKind, _KIND] = "intimate_item"
    codes: Codes
    windows: Annotated[StrictStr | None, Field(max_length=_MAX_WINDOWS_TEXT)] = None
    consents: Annotated[list[Literal["fingerprints"]], Field(min_length=1, max_length=1)]
    language: Annotated[LanguageName, _LANGUAGE] = "en"


class ContactChangeAsked(ProofAsked):
    """A contact to keep in place of an earlier one; null deletes it."""

    contact: ContactAsked | None


class RecoveryAsked(Asked):
    """The case and its recovery words, for a new secret."""

    case: Annotated[StrictStr, Field(min_length=1, max_length=MAX_NUMBER_CHARACTERS)]
    recovery_words: Annotated[StrictStr, Field(min_length=1, max_length=MAX_WORDS_CHARACTERS)]
    language: Annotated[LanguageName, _LANGUAGE] = "en"


class ReceiptAsked(ProofAsked):
    """A receipt of the case that is to be proven."""

    receipt: Annotated[StrictStr, Field(pattern="^[0-9a-f]{64}$")]


class ClaimChallengeAsked(ProofAsked):
    """A challenge of somebody else's case, by a person who was given its number."""

    challenged: Annotated[
        StrictStr,
        Field(
            min_length=1, max_length=MAX_NUMBER_CHARACTERS, description="Number or id of the disputed case."
        ),
    ]
    reason: Why
    reference: Annotated[
        StrictStr | None,
        Field(
            pattern="^ref_[0-9a-hjkmnp-tv-z]{16}$",
            description="The disputed picture; all of them without it.",
        ),
    ] = None

    def challenged_id(self) -> str:
        """Return the id of the disputed case; raise `ProofMisspelt`."""
        errors: list[tuple[str, CaseNumberInvalid | WordsInvalid]] = []
        case_id = _read(lambda: case_id_of(self.challenged), "/challenged", errors)
        if case_id is None:
            raise ProofMisspelt(errors)
        return case_id


def proof_of(asked: ProofAsked | RecoveryAsked) -> ClaimProof:
    """Return the proof of a request; raise `ProofMisspelt` for typing errors, of all parts together."""
    secret = asked.secret if isinstance(asked, ProofAsked) else None
    kind = SecretKind.RECOVERY if secret is None else SecretKind.SECRET
    words = (asked.recovery_words or "") if secret is None else secret
    name = "recovery_words" if secret is None else "secret"
    errors: list[tuple[str, CaseNumberInvalid | WordsInvalid]] = []
    case_id = _read(lambda: case_id_of(asked.case), "/case", errors)
    value = _read(lambda: from_words(kind, words), f"/{name}", errors)
    if case_id is None or value is None:
        raise ProofMisspelt(errors)
    return ClaimProof(case_id=case_id, kind=kind, value=value)


def _read(
    parse: Callable[[], T], pointer: str, errors: list[tuple[str, CaseNumberInvalid | WordsInvalid]]
) -> T | None:
    try:
        return parse()
    except (CaseNumberInvalid, WordsInvalid) as error:
        errors.append((pointer, error))
        return None


def parse_windows(text: str | None, pointer: str) -> Windows | None:
    """Return the windows that a device made; raise `CodeRefused` with a pointer to them."""
    if text is None:
        return None
    try:
        packed = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        packed = b""
    if not packed or base64.b64encode(packed).decode("ascii") != text:
        raise CodeRefused(MalformedCode("windows are in base 64 with padding"), pointer)
    try:
        return windows_of_device(packed, FULL)
    except CodeError as error:
        raise CodeRefused(error, pointer) from None


def claim_kind_of(name: ClaimKind) -> ReferenceKind:
    """Return the kind with this name."""
    return ReferenceKind(name)


def stated_in(name: LanguageName) -> ConsentStated:
    """Return how the claimant consents: by this request, after a text in this language."""
    return ConsentStated(language=language_of(name))


def language_of(name: LanguageName) -> Language:
    """Return the language with this name."""
    return Language(name)
