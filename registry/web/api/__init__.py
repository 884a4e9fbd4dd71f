"""The endpoints, one module per resource."""

from registry.web.api import cases, checks, device, jobs, receipts, service

__all__ = ["cases", "checks", "device", "jobs", "receipts", "service"]
