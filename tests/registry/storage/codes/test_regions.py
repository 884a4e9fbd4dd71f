"""Regional signatures as rows on both databases: sealed, read by matches alone, and gone when their case is."""

from dataclasses import replace

import pytest
from sqlalchemy import select, update

from index.regions import VERSION
from registry.domain.family import Family
from registry.errors import SealBroken
from registry.storage.schema.tables import anchored_windows, clip_frames
from tests.support.databases.registry_parts import (
    NOW,
    SEALER,
    a_case,
    a_reference,
    clip,
    digest,
    frame,
    pdq,
    regions,
    windows,
)

TABLES = {Family.ANCHORED: anchored_windows, Family.FRAMES: clip_frames}


@pytest.fixture
def case(units):
    """A case with a picture, and a clip of two key frames."""
    case = a_case()
    with units.write() as unit:
        unit.cases.add(case)
        unit.references.add_many(
            [
                a_reference(case, pdq(1), digest(1), windows=windows(1)),
                a_reference(case, digest(2), clip=clip(2, frames=2)),
            ]
        )
        unit.commit()
    return case


def _keys(databases, family):
    table = TABLES[family]
    column = table.c.reference_key if family is Family.ANCHORED else table.c.key
    with databases.registry.read() as connection:
        return list(connection.execute(select(column).order_by(column)).scalars())


def _confirmed(databases, family):
    candidates = databases.candidates()
    confirm = candidates.confirm_pictures if family is Family.ANCHORED else candidates.confirm_key_frames
    return sorted(confirm(_keys(databases, family), family), key=lambda one: one.key)


def _change(databases, family, **values):
    with databases.registry.write() as connection:
        connection.execute(update(TABLES[family]).values(values))
        connection.commit()


@pytest.mark.usefixtures("case")
def test_a_signature_is_confirmed_as_it_was_stored(databases):
    """A picture and each key frame come with their own signature."""
    (picture,) = _confirmed(databases, Family.ANCHORED)
    assert picture.regions == regions(1)
    held = [one.regions for one in _confirmed(databases, Family.FRAMES)]
    assert held == [frame((2, number)).regions for number in range(2)]


@pytest.mark.usefixtures("case")
@pytest.mark.parametrize("family", TABLES)
def test_a_row_of_an_older_version_is_found_without_a_signature(databases, family):
    """Rows from before signatures were stored keep their windows, and so do those of another version of signatures."""
    before = _confirmed(databases, family)
    for older in ({"regions": None, "sealed_regions": None}, {"regions": "regions-0"}):
        _change(databases, family, **older)
        for one, was in zip(_confirmed(databases, family), before, strict=True):
            assert one.regions is None
            assert one.windows.pack() == was.windows.pack()


@pytest.mark.usefixtures("case")
@pytest.mark.parametrize("family", TABLES)
def test_a_changed_signature_does_not_open(databases, family):
    """Sealed bytes that were changed, are of another row, or are no signature are an error of the server."""
    key = _keys(databases, family)[0]
    for harm in (
        SEALER.seal(regions(1).pack(), f"{VERSION}:{family}:{key + 9}".encode("ascii")),
        SEALER.seal(regions(1).pack(), f"{family}:{key}".encode("ascii")),
        SEALER.seal(regions(1).pack()[:-1], f"{VERSION}:{family}:{key}".encode("ascii")),
        b"short",
    ):
        _change(databases, family, sealed_regions=harm)
        with pytest.raises(SealBroken):
            _confirmed(databases, family)


def test_a_withdrawn_case_leaves_no_signature(databases, units, case):
    """Signatures go with their rows, in the withdrawal's own transaction."""
    with units.write() as unit:
        unit.references.erase_codes(case.id, NOW)
        unit.commit()
    assert [_keys(databases, family) for family in TABLES] == [[], []]


def test_a_signature_lies_sealed_and_its_bytes_are_gone_after_a_withdrawal(sqlite):
    """No 16 bytes of a signature stand in the files, and after erasing and purging none of the sealed ones either."""
    case, held = a_case(), regions(1)
    with sqlite.units.write() as unit:
        unit.cases.add(case)
        unit.references.add(a_reference(case, pdq(1), windows=replace(windows(1), regions=held)))
        unit.commit()
    with sqlite.registry.read() as connection:
        sealed = bytes(connection.execute(select(anchored_windows.c.sealed_regions)).scalar_one())
    assert _parts(held.pack()) & _in_files(sqlite, held.pack()) == set()
    assert _in_files(sqlite, sealed)
    with sqlite.units.write() as unit:
        unit.references.erase_codes(case.id, NOW)
        unit.commit()
    sqlite.registry.purge_files()
    assert _in_files(sqlite, sealed) == set()


def _parts(data):
    return {data[start : start + 16] for start in range(0, len(data) - 16, 16)}


def _in_files(sqlite, data):
    folder = sqlite.registry.path.parent
    content = b"".join(path.read_bytes() for path in sorted(folder.glob("registry.sqlite*")))
    return {part for part in _parts(data) if part in content}
