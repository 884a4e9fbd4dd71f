"""Parts of one photograph are recognised by their pixels."""

import io
from pathlib import Path

import pytest
from PIL import Image

from benchmarks.recall.same_photograph import is_one_photograph
from registry.demo.pictures import drawn


@pytest.fixture
def scenes() -> list[Image.Image]:
    """Return two drawn scenes."""
    return [Image.open(io.BytesIO(drawn(seed, (480, 320)))).convert("RGB") for seed in (1, 2)]


def saved(picture: Image.Image, path: Path) -> Path:
    """Write a picture and return its path."""
    picture.save(path)
    return path


def test_two_crops_of_one_scene_are_one_photograph(scenes, tmp_path):
    """Turned and scaled crops that overlap by half are recognised."""
    left = saved(scenes[0].crop((0, 0, 330, 320)), tmp_path / "left.png")
    turned = scenes[0].rotate(6, Image.Resampling.BICUBIC).resize((600, 400)).crop((170, 20, 580, 390))
    assert is_one_photograph(left, saved(turned, tmp_path / "right.png"))


def test_other_scenes_are_not(scenes, tmp_path):
    """Neither is a flat picture, in which no point is found."""
    one, other = (saved(scene, tmp_path / f"{number}.png") for number, scene in enumerate(scenes))
    assert not is_one_photograph(one, other)
    assert not is_one_photograph(one, saved(Image.new("RGB", (200, 200), "grey"), tmp_path / "flat.png"))
