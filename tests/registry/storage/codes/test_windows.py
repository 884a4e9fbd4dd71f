"""Anchored windows as rows on both databases: sealed, confirmed, logged, and gone when their case is."""

from dataclasses import replace

import numpy as np
import pytest
from sqlalchemy import delete, event, func, select, update

from index.search.contract import id_checksum
from index.verdict.vocabulary import Level, ReferenceKind
from index.windows.windows import Windows, all_index_ids, index_ids
from registry.domain.family import Family, removed_ids
from registry.domain.windows import StoredWindows
from registry.errors import SealBroken
from registry.indexing.batches import as_batch
from registry.ports.indexing import FeedPage
from registry.security.keys import Keys
from registry.security.sealing import Sealer
from registry.storage.codes.anchored import ANCHORED
from registry.storage.codes.candidates import SqlCandidates
from registry.storage.codes.change_feed import SqlChangeFeed
from registry.storage.schema.tables import anchored_windows, cases, changes, code_families
from registry.storage.schema.tables import references as rows
from tests.support.databases.registry_parts import (
    ALICE,
    BOB,
    NOW,
    SEALER,
    a_case,
    a_reference,
    dhash,
    digest,
    pdq,
    windows,
)

END = 2**40


@pytest.fixture
def enrol(units):
    """Opens a case with a picture of each seed, and returns it."""

    def add(*seeds, owner=ALICE, level=Level.V1, count=5):
        case = a_case(owner, level)
        with units.write() as unit:
            unit.cases.add(case)
            unit.references.add_many([_picture(case, seed, count) for seed in seeds])
            unit.commit()
        return case

    return add


@pytest.fixture
def feed(databases):
    feed = databases.feed(Family.ANCHORED)
    yield feed
    feed.close()


def _picture(case, seed, count=5):
    codes = (pdq((seed, "full")), pdq(seed, 90), dhash(seed), digest(seed))
    return replace(
        a_reference(case, *codes, flat_share=0.25, windows=windows(seed, count)), id=f"ref_{seed:0>16}"
    )


def _keys(databases):
    with databases.registry.read() as connection:
        return dict(connection.execute(select(rows.c.id, rows.c.key)).all())


def _same(one, other):
    return one.pack() == other.pack()


def _log(feed):
    feed.state()
    return feed.after(0, END, 10_000)


def test_windows_are_confirmed_as_they_were_stored(databases, enrol):
    """Confirming a key returns the active reference, the codes of its plane, and its windows with places and codes."""
    case = enrol(1, 2, level=Level.V2)
    (key,) = (key for name, key in _keys(databases).items() if name.endswith("2"))
    (found,) = databases.candidates().confirm_pictures([key, 999_999], Family.ANCHORED)
    assert (found.key, found.reference_id, found.case_id) == (key, "ref_0000000000000002", case.id)
    assert (found.kind, found.level, found.flat_share) == (ReferenceKind.INTIMATE_ITEM, Level.V2, 0.25)
    assert (found.pdq, found.dhash) == (pdq(2, 90), dhash(2))
    assert _same(found.windows, windows(2).windows)


def test_a_reference_without_plane_codes_is_confirmed_without_them(databases, units):
    """A picture too poor for a whole code is found by its windows all the same."""
    case = a_case()
    with units.write() as unit:
        unit.cases.add(case)
        unit.references.add(a_reference(case, digest(1), windows=windows(1)))
        unit.commit()
    (found,) = databases.candidates().confirm_pictures(list(_keys(databases).values()), Family.ANCHORED)
    assert (found.pdq, found.dhash, found.flat_share) == (None, None, None)


def test_many_keys_are_confirmed_by_pages(databases, enrol, monkeypatch):
    """Any number of keys is confirmed, each once; nothing is asked about none."""
    monkeypatch.setattr("registry.storage.pages.MAX_NAMES", 2)
    enrol(*range(5))
    keys = list(_keys(databases).values())
    found = databases.candidates().confirm_pictures(keys, Family.ANCHORED)
    assert sorted(one.key for one in found) == sorted(keys)
    assert databases.candidates().confirm_pictures([], Family.ANCHORED) == ()


def test_a_hundred_keys_are_one_statement(databases, enrol):
    """Confirming makes one read."""
    enrol(*range(5))
    keys, statements = list(_keys(databases).values()), []
    listen = (databases.registry.engine, "before_cursor_execute", lambda *told: statements.append(told[2]))
    event.listen(*listen)
    databases.candidates().confirm_pictures(keys, Family.ANCHORED)
    event.remove(*listen)
    assert [words.split()[0] for words in statements if not words.startswith("BEGIN")] == ["SELECT"]


def test_another_family_confirms_nothing(databases, enrol):
    """Windows are confirmed in their own family only."""
    enrol(1)
    assert databases.candidates().confirm_pictures(list(_keys(databases).values()), Family.WHOLE) == ()


def test_a_withdrawn_case_confirms_nothing(databases, enrol, erase):
    """After the withdrawal no key leads anywhere, and no row is left."""
    case, other = enrol(1, 2), enrol(3, owner=BOB)
    keys = _keys(databases)
    erase(case)
    found = databases.candidates().confirm_pictures(list(keys.values()), Family.ANCHORED)
    assert [one.case_id for one in found] == [other.id]
    with databases.registry.read() as connection:
        assert connection.execute(select(anchored_windows.c.reference_key)).scalars().all() == [
            keys["ref_0000000000000003"]
        ]


def test_receipts_count_windows_and_references_are_read_without_them(units, enrol, erase):
    """Reading a case gives the number of windows of each reference, and decrypts none."""
    case = enrol(1, 2, count=7)
    with units.read() as unit:
        held = unit.references.of_case(case.id)
        found = unit.references.find_equal(_picture(case, 1), in_case=None)
    assert [one.window_count for one in held] == [7, 7]
    assert held == tuple(_picture(case, seed, 7).stored for seed in (1, 2))
    assert found.window_count == 7
    erase(case)
    with units.read() as unit:
        assert [one.window_count for one in unit.references.of_case(case.id)] == [0, 0]


def test_a_picture_without_windows_has_no_row(databases, units, feed):
    """No windows, or none found: no row, no change, and the family is not there."""
    case = a_case()
    with units.write() as unit:
        unit.cases.add(case)
        unit.references.add(a_reference(case, pdq(1)))
        unit.references.add(a_reference(case, pdq(2), windows=windows(2, 0)))
        unit.commit()
    assert feed.state().families == {Family.WHOLE.value}
    assert _log(feed) == FeedPage(changes=(), reached=2)


def test_one_change_stands_for_all_windows_of_a_reference(databases, enrol, feed):
    """The log names the reference's key once; the change brings all codes, and the batch the index's ids."""
    enrol(1, 2)
    page = _log(feed)
    keys = _keys(databases)
    assert [change.code_id for change in page.changes] == sorted(keys.values())
    batch = as_batch(page, Family.ANCHORED)
    wanted = [(keys[f"ref_{seed:0>16}"], windows(seed).windows) for seed in (1, 2)]
    assert batch.add_ids.tolist() == np.concatenate([index_ids(*one) for one in wanted]).tolist()
    assert batch.add_codes.tobytes() == b"".join(one.codes.tobytes() for _, one in wanted)
    assert (batch.sequence, len(batch.remove_ids)) == (feed.state().head, 0)


def test_families_are_read_apart(databases, enrol, feed):
    """Each feed returns its family's changes, up to the end of the log; together they are the whole log."""
    enrol(1)
    enrol(2)
    whole = databases.feed(Family.WHOLE)
    pages = _log(whole), _log(feed)
    assert {page.reached for page in pages} == {6}
    positions = [[change.position for change in page.changes] for page in pages]
    assert sorted(positions[0] + positions[1]) == [1, 2, 3, 4, 5, 6]
    assert len(positions[1]) == 2
    assert feed.state().families == {Family.WHOLE.value, Family.ANCHORED.value} == whole.state().families
    assert feed.after(0, 4, 10_000).reached == 4
    assert feed.after(6, END, 10) == FeedPage(changes=(), reached=6)
    whole.close()


def test_pages_are_bounded_by_codes(enrol, feed):
    """A page asked for 128 codes brings two references' at most, and says how far it went."""
    enrol(*range(5), count=64)
    whole = _log(feed).changes
    pages, position = [], 0
    while (page := feed.after(position, END, 128)).reached > position:
        assert len(page.changes) <= 2
        pages += page.changes
        position = page.reached
    assert tuple(pages) == whole
    assert position == feed.state().head


def test_a_withdrawal_removes_both_families(databases, enrol, erase, feed):
    """The removal of windows is logged beside that of codes, and the case waits for the last of them."""
    case = enrol(1)
    key = _keys(databases)["ref_0000000000000001"]
    erase(case)
    page = _log(feed)
    assert [(change.code_id, change.value) for change in page.changes] == [(key, None)] * 2
    batch = as_batch(page, Family.ANCHORED)
    assert batch.remove_ids.tolist() == all_index_ids(np.array([key])).tolist()
    assert len(batch.add_ids) == 0
    with databases.registry.read() as connection:
        removal = connection.execute(select(cases.c.removal_id)).scalar_one()
        last = connection.execute(select(func.max(changes.c.id)).where(~changes.c.added)).scalar_one()
        assert removal == last
        assert (
            connection.execute(select(changes.c.family).where(changes.c.id == removal)).scalar_one()
            == Family.ANCHORED.value
        )


def test_everything_and_totals_are_what_following_leads_to(databases, enrol, erase, feed):
    """All windows at a position, and their books, are those that the log leads to."""
    enrol(1, 2, count=64)
    gone = enrol(3)
    enrol(4, count=1)
    erase(gone)
    batch = as_batch(_log(feed), Family.ANCHORED)
    position, ids, codes = feed.everything()
    assert position == batch.sequence
    assert dict(zip(ids.tolist(), map(bytes, codes), strict=True)) == dict(
        zip(batch.add_ids.tolist(), map(bytes, batch.add_codes), strict=True)
    )
    totals = feed.totals()
    assert (totals.sequence, totals.size, totals.checksum) == (position, 129, id_checksum(ids))
    assert feed.waiting(0, position) == 129 + 2


def test_books_are_kept_without_opening_anything(databases, enrol):
    """Totals need no key."""
    enrol(1, 2)
    feed = SqlChangeFeed(databases.registry, *ANCHORED.searched(Sealer.of(Keys(b"another")), ()))
    assert feed.totals().size == 10
    with pytest.raises(SealBroken):
        feed.everything()
    with pytest.raises(SealBroken):
        feed.after(0, END, 100)
    feed.close()


@pytest.mark.parametrize("harm", ["flip", "exchange", "count", "cut"])
def test_a_changed_row_is_an_error_everywhere(databases, enrol, feed, harm):
    """Sealed windows that were changed in the database open neither for a check nor for an index."""
    enrol(1, 2)
    feed.state()
    keys = sorted(_keys(databases).values())
    of = {key: anchored_windows.c.reference_key == key for key in keys}
    with databases.registry.write() as connection:
        sealed = bytes(connection.execute(select(anchored_windows.c.sealed).where(of[keys[0]])).scalar_one())
        changed = {
            "flip": {"sealed": sealed[:-1] + bytes([sealed[-1] ^ 1])},
            "cut": {"sealed": sealed[:5]},
            "exchange": {"sealed": sealed},
            "count": {"count": 4},
        }[harm]
        which = of[keys[1]] if harm == "exchange" else of[keys[0]]
        connection.execute(update(anchored_windows).where(which).values(changed))
        connection.commit()
    with pytest.raises(SealBroken):
        feed.everything()
    with pytest.raises(SealBroken):
        feed.after(0, END, 1000)
    if harm != "count":
        with pytest.raises(SealBroken):
            databases.candidates().confirm_pictures(keys, Family.ANCHORED)


def test_what_is_sealed_is_nothing_else(databases, enrol, feed):
    """Authentically sealed bytes that are not windows are a server error, not the client's."""
    enrol(1)
    feed.state()
    (key,) = _keys(databases).values()
    sealed = SEALER.seal(b"no windows", f"anchored-1:{key}".encode("ascii"))
    with databases.registry.write() as connection:
        connection.execute(update(anchored_windows).values(sealed=sealed))
        connection.commit()
    with pytest.raises(SealBroken):
        databases.candidates().confirm_pictures([key], Family.ANCHORED)
    with pytest.raises(SealBroken):
        feed.everything()


def test_nothing_of_a_window_lies_in_the_files(sqlite):
    """Neither a code nor a place of any window stands in the database's files, before and after the withdrawal."""
    case = a_case()
    held = windows(1, 64)
    with sqlite.units.write() as unit:
        unit.cases.add(case)
        unit.references.add(a_reference(case, pdq(1), windows=held))
        unit.commit()
    packed = held.windows.pack()
    parts = [bytes(code) for code in held.windows.codes] + [
        packed[5 + 7 * row : 12 + 7 * row] for row in range(64)
    ]
    folder = sqlite.registry.path.parent
    for purged in (False, True):
        if purged:
            sqlite.registry.purge_files()
        content = b"".join(path.read_bytes() for path in sorted(folder.glob("registry.sqlite*")))
        assert pdq(1).value in content
        assert not any(part in content for part in parts)


def test_sealed_bytes_are_gone_after_a_withdrawal(sqlite):
    """After erasing and purging not even the sealed bytes are left in the files."""
    case = a_case()
    with sqlite.units.write() as unit:
        unit.cases.add(case)
        unit.references.add(a_reference(case, pdq(1), windows=windows(1)))
        unit.commit()
    with sqlite.registry.read() as connection:
        sealed = connection.execute(select(anchored_windows.c.sealed)).scalar_one()
    with sqlite.units.write() as unit:
        unit.references.erase_codes(case.id, NOW)
        unit.commit()
    sqlite.registry.purge_files()
    content = sqlite.registry.path.read_bytes()
    assert not any(sealed[start : start + 16] in content for start in range(0, len(sealed) - 16, 16))


def test_a_rolled_back_first_window_notes_no_family(databases, units, feed):
    """A family is noted in the transaction of its first code: both or neither."""
    case = a_case()
    with units.write() as unit:
        unit.cases.add(case)
        unit.references.add(a_reference(case, pdq(1), windows=windows(1)))
    assert feed.state().families == frozenset()
    with databases.registry.read() as connection:
        assert connection.execute(select(code_families.c.name)).all() == []


def test_places_on_the_edge_of_large_keep_one_id(databases, units, feed):
    """Which windows are large is told of the places as they are kept: ids do not move by rounding."""
    edge = 0.11 * np.sqrt(200 * 128)
    count = 64
    made = windows(1, count).windows
    places = made.places.copy()
    places[:, 2] = edge + np.linspace(-0.01, 0.01, count)
    edgy = Windows(width=200, height=128, places=places, codes=made.codes, flipped=made.flipped)
    case = a_case()
    with units.write() as unit:
        unit.cases.add(case)
        stored = StoredWindows(family=Family.ANCHORED, profile="lean", windows=edgy)
        unit.references.add(a_reference(case, pdq(1), windows=stored))
        unit.commit()
    (found,) = databases.candidates().confirm_pictures(list(_keys(databases).values()), Family.ANCHORED)
    feed.state()
    _, ids, _ = feed.everything()
    assert ids.tolist() == index_ids(found.key, found.windows).tolist()


@pytest.mark.postgres
def test_windows_that_wait_for_their_number_are_in_neither_books(postgresql, monkeypatch):
    """While additions wait to be numbered the books are without them; while removals do they are counted anew."""
    feed = postgresql.feed(Family.ANCHORED)

    def add(seed):
        case = a_case()
        with postgresql.units.write() as unit:
            unit.cases.add(case)
            unit.references.add(a_reference(case, pdq(seed), windows=windows(seed)))
            unit.commit()
        return case

    gone = add(1)
    feed.state()
    with monkeypatch.context() as patched:
        patched.setattr(SqlChangeFeed, "_sequence", lambda _self: None)
        add(2)
        assert (feed.totals().sequence, feed.totals().size) == (2, 5)
        _, ids, codes = feed.everything()
        assert len(ids) == len(codes) == 5
    with postgresql.units.write() as unit:
        unit.references.erase_codes(gone.id, NOW)
        unit.commit()
    looks = []
    number = SqlChangeFeed._sequence

    def late(self):
        looks.append(None)
        if len(looks) > 2:
            number(self)

    with monkeypatch.context() as patched:
        patched.setattr(SqlChangeFeed, "_sequence", late)
        assert feed.totals().size == 5
    assert len(looks) == 3
    feed.close()


@pytest.mark.parametrize("keys", [[], [3], [1, 2]])
def test_a_removal_names_every_id_that_there_could_be(keys):
    """Of windows a removal names 128 ids a reference, of whole codes the id itself."""
    array = np.array(keys, np.int64)
    assert removed_ids(Family.ANCHORED, array).tolist() == [
        128 * key + row for key in keys for row in range(128)
    ]
    assert removed_ids(Family.WHOLE, array).tolist() == keys


def test_a_key_is_confirmed_once_with_a_second_code_of_another_view(databases, enrol):
    """Codes of other views do not multiply a candidate: the plane's is the one that is compared."""
    enrol(1)
    keys = list(_keys(databases).values())
    assert len(SqlCandidates(databases.registry, SEALER).confirm_pictures(keys, Family.ANCHORED)) == 1


def test_a_row_that_is_gone_brings_nothing(databases, enrol, feed):
    """An addition whose row is gone is a removal, as for whole codes."""
    enrol(1)
    with databases.registry.write() as connection:
        connection.execute(delete(anchored_windows))
        connection.commit()
    (change,) = _log(feed).changes
    assert change.value is None


def test_a_reference_has_at_most_as_many_windows_as_are_numbered():
    """More windows than an index could name apart are refused before anything is stored."""
    assert len(windows(1, 64).windows) == 64
    made = windows(1, 64).windows
    more = Windows(
        width=made.width,
        height=made.height,
        places=np.concatenate([made.places, made.places[:1]]),
        codes=np.concatenate([made.codes, made.codes[:1]]),
        flipped=np.concatenate([made.flipped, made.flipped[:1]]),
    )
    with pytest.raises(ValueError, match="at most 64"):
        StoredWindows(family=Family.ANCHORED, profile="full", windows=more)
