"""Options that several commands share."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click
from pydantic import ValidationError

from registry.config import Settings
from registry.domain import parse_excluded

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The registry that a command uses: the registry at `url`, or the registry in the data folder."""

    url: str | None
    key: str | None
    data: Path | None

    def settings(self) -> Settings:
        """Return the settings from environment variables, with the chosen data folder."""
        return chosen_settings(data=self.data)


def chosen_settings(**chosen: Any) -> Settings:
    """Return the settings from environment variables, overridden by command-line options (None: not given).

    Raises:
        UsageError: a variable has an invalid value. The text does not repeat the value, which may be a secret.
    """
    try:
        return Settings(**{name: value for name, value in chosen.items() if value is not None})
    except ValidationError as error:
        faults = [
            f"TAKEDOWN_{str(item['loc'][0]).upper()}: {item['msg']}"
            for item in error.errors(include_url=False, include_input=False)
        ]
        raise click.UsageError("; ".join(faults)) from None


data_option = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    help="Data folder of a registry on this machine [default: TAKEDOWN_DATA, or ./data].",
)


def _excluded(_context: click.Context, _option: click.Parameter, value: str) -> str:
    try:
        parse_excluded(value)
    except ValueError as error:
        raise click.BadParameter(f"{error}.") from None
    return value


exclude_option = click.option(
    "--exclude",
    metavar="PARTS",
    default="",
    callback=_excluded,
    help="Parts of a clip to leave out, in seconds: 0-5.5,60-62.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")


def target_options(command: Callable[..., Result]) -> Callable[..., Result]:
    """Add `--url`, `--key-file` and `--data`, and pass them on as a `Target`, the first argument."""

    @click.option("--url", envvar="TAKEDOWN_URL", help="Registry to talk to [default: TAKEDOWN_URL].")
    @click.option(
        "--key-file",
        type=click.Path(path_type=Path, dir_okay=False, exists=True),
        help="File that holds the key [default: the key in TAKEDOWN_KEY].",
    )
    @data_option
    @wraps(command)
    def wrapped(*, url: str | None, key_file: Path | None, data: Path | None, **rest: Any) -> Result:
        key = os.environ.get("TAKEDOWN_KEY")  # never an option, because other users can read command lines
        if key_file is not None:
            key = key_file.read_text(encoding="ascii", errors="replace").strip()
        if url is not None and data is not None:
            raise click.UsageError("--data and --url exclude each other.")
        if url is not None and not key:
            raise click.UsageError("A registry at a URL needs a key: set TAKEDOWN_KEY or give --key-file.")
        return command(Target(url=url, key=key, data=data), **rest)

    return wrapped
