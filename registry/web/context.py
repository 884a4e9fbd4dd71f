"""The context of a view: the container of its process and the actor of its request."""

from typing import Final, cast

from flask import current_app, g

from registry.bootstrap import Container
from registry.domain import Actor

EXTENSION: Final = "registry"


def container() -> Container:
    """Return the parts of this process."""
    return cast("Container", current_app.extensions[EXTENSION])


def actor() -> Actor:
    """Return the actor of the request, which the guard has set."""
    return cast("Actor", g.actor)
