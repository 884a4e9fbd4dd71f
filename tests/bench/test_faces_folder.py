"""Folders of labelled faces, and the file that keeps found faces."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.common.pictures import NoPictures
from benchmarks.faces.album import Album, subject_of, vectors_of
from benchmarks.faces.folder import People, pixels, read_people
from tests.support.bench.made_up_faces import MadeUpEngine, write_people


def test_a_sub_folder_is_an_identity(tmp_path: Path):
    """Names and pictures keep their order, and a person with one picture belongs."""
    write_people(tmp_path, {"Bob": 1, "Alice": 3})
    people = read_people(tmp_path)
    assert people.names == ("Alice", "Bob")
    assert people.identities.tolist() == [0, 0, 0, 1]
    assert people.in_group == (False, False)


def test_what_cannot_be_read_is_named(tmp_path: Path):
    """Files that are no picture or are cut off, and sub-folders without a picture, are reported and not dropped."""
    write_people(tmp_path, {"Alice": 2, "Bob": 1, "Charlie": 1})
    (tmp_path / "Alice" / "0002.jpg").write_bytes(b"no picture")
    cut = tmp_path / "Bob" / "0001.jpg"
    cut.write_bytes((tmp_path / "Charlie" / "0000.png").read_bytes()[:60])
    (tmp_path / "Dana").mkdir()
    (tmp_path / "Erin").mkdir()
    (tmp_path / "Erin" / "0000.png").write_bytes(b"")
    (tmp_path / "list.txt").write_text("Alice\n")
    people = read_people(tmp_path)
    assert people.names == ("Alice", "Bob", "Charlie")
    assert people.unreadable == ("Alice/0002.jpg", "Bob/0001.jpg", "Erin/0000.png")
    assert people.empty == ("Dana", "Erin")
    assert len(people.portraits) == 4


@pytest.mark.parametrize("made", ["absent", "empty", "files alone"])
def test_a_folder_without_pictures_is_told(tmp_path: Path, made: str):
    """It does not pass as a folder without mistakes."""
    folder = tmp_path / "faces"
    if made != "absent":
        folder.mkdir()
    if made == "files alone":
        (folder / "0000.jpg").write_bytes(b"")
    with pytest.raises(NoPictures):
        read_people(folder)


def test_a_group_is_a_list_of_names(tmp_path: Path):
    """Blank lines are ignored; names that are not in the folder are reported."""
    write_people(tmp_path / "faces", {"Alice": 1, "Bob": 1})
    (tmp_path / "group.txt").write_text("\nBob\n Zoe \n")
    people = read_people(tmp_path / "faces", tmp_path / "group.txt")
    assert people.in_group == (False, True)
    assert people.strangers == ("Zoe",)


@pytest.fixture
def people(tmp_path: Path) -> People:
    write_people(tmp_path / "faces", {"Alice": 2, "Bob": 2})
    return read_people(tmp_path / "faces")


def test_a_picture_is_looked_at_once(people: People, tmp_path: Path):
    """The second run reads the results of the first run, bit by bit."""
    engine = MadeUpEngine()
    first = vectors_of(Album(engine=engine, folder=tmp_path / "cache").looks(people.portraits), 16)
    assert engine.looked_at == 4
    again = MadeUpEngine()
    second = vectors_of(Album(engine=again, folder=tmp_path / "cache").looks(people.portraits), 16)
    assert again.looked_at == 0
    assert np.array_equal(first, second)
    assert np.linalg.norm(first, axis=1) == pytest.approx(1, abs=1e-3)


def test_a_killed_run_leaves_whole_looks(people: People, tmp_path: Path):
    """A picture whose record was cut off is examined again, and the file is complete afterwards."""
    album = Album(engine=MadeUpEngine(), folder=tmp_path / "cache")
    whole = vectors_of(album.looks(people.portraits), 16)
    (path,) = (tmp_path / "cache").iterdir()
    kept = path.read_bytes()
    path.write_bytes(kept[:-5])
    engine = MadeUpEngine()
    assert np.array_equal(
        vectors_of(Album(engine=engine, folder=tmp_path / "cache").looks(people.portraits), 16), whole
    )
    assert engine.looked_at == 1
    assert path.read_bytes() == kept


def test_other_gates_are_another_look(people: People, tmp_path: Path):
    """Results for one manifest are not used for another."""
    Album(engine=MadeUpEngine(), folder=tmp_path / "cache").looks(people.portraits)
    strict = MadeUpEngine(min_score=0.5)
    Album(engine=strict, folder=tmp_path / "cache").looks(people.portraits)
    assert strict.looked_at == 4


def test_a_dressing_that_fails_is_told_and_kept(people: People, tmp_path: Path):
    """A face that could not be covered is None, in the second run too."""
    album = Album(engine=MadeUpEngine(), folder=tmp_path / "cache")
    for _ in range(2):
        looks = album.looks(people.portraits, "none", lambda _picture, _engine: None)
        assert looks == (None,) * 4
    assert np.isnan(vectors_of(looks, 16)).all()


def test_the_central_face_is_the_subjects(tmp_path: Path):
    """A larger face at the edge is another person's."""
    write_people(tmp_path / "faces", {"Alice": 1})
    people = read_people(tmp_path / "faces")
    picture = pixels(people.portraits[0].path.read_bytes())
    assert picture.shape == (64, 64, 3)
    engine = MadeUpEngine(has_passer_by=True)
    (seen,) = Album(engine=engine, folder=tmp_path / "cache").looks(people.portraits)
    assert len(seen.faces) == 2
    subject = subject_of(seen)
    assert subject is not seen.faces[0]
    assert subject.side_px < seen.faces[0].side_px
