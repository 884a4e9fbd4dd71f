"""Clips as rows on both databases: frames sealed, confirmed one by one, logged, and gone when their case is."""

from dataclasses import replace
from itertools import count, pairwise

import numpy as np
import pytest
from sqlalchemy import event, func, select, update

from index.search.contract import id_checksum
from index.verdict.vocabulary import Level, ReferenceKind
from index.windows.windows import all_index_ids, index_ids
from registry.domain.candidate import PictureCandidate
from registry.domain.clips import MAX_FRAMES_PER_CLIP, FramePlace, StoredClip, frame_key
from registry.domain.family import CODE_FAMILIES, Family
from registry.domain.reference import FoundBy
from registry.domain.windows import FOUND_BY_WINDOWS_FROM
from registry.errors import SealBroken
from registry.indexing.batches import as_batch
from registry.ports.indexing import FeedPage
from registry.security.keys import Keys
from registry.security.sealing import Sealer
from registry.storage.codes.change_feed import SqlChangeFeed
from registry.storage.codes.key_frames import KEY_FRAMES
from registry.storage.schema import tables
from registry.storage.schema.tables import changes, clip_frames, code_families
from tests.support.databases.registry_parts import (
    ALICE,
    BOB,
    NOW,
    SEALER,
    a_case,
    a_reference,
    clip,
    digest,
    frame,
    pdq,
    windows,
)

END = 2**40


@pytest.fixture
def enrol(units):
    """Opens a case with a clip of each seed, and returns it."""

    def add(*seeds, owner=ALICE, level=Level.V1, frames=3, count=8):
        case = a_case(owner, level)
        with units.write() as unit:
            unit.cases.add(case)
            unit.references.add_many([_film(case, seed, frames, count) for seed in seeds])
            unit.commit()
        return case

    return add


@pytest.fixture
def feed(databases):
    feed = databases.feed(Family.FRAMES)
    yield feed
    feed.close()


def _film(case, seed, frames=3, count=8):
    return replace(
        a_reference(case, digest(("clip", seed)), clip=clip(seed, frames, count)), id=f"ref_{seed:0>16}"
    )


def _keys(databases):
    """Names all frames as the change log does, in the order of their clips."""
    with databases.registry.read() as connection:
        return list(connection.execute(select(clip_frames.c.key).order_by(clip_frames.c.key)).scalars())


def _confirmed(databases, keys):
    return databases.candidates().confirm_key_frames(keys, Family.FRAMES)


def _log(feed):
    feed.state()
    return feed.after(0, END, 10_000)


def _statements(database, act):
    """Returns the statements that an act sends, without those that begin its transaction."""
    sent = []
    listen = (database.engine, "before_cursor_execute", lambda *told: sent.append(told[2]))
    event.listen(*listen)
    act()
    event.remove(*listen)
    return [words for words in sent if not words.startswith("BEGIN")]


def test_a_frame_is_confirmed_as_it_was_stored(databases, enrol):
    """Confirming a key returns one key frame: its reference, its place in the clip, its codes and its windows."""
    case = enrol(1, 2, level=Level.V2)
    key = _keys(databases)[4]
    (found,) = _confirmed(databases, [key, key + 1000])
    stored = clip(2).frames[1]
    assert (found.key, found.reference_id, found.case_id) == (key, "ref_0000000000000002", case.id)
    assert (found.kind, found.level) == (ReferenceKind.INTIMATE_ITEM, Level.V2)
    assert found.place == FramePlace(number=1, start_ms=1500, end_ms=3000, of_frames=3, duration_ms=4540)
    assert (found.pdq, found.dhash, found.flat_share) == (stored.pdq, stored.dhash, 0.125)
    assert found.windows.pack() == stored.windows.pack()


def test_every_frame_is_a_candidate_of_its_own_in_one_statement(databases, enrol):
    """All frames of several clips are confirmed by one read, each once."""
    enrol(1, 2, 3)
    keys, found = _keys(databases), []
    sent = _statements(databases.registry, lambda: found.extend(_confirmed(databases, keys)))
    assert [words.split()[0] for words in sent] == ["SELECT"]
    assert sorted(one.key for one in found) == keys
    assert sorted(one.place.number for one in found) == [0, 0, 0, 1, 1, 1, 2, 2, 2]


def test_a_picture_and_a_clip_of_one_key_are_not_mixed_up(databases, units, enrol):
    """Each family's keys lead to its own rows, and a picture has no place in a clip."""
    enrol(1)
    case = a_case(BOB)
    with units.write() as unit:
        unit.cases.add(case)
        unit.references.add(a_reference(case, pdq(1), windows=windows(1)))
        unit.commit()
    picture, keys = 2, _keys(databases)
    assert _confirmed(databases, [picture]) == ()
    assert databases.candidates().confirm_pictures(keys, Family.ANCHORED) == ()
    (found,) = databases.candidates().confirm_pictures([picture], Family.ANCHORED)
    assert isinstance(found, PictureCandidate)


def test_a_withdrawn_case_confirms_nothing(databases, enrol, erase):
    """After the withdrawal no key leads anywhere, and neither a clip nor a frame of it is left."""
    case, other = enrol(1, 2), enrol(3, owner=BOB)
    keys = _keys(databases)
    erase(case)
    assert {one.case_id for one in _confirmed(databases, keys)} == {other.id}
    assert _keys(databases) == keys[6:]
    with databases.registry.read() as connection:
        (left,) = connection.execute(select(tables.clips)).all()
    assert left.reference_key == 3


def test_a_case_is_read_without_opening_a_frame(units, enrol, erase):
    """Reading a case describes each clip and decrypts none; a withdrawn case describes none."""
    case = enrol(1, 2)
    with units.read() as unit:
        held = unit.references.of_case(case.id)
        found = unit.references.find_equal(_film(case, 1), in_case=None)
    assert held == tuple(_film(case, seed).stored for seed in (1, 2))
    assert held[0].clip_facts == found.clip_facts == clip(1).facts
    assert (held[0].clip_facts.frame_count, held[0].clip_facts.duration_ms) == (3, 4540)
    erase(case)
    with units.read() as unit:
        assert [(one.clip_facts, one.found_by) for one in unit.references.of_case(case.id)] == [
            (None, ())
        ] * 2


@pytest.mark.parametrize(
    ("counts", "found_by"),
    [
        ([8, 8], (FoundBy.FILE, FoundBy.COPIES, FoundBy.EDITS)),
        ([0, FOUND_BY_WINDOWS_FROM, 2], (FoundBy.FILE, FoundBy.COPIES, FoundBy.EDITS)),
        ([FOUND_BY_WINDOWS_FROM - 1] * 4, (FoundBy.FILE,)),
        ([], (FoundBy.FILE,)),
    ],
)
def test_a_clip_is_found_by_its_frames(units, counts, found_by):
    """It takes one frame with windows enough to find more than the very same file, also when read again."""
    frames = tuple(frame(number, 1000 * number, count) for number, count in enumerate(counts))
    case = a_case()
    added = a_reference(case, digest(1), clip=replace(clip(1), frames=frames))
    with units.write() as unit:
        unit.cases.add(case)
        unit.references.add(added)
        unit.commit()
        (read,) = unit.references.of_case(case.id)
    assert added.stored.found_by == read.found_by == found_by
    assert read.clip_facts.frame_count == len(counts)


def test_a_clip_of_no_frames_is_no_family(databases, units, feed):
    """A clip that shows nothing is kept by its digest: no frame, no change, and the family is not there."""
    case = a_case()
    with units.write() as unit:
        unit.cases.add(case)
        unit.references.add(a_reference(case, digest(1), clip=clip(1, 0)))
        unit.commit()
    assert feed.state().families == frozenset()
    assert _log(feed) == FeedPage(changes=(), reached=0)
    assert len(databases.candidates().confirm([], digest(1).value)) == 1


def test_one_change_stands_for_all_windows_of_a_frame(databases, enrol, feed):
    """The log names each frame's key once, in order; the batch holds the index's ids and codes."""
    enrol(1, 2)
    page, keys = _log(feed), _keys(databases)
    assert [change.code_id for change in page.changes] == keys
    batch = as_batch(page, Family.FRAMES)
    frames = [one.windows for seed in (1, 2) for one in clip(seed).frames]
    wanted = [index_ids(key, held) for key, held in zip(keys, frames, strict=True)]
    assert batch.add_ids.tolist() == np.concatenate(wanted).tolist()
    assert batch.add_codes.tobytes() == b"".join(held.codes.tobytes() for held in frames)


def test_frames_and_pictures_are_read_apart(databases, units, enrol, feed):
    """Each feed returns the changes of its own family; together the feeds are the whole log."""
    enrol(1)
    case = a_case(BOB)
    with units.write() as unit:
        unit.cases.add(case)
        unit.references.add(a_reference(case, pdq(1), windows=windows(1)))
        unit.references.add(_film(case, 2))
        unit.commit()
    feeds = {family: databases.feed(family) for family in CODE_FAMILIES}
    pages = {family: _log(one) for family, one in feeds.items()}
    assert {page.reached for page in pages.values()} == {14}
    assert {family: len(page.changes) for family, page in pages.items()} == {
        Family.WHOLE: 1,
        Family.ANCHORED: 1,
        Family.FRAMES: 6,
        Family.FRAME_WHOLE: 6,
    }
    assert sorted(one.position for page in pages.values() for one in page.changes) == [*range(1, 15)]
    assert feed.state().families == {family.value for family in CODE_FAMILIES}
    for one in feeds.values():
        one.close()


def test_pages_are_bounded_by_codes(enrol, feed):
    """A page asked for 128 codes brings two frames' at most, and says how far it went."""
    enrol(1, 2, count=64)
    whole = _log(feed).changes
    pages, position = [], 0
    while (page := feed.after(position, END, 128)).reached > position:
        assert len(page.changes) <= 2
        pages += page.changes
        position = page.reached
    assert (tuple(pages), position) == (whole, 12)


def test_a_withdrawal_removes_every_frame(databases, enrol, erase, feed):
    """The removal of each frame is logged, and the case waits for the last of them."""
    case = enrol(1)
    keys = _keys(databases)
    erase(case)
    page = _log(feed)
    assert [(change.code_id, change.value) for change in page.changes] == [(key, None) for key in keys] * 2
    batch = as_batch(page, Family.FRAMES)
    assert batch.remove_ids.tolist() == all_index_ids(np.array(keys)).tolist()
    assert len(batch.add_ids) == 0
    with databases.registry.read() as connection:
        removal = connection.execute(select(tables.cases.c.removal_id)).scalar_one()
        last = connection.execute(select(func.max(changes.c.id)).where(~changes.c.added)).scalar_one()
        family = connection.execute(select(changes.c.family).where(changes.c.id == removal)).scalar_one()
    assert (removal, family) == (last, Family.FRAMES.value)


def test_everything_and_totals_are_what_following_leads_to(databases, enrol, erase, feed):
    """All windows at a position, and their books, are those that the log leads to."""
    enrol(1, 2, count=64)
    gone = enrol(3)
    enrol(4, count=1)
    erase(gone)
    batch = as_batch(_log(feed), Family.FRAMES)
    position, ids, codes = feed.everything()
    assert position == batch.sequence
    assert dict(zip(ids.tolist(), map(bytes, codes), strict=True)) == dict(
        zip(batch.add_ids.tolist(), map(bytes, batch.add_codes), strict=True)
    )
    totals = feed.totals()
    assert (totals.sequence, totals.size, totals.checksum) == (position, 6 * 64 + 3, id_checksum(ids))
    assert feed.waiting(0, position) == 6 * 64 + 3 + 2 * 3


def test_books_are_kept_without_opening_anything(databases, enrol):
    """Totals need no key."""
    enrol(1)
    feed = SqlChangeFeed(databases.registry, *KEY_FRAMES.searched(Sealer.of(Keys(b"another")), ()))
    assert feed.totals().size == 24
    with pytest.raises(SealBroken):
        feed.everything()
    with pytest.raises(SealBroken):
        feed.after(0, END, 100)
    feed.close()


@pytest.mark.parametrize("harm", ["flip", "exchange", "count", "cut"])
def test_a_changed_row_is_an_error_everywhere(databases, enrol, feed, harm):
    """Sealed frames that were changed in the database do not open, nor do two frames exchanged within their clip."""
    enrol(1)
    feed.state()
    first, second, _ = _keys(databases)
    with databases.registry.write() as connection:
        sealed = bytes(
            connection.execute(select(clip_frames.c.sealed).where(clip_frames.c.key == first)).scalar_one()
        )
        changed = {
            "flip": {"sealed": sealed[:-1] + bytes([sealed[-1] ^ 1])},
            "cut": {"sealed": sealed[:60]},
            "exchange": {"sealed": sealed},
            "count": {"count": 4},
        }[harm]
        which = clip_frames.c.key == (second if harm == "exchange" else first)
        connection.execute(update(clip_frames).where(which).values(changed))
        connection.commit()
    with pytest.raises(SealBroken):
        feed.everything()
    with pytest.raises(SealBroken):
        feed.after(0, END, 1000)
    if harm != "count":
        with pytest.raises(SealBroken):
            _confirmed(databases, [first, second])


@pytest.mark.parametrize("size", [0, 20, 48, 60])
def test_what_is_sealed_is_nothing_else(databases, enrol, feed, size):
    """Authentically sealed bytes that are not a frame are a server error, not the client's."""
    enrol(1, frames=1)
    feed.state()
    (key,) = _keys(databases)
    with databases.registry.write() as connection:
        sealed = SEALER.seal(b"x" * size, f"frames-1:{key}".encode("ascii"))
        connection.execute(update(clip_frames).values(sealed=sealed))
        connection.commit()
    with pytest.raises(SealBroken):
        _confirmed(databases, [key])
    with pytest.raises(SealBroken):
        feed.everything()


def _content(database):
    folder = database.path.parent
    return b"".join(path.read_bytes() for path in sorted(folder.glob("registry.sqlite*")))


def test_nothing_of_a_frame_lies_in_the_files(sqlite):
    """Neither whole codes nor a window's code or place stand in the database's files: no film can be drawn."""
    case = a_case()
    with sqlite.units.write() as unit:
        unit.cases.add(case)
        unit.references.add(a_reference(case, pdq(1), clip=clip(1, 4, 64)))
        unit.commit()
    parts = []
    for one in clip(1, 4, 64).frames:
        packed = one.windows.pack()
        places = [packed[5 + 7 * row : 12 + 7 * row] for row in range(64)]
        parts += [one.pdq.value, one.dhash.value, *map(bytes, one.windows.codes), *places]
    for purged in (False, True):
        if purged:
            sqlite.registry.purge_files()
        content = _content(sqlite.registry)
        assert pdq(1).value in content
        assert not any(part in content for part in parts)


def test_sealed_bytes_are_gone_after_a_withdrawal(sqlite):
    """After erasing and purging not even the sealed bytes of a frame are left in the files."""
    case = a_case()
    with sqlite.units.write() as unit:
        unit.cases.add(case)
        unit.references.add(a_reference(case, digest(1), clip=clip(1, 40)))
        unit.commit()
    with sqlite.registry.read() as connection:
        sealed = b"".join(connection.execute(select(clip_frames.c.sealed)).scalars())
    pieces = [sealed[start : start + 16] for start in range(0, len(sealed) - 16, 16)]
    assert any(piece in _content(sqlite.registry) for piece in pieces)
    with sqlite.units.write() as unit:
        unit.references.erase_codes(case.id, NOW)
        unit.commit()
    sqlite.registry.purge_files()
    content = _content(sqlite.registry)
    assert not any(piece in content for piece in pieces)


def test_a_rolled_back_clip_leaves_nothing(databases, units, feed):
    """A clip, its frames, its changes and the note of its family come in one transaction, or not at all."""
    case = a_case()
    with units.write() as unit:
        unit.cases.add(case)
        unit.references.add(_film(case, 1))
    assert feed.state().families == frozenset()
    with databases.registry.read() as connection:
        for table in (tables.references, tables.clips, clip_frames, changes, code_families):
            assert connection.execute(select(func.count()).select_from(table)).scalar_one() == 0


def test_long_clips_take_as_many_statements_as_short_ones(databases, units):
    """Three clips of 600 frames are added, and erased, in as many statements as three of one frame."""
    seeds = count()

    def cost(frames):
        case = a_case()
        films = [_film(case, next(seeds), frames, 1) for _ in range(3)]
        with units.write() as unit:
            unit.cases.add(case)
            added = _statements(databases.registry, lambda: unit.references.add_many(films))
            unit.commit()
        held = len(_keys(databases))
        with units.write() as unit:
            erased = _statements(databases.registry, lambda: unit.references.erase_codes(case.id, NOW))
            unit.commit()
        return held, len(added), len(erased)

    cost(1)  # notes the family, once for ever
    few, many = cost(1), cost(600)
    assert (few[0], many[0]) == (3, 3 * 600)
    assert few[1:] == many[1:]
    assert sum(many[1:]) < 25
    assert _keys(databases) == []


def test_no_frame_gets_the_key_of_one_that_is_gone(databases, enrol, erase):
    """An index that still holds a withdrawn frame proposes nobody else's: keys are never used again."""
    case = enrol(1)
    gone = _keys(databases)
    erase(case)
    enrol(2)
    new = _keys(databases)
    assert min(new) > max(gone)
    assert [one.place.number for one in _confirmed(databases, new)] == [0, 1, 2]


def test_keys_of_frames_are_told_apart_for_a_trillion_references():
    """The longest clip's keys stay below the next reference's, and its index ids fit 64 bits."""
    with pytest.raises(ValueError, match="at most"):
        StoredClip(
            family=Family.FRAMES,
            profile="lean",
            duration_ms=1,
            is_whole=True,
            frames=(frame(1),) * (MAX_FRAMES_PER_CLIP + 1),
        )
    references = (1, 2, 10**12)
    ends = [(frame_key(one, 0), frame_key(one, MAX_FRAMES_PER_CLIP - 1)) for one in references]
    assert all(last < first for (_, last), (first, _) in pairwise(ends))
    assert all_index_ids(np.array([ends[-1][1]]))[-1] > 0


@pytest.mark.postgres
def test_frames_that_wait_for_their_number_are_in_neither_books(postgresql, monkeypatch):
    """While additions wait to be numbered the books are without them; a late removal is counted anew."""
    feed = postgresql.feed(Family.FRAMES)

    def add(seed):
        case = a_case()
        with postgresql.units.write() as unit:
            unit.cases.add(case)
            unit.references.add(_film(case, seed))
            unit.commit()
        return case

    gone = add(1)
    feed.state()
    with monkeypatch.context() as patched:
        patched.setattr(SqlChangeFeed, "_sequence", lambda _self: None)
        add(2)
        assert (feed.totals().sequence, feed.totals().size) == (6, 24)
        _, ids, codes = feed.everything()
        assert len(ids) == len(codes) == 24
    with postgresql.units.write() as unit:
        unit.references.erase_codes(gone.id, NOW)
        unit.commit()
    assert feed.totals().size == 24
    feed.close()
