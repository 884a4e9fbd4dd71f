"""The Merkle tree over the ledger, of RFC 9162, section 2.1: its root, inclusion proofs and consistency proofs.

    leaf  =  SHA-256(0x00 | digest of the entry)
    node  =  SHA-256(0x01 | left | right)

1. All functions read the hashes of complete subtrees through `Nodes`. How these are stored is not their concern.
2. A subtree of height h at position p is over the leaves [p * 2^h, (p + 1) * 2^h), counted from 0.
3. Hashes are 32 bytes. A proof is a list of hashes, from the leaves to the root, as the RFC orders them.
"""

import hashlib
from collections.abc import Callable
from typing import Final

HASH_BYTES: Final = 32

Nodes = Callable[[int, int], bytes]
"""The function that returns the hash of the complete subtree of a height at a position."""


def leaf_hash(digest: bytes) -> bytes:
    """Return the leaf of an entry with this digest."""
    return hashlib.sha256(b"\0" + digest).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the node above two nodes."""
    return hashlib.sha256(b"\1" + left + right).digest()


def root_of(size: int, nodes: Nodes) -> bytes:
    """Return the root of the tree over the first `size` leaves. Without leaves it is SHA-256 of nothing."""
    return _root(0, size, nodes) if size else hashlib.sha256(b"").digest()


def inclusion_proof(leaf: int, size: int, nodes: Nodes) -> list[bytes]:
    """Return the proof that a leaf, counted from 0, is in the tree over the first `size` leaves.

    Raises:
        ValueError: the tree has no such leaf.
    """
    if not 0 <= leaf < size:
        raise ValueError(f"a tree of {size} leaves has no leaf {leaf}")
    start, end, proof = 0, size, []
    while end - start > 1:
        middle = start + _split(end - start)
        if leaf < middle:
            proof.append(_root(middle, end, nodes))
            end = middle
        else:
            proof.append(_root(start, middle, nodes))
            start = middle
    return proof[::-1]


def consistency_proof(old: int, new: int, nodes: Nodes) -> list[bytes]:
    """Return the proof that the tree over the first `old` leaves is the beginning of the tree over the first `new`.

    The proof is empty where `old` is 0 or `new`.

    Raises:
        ValueError: `old` is negative or greater than `new`.
    """
    if not 0 <= old <= new:
        raise ValueError(f"a tree of {old} leaves is not the beginning of one of {new}")
    if old in {0, new}:
        return []
    start, end, proof = 0, new, []
    while end != old:
        middle = start + _split(end - start)
        if old <= middle:
            proof.append(_root(middle, end, nodes))
            end = middle
        else:
            proof.append(_root(start, middle, nodes))
            start = middle
    if start:  # the old root itself is known to whoever verifies
        proof.append(_root(start, end, nodes))
    return proof[::-1]


def _split(count: int) -> int:
    """Return the greatest power of two below a number greater than 1."""
    return 1 << (count - 1).bit_length() - 1


def _root(start: int, end: int, nodes: Nodes) -> bytes:
    """Return the root over the leaves [start, end). `start` is a multiple of the power of two that spans them."""
    count = end - start
    if count.bit_count() == 1:
        height = count.bit_length() - 1
        return nodes(height, start >> height)
    middle = start + _split(count)
    return node_hash(_root(start, middle, nodes), _root(middle, end, nodes))
