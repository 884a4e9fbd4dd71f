"""Errors of the command line: one line and a non-zero exit code, never a traceback, which would hold values."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import click

from index.errors import IndexingError
from registry.client import Problem
from registry.errors import RegistryError
from registry.security import place_of

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


@contextmanager
def without_traceback() -> Iterator[None]:
    """Convert exceptions that nobody expected to `CommandFailed`, with type and place and without their text."""
    try:
        yield
    except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
        raise
    except Exception as error:  # noqa: BLE001  whatever it is: a traceback would repeat values
        raise CommandFailed(
            f"A fault of this program: {type(error).__name__} at {place_of(error)}."
            " Tell its maintainers this line. (internal-error)"
        ) from None


@contextmanager
def as_problems() -> Iterator[None]:
    """Convert the exceptions of use cases to `Problem`, as a registry behind a URL raises it."""
    try:
        yield
    except RegistryError as error:
        raise Problem(error.code, error.detail, error.status) from error
    except IndexingError as error:
        raise Problem(error.code, str(error)) from error
