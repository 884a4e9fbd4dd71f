"""Access to a data folder as its operator, for commands that are not available over HTTP."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from registry.bootstrap import Container
from registry.cli.backends import local_actor, open_local
from registry.cli.errors import one_line_errors
from registry.cli.options import Target
from registry.domain import Actor


@contextmanager
def operator(data: Path | None) -> Iterator[tuple[Container, Actor]]:
    """Open the registry in the data folder. Errors are printed as one line."""
    settings = Target(url=None, key=None, data=data).settings()
    with one_line_errors(), open_local(settings) as container:
        yield container, local_actor(container)
