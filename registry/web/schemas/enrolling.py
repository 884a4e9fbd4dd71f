"""Models of requests that open cases and register references."""

from typing import Annotated, Final, Literal, cast

from pydantic import AfterValidator, BeforeValidator, Field

from index.verdict import Level, ReferenceKind
from registry.domain import (
    EXCLUDED_PATTERN,
    MAX_CHARACTERS,
    ConsentStated,
    ConsentWay,
    Language,
    parse_excluded,
)
from registry.errors import UnderAge
from registry.texts import helplines
from registry.web.schemas.base import Asked
from registry.web.schemas.codes import Codes

LevelName = Literal["V0", "V1", "V2", "V3", "V4"]
KindName = Literal["intimate_item", "source_original", "official_release"]
FileKindName = KindName | Literal["likeness"]

Claimed = Annotated[
    LevelName,
    Field(
        description="The level that you claim. The case is at V0 until somebody else verifies it"
        " (`POST /v1/cases/{case_id}/verification`)."
    ),
]

_SPELLED: Final = {"true": True, "false": False}


def from_text(value: object) -> object:
    """Convert a multipart field, which arrives as text. Only `true` and `false` are converted."""
    return _SPELLED.get(value, value) if isinstance(value, str) else value


def _readable(text: str) -> str:
    parse_excluded(text)
    return text


ConsentLanguage = Annotated[
    Literal["ko", "en"], Field(description="Language of the text to which the subject agreed.")
]
ConsentGiven = Annotated[
    Literal["api", "separate_channel", "paper"],
    Field(
        description="How the subject agreed: to you (`api`), through a channel that does not lead through you, or on"
        " paper. It is recorded with the consent."
    ),
]


ADULT: Final = Field(
    description="`false` if the person in the picture is or was under 18: nothing is taken then, and the answer names"
    " the bodies that help."
)


class ReferenceFields(Asked):
    """The fields beside the file of a multipart enrolment."""

    kind: Annotated[
        FileKindName,
        Field(
            description="What the file is. `likeness` is a photograph of the subject's face, by which they are found"
            " in other pictures: in a case that claims V2 or above, with `consent`. It is looked for once somebody else"
            " has verified V2. Three photographs or more find a person far better than one. No check is ever blocked by"
            " it."
        ),
    ] = "intimate_item"
    consent: Annotated[
        bool,
        BeforeValidator(from_text),
        Field(
            description="Of a likeness: the subject agrees to be looked for by their face. The ledger keeps that it"
            " was said."
        ),
    ] = False
    language: ConsentLanguage = "en"
    consent_given: ConsentGiven = "api"
    is_adult: Annotated[bool, BeforeValidator(from_text), ADULT] = True
    edits: Annotated[
        bool,
        BeforeValidator(from_text),
        Field(
            description="What the claimant chooses. `false` finds copies: the whole picture in another size, quality,"
            " colour or turn. `true` finds crops and edits too: captions, frames, screenshots, collages, replaced"
            " regions. That takes up to 64 anchored windows, which tell more about the picture than its other codes"
            " do (coarse outlines): they are sealed, never leave the registry, and are erased with the case."
            " Of a clip `false` finds the very same file alone."
        ),
    ] = True
    exclude: Annotated[
        str,
        Field(
            pattern=f"^{EXCLUDED_PATTERN}$",
            max_length=MAX_CHARACTERS,
            description="Parts of a clip that are not registered, in seconds: `0-5.5,60-62` leaves out an intro and a"
            " title card. What lies in them is found by nothing but the very same file.",
        ),
        AfterValidator(_readable),
    ] = ""


class ReferenceByCodes(Asked):
    """A reference given by codes that were computed on the claimant's device."""

    kind: KindName = "intimate_item"
    codes: Codes
    language: ConsentLanguage = "en"
    consent_given: ConsentGiven = "api"
    is_adult: Annotated[bool, ADULT] = True


class CaseFields(ReferenceFields):
    """The fields beside the file of a multipart request that opens a case."""

    level: Claimed = "V0"


class CaseAsked(Asked):
    """A case to open, with an optional first reference."""

    level: Claimed = "V0"
    reference: ReferenceByCodes | None = None


def level_of(name: LevelName) -> Level:
    """Return the level with this name."""
    return Level[name]


def level_name(level: Level) -> LevelName:
    """Return the name of a level."""
    return cast("LevelName", level.name)


def require_adult(*, is_adult: bool) -> None:
    """Raise `UnderAge`, which names the bodies that help, for a picture of somebody under 18."""
    if is_adult:
        return
    bodies = [line for line in helplines(Language.EN) if line.for_minors]
    told = "; ".join(f"{line.name} ({line.url or line.phone})" for line in bodies)
    raise UnderAge(f"Nothing was stored. These bodies help, whatever the age: {told}.")


def stated_of(fields: ReferenceFields | ReferenceByCodes) -> ConsentStated:
    """Return how the subject agreed."""
    return ConsentStated(language=Language(fields.language), way=ConsentWay(fields.consent_given))


def kind_of(name: FileKindName) -> ReferenceKind:
    """Return the kind with this name."""
    return ReferenceKind(name)
