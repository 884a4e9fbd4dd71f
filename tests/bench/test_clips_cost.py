"""The cost of clips, measured on a short small clip instead of a minute of 720p."""

import pytest

from benchmarks.clips import cost as clips_cost
from benchmarks.clips.cost import MAIN_STAGES, cost_of
from benchmarks.clips.films.clip_set import ClipSet
from benchmarks.common.registry import registry_in
from tests.support.bench.commands import write_drawn


@pytest.mark.slow
def test_every_stage_of_a_clips_check_is_timed(tmp_path, monkeypatch):
    """Each stage takes time, and so do the start of the worker and decoding alone."""
    names = [f"{number}.jpg" for number in range(3)]
    write_drawn(tmp_path, names)
    scenes = tuple(tmp_path / name for name in names)
    for name, value in {"SECONDS": 3.0, "SIZE": (320, 180), "SHOTS": 2, "REPEATS": 2}.items():
        monkeypatch.setattr(clips_cost, name, value)
    clips = ClipSet(registered=(), strangers=(), scenes=scenes, portraits=())
    with registry_in(tmp_path / "registry") as registry:
        cost = cost_of(registry, clips, tmp_path, "full", 1)
    assert set(cost.stages) == set(MAIN_STAGES)
    assert min(cost.stages.values()) > 0
    assert min(cost.start, cost.decode, cost.decode_all, *cost.rss) > 0
    assert cost.asked > cost.stored > 0
