"""From the change log to the batches that an engine applies."""

import numpy as np

from index.search import Changes
from registry.domain import Family, removed_ids, window_ids
from registry.ports import FeedPage


def as_batch(page: FeedPage, family: Family) -> Changes:
    """Return a page of the log as one batch. A code that is added and removed again appears in the removals only."""
    removed = {change.code_id for change in page.changes if change.value is None}
    added = {change.code_id: change for change in page.changes if change.code_id not in removed}
    values = [change.value or b"" for change in added.values()]
    keys = np.fromiter(added, np.int64, len(added))
    if family.most_codes > 1:
        counts = np.array([len(value) // family.row_bytes for value in values], np.int64)
        masks = np.array([change.large for change in added.values()], np.int64)
        keys = window_ids(keys, counts, masks)
    codes = np.frombuffer(b"".join(values), np.uint8).reshape(len(keys), family.row_bytes)
    removed_keys = np.fromiter(sorted(removed), np.int64, len(removed))
    return Changes(
        sequence=page.reached, add_ids=keys, add_codes=codes, remove_ids=removed_ids(family, removed_keys)
    )
