"""The plan of uploads of clips, and the figures of their answers."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks.clips.figures import figures_of
from benchmarks.clips.films.clip_set import Clip, ClipSet, Sort
from benchmarks.clips.films.drawn import drawn
from benchmarks.clips.films.film import Shown
from benchmarks.clips.films.kinds import KINDS, PLAIN, VARIANT
from benchmarks.clips.jobs import Files, Job, jobs_for
from benchmarks.clips.peers import Theirs, found_by
from benchmarks.clips.run import Result
from benchmarks.common.answer import Answer
from index.hashing.codes import Algorithm, Code
from index.verdict.ladder import Verdict
from index.verdict.vocabulary import Band, Outcome


def clip(name: str, sort: Sort = Sort.PHOTOS, **fields) -> Clip:
    """Return a small clip."""
    return Clip(
        **{"name": name, "sort": sort, "size": (64, 48), "seconds": 2.0, "rate": 10, "seed": 3, **fields}
    )


@pytest.fixture
def clips() -> ClipSet:
    """Return two clips of each sort, and a stranger."""
    registered = [clip(f"{sort}-{number}", sort) for sort in Sort for number in range(2)]
    registered[-1] = replace(registered[-1], variants=(Path("other.mp4"),))
    stranger = clip("stranger", is_registered=False)
    return ClipSet(registered=tuple(registered), strangers=(stranger,), scenes=(), portraits=())


def test_every_kind_has_clips_of_every_sort(clips, tmp_path):
    """Sorts take turns; kinds for people use only clips of people."""
    jobs = jobs_for(clips, KINDS, Files(folder=tmp_path), 9, 1)
    by_kind = {
        kind.name: [job for job in jobs if job.kind == kind.name and job.clip.is_registered] for kind in KINDS
    }
    assert {job.clip.sort for job in by_kind["mirror"]} == set(Sort)
    assert {job.clip.sort for job in by_kind["face_swapped"]} == {Sort.HEAD}
    assert [job.clip.name for job in jobs if job.kind == VARIANT] == [clips.registered[-1].name]
    assert [job.clip.name for job in jobs if job.kind == PLAIN] == ["stranger"]


def test_a_clip_is_drawn_the_same_again(tmp_path):
    """The seed alone decides the content of a clip."""
    rng = np.random.default_rng(1)
    path = tmp_path / "scene.png"
    Image.fromarray(rng.integers(0, 256, (96, 128, 3), np.uint8)).save(path)
    one = clip("one", pictures=(path,))
    first, second = (list(drawn(one).frames) for _ in range(2))
    assert len(first) == 20
    assert all(np.array_equal(left, right) for left, right in zip(first, second, strict=True))


def result(
    place: int | None, found: tuple[int, ...], *, name: str = "mine", kind: str = "mirror", **fields
) -> Result:
    """Return the result of an upload of the clip at a place; None for a stranger."""
    own = clip(name, is_registered=place is not None)
    verdict = Verdict(
        outcome=Outcome.REVIEW if found else Outcome.ALLOW, band=Band.NONE, kinds=(), reasons=()
    )
    return Result(
        job=Job(kind=kind, number=0, clip=own, source=Path("file.mp4"), seed=1),
        place=place,
        seconds=2.0,
        answer=Answer(**{"verdict": verdict, "is_clip": True, **fields}),
        shown=(Shown.of(0.0, 2.0),),
        found=found,
        theirs={"md5": (), "videohash": None, "vpdq": None},
        right=(True,),
    )


def test_kinds_weigh_the_same_and_false_pairs_are_counted_once():
    """A kind with many uploads has no more weight than a kind with few; a pair that matches twice is one false pair."""
    results = [
        result(0, (0,)),
        result(0, (0, 1)),
        result(0, (0, 1)),
        result(0, (), kind="cut_3s"),
        result(None, (1,), name="stranger", kind=PLAIN),
    ]
    figures = figures_of(results, references=3, cost=None)
    assert figures.mean_ours == pytest.approx(0.5)
    assert figures.false.false == (("mine", 1), ("stranger", 1))
    assert (figures.false.pairs, figures.false.uploads) == (2 + 3, 4 * 2 + 3)
    assert (figures.strangers, figures.held) == (1, 1)
    assert figures.kinds["mirror"].peers == {"md5": 0.0, "videohash": None, "vpdq": None}


def test_segments_count_where_a_clip_was_found():
    """Uploads checked as pictures and uploads that were not found have no segments."""
    results = [result(0, (0,)), result(0, ()), result(0, (0,), is_clip=False)]
    assert figures_of(results, references=2, cost=None).segments == 1


def test_others_find_by_their_own_rules():
    """MD5 finds equal files, videohash up to 10 bits, and vPDQ most of the upload's frames."""

    def hashed(bits: int, frames: tuple[bytes, ...]) -> Theirs:
        value = ((1 << bits) - 1).to_bytes(8, "big")
        code = Code(algorithm=Algorithm.VIDEOHASH, value=value)
        return Theirs(md5=bytes([bits]) * 16, videohash=code, vpdq=frames)

    near, far = bytes(32), b"\xff" * 32
    registered = [hashed(10, (near,)), hashed(11, (far, near))]
    upload = hashed(0, (near,) * 8 + (far,) * 2)
    assert found_by(upload, registered) == {"md5": (), "videohash": (0,), "vpdq": (0, 1)}
    assert found_by(registered[1], registered)["md5"] == (1,)
    assert found_by(hashed(0, (near,) * 7 + (far,) * 3), registered)["vpdq"] == (1,)
    assert found_by(Theirs(md5=upload.md5), registered) == {"md5": (), "videohash": None, "vpdq": None}
