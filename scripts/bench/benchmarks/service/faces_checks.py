"""Measure the time that faces add to the check of a picture: the default engine, by stage, at two sizes.

Two drawn scenes are checked in a registry with random templates like the portrait's: one with the head of the shipped
portrait, and one without a person, for which the engine also tries the turned picture. CPU time is that of this process
and all of its workers.

Stages of a check:
  describe          the fingerprint, without colours
  describe_colours  the same with the picture in colour
  faces             the work through the pool: the pipe, finding, aligning, describing, and the rotation
  find, align, embed  the engine's own part of it, in this process
  matching          matching of the faces: search, confirmation, similarity
  check_off, check_on   the whole check, with faces off and on
and the search of one face alone: search_N, among N templates.

JSON fields (with --json): `runs`, each with `side` (pixels; null for searches), `shows` (face, nobody), `stage`,
`p50_ms` (wall clock), `cpu_ms` (mean); `templates` and `rounds` as asked for; `load_before` (the machine's load).
"""

import argparse
import io
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from PIL import Image

from benchmarks.common.report import print_table
from index.arrays import F32, U8
from index.faces import FaceEngine
from index.faces.dlib import DEFAULT_ENGINE, open_default
from index.hashing import Algorithm, Code
from index.pictures import Purpose
from index.search import Changes, Role
from index.search.vectors import DISTANCE_SCALE, VectorEngine
from index.verdict import NEAR_LIKENESS, Level, ReferenceKind
from registry.bootstrap import ENVIRONMENT, Container
from registry.cli.backends import local_actor, open_local, prepare_data
from registry.config import Settings
from registry.demo import drawn, public_domain
from registry.domain import FacePhoto, StoredLikeness
from registry.matching import LikenessMatcher, question_of
from registry.ports import Faces, SearchedEngine
from registry.usecases.cases import open_within
from registry.usecases.checks import check_upload
from registry.usecases.enrolment import draft_from_codes

SIDES: Final = (640, 1280)
SEARCHED: Final = (1_000, 100_000)
HEAD: Final = (130, 30, 320, 220)  # box in the portrait, in pixels: left, top, right, bottom
HEAD_SHARE: Final = 0.3  # share of the picture's longer side
SPREAD: Final = 0.05  # distance of random faces from the portrait's own, small enough that some are near it


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Time of one stage."""

    side: int | None
    shows: str
    stage: str
    p50_ms: float
    cpu_ms: float


def main() -> int:
    """Run the command line."""
    arguments = _arguments()
    load_before = round(os.getloadavg()[0], 2)
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data=Path(folder) / "data", faces=DEFAULT_ENGINE)
        prepare_data(settings)
        with open_local(settings) as container:
            container.indexes.begin()
            container.warm_up()
            runs = list(_checks(container, open_default(settings.models_folder), arguments))
        for count in arguments.searched:
            runs.append(_searched(Path(folder) / f"search-{count}", count, arguments.rounds))
            print(f"searched {count}", file=sys.stderr)
    print_table([asdict(run) for run in runs])
    if arguments.json:
        figures = {
            "runs": [asdict(run) for run in runs],
            "templates": arguments.templates,
            "rounds": arguments.rounds,
            "load_before": load_before,
        }
        Path(arguments.json).write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return 0


def picture_of(side: int, *, shows_face: bool) -> bytes:
    """Draw a JPEG whose longer side has `side` pixels, with or without the portrait's head."""
    scene = Image.open(io.BytesIO(drawn(4711, (side, side * 2 // 3)))).convert("RGB")
    if shows_face:
        (portrait,) = (one.media for one in public_domain() if one.name == "astronaut")
        size = round(side * HEAD_SHARE)
        head = Image.open(io.BytesIO(portrait)).convert("RGB").crop(HEAD).resize((size, size))
        scene.paste(head, (side // 2, side // 6))
    file = io.BytesIO()
    scene.save(file, "JPEG", quality=88)
    return file.getvalue()


def _checks(container: Container, engine: FaceEngine, arguments: argparse.Namespace) -> Iterator[Run]:
    faces = container.faces
    if faces is None:
        raise RuntimeError("faces are switched off")
    described = container.fingerprints.describe(
        picture_of(arguments.sides[-1], shows_face=True), Purpose.CHECK, colours=True
    )
    ((seen,),) = faces.look(described.colours)
    vectors = [face.vector for face in seen.faces if face.vector is not None]
    _register(container, faces.engines[0], around(vectors[0], arguments.templates))
    for side in arguments.sides:
        for shows in ("face", "nobody"):
            media = picture_of(side, shows_face=shows == "face")
            for stage, act in _stages(container, faces, engine, media).items():
                yield replace(_timed(stage, act, arguments.rounds), side=side, shows=shows)
            print(f"checked {side} {shows}", file=sys.stderr)


def _stages(
    container: Container, faces: Faces, engine: FaceEngine, media: bytes
) -> dict[str, Callable[[], Any]]:
    services, actor = container.check_services, local_actor(container)
    described = container.fingerprints.describe(media, Purpose.CHECK, colours=True)
    (colours,) = described.colours
    found = engine.detect(colours)
    chips = engine.chips(colours, found)
    (seen,) = faces.look([colours])

    def describe(*, has_colours: bool) -> Any:
        return container.fingerprints.describe(media, Purpose.CHECK, colours=has_colours)

    def match() -> None:
        matcher = LikenessMatcher(services.index, services.candidates, faces.engines)
        matcher.add(seen)
        matcher.matches()

    def check(*, is_on: bool) -> None:
        asked = question_of(describe(has_colours=is_on))
        check_upload(asked, actor=actor, services=services if is_on else replace(services, faces=None))

    stages: dict[str, Callable[[], Any]] = {
        "describe": lambda: describe(has_colours=False),
        "describe_colours": lambda: describe(has_colours=True),
        "faces": lambda: faces.look([colours]),
        "find": lambda: engine.detect(colours),
        "align": lambda: engine.chips(colours, found),
    }
    if len(chips):
        stages["embed"] = lambda: engine.embed(chips)
    return stages | {
        "matching": match,
        "check_off": lambda: check(is_on=False),
        "check_on": lambda: check(is_on=True),
    }


def around(centre: F32, count: int) -> F32:
    """Return random faces, float32 [count, dimension] of unit length; one in a hundred is near the centre."""
    chance = np.random.default_rng(7)
    vectors = chance.standard_normal((count, len(centre)))
    near = np.arange(count) % 100 == 0
    spread = SPREAD * chance.standard_normal((int(near.sum()), len(centre))) / len(centre) ** 0.5
    vectors[near] = centre + spread
    unit: F32 = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    return unit


def _register(container: Container, engine: SearchedEngine, vectors: F32) -> None:
    """Register faces, each in its own case, in one transaction."""
    actor = local_actor(container)
    with container.units.write() as unit:
        for vector in vectors:
            code = Code(algorithm=Algorithm.SHA256, value=os.urandom(32))
            photo = FacePhoto(engine=engine.id, model_sha256=engine.model_sha256, vector=vector)
            draft = replace(
                draft_from_codes([code], ReferenceKind.INTIMATE_ITEM),
                kind=ReferenceKind.LIKENESS,
                likeness=StoredLikeness(photos=(photo,)),
                has_consented=True,
            )
            opened = open_within(unit, Level.V2, draft, actor=actor, environment=ENVIRONMENT)
            unit.cases.save(replace(opened.case, level=Level.V2))  # as if verified, without a record each
        unit.commit()
    container.indexes.ready_position()


def _searched(folder: Path, count: int, rounds: int) -> Run:
    """Measure the search of one face among many in files, as a server does after its merge."""
    (cosine, dimension) = (0.966, 128)
    vectors = around(np.eye(1, dimension, dtype=np.float32)[0], count)
    engine = VectorEngine.open(
        folder, role=Role.WRITER, family="faces:bench-1", epoch="bench", dimension=dimension
    )
    rows: U8 = vectors.view(np.uint8)
    engine.apply(Changes(sequence=1, add_ids=np.arange(1, count + 1), add_codes=rows))
    engine.compact()
    radius = round((1 - cosine) * (1 + NEAR_LIKENESS) * DISTANCE_SCALE)
    query = np.ascontiguousarray(rows[:1])
    run = _timed(f"search_{count}", lambda: engine.propose(query, radius), 10 * rounds)
    engine.close()
    return run


def _timed(stage: str, act: Callable[[], Any], rounds: int) -> Run:
    act()
    walls = []
    with _cpu() as cpu:
        for _ in range(rounds):
            began = time.perf_counter()
            act()
            walls.append(time.perf_counter() - began)
    return Run(
        side=None,
        shows="",
        stage=stage,
        p50_ms=round(1000 * float(np.median(walls)), 3),
        cpu_ms=round(1000 * cpu[0] / rounds, 3),
    )


@contextmanager
def _cpu() -> Iterator[list[float]]:
    """Measure the CPU seconds of this process and its children, in a list of one number."""
    took = [0.0]
    before = _cpu_seconds()
    yield took
    after = _cpu_seconds()
    took[0] = sum(seconds - before.get(task, 0.0) for task, seconds in after.items())


def _cpu_seconds() -> dict[str, float]:
    """Read the CPU seconds of each task of this process and its children from the scheduler's statistics."""
    found = {}
    for process in (str(os.getpid()), *_children()):
        for task in Path(f"/proc/{process}/task").glob("*"):
            found[task.name] = int((task / "schedstat").read_text(encoding="ascii").split()[0]) / 1e9
    return found


def _children() -> list[str]:
    lists = Path("/proc/self/task").glob("*/children")
    return [process for path in lists for process in path.read_text(encoding="ascii").split()]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=20, help="runs of each stage [default: %(default)s]")
    parser.add_argument(
        "--templates", type=int, default=1000, help="number of registered people [default: %(default)s]"
    )
    parser.add_argument(
        "--sides",
        nargs="+",
        type=int,
        default=SIDES,
        help="longer sides of the scenes, in pixels [default: %(default)s]",
    )
    parser.add_argument(
        "--searched",
        nargs="+",
        type=int,
        default=SEARCHED,
        help="numbers of templates among which one is searched [default: %(default)s]",
    )
    parser.add_argument("--json", metavar="FILE", help="write the figures")
    return parser.parse_args()
