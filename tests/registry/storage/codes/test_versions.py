"""Counts of the versions of fingerprints, on both databases."""

import pytest
from sqlalchemy import update

from registry.domain.versions import VersionCounts
from registry.storage.schema.tables import anchored_windows, clip_frames, codes
from tests.support.databases.registry_parts import (
    NOW,
    a_case,
    a_reference,
    clip,
    digest,
    pdq,
    windows,
)


def _counts(units):
    with units.read() as unit:
        return unit.references.versions()


@pytest.fixture
def case(units):
    """A case with two pictures, one of them without windows, and a clip of three key frames; and a withdrawn case."""
    case, gone = a_case(), a_case()
    with units.write() as unit:
        unit.cases.add(case)
        unit.cases.add(gone)
        unit.references.add_many(
            [
                a_reference(case, pdq(1), digest(1), windows=windows(1)),
                a_reference(case, pdq(2), digest(2)),
                a_reference(case, digest(3), clip=clip(3)),
                a_reference(case, pdq(4)),
            ]
        )
        unit.references.add(a_reference(gone, pdq(9), digest(9), windows=windows(9)))
        unit.commit()
    with units.write() as unit:
        unit.references.erase_codes(gone.id, NOW)
        unit.commit()
    return case


@pytest.mark.usefixtures("case")
def test_new_references_have_signatures(units):
    """References with a file's digest are counted by version, once each; what was withdrawn is not counted."""
    assert _counts(units) == VersionCounts(
        references={"test": 3},
        pictures=1,
        pictures_without_regions=0,
        key_frames=3,
        key_frames_without_regions=0,
    )


@pytest.mark.usefixtures("case")
def test_older_rows_are_counted(databases, units):
    """Rows without a signature, or with one of another version, count as without."""
    with databases.registry.write() as connection:
        connection.execute(update(anchored_windows).values(regions=None, sealed_regions=None))
        connection.execute(update(clip_frames).values(regions="regions-0"))
        connection.execute(update(codes).where(codes.c.value == digest(2).value).values(version="image-2"))
        connection.execute(update(codes).where(codes.c.value == digest(3).value).values(version="client"))
        connection.commit()
    counts = _counts(units)
    assert (counts.pictures_without_regions, counts.key_frames_without_regions) == (1, 3)
    assert counts.older == {"image-2": 1, "test": 1}
