"""Models of consents."""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field

from registry.domain import Consent, ConsentPurpose, ConsentWay, Language
from registry.usecases.cases import ConsentWithdrawn
from registry.web.schemas.base import Answered, Asked, Moment, Receipt, receipt_of


class ConsentAnswered(Answered):
    """A consent, without who gave it."""

    consent: str
    purpose: ConsentPurpose
    text: Annotated[str, Field(description="Version of the text that the subject was shown.")]
    language: Annotated[Language, Field(description="`und` for a consent that is older than the texts.")]
    given: Annotated[
        ConsentWay,
        Field(
            description="How it was given: on this registry's `page`, stated by the key that registered (`api`), by"
            " the subject through a `separate_channel`, or on `paper`."
        ),
    ]
    given_at: Moment
    recorded_by: Annotated[str | None, Field(description="The key; null for a subject without one.")]
    withdrawn_at: Moment | None

    @classmethod
    def of(cls, consent: Consent) -> "ConsentAnswered":
        """Return the model of a consent."""
        return cls(
            consent=consent.id,
            purpose=consent.purpose,
            text=consent.text,
            language=consent.stated.language,
            given=consent.stated.way,
            given_at=consent.given_at,
            recorded_by=consent.recorded_by,
            withdrawn_at=consent.withdrawn_at,
        )


class ConsentsAnswered(Answered):
    """The consents of a case."""

    consents: list[ConsentAnswered]

    @classmethod
    def of(cls, consents: Sequence[Consent]) -> "ConsentsAnswered":
        """Return the model of a case's consents."""
        return cls(consents=[ConsentAnswered.of(consent) for consent in consents])


class ConsentWithdrawalAsked(Asked):
    """The consent that is withdrawn."""

    purpose: Annotated[
        Literal["fingerprints", "likeness"],
        Field(
            description="`likeness` deletes the faces and leaves the fingerprints. `fingerprints` withdraws the case,"
            " because everything rests on it."
        ),
    ]


class ConsentWithdrawnAnswered(Answered):
    """A case after the withdrawal of a consent."""

    case: str
    state: str
    withdrawn: Annotated[
        list[ConsentPurpose], Field(description="The purposes that ended now; empty if none was in force.")
    ]
    receipt: Receipt

    @classmethod
    def of(cls, done: ConsentWithdrawn) -> "ConsentWithdrawnAnswered":
        """Return the model of a withdrawal."""
        return cls(
            case=done.case.id,
            state=done.case.state.value,
            withdrawn=list(done.withdrawn),
            receipt=receipt_of(done.receipt),
        )
