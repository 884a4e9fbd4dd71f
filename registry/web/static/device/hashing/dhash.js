/**
 * dHash-128 and pHash of a luma plane (mirrors index/hashing/dhash.py).
 *
 * @typedef {import("../planes/linear.js").Plane} Plane
 */

import { dhash } from "../constants.js";
import { inARow, linear, linesOf } from "../planes/linear.js";
import { LANCZOS, resized } from "../planes/pillow.js";
import { packedBits } from "./codes.js";

const { HASH_SIDE, PHASH_SIDE } = dhash;

/** Return the signs of a plane's gradients: 64 bits along rows, then 64 along columns. @param {Plane} plane */
export function dhash128(plane) {
  const across = resized(plane, HASH_SIDE + 1, HASH_SIDE, LANCZOS).data;
  const down = resized(plane, HASH_SIDE, HASH_SIDE + 1, LANCZOS).data;
  const bits = [];
  for (let i = 0; i < HASH_SIDE ** 2; i++) {
    const right = i + Math.floor(i / HASH_SIDE) + 1; // a row has one mean more than bits
    bits.push(across[right] > across[right - 1]);
  }
  for (let i = 0; i < HASH_SIDE ** 2; i++) bits.push(down[i + HASH_SIDE] > down[i]);
  return packedBits(bits);
}

/** Compare the 8 x 8 lowest frequencies of a plane with their median: 64 bits. @param {Plane} plane */
export function phash(plane) {
  const pixels = resized(plane, PHASH_SIDE, PHASH_SIDE, LANCZOS);
  const frequencies = linear(pixels, cosineLines(), cosineLines(), { between: Float64Array, type: Float64Array }).data;
  const sorted = frequencies.slice().sort();
  const median = (sorted[sorted.length / 2 - 1] + sorted[sorted.length / 2]) / 2;
  return packedBits(Array.from(frequencies, (value) => value > median));
}

/** The lowest frequencies of the cosine transform, the constant one included, in SciPy's scale. */
function cosineLines() {
  const wave = (frequency, i) => 2 * Math.cos((Math.PI / (2 * PHASH_SIDE)) * frequency * (2 * i + 1));
  return linesOf(HASH_SIDE, (frequency) => inARow(0, Array.from({ length: PHASH_SIDE }, (_, i) => wave(frequency, i))));
}
