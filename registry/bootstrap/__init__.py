"""Wires the parts together: the only place that knows which implementation stands behind which port."""

from registry.bootstrap.container import Container
from registry.bootstrap.databases import ENVIRONMENT, Databases, settle_process

__all__ = [
    "ENVIRONMENT",
    "Container",
    "Databases",
    "settle_process",
]
