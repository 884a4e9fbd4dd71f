"""The endpoints, one module per resource."""

from registry.web.api import (
    break_glass,
    cases,
    challenges,
    checks,
    claims,
    consents,
    contacts,
    device,
    jobs,
    labels,
    mandates,
    notices,
    receipts,
    service,
    standing,
    takedowns,
)

__all__ = [
    "break_glass",
    "cases",
    "challenges",
    "checks",
    "claims",
    "consents",
    "contacts",
    "device",
    "jobs",
    "labels",
    "mandates",
    "notices",
    "receipts",
    "service",
    "standing",
    "takedowns",
]
