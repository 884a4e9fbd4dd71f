"""Arguments of both commands about faces: a folder, its group, and an engine."""

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
    """Add the arguments of both commands."""
    parser.add_argument(
        "folder", type=Path, metavar="FOLDER", help="folder with a sub-folder of pictures for each identity"
    )
    parser.add_argument(
        "--group", type=Path, metavar="FILE", help="file with one identity of the group per line"
    )
    parser.add_argument(
        "--group-name",
        default="East-Asian names",
        metavar="NAME",
        help="name of the group [default: %(default)s]",
    )
    parser.add_argument("--engine", default=DEFAULT_ENGINE, metavar="ID", help="[default: %(default)s]")
    parser.add_argument(
        "--models",
        type=Path,
        metavar="FOLDER",
        help="folder of the installed engines, and of the default engine's converted network [default: in --cache]",
    )
    parser.add_argument(
        "--cache",
        type=Path,
        metavar="FOLDER",
        help="folder that keeps descriptions of faces for the next run; not in a repository [default: nowhere]",
    )
    parser.add_argument("--seed", type=int, default=1)


def with_album(
    arguments: argparse.Namespace, scratch: Path, run: Callable[[People, Album, Path], int]
) -> int:
    """Read the folder, open the engine and run; return the exit code.

    Args:
        arguments: those of `add_common`.
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
