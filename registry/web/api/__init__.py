"""The endpoints, one module per resource."""

from registry.web.api import cases, checks, jobs, service

__all__ = ["cases", "checks", "jobs", "service"]
