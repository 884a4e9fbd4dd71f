"""`takedown`: the registry's command line."""

from typing import Any

import click

from registry import __version__
from registry.bootstrap import settle_process
from registry.cli.commands import COMMANDS
from registry.cli.errors import without_traceback


class Commands(click.Group):
    """The commands, whose faults are one line."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the chosen command."""
        with without_traceback():
            return super().invoke(ctx)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="takedown")
def main() -> None:
    """A takedown registry: register fingerprints, check uploads, withdraw.

    Talks to the registry at TAKEDOWN_URL with the key in TAKEDOWN_KEY or --key-file; without a URL, to the data folder
    TAKEDOWN_DATA of this machine.
    """
    settle_process()


for command in COMMANDS:
    main.add_command(command)

if __name__ == "__main__":
    main()
