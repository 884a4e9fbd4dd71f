"""RFC 9162's tree and proofs once more, straight from its definitions, to compare ours with."""

import hashlib


def leaf(data):
    """Returns the hash of a leaf's data."""
    return hashlib.sha256(b"\x00" + data).digest()


def tree_hash(leaves):
    """Returns MTH of leaf hashes (section 2.1.1)."""
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return leaves[0]
    split = _split(len(leaves))
    return hashlib.sha256(b"\x01" + tree_hash(leaves[:split]) + tree_hash(leaves[split:])).digest()


def _split(count):
    power = 1
    while power * 2 < count:
        power *= 2
    return power


def inclusion_holds(value, place, size, proof, root):
    """Verifies an inclusion proof by walking down from the root's shape instead of up from the leaf."""

    def climb(place, size, proof):
        if size == 1:
            return value if not proof else None
        if not proof:
            return None
        split = _split(size)
        if place < split:
            below = climb(place, split, proof[:-1])
            return below and hashlib.sha256(b"\x01" + below + proof[-1]).digest()
        below = climb(place - split, size - split, proof[:-1])
        return below and hashlib.sha256(b"\x01" + proof[-1] + below).digest()

    return climb(place, size, list(proof)) == root


def consistency_holds(old, new, old_root, new_root, proof):
    """Verifies a consistency proof (section 2.1.4.2, as its steps are written)."""
    proof = list(proof)
    if old in {0, new}:
        return not proof and (old == 0 or old_root == new_root)
    if not proof:
        return False
    if old & (old - 1) == 0:
        proof.insert(0, old_root)
    first, last = old - 1, new - 1
    while first & 1:
        first, last = first >> 1, last >> 1
    mine = theirs = proof[0]
    for step in proof[1:]:
        if last == 0:
            return False
        if first & 1 or first == last:
            mine = hashlib.sha256(b"\x01" + step + mine).digest()
            theirs = hashlib.sha256(b"\x01" + step + theirs).digest()
            while not first & 1 and first:
                first, last = first >> 1, last >> 1
        else:
            theirs = hashlib.sha256(b"\x01" + theirs + step).digest()
        first, last = first >> 1, last >> 1
    return mine == old_root and theirs == new_root and last == 0
