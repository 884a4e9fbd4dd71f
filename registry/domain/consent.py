"""Consents: what the subject of a case has agreed to, in which words, and how it was given.

There are two purposes with a consent each: keeping fingerprints of the media, and searching by the face. A consent is
never changed but for its end. Of the purpose `LIKENESS` the database keeps no face without a consent in force
(`registry.storage.schema.consents`). Who gave a consent is nowhere: the case is pseudonymous.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, unique
from typing import Final


@unique
class ConsentPurpose(StrEnum):
    """What a consent allows."""

    FINGERPRINTS = "fingerprints"
    """Fingerprints of the media are kept and compared with uploads."""
    LIKENESS = "likeness"
    """The face is described and looked for in uploads."""


@unique
class Language(StrEnum):
    """The language of a text that a person was shown."""

    KO = "ko"
    EN = "en"
    UNKNOWN = "und"
    """Of consents that are older than the texts."""


@unique
class ConsentWay(StrEnum):
    """How a consent was given."""

    PAGE = "page"
    """By the subject, on this registry's own page."""
    API = "api"
    """Stated by the key that registers."""
    SEPARATE_CHANNEL = "separate_channel"
    """By the subject, in another way than through whoever registers."""
    PAPER = "paper"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentStated:
    """How the subject agreed, as whoever registers states it.

    Attributes:
        language: the language of the text that the subject was shown.
    """

    language: Language = Language.EN
    way: ConsentWay = ConsentWay.API


BY_API: Final = ConsentStated()
"""What a registration by key states unless it says otherwise."""

BEFORE_TEXTS: Final = "before_texts"
"""Version of the text of a consent that is older than the texts. Only a migration makes such a consent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """One consent in a case.

    Attributes:
        text: version of the text (`registry.texts`).
        recorded_by: id of the key that recorded it; None for a subject without a key.
        withdrawn_at: the time from which it holds no more; None while it is in force.
    """

    id: str
    case_id: str
    purpose: ConsentPurpose
    text: str
    stated: ConsentStated
    given_at: datetime
    recorded_by: str | None
    withdrawn_at: datetime | None = None

    @property
    def is_in_force(self) -> bool:
        """Whether it has not been withdrawn."""
        return self.withdrawn_at is None

    def says_the_same(self, other: "Consent") -> bool:
        """Whether the other consent adds nothing to this one: the same purpose, text, language and way."""
        return (self.purpose, self.text, self.stated) == (other.purpose, other.text, other.stated)
