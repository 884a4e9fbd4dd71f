"""Models of proven receipts."""

from typing import Annotated

from pydantic import Field

from registry.domain import LedgerReceipt, VerifierKey, receipt_document
from registry.web.schemas.base import Answered, Digest


class EntryAnswered(Answered):
    """A ledger entry: the hashed fields, in the order in which they are hashed."""

    number: Annotated[int, Field(ge=1)]
    at: Annotated[str, Field(description="ISO 8601 with microseconds and `+00:00`: the hashed text.")]
    event: str
    tenant: str
    credential: str
    case: str | None
    reference: str | None
    check: str | None
    previous: Annotated[Digest, Field(description="Digest of the entry before it.")]
    detail: Annotated[
        str | None,
        Field(description="What the event says beyond that; hashed as the last field, unless null."),
    ] = None


class ReceiptAnswered(Answered):
    """A receipt with its proof. `scripts/verify_receipt` verifies it without this registry."""

    receipt: Digest
    entry: Annotated[
        EntryAnswered | None,
        Field(
            description="null until a checkpoint covers it: its number tells how many acts of all tenants there were."
        ),
    ]
    size: Annotated[int | None, Field(ge=1, description="Number of entries of the checkpoint.")]
    proof: Annotated[
        list[Digest],
        Field(description="Inclusion proof (RFC 9162), from the leaf to the root; the leaf is number - 1."),
    ]
    checkpoint: Annotated[
        str | None,
        Field(
            description="The checkpoint as a signed note; null until the next one covers the entry. Compare it with the"
            " one that the operator published elsewhere."
        ),
    ]

    @classmethod
    def of(cls, receipt: LedgerReceipt, key: VerifierKey) -> "ReceiptAnswered":
        """Return the model of a proven receipt."""
        document = receipt_document(receipt, key)
        if receipt.checkpoint is None:
            document["entry"] = None  # nobody counts other people's registrations as they happen
        return cls.model_validate(document)
