/**
 * From a window's histogram to its code and its handedness (mirrors index/windows/projection.py).
 *
 * The constants come as bytes: a worker without connections cannot fetch them.
 */

import { projection } from "../constants.js";
import { packedBits } from "../hashing/codes.js";
import { FEATURES, features, turnedOver } from "./patches.js";

const { BITS } = projection;

export class Projection {
  /**
   * @param {ArrayBuffer} buffer mean [128], odd [128], matrix [128, 256] as float32 of 24 bits: the highest bytes of all
   *   numbers, then the next ones, then the third (scripts/make_device_constants)
   */
  constructor(buffer) {
    const count = FEATURES * (2 + BITS);
    if (buffer.byteLength !== 3 * count) throw new RangeError("not the constants of this version");
    const [high, middle, low] = [0, 1, 2].map((byte) => new Uint8Array(buffer, byte * count, count));
    const bits = Uint32Array.from(high, (byte, i) => (byte << 24) | (middle[i] << 16) | (low[i] << 8));
    const values = new Float32Array(bits.buffer);
    this.mean = values.subarray(0, FEATURES);
    this.odd = values.subarray(FEATURES, 2 * FEATURES);
    this.matrix = values.subarray(2 * FEATURES);
  }

  /** Return a number that tells a window from its mirror image, whose number is the opposite. */
  handedness(histogram) {
    const [upright, mirrored] = [features(histogram), features(turnedOver(histogram))];
    let sum = 0;
    for (let i = 0; i < FEATURES; i++) sum += (upright[i] - mirrored[i]) * this.odd[i] * 0.5;
    return sum;
  }

  /** Return the code of a histogram, 32 bytes. */
  codeOf(histogram) {
    const values = features(histogram);
    const sums = new Float64Array(BITS);
    for (let i = 0; i < FEATURES; i++) {
      const value = values[i] - this.mean[i];
      for (let bit = 0; bit < BITS; bit++) sums[bit] += value * this.matrix[i * BITS + bit];
    }
    return packedBits(sums.map((sum) => (sum > 0 ? 1 : 0)));
  }
}
