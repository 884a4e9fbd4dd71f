"""Composition of the parts: the only package that knows the implementation of each port."""

from registry.bootstrap.container import Container
from registry.bootstrap.databases import ENVIRONMENT, Databases, settle_process
from registry.bootstrap.takedown_profiles import load_profiles

__all__ = [
    "ENVIRONMENT",
    "Container",
    "Databases",
    "load_profiles",
    "settle_process",
]
