"""Pictures drawn from folders."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.common.pictures import NoPictures, drawn, pictures_in, spread, strangers_to


@pytest.fixture
def folders(tmp_path: Path) -> list[Path]:
    """Return a flat folder of 4 files, and a folder of 3 identities with 2 files each."""
    names = [f"flat/{number}.jpg" for number in range(4)]
    names += [f"people/{person}/{number}.png" for person in "abc" for number in range(2)]
    for name in [*names, "people/list.txt"]:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return [tmp_path / "flat", tmp_path / "people"]


def test_a_sub_folder_is_an_identity_and_a_file_a_subject_of_its_own(folders):
    """Files of a sub-folder are portraits of one subject; other files than pictures are left out."""
    pictures = pictures_in(folders)
    assert [picture.is_portrait for picture in pictures] == [False] * 4 + [True] * 6
    assert len({picture.subject for picture in pictures}) == 4 + 3


def test_an_absent_or_empty_folder_is_told(folders, tmp_path):
    """Neither passes as a folder without misses."""
    (tmp_path / "empty").mkdir()
    for wrong in ("absent", "empty"):
        with pytest.raises(NoPictures):
            pictures_in([*folders, tmp_path / wrong])


def test_every_folder_has_its_share(folders):
    """Draws take folders in turn, and repeat a picture only where there are too few."""
    pictures = pictures_in(folders)
    places = spread(pictures, 8, np.random.default_rng(1))
    assert len(set(places)) == 8
    assert sum(pictures[place].is_portrait for place in places) == 4
    assert len(set(spread(pictures, 30, np.random.default_rng(1)))) == 10


def test_strangers_are_of_other_subjects(folders):
    """No picture of the same identity is drawn as a stranger, and none twice."""
    pictures = pictures_in(folders)
    others = strangers_to(pictures, [4], 5, np.random.default_rng(1))
    assert len(set(others)) == 5
    assert not {4, 5} & set(others)


def test_a_draw_keeps_the_order(folders):
    """The same seed draws the same pictures."""
    pictures = pictures_in(folders)
    some = drawn(pictures, 5, np.random.default_rng(7))
    assert some == drawn(pictures, 5, np.random.default_rng(7))
    assert some == [picture for picture in pictures if picture in some]
    assert drawn(pictures, None, np.random.default_rng(7)) == pictures
