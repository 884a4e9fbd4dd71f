"""The HTTP interface: rules, bodies and problems around the use cases."""

from registry.web.app import create_app

__all__ = [
    "create_app",
]
