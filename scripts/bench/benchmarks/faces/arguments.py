"""What both commands about faces are asked with: a folder, its group, and an engine."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from benchmarks.common.pictures import NoPictures
from benchmarks.faces.album import Album
from benchmarks.faces.folder import People, read_people
from index.errors import FaceError
from index.faces import EngineSpec, open_engine
from index.faces.dlib import DEFAULT_ENGINE

SKIPPED: Final = 3
"""Exit code: a folder is absent or empty, or the engine is not installed."""


def add_common(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of both."""
    parser.add_argument(
        "folder", type=Path, metavar="FOLDER", help="a sub-folder of pictures for each identity"
    )
    parser.add_argument("--group", type=Path, metavar="FILE", help="identities of one group, one a line")
    parser.add_argument(
        "--group-name",
        default="East-Asian names",
        metavar="NAME",
        help="what to call it [default: %(default)s]",
    )
    parser.add_argument("--engine", default=DEFAULT_ENGINE, metavar="ID", help="[default: %(default)s]")
    parser.add_argument(
        "--models",
        type=Path,
        metavar="FOLDER",
        help="of the installed engines; the default engine keeps its converted network there [default: in --cache]",
    )
    parser.add_argument(
        "--cache",
        type=Path,
        metavar="FOLDER",
        help="keeps what was seen, descriptions of faces, for the next run: not in a repository [default: nowhere]",
    )
    parser.add_argument("--seed", type=int, default=1)


def with_album(
    arguments: argparse.Namespace, scratch: Path, run: Callable[[People, Album, Path], int]
) -> int:
    """Reads the folder, opens the engine and runs; returns the exit code.

    Args:
        arguments: of `add_common`.
        scratch: an empty folder that is removed afterwards.
        run: takes people, the engine's album, and the folder of models.
    """
    cache: Path = arguments.cache or scratch
    models: Path = arguments.models or cache / "models"
    try:
        people = read_people(arguments.folder, arguments.group)
        engine = open_engine(EngineSpec(id=arguments.engine, folder=models))
    except (NoPictures, FaceError) as absent:
        print(f"skipped: {absent}", file=sys.stderr)
        return SKIPPED
    for name in people.unreadable:
        print(f"unreadable: {name}", file=sys.stderr)
    for name in people.empty:
        print(f"no picture: {name}", file=sys.stderr)
    if people.strangers:
        print(f"{len(people.strangers)} names of the group are not in the folder", file=sys.stderr)
    return run(people, Album(engine=engine, folder=cache / "looks"), models)
