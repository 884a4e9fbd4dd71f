"""Code families: names, lengths of rows, and what one entry of the log stands for."""

import numpy as np
import pytest

from index.windows.windows import MAX_WINDOWS
from registry.domain.family import CODE_FAMILIES, Family, engine_of, removed_ids
from registry.storage.schema.types import NAME


def test_code_families_have_names_of_their_own_and_rows_of_a_pdq():
    """Each family has another name, and its codes are 256 bits."""
    assert [family.value for family in CODE_FAMILIES] == ["pdq-1", "anchored-1", "frames-1", "frame-pdq-1"]
    assert {family.row_bytes for family in CODE_FAMILIES} == {32}
    assert [family.most_codes for family in CODE_FAMILIES] == [1, MAX_WINDOWS, MAX_WINDOWS, 1]
    assert [family.engine_id for family in CODE_FAMILIES] == [None] * 4


def test_a_family_of_faces_is_named_for_its_engine_and_fits_its_column():
    """The longest id still fits, rows are as long as the vectors, and the engine is told from the name alone."""
    family = Family.faces("e" * 32, 512)
    assert (str(family), family.row_bytes, family.most_codes) == (f"faces:{'e' * 32}", 2048, 1)
    assert len(family.value) <= NAME.length
    assert family.engine_id == engine_of(family.value) == "e" * 32
    assert family == Family.faces("e" * 32, 512) != Family.faces("e" * 32, 128)


@pytest.mark.parametrize("engine_id", ["", "-a", "A", "a_b", "a/b", "a.b", "e" * 33, "a\n", "\uff41"])
def test_a_name_that_no_engine_has_is_refused(engine_id):
    """An id becomes a folder's name: nothing but small letters, digits and hyphens."""
    with pytest.raises(ValueError, match="an engine has an id"):
        Family.faces(engine_id, 128)


def test_vectors_have_a_dimension():
    """A family without one could hold nothing."""
    with pytest.raises(ValueError, match="dimension"):
        Family.faces("engine", 0)


def test_a_removal_names_every_window_and_one_template():
    """Where the log names codes together, all their index ids are removed; a code and a template have one."""
    keys = np.array([3, 9], np.int64)
    assert len(removed_ids(Family.ANCHORED, keys)) == 4 * MAX_WINDOWS
    assert removed_ids(Family.WHOLE, keys).tolist() == [3, 9]
    assert removed_ids(Family.faces("engine", 128), keys).tolist() == [3, 9]
