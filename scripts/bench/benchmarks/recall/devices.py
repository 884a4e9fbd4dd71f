"""References registered by the code of victims' devices, beside the same references registered by the server.

Both registries are asked about the same uploads in turns, so what differs is how the references were fingerprinted.
"""

import base64
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.browsers.chromium import chromium, shown
from benchmarks.browsers.site import served
from benchmarks.common.answer import Answer
from benchmarks.common.pictures import Picture
from benchmarks.common.pool import in_threads, makers, progress
from benchmarks.common.registry import THREADS, registry_in
from benchmarks.recall.run import is_found, is_tight, jobs_for
from benchmarks.recall.uploads import Job, make_upload
from benchmarks.reuploads.kinds import Kind
from index.hashing import Code
from index.verdict import ReferenceKind
from index.windows import FULL, Windows
from registry.domain import Draft, Family, StoredCode, StoredWindows, View

RESAMPLES: Final = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One upload and what each registry said: by references of the device, and by those of the server.

    Attributes:
        kind: kind of the upload.
        found: whether the picture was found, of each.
        tight: whether it was found with a tight verdict, of each.
        strangers: number of other references that were named, of each.
    """

    kind: str
    found: tuple[bool, bool]
    tight: tuple[bool, bool]
    strangers: tuple[int, int]


def compare_devices(
    pictures: Sequence[Picture], kinds: Sequence[Kind], per_kind: int, seed: int
) -> list[Pair]:
    """Register pictures in both ways, and ask about uploads of each kind.

    Raises:
        NoBrowser: this machine has no Chromium.
    """
    jobs = jobs_for(kinds, pictures, per_kind, seed)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        drafts = device_drafts([picture.path for picture in pictures])
        pool = stack.enter_context(makers())
        by_device = stack.enter_context(registry_in(folder / "device"))
        by_server = stack.enter_context(registry_in(folder / "server"))
        subjects = [picture.subject for picture in pictures]
        ids = (
            by_device.enrol_drafts(list(zip(subjects, drafts, strict=True))),
            by_server.enrol_pictures([(one.subject, one.path.read_bytes) for one in pictures]),
        )

        def ask(job: Job) -> Pair:
            data = pool.submit(make_upload, job).result().data
            answers = (by_device.ask(data, is_exhaustive=True), by_server.ask(data, is_exhaustive=True))
            return _pair(job, answers, (ids[0][job.place], ids[1][job.place]))

        return in_threads(ask, jobs, THREADS)


def device_drafts(paths: Sequence[Path]) -> list[Draft | None]:
    """Return what the page's code makes of files, as drafts; None where it refuses a file."""
    files = {str(number): path.read_bytes() for number, path in enumerate(paths)}
    with served(files) as site, chromium() as browser, shown(browser, site) as page:
        page.evaluate("names => load(names)", list(files))
        way = page.evaluate("open()")
        if way != "canvas":
            raise RuntimeError(f"the device's code was not opened: {way}")
        answers = [
            page.evaluate("name => describe([name])", name)[name]
            for name in progress("described", files, len(files))
        ]
    return [None if "error" in answer else _draft(answer) for answer in answers]


def _draft(answer: Mapping[str, Any]) -> Draft:
    codes = [Code.parse(one["algorithm"], one["value"], one.get("quality")) for one in answer["codes"]]
    windows = Windows.unpack(base64.b64decode(answer["windows"]))
    return Draft(
        kind=ReferenceKind.INTIMATE_ITEM,
        codes=tuple(
            StoredCode(
                code=code,
                view=View.BYTES if code.algorithm.is_exact else View.PLANE,
                version=answer["version"],
            )
            for code in codes
        ),
        flat_share=answer["flatShare"],
        windows=StoredWindows(family=Family.ANCHORED, profile=FULL.name, windows=windows)
        if len(windows)
        else None,
    )


def _pair(job: Job, answers: tuple[Answer, Answer], own: tuple[str | None, str | None]) -> Pair:
    device, server = (
        (is_found(answer, name), is_tight(answer, name)) for answer, name in zip(answers, own, strict=True)
    )
    others = [len(answer.reference_ids - {name}) for answer, name in zip(answers, own, strict=True)]
    return Pair(
        kind=job.kind,
        found=(device[0], server[0]),
        tight=(device[1], server[1]),
        strangers=(others[0], others[1]),
    )


def print_devices(pairs: Sequence[Pair]) -> dict[str, Any]:
    """Print the figures of each kind and their means; return them."""
    kinds = list(dict.fromkeys(pair.kind for pair in pairs))
    table = Table("kind", "n", "found by device's", "by server's", "tight by device's", "by server's")
    of_kinds: dict[str, Any] = {}
    for kind in kinds:
        own = [pair for pair in pairs if pair.kind == kind]
        found, tight = _shares([one.found for one in own]), _shares([one.tight for one in own])
        of_kinds[kind] = {"n": len(own), "found": found, "tight": tight}
        table.add_row(kind, str(len(own)), *(f"{share:.2f}" for share in (*found, *tight)))
    device, server = np.mean([figures["found"] for figures in of_kinds.values()], axis=0).tolist()
    low, high = _interval(
        [[one.found[0] - one.found[1] for one in pairs if one.kind == kind] for kind in kinds]
    )
    tight = np.mean([figures["tight"] for figures in of_kinds.values()], axis=0).tolist()
    strangers = [sum(pair.strangers[which] for pair in pairs) for which in (0, 1)]
    console = Console(width=110)
    console.print(table)
    console.print(
        f"found: {device:.4f} by the device's references, {server:.4f} by the server's, difference"
        f" {device - server:+.4f} (95 %: {low:+.4f} to {high:+.4f}), {len(pairs)} uploads of {len(kinds)} kinds"
    )
    console.print(
        f"tight: {tight[0]:.4f} and {tight[1]:.4f}; strangers named: {strangers[0]} and {strangers[1]}"
    )
    return {
        "kinds": of_kinds,
        "found": [device, server],
        "difference": [low, high],
        "tight": tight,
        "strangers": strangers,
    }


def _shares(flags: Sequence[tuple[bool, bool]]) -> tuple[float, float]:
    device, server = np.mean(np.array(flags, np.float64), axis=0).tolist()
    return device, server


def _interval(differences: Sequence[Sequence[int]]) -> tuple[float, float]:
    """Return the 95 % interval of the mean difference over kinds, by resampling the uploads of each kind."""
    rng = np.random.default_rng(0)
    means = np.mean([rng.choice(own, (RESAMPLES, len(own))).mean(axis=1) for own in differences], axis=0)
    low, high = np.percentile(means, (2.5, 97.5)).tolist()
    return low, high
