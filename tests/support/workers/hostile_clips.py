"""A streaming task that looks at many damaged copies of one clip, so that one worker does for all of them."""

import io
import json
from random import Random

from index.errors import MediaError
from index.limits import STANDARD_CLIP
from index.media.clips.decoding import Clip
from index.sandbox.conversation import BLOCK_BYTES

SEED = 20_262


def mutants(data, count):
    """Copies of a file with bytes changed, cut out, doubled or cut off."""
    for number in range(count):
        random = Random(SEED + number)
        copy = bytearray(data)
        for _ in range(random.choice((1, 3, 30, 300))):
            place = random.randrange(len(copy))
            deed = random.randrange(4)
            if deed <= 1:
                copy[place] = random.randrange(256)
            elif deed == 2:
                copy[place : place + random.randrange(1, 40)] = b""
            else:
                copy[place:place] = copy[place : place + random.randrange(1, 40)]
        yield bytes(copy[: random.randrange(1, len(copy))] if number % 10 == 0 else copy)


def look_at_mutants(request, conversation):
    """Look at each mutant of the source, and return how often each outcome came."""
    data, count = _source(request, conversation)
    outcomes = {}
    for mutant in mutants(data, count):
        name = outcome(mutant)
        outcomes[name] = outcomes.get(name, 0) + 1
        conversation.renew()
    return json.dumps(outcomes).encode()


def look_at_ends(request, conversation):
    """Look at the source cut off at so many lengths, and return how often each outcome came."""
    data, count = _source(request, conversation)
    outcomes = {}
    for number in range(count):
        name = outcome(data[: len(data) * number // count])
        outcomes[name] = outcomes.get(name, 0) + 1
        conversation.renew()
    return json.dumps(outcomes).encode()


def _source(request, conversation):
    size, count = (int(number) for number in request.split())
    starts = range(0, size, BLOCK_BYTES)
    return b"".join(conversation.read(at, min(BLOCK_BYTES, size - at)) for at in starts), count


def outcome(data):
    """What becomes of a clip: the code of an error, or whether it is seen whole."""
    try:
        with Clip(io.BytesIO(data), STANDARD_CLIP) as clip:
            for _ in clip.frames(500, besides=True):
                pass
    except MediaError as error:
        return error.code
    return "whole" if clip.is_whole else "in part"
