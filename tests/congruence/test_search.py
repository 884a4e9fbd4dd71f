"""Promises that every engine of codes keeps."""

import numpy as np
import pytest

from index.errors import InvalidQuery, NotReady
from index.search.contract import Changes, Role, id_checksum


@pytest.mark.parametrize("clustered", [False, True], ids=["even", "clustered"])
def test_finds_every_planted_distance(engines, random_codes, flipped, clustered):
    """Codes planted at each distance from 0 to 31 are all found, with that distance."""
    codes = random_codes(1600)
    distances = np.arange(1600) % 32
    engine = engines.load(np.arange(1600) * 7, codes)
    hits = engine.search(flipped(codes, distances, clustered=clustered), 31)
    assert hits.queries.tolist() == list(range(1600))
    assert hits.ids.tolist() == (np.arange(1600) * 7).tolist()
    assert hits.distances.tolist() == distances.tolist()


def test_equals_the_definition_at_every_radius(*, engines, rng, random_codes, flipped, brute, listed):
    """An answer equals the comparison of all codes, near and far, in the contract's order."""
    centres = random_codes(12)
    codes = np.concatenate(
        [flipped(np.repeat(centres, 60, axis=0), rng.integers(0, 70, 720)), random_codes(300)]
    )
    ids = rng.permutation(5000)[: len(codes)].astype(np.int64)
    engine = engines.load(ids, codes)
    for radius in (0, 1, 5, 12, 16, 24, 30, 31):
        assert listed(engine.search(centres, radius)) == brute(ids, codes, centres, radius)


def test_proposals_are_true_and_complete_to_31(*, engines, rng, random_codes, flipped, brute, listed):
    """Proposals at radius 64 have true distances, and are complete up to 31 bits."""
    centres = random_codes(10)
    codes = np.concatenate(
        [flipped(np.repeat(centres, 80, axis=0), rng.integers(0, 80, 800)), random_codes(200)]
    )
    ids = np.arange(len(codes), dtype=np.int64)
    engine = engines.load(ids, codes)
    proposed = set(listed(engine.propose(centres, 64)))
    defined = brute(ids, codes, centres, 64)
    assert proposed <= set(defined)
    assert {hit for hit in defined if hit[1] <= 31} <= proposed


def test_doubtful_bits_change_no_complete_answer(*, engines, random_codes, flipped, listed):
    """Proposals up to 31 bits are complete with marks too, in files and in memory; marks must fit the queries."""
    codes = random_codes(500)
    engine = engines.load(np.arange(500), codes)
    queries = flipped(codes[:60], np.arange(60) % 32)
    marks = random_codes(60)
    assert listed(engine.propose(queries, 31, marks)) == listed(engine.propose(queries, 31))
    for wrong in (marks[:59], marks[:, :31], marks.astype(np.int64)):
        with pytest.raises(InvalidQuery):
            engine.propose(queries, 31, wrong)


@pytest.mark.parametrize("copies", [1, 2, 3, 4, 8, 64, 128])
def test_finds_identical_codes_after_reload(engines, random_codes, copies):
    """Any number of identical codes is found after a restart (HMA's index returns none of them)."""
    code = random_codes(1)
    engine = engines.load(np.arange(copies), np.repeat(code, copies, axis=0))
    assert engine.search(code, 31).ids.tolist() == list(range(copies))


def test_survives_a_flooded_bucket(engines, random_codes, flipped):
    """Thousands of equal codes, and crafted ones that share all chunks but few bits, are answered exactly."""
    code = random_codes(1)
    near = flipped(np.repeat(code, 500, axis=0), np.full(500, 33))
    codes = np.concatenate([np.repeat(code, 1500, axis=0), near, random_codes(500)])
    engine = engines.load(np.arange(2500), codes)
    hits = engine.search(np.concatenate([code, code]), 31)
    assert hits.ids.tolist() == 2 * list(range(1500))
    assert not hits.distances.any()


def test_does_not_take_a_complement_for_a_copy(engines, random_codes):
    """A code that differs in all 256 bits is not found, though 256 is 0 in one byte."""
    codes = random_codes(300)
    engine = engines.load(np.arange(300), np.concatenate([codes[:150], ~codes[:150]]))
    hits = engine.search(codes[:150], 31)
    assert hits.ids.tolist() == list(range(150))


def test_a_batch_is_its_queries_one_by_one(engines, random_codes, flipped, listed):
    """One call with many queries answers as many calls with one."""
    codes = random_codes(700)
    engine = engines.load(np.arange(700), codes)
    queries = flipped(codes[:150], np.arange(150) % 40)
    assert not len(engine.search(queries[:0], 31))
    singly = [
        (number, distance, found)
        for number in range(150)
        for _, distance, found in listed(engine.search(queries[number : number + 1], 31))
    ]
    assert listed(engine.search(queries, 31)) == singly


def test_a_replaced_id_keeps_only_its_new_code(engines, random_codes):
    """An id that is added again is found by its new code and not by its old one."""
    codes = random_codes(200)
    engine = engines.load(np.arange(100), codes[:100])
    engine.apply(Changes(sequence=9, add_ids=np.arange(100), add_codes=codes[100:]))
    assert not len(engine.search(codes[:100], 31))
    assert engine.search(codes[100:], 31).ids.tolist() == list(range(100))


def test_a_removed_id_is_not_found(engines, random_codes):
    """Removal counts at once, removing again or removing an absent id changes nothing."""
    codes = random_codes(100)
    engine = engines.load(np.arange(100), codes)
    for _ in range(2):
        engine.apply(Changes(sequence=9, remove_ids=np.array([3, 97, 12345])))
    found = engine.search(codes, 31).ids.tolist()
    assert found == [i for i in range(100) if i not in {3, 97}]


def test_replay_changes_nothing(engines, random_codes):
    """Applying the batches again leaves size, checksum and answers as they were."""
    codes = random_codes(300)
    engine = engines.load(np.arange(300), codes)
    engine.apply(Changes(sequence=8, add_ids=np.array([400]), add_codes=codes[:1], remove_ids=np.array([7])))
    before = engine.status()
    engine.apply(Changes(sequence=8, add_ids=np.array([400]), add_codes=codes[:1], remove_ids=np.array([7])))
    after = engine.status()
    assert (after.sequence, after.size, after.checksum) == (before.sequence, before.size, before.checksum)


def test_status_tells_size_sequence_and_checksum(engines, random_codes):
    """Status has the count and the checksum of exactly the ids held."""
    engine = engines.load(np.arange(250), random_codes(250))
    engine.apply(Changes(sequence=6, remove_ids=np.arange(0, 250, 5)))
    left = np.array([i for i in range(250) if i % 5], np.int64)
    status = engine.status()
    assert (status.sequence, status.size, status.checksum) == (6, 200, id_checksum(left))


def test_an_empty_engine_finds_nothing(engines, random_codes):
    """An engine that was never given a code answers with no hit, and so does an empty batch."""
    engine = engines.empty()
    assert not len(engine.search(random_codes(3), 31))
    assert not len(engine.search(random_codes(0), 31))


@pytest.mark.parametrize(
    ("shape", "dtype", "radius"),
    [((1, 31), "u1", 5), ((32,), "u1", 5), ((1, 32), "i8", 5), ((1, 32), "u1", 32), ((1, 32), "u1", -1)],
)
def test_refuses_what_the_contract_does_not_cover(engines, shape, dtype, radius):
    """A wrong shape, type or radius is `InvalidQuery`, never an answer."""
    engine = engines.empty()
    with pytest.raises(InvalidQuery):
        engine.search(np.zeros(shape, dtype), radius)


def test_a_closed_engine_is_not_ready(engines, random_codes):
    """After `close` every call raises `NotReady`."""
    engine = engines.load(np.arange(10), random_codes(10))
    engine.close()
    for call in (
        lambda: engine.search(random_codes(1), 31),
        lambda: engine.propose(random_codes(1), 31),
        lambda: engine.apply(Changes(sequence=1)),
        engine.status,
    ):
        with pytest.raises(NotReady):
            call()


def test_an_erased_id_is_gone_at_once(engines, random_codes):
    """Erasure removes ids ahead of the change log; erasing again, or an absent id, changes nothing."""
    codes = random_codes(100)
    engine = engines.load(np.arange(100), codes)
    for _ in range(2):
        engine.erase(np.array([3, 97, 12345]))
    left = np.array([i for i in range(100) if i not in {3, 97}], np.int64)
    assert engine.search(codes, 31).ids.tolist() == left.tolist()
    status = engine.status()
    assert (status.sequence, status.size, status.checksum) == (5, 98, id_checksum(left))


def test_a_sole_process_is_the_writer(engines, random_codes):
    """One process alone has the writer's role, has nothing to refresh, and compacts without changing answers."""
    codes = random_codes(100)
    engine = engines.load(np.arange(100), codes)
    assert engine.role is Role.WRITER
    assert engine.try_become_writer()
    assert not engine.refresh()
    engine.compact()
    assert not engine.needs_compaction
    assert not engine.compact()
    assert engine.search(codes, 31).ids.tolist() == list(range(100))
