"""The endpoints, one module per resource."""

from registry.web.api import cases, checks, jobs, receipts, service

__all__ = ["cases", "checks", "jobs", "receipts", "service"]
