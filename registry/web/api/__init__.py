"""The endpoints, one module per resource."""

from registry.web.api import (
    break_glass,
    cases,
    checks,
    claims,
    consents,
    contacts,
    device,
    jobs,
    receipts,
    service,
    takedowns,
)

__all__ = [
    "break_glass",
    "cases",
    "checks",
    "claims",
    "consents",
    "contacts",
    "device",
    "jobs",
    "receipts",
    "service",
    "takedowns",
]
