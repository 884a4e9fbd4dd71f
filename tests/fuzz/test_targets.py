"""The fuzz targets' promises, on seeds, on seeds changed at random, and on bytes of hypothesis' making."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.fuzz_targets import TARGETS


def mutated(seed, chance):
    """A seed with a few bytes changed, left out, doubled or cut."""
    out = bytearray(seed)
    for _ in range(chance.randrange(1, 5)):
        place = chance.randrange(len(out) + 1)
        match chance.randrange(4):
            case 0 if place < len(out):
                out[place] = chance.choice((0, 1, 0x20, 0x22, 0x2C, 0x7D, 0x7F, 0xFF, chance.randrange(256)))
            case 1:
                del out[place : place + chance.randrange(1, 9)]
            case 2:
                out[place:place] = out[place : place + chance.randrange(1, 40)]
            case _:
                out[place:place] = chance.choice(
                    (b"null", b"-1", b"1e999", b"[]", b"{}", b'""', b"\xd9\xa0", b"0x")
                )
    return bytes(out)


@pytest.mark.parametrize("name", TARGETS)
def test_seeds_and_what_is_near_them_raise_nothing_else(name):
    """Well-formed inputs, and a thousand that are nearly so, are understood or refused with our error."""
    target = TARGETS[name]
    chance = random.Random(name)
    for seed in target.seeds:
        target.run(seed)
        for _ in range(1_000 // len(target.seeds)):
            target.run(mutated(seed, chance))


@pytest.mark.parametrize("name", TARGETS)
@settings(max_examples=150, deadline=None)
@given(
    data=st.binary(max_size=300)
    | st.text(max_size=80).map(lambda text: text.encode("utf-8", "surrogatepass"))
)
def test_any_bytes_raise_nothing_else(name, data):
    """Bytes and text of any kind are understood or refused with our error."""
    TARGETS[name].run(data)
