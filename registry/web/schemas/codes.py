"""Codes as clients send them."""

from typing import Annotated

from pydantic import Field, StrictInt, StrictStr

from index.hashing.codes import MAX_QUALITY, Algorithm, Code
from registry.web.schemas.base import Asked

MOST_CODES = len(Algorithm)


class CodeModel(Asked):
    """One code in its one canonical spelling; `Code.parse` judges it, so that each fault has its own problem."""

    algorithm: Annotated[StrictStr, Field(json_schema_extra={"enum": [name.value for name in Algorithm]})]
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

    def code(self) -> Code:
        """Parses; raises a leaf of `index.errors.CodeError`."""
        return Code.parse(self.algorithm, self.value, self.quality)


Codes = Annotated[list[CodeModel], Field(min_length=1, max_length=MOST_CODES)]
