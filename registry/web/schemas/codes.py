"""Models of codes in requests."""

from collections.abc import Sequence
from typing import Annotated, Final

from pydantic import Field, StrictInt, StrictStr

from index.errors import CodeError, UnknownAlgorithm
from index.hashing import MAX_QUALITY, Algorithm, Code
from registry.web.errors import CodeRefused
from registry.web.schemas.base import Asked

ACCEPTED: Final = (Algorithm.PDQ, Algorithm.DHASH128, Algorithm.PHASH, Algorithm.SHA256)
"""Algorithms that a client may use for a picture. The server computes the others, which are made from clips."""

MAX_CODES: Final = len(ACCEPTED)
_NAMES: Final = [algorithm.value for algorithm in ACCEPTED]


class CodeModel(Asked):
    """One code in canonical form. `Code.parse` validates it, so that each fault has its own problem."""

    algorithm: Annotated[StrictStr, Field(json_schema_extra={"enum": _NAMES})]
    value: Annotated[
        StrictStr,
        Field(
            description="Lower-case hexadecimal of the algorithm's exact length.",
            json_schema_extra={"pattern": "^([0-9a-f]{16}|[0-9a-f]{32}|[0-9a-f]{64})$"},
        ),
    ]
    quality: Annotated[
        StrictInt | None,
        Field(description="PDQ only.", json_schema_extra={"minimum": 0, "maximum": MAX_QUALITY}),
    ] = None


Codes = Annotated[list[CodeModel], Field(min_length=1, max_length=MAX_CODES)]


def parse_codes(codes: Sequence[CodeModel], pointer: str = "/codes") -> list[Code]:
    """Parse codes; raise `CodeRefused` with the error code of `index.errors` and a pointer to the faulty code."""
    parsed = []
    for place, code in enumerate(codes):
        try:
            if code.algorithm not in _NAMES:
                raise UnknownAlgorithm(f"known algorithms are {', '.join(_NAMES)}")
            parsed.append(Code.parse(code.algorithm, code.value, code.quality))
        except CodeError as error:
            raise CodeRefused(error, f"{pointer}/{place}") from None
    return parsed
