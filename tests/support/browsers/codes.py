"""The codes of an answer of the device's code, and the server's of the same full-size pixels."""

import hashlib

from index.hashing import dhash128, flat_share, pdq, pdq_of_bands, phash
from index.limits import STANDARD
from index.media.pictures import decoding, planes


def codes_of(answer):
    """What a device made of a file: each code with its quality, and the flat share."""
    assert "error" not in answer, answer["error"]
    codes = {code["algorithm"]: (code["value"], code.get("quality")) for code in answer["codes"]}
    canonical = answer["pdqCanonical"]
    return {**codes, "canonical": (canonical["value"], canonical["quality"]), "flat": answer["flatShare"]}


def expected_codes(data):
    """The same by the server's code."""
    upright, luma = upright_plane(data)
    codes = {"pdq": pdq(luma), "dhash128": dhash128(luma), "phash": phash(luma)}
    codes["canonical"] = pdq_of_bands(upright.height, upright.width, decoding._luma_bands(upright))
    return {
        **{name: (code.hex(), code.quality) for name, code in codes.items()},
        "sha256": (hashlib.sha256(data).hexdigest(), None),
        "flat": flat_share(luma),
    }


def upright_plane(data):
    """A file's picture at full size, and its matching plane."""
    upright = decoding._full_size(data, STANDARD)
    return upright, planes.matching_luma(upright, upright.size, 1)
