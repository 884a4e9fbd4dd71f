"""Whole codes of key frames on both databases: opened from sealed rows, logged beside windows, gone with their case."""

from dataclasses import replace

import numpy as np
import pytest
from sqlalchemy import select, update

from index.search.contract import id_checksum
from registry.domain.clips import frame_key
from registry.domain.family import Family
from registry.errors import SealBroken
from registry.indexing.batches import as_batch
from registry.security.keys import Keys
from registry.security.sealing import Sealer
from registry.storage.codes.change_feed import SqlChangeFeed
from registry.storage.codes.frame_codes import SEARCHED_QUALITY
from registry.storage.codes.key_frames import KEY_FRAMES
from registry.storage.schema.tables import clip_frames
from tests.support.databases.registry_parts import a_case, a_reference, clip, digest, frame, pdq

END = 2**40


@pytest.fixture
def enrol(units):
    """Opens a case with a clip of these frames, and returns it."""

    def add(seed, *frames):
        case = a_case()
        with units.write() as unit:
            unit.cases.add(case)
            unit.references.add(a_reference(case, digest(seed), clip=replace(clip(seed), frames=frames)))
            unit.commit()
        return case

    return add


@pytest.fixture
def feed(databases):
    feed = databases.feed(Family.FRAME_WHOLE)
    yield feed
    feed.close()


def _log(feed):
    feed.state()
    return feed.after(0, END, 10_000)


def test_each_key_frame_is_one_code_under_its_own_key(feed, enrol):
    """The log names a key frame by its key, the batch holds its PDQ, and the key is the index id."""
    frames = [frame(number) for number in range(3)]
    enrol(1, *frames)
    page = _log(feed)
    batch = as_batch(page, Family.FRAME_WHOLE)
    assert batch.add_ids.tolist() == [frame_key(1, number) for number in range(3)]
    assert batch.add_codes.tobytes() == b"".join(one.pdq.value for one in frames)
    assert feed.state().families == {Family.FRAMES.value, Family.FRAME_WHOLE.value}


def test_key_frames_that_show_too_little_are_not_searched(feed, enrol):
    """A black frame is stored for its windows and has no entry, whatever reads the rows."""
    qualities = (0, SEARCHED_QUALITY - 1, SEARCHED_QUALITY, 100, None)
    enrol(1, *(replace(frame(number), pdq=pdq(number, quality)) for number, quality in enumerate(qualities)))
    page = _log(feed)
    assert [one.code_id for one in page.changes] == [frame_key(1, 2), frame_key(1, 3)]
    position, ids, codes = feed.everything()
    assert ids.tolist() == [frame_key(1, 2), frame_key(1, 3)]
    assert codes.tobytes() == pdq(2).value + pdq(3).value
    totals = feed.totals()
    assert (totals.sequence, totals.size, totals.checksum) == (position, 2, id_checksum(ids))


def test_a_clip_without_such_frames_is_no_family(feed, enrol):
    """Where no key frame shows enough, the family is not noted, so no machine is waited for."""
    enrol(1, replace(frame(1), pdq=pdq(1, 10)))
    assert feed.state().families == {Family.FRAMES.value}
    assert _log(feed).changes == ()


def test_a_withdrawal_removes_every_code(feed, enrol, erase):
    """Removals are logged and the additions have no value any more; the other case's codes stay."""
    gone, _ = enrol(1, frame(1), frame(2)), enrol(2, frame(3))
    erase(gone)
    batch = as_batch(_log(feed), Family.FRAME_WHOLE)
    assert batch.add_ids.tolist() == [frame_key(2, 0)]
    assert batch.remove_ids.tolist() == [frame_key(1, 0), frame_key(1, 1)]
    position, ids, _ = feed.everything()
    assert ids.tolist() == [frame_key(2, 0)]
    assert (feed.totals().size, feed.waiting(0, position)) == (1, 5)


def test_books_open_nothing_and_another_key_opens_nothing(databases, enrol):
    """Totals need no key; with another key there is an error instead of other codes."""
    enrol(1, frame(1))
    sources = KEY_FRAMES.searched(Sealer.of(Keys(b"another")), ())
    (source,) = [one for one in sources if one.family is Family.FRAME_WHOLE]
    feed = SqlChangeFeed(databases.registry, source)
    assert feed.totals().size == 1
    with pytest.raises(SealBroken):
        feed.everything()
    with pytest.raises(SealBroken):
        feed.after(0, END, 100)
    feed.close()


def test_a_frames_code_does_not_open_under_another_key(databases, feed, enrol):
    """Rows that were exchanged within a clip do not open."""
    enrol(1, frame(1), frame(2))
    feed.state()
    with databases.registry.write() as connection:
        sealed = connection.execute(
            select(clip_frames.c.sealed).where(clip_frames.c.key == frame_key(1, 0))
        ).scalar_one()
        connection.execute(
            update(clip_frames).where(clip_frames.c.key == frame_key(1, 1)).values(sealed=sealed)
        )
        connection.commit()
    with pytest.raises(SealBroken):
        feed.everything()
    with pytest.raises(SealBroken):
        feed.after(0, END, 100)


@pytest.mark.postgres
def test_codes_that_wait_for_their_number_are_in_neither_books(postgresql, monkeypatch):
    """While additions wait to be numbered, books and codes are without them."""
    feed = postgresql.feed(Family.FRAME_WHOLE)

    def add(seed):
        case = a_case()
        with postgresql.units.write() as unit:
            unit.cases.add(case)
            unit.references.add(a_reference(case, digest(seed), clip=clip(seed)))
            unit.commit()

    add(1)
    feed.state()
    with monkeypatch.context() as patched:
        patched.setattr(SqlChangeFeed, "_sequence", lambda _self: None)
        add(2)
        assert feed.totals().size == 3
        _, ids, codes = feed.everything()
        assert (len(ids), codes.shape) == (3, (3, 32))
    assert feed.totals().size == 6
    feed.close()


def test_the_greatest_key_is_an_index_id():
    """Keys of key frames fit 64 bits for a trillion references."""
    assert np.int64(frame_key(10**12, (1 << 16) - 1)) > 0
