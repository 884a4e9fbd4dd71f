"""The Merkle tree: roots and proofs as an independent implementation of RFC 9162 has them."""

import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.domain.ledger.tiles import TILE_HASHES, TilePlace, TileTree
from registry.domain.ledger.tree import consistency_proof, inclusion_proof, leaf_hash, root_of
from tests.support import merkle

DATA = [bytes([number % 256, number // 256]) for number in range(TILE_HASHES * 3)]
LEAVES = [merkle.leaf(data) for data in DATA]


def _tree(size):
    tree = TileTree(0)
    for data in DATA[:size]:
        tree.append(leaf_hash(data))
    return tree


WHOLE = _tree(len(DATA))


@pytest.mark.parametrize("size", [*range(18), 255, 256, 257, 511, 512, 513, 700])
def test_a_root_is_the_rfcs(size):
    """The root is the same whether the tree ends there or has grown on."""
    assert root_of(size, WHOLE.node) == merkle.tree_hash(LEAVES[:size]) == root_of(size, _tree(size).node)


@given(st.integers(1, len(DATA)), st.data())
def test_an_inclusion_proof_holds_for_its_leaf_alone(size, data):
    """A proof leads from its leaf to the root, and from no other leaf, place or size."""
    place = data.draw(st.integers(0, size - 1))
    proof, root = inclusion_proof(place, size, WHOLE.node), merkle.tree_hash(LEAVES[:size])
    assert merkle.inclusion_holds(LEAVES[place], place, size, proof, root)
    other = data.draw(st.integers(0, len(DATA) - 1).filter(lambda number: number != place))
    assert not merkle.inclusion_holds(LEAVES[other], place, size, proof, root)
    if proof:
        assert not merkle.inclusion_holds(LEAVES[place], place, size, proof[:-1], root)


@given(st.integers(0, len(DATA)), st.integers(0, len(DATA)))
def test_a_consistency_proof_holds_for_its_beginning_alone(one, other):
    """A proof leads to both roots, and to no root of another beginning."""
    old, new = sorted((one, other))
    proof = consistency_proof(old, new, WHOLE.node)
    roots = merkle.tree_hash(LEAVES[:old]), merkle.tree_hash(LEAVES[:new])
    assert merkle.consistency_holds(old, new, *roots, proof)
    if 0 < old < new:
        forged = merkle.tree_hash([*LEAVES[: old - 1], merkle.leaf(b"forged")])
        assert not merkle.consistency_holds(old, new, forged, roots[1], proof)


def test_impossible_proofs_are_refused():
    """There is no proof of a leaf beyond the tree, and none that a longer tree is the beginning of a shorter one."""
    for place, size in ((0, 0), (5, 5), (-1, 5)):
        with pytest.raises(ValueError, match="no leaf"):
            inclusion_proof(place, size, WHOLE.node)
    for old, new in ((6, 5), (-1, 5)):
        with pytest.raises(ValueError, match="beginning"):
            consistency_proof(old, new, WHOLE.node)


@given(st.lists(st.integers(0, 400), max_size=6))
def test_a_tree_goes_on_from_its_stored_tiles(steps):
    """However often growth is interrupted, the tiles are those of a tree that grew at once."""
    stored, size = {}, 0
    for step in steps:
        tree = TileTree(size, lambda place: stored.get(place, b""))
        for data in DATA[size : size + step]:
            tree.append(leaf_hash(data))
        stored.update(tree.changed)
        size = tree.size
    assert stored == dict(_tree(size).changed)


def test_growth_reads_and_writes_few_tiles():
    """An entry more reads and changes the tiles on its way to the root, not the others."""
    stored = dict(WHOLE.changed)
    read = []
    tree = TileTree(WHOLE.size, lambda place: read.append(place) or stored.get(place, b""))
    tree.append(leaf_hash(b"one more"))
    assert read == list(tree.changed) == [TilePlace(0, 3)]


def test_a_tile_that_lacks_hashes_is_noticed():
    """A node of an incomplete tile is an error, not another hash."""
    draw = random.Random(1)
    whole = dict(_tree(300).changed)
    for cut in (32, 16, draw.randrange(1, 31)):
        short = {place: tile[: len(tile) - cut] for place, tile in whole.items()}
        tree = TileTree(300, lambda place, short=short: short.get(place, b""))
        with pytest.raises(LookupError):
            root_of(300, tree.node)
    assert list(itertools.islice(whole, 2)) == [TilePlace(0, 0), TilePlace(0, 1)]
