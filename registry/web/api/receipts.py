"""The endpoint that proves receipts."""

import re
from http import HTTPStatus
from typing import Final

from flask import Blueprint, Response

from registry.errors import NotFound
from registry.permissions import Permission
from registry.security import Budget
from registry.usecases.ledger import prove_receipt
from registry.web.context import actor, container
from registry.web.endpoints import Endpoint, endpoint
from registry.web.idempotency import Rendered
from registry.web.schemas import ReceiptAnswered

blueprint: Final = Blueprint("receipts", __name__, url_prefix="/v1/receipts")

_RECEIPT: Final = re.compile("[0-9a-f]{64}", re.ASCII)


@blueprint.get("/<receipt>")
@endpoint(
    Endpoint(
        permission=Permission.RECEIPT_READ, budget=Budget.READS, answer=ReceiptAnswered, problems=(404, 503)
    )
)
def get_receipt(receipt: str) -> Response:
    """Read a receipt's ledger entry, and the proof that the newest checkpoint covers it.

    The receipt has to be one of the key's tenant. Until a checkpoint covers it, only that it exists is told.
    `scripts/verify_receipt` verifies the answer without this registry.
    """
    if _RECEIPT.fullmatch(receipt) is None:
        raise NotFound
    parts = container()
    proven = prove_receipt(bytes.fromhex(receipt), actor=actor(), units=parts.units)
    answer = ReceiptAnswered.of(proven, parts.checkpointer.signing.key)
    return Rendered(status=HTTPStatus.OK, model=answer).response()
