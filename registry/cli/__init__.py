"""The command line."""

from registry.cli.backends import FIRST_CREDENTIAL, local_actor, open_local, prepare_data
from registry.cli.main import main

__all__ = [
    "FIRST_CREDENTIAL",
    "local_actor",
    "main",
    "open_local",
    "prepare_data",
]
