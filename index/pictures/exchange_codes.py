"""Codes of a registered picture that other registries compare with their own.

dHash-128 is computed by ImageHash, so that the code handed out is by definition the one that others compute. A test
shows that `index.hashing.dhash128`, which matching uses, gives the same bits.

Our own code stays for the two others, and tests compare it with the libraries:

- PDQ of the full-size picture: `pdqhash.compute` holds the whole picture in double precision. At 40 megapixels a
  worker's resident memory rises from 291 to 1,281 MiB and its processor time from 1.4 to 4.6 s (JPEG).
- pHash: of a picture that is exactly its own mirror image, half of the coefficients are zero, for ImageHash exactly and
  for us up to rounding. The two codes differ, and `Code.is_degenerate` holds for ImageHash's: the picture could not be
  registered any more (272 of 274 mirrored photographs). All 274 photographs themselves have equal codes.
"""

import imagehash
import numpy as np
from PIL import Image

from index.arrays import Plane
from index.hashing import Algorithm, Code


def exchange_dhash(luma: Plane) -> Code:
    """Return ImageHash's `dhash` followed by its `dhash_vertical`, of a plane uint8 [height, width]."""
    image = Image.fromarray(luma)
    bits = np.stack([imagehash.dhash(image).hash, imagehash.dhash_vertical(image).hash])
    return Code(algorithm=Algorithm.DHASH128, value=np.packbits(bits).tobytes())
