"""The endpoints, one file for each resource."""

from registry.web.api import cases, checks, jobs, service

__all__ = ["cases", "checks", "jobs", "service"]
