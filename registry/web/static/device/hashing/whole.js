/**
 * PDQ of a whole picture, and its flat share (mirrors index/hashing/whole.py; the steps are described there).
 *
 * @typedef {import("../planes/linear.js").Plane} Plane
 * @typedef {{value: Uint8Array, quality: number}} Pdq
 */

import { whole } from "../constants.js";
import { inARow, linear, linesOf, summedAcross } from "../planes/linear.js";
import { BOX, resized } from "../planes/pillow.js";
import { packedBits } from "./codes.js";
import { nearLevels } from "./levels.js";

const { SAMPLES, FREQUENCIES, MIN_SIDE, GRADIENT_STEPS, GREY_RANGE, QUALITY_DIVISOR, MAX_QUALITY } = whole;
const CODE_BYTES = FREQUENCIES ** 2 / 8;

/** Return the PDQ of a luma plane, with its quality. @param {Plane} plane @returns {Pdq} */
export function pdq(plane) {
  if (Math.min(plane.width, plane.height) < MIN_SIDE) return { value: new Uint8Array(CODE_BYTES), quality: 0 };
  return pdqOfSamples(sampled(plane));
}

/** Return 64 x 64 samples of a plane. @param {Plane} plane @returns {Plane} */
export const sampled = (plane) => linear(plane, samplingLines(plane.width), samplingLines(plane.height));

/** Computes the PDQ of a picture at full size from bands of its rows, as other registries do (pdq_of_bands). */
export class CanonicalPdq {
  constructor(width, height) {
    this.isTiny = Math.min(width, height) < MIN_SIDE;
    this.width = width;
    this.row = 0;
    this.across = samplingLines(width);
    this.down = shares(samplingLines(height), height);
    this.samples = new Float64Array(SAMPLES * SAMPLES);
  }

  /** Add the next rows. @param {Float32Array} luma grey levels, with a fraction */
  add(luma) {
    const band = summedAcross({ data: luma, width: this.width, height: luma.length / this.width }, this.across);
    for (let row = 0; row < band.height; row++, this.row++) {
      for (const [sample, weight] of this.down[this.row]) {
        for (let x = 0; x < SAMPLES; x++) this.samples[sample * SAMPLES + x] += weight * band.data[row * SAMPLES + x];
      }
    }
  }

  /** The code, once all rows are there. @returns {Pdq} */
  get pdq() {
    if (this.isTiny) return { value: new Uint8Array(CODE_BYTES), quality: 0 };
    return pdqOfSamples({ data: this.samples, width: SAMPLES, height: SAMPLES });
  }
}

/** Measure how much of a picture is one grey level, 0 to 1. @param {Plane} plane */
export function flatShare(plane) {
  const means = resized(plane, whole.FLAT_GRID, whole.FLAT_GRID, BOX).data;
  const counts = new Float64Array(256);
  for (const mean of means) counts[mean]++;
  return Math.max(...nearLevels(counts, whole.FLAT_TOLERANCE)) / means.length;
}

function pdqOfSamples(samples) {
  const coefficients = linear(samples, cosineLines(), cosineLines()).data;
  const median = coefficients.slice().sort()[coefficients.length / 2 - 1];
  const isBlank = coefficients.every((value) => Math.abs(value) < whole.NOISE_FLOOR);
  // The lowest frequency is the last bit.
  const bits = Array.from(coefficients, (value) => !isBlank && value > median).reverse();
  return { value: packedBits(bits), quality: qualityOf(samples.data) };
}

/** The weights of each sample along a side: two passes of a box filter, then samples at the centres of equal blocks. */
function samplingLines(side) {
  const window = Math.ceil(side / (2 * SAMPLES));
  const after = Math.floor((window + 2) / 2) - 1; // an even box leans to the right
  const firstOf = (pixel) => Math.max(0, pixel + after - window + 1);
  const lastOf = (pixel) => Math.min(side - 1, pixel + after);
  return linesOf(SAMPLES, (sample) => {
    const centre = Math.trunc(((sample + 0.5) * side) / SAMPLES);
    const first = firstOf(firstOf(centre));
    const weights = new Float64Array(lastOf(lastOf(centre)) - first + 1);
    for (let pixel = firstOf(centre); pixel <= lastOf(centre); pixel++) {
      const share = 1 / (lastOf(centre) - firstOf(centre) + 1) / (lastOf(pixel) - firstOf(pixel) + 1);
      for (let i = firstOf(pixel); i <= lastOf(pixel); i++) weights[i - first] += share;
    }
    return inARow(first, weights.map(Math.fround));
  });
}

/** Turn lines around: for each place of the original, the [line, weight] pairs in which it counts. */
function shares({ length, starts, places, weights }, side) {
  const out = Array.from({ length: side }, () => []);
  for (let line = 0; line < length; line++) {
    for (let k = starts[line]; k < starts[line + 1]; k++) out[places[k]].push([line, weights[k]]);
  }
  return out;
}

/** The lowest frequencies of the cosine transform, without the constant one. */
function cosineLines() {
  const step = Math.PI / (2 * SAMPLES);
  const wave = (frequency, i) => Math.fround(Math.sqrt(2 / SAMPLES) * Math.cos(step * (frequency + 1) * (2 * i + 1)));
  return linesOf(FREQUENCIES, (frequency) => inARow(0, Array.from({ length: SAMPLES }, (_, i) => wave(frequency, i))));
}

/** Sum the gradients between neighbouring samples, in whole hundredths of the grey range. */
function qualityOf(samples) {
  const hundredths = (difference) =>
    Math.abs(Math.trunc(Math.fround(Math.fround(Math.fround(difference) * GRADIENT_STEPS) / GREY_RANGE)));
  let total = 0;
  for (let i = 0; i < samples.length; i++) {
    if (i % SAMPLES) total += hundredths(samples[i] - samples[i - 1]);
    if (i >= SAMPLES) total += hundredths(samples[i] - samples[i - SAMPLES]);
  }
  return Math.min(MAX_QUALITY, Math.floor(total / QUALITY_DIVISOR));
}
