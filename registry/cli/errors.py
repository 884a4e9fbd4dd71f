"""Errors of the command line: one line and a non-zero exit code, without a traceback for expected errors."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import click

from index.errors import IndexingError
from registry.client import Problem
from registry.errors import RegistryError

FAILED: Final = 1


class CommandFailed(click.ClickException):
    """The command failed."""

    exit_code = FAILED

    def show(self, file: object = None) -> None:  # noqa: ARG002  click's own signature
        """Print one line."""
        click.echo(f"takedown: {self.format_message()}", err=True)


@contextmanager
def one_line_errors() -> Iterator[None]:
    """Convert the registry's exceptions to `CommandFailed`, which is printed as one line."""
    try:
        yield
    except Problem as problem:
        raise CommandFailed(f"{problem.detail} ({problem.code})") from None
    except RegistryError as error:
        raise CommandFailed(f"{error.detail} ({error.code})") from None
    except IndexingError as error:
        raise CommandFailed(f"{error} ({error.code})") from None
    except UnicodeEncodeError as error:
        if error.encoding != "utf-8":
            raise  # not an argument: a terminal that cannot show an answer
        raise CommandFailed("An argument is not text in UTF-8.") from None
    except OSError as error:
        raise CommandFailed(
            f"{error.strerror or 'The system refused'}: {error.filename or 'a file'}"
        ) from None
