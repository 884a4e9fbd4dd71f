"""Models of erasure receipts."""

import base64
from typing import Annotated

from pydantic import Field

from registry.domain import CaseState, VerifierKey
from registry.usecases.cases import ErasureView
from registry.web.schemas.base import Answered, Receipt


class ErasureAnswered(Answered):
    """The receipt that a case is erased. `scripts/verify_receipt` verifies it without this registry."""

    case: str
    state: CaseState
    statement: Annotated[
        str | None,
        Field(
            description="What was erased, where and when, and what that does not cover: JSON, exactly as it is signed."
            " null until the case is erased."
        ),
    ]
    signature: Annotated[str | None, Field(description="Ed25519 signature in base64, by `key`.")]
    key: Annotated[str, Field(description="Public key, as `takedown ledger checkpoint` prints it too.")]
    receipt: Receipt

    @classmethod
    def of(cls, view: ErasureView, key: VerifierKey) -> "ErasureAnswered":
        """Return the model of a case's receipt."""
        erasure = view.erasure
        return cls(
            case=view.case.id,
            state=view.case.state,
            statement=None if erasure is None else erasure.statement,
            signature=None if erasure is None else base64.b64encode(erasure.signature).decode("ascii"),
            key=str(key),
            receipt=None if erasure is None else erasure.entry.hex(),
        )
