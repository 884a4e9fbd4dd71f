"""The HTTP interface to the use cases: endpoints, access control, request bodies and problem documents."""

from registry.web.app import create_app
from registry.web.endpoints import statement_of

__all__ = [
    "create_app",
    "statement_of",
]
