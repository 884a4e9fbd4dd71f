"""The endpoints, one module per resource."""

from registry.web.api import cases, checks, consents, device, jobs, receipts, service

__all__ = ["cases", "checks", "consents", "device", "jobs", "receipts", "service"]
