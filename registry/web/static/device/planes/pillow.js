/**
 * Resizing as Pillow does it, in Pillow's whole numbers (mirrors Image.resize and Image.reduce of Pillow 13).
 *
 * @typedef {import("./linear.js").Plane} Plane
 */

import { HALVES_UP, inARow, linear, linesOf, sumOf } from "./linear.js";

export const BOX = { support: 0.5, at: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0) };
export const BILINEAR = { support: 1, at: (x) => Math.max(0, 1 - Math.abs(x)) };
export const LANCZOS = { support: 3, at: (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0) };

const sinc = (x) => (x === 0 ? 1 : Math.sin(x * Math.PI) / (x * Math.PI));

/** Pillow's weights are whole numbers of these parts, so that all machines agree. */
const WEIGHT_ONE = 2 ** 22;

/**
 * Resize a plane with a filter as wide as a pixel of the result.
 *
 * @param {Plane} plane
 * @param {[number, number]} span part of the plane that holds the picture, in pixels; it may end within a pixel
 * @returns {Plane}
 */
export function resized(plane, width, height, filter, span = [plane.width, plane.height]) {
  // The pass that saves more comes first. Another order changes some pixels by a level.
  const downFirst = plane.height - height > 2 * (plane.width - width);
  const across = filterLines(plane.width, span[0], width, filter);
  const down = filterLines(plane.height, span[1], height, filter);
  const levels = Uint8ClampedArray;
  return linear(plane, across, down, { between: levels, type: levels, bias: HALVES_UP, downFirst });
}

function filterLines(length, span, outLength, filter) {
  const scale = span / outLength;
  const stretch = Math.max(1, scale);
  const reach = filter.support * stretch;
  return linesOf(outLength, (place) => {
    const centre = (place + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - reach + 0.5));
    const end = Math.min(length, Math.trunc(centre + reach + 0.5));
    const weights = Array.from({ length: end - first }, (_, k) => filter.at((first + k - centre + 0.5) / stretch));
    const total = sumOf(weights);
    return inARow(first, weights.map((weight) => Math.round((weight / total) * WEIGHT_ONE) / WEIGHT_ONE));
  });
}

/**
 * Reduces a plane by whole factors while its rows arrive: the whole plane is never held. Blocks at the right and lower
 * edge may be smaller. Mirrors Image.reduce.
 */
export class BlockMeans {
  /** @param {number} across columns of a block @param {number} down rows of a block */
  constructor(width, height, across, down) {
    Object.assign(this, { width, height, across, down, row: 0 });
    this.columns = Math.ceil(width / across);
    this.data = new Uint8Array(this.columns * Math.ceil(height / down));
    this.sums = new Uint32Array(this.columns);
  }

  /** Add the next row, of which `levels` holds the luma from `start` on. */
  add(levels, start) {
    const { width, across, sums } = this;
    for (let column = 0, x = 0; column < this.columns; column++) {
      const end = Math.min(width, x + across);
      let sum = 0;
      for (; x < end; x++) sum += levels[start + x];
      sums[column] += sum;
    }
    this.row++;
    if (this.row % this.down === 0 || this.row === this.height) this.#finishBlocks();
  }

  #finishBlocks() {
    const rows = (this.row - 1) % this.down + 1;
    const base = Math.floor((this.row - 1) / this.down) * this.columns;
    for (let column = 0; column < this.columns; column++) {
      const count = rows * Math.min(this.across, this.width - column * this.across);
      const factor = Math.floor(Math.fround(2 ** 32 / (count * 256))); // Pillow divides in float32
      this.data[base + column] = ((this.sums[column] + (count >> 1)) * factor) / 2 ** 24;
    }
    this.sums.fill(0);
  }

  /** The reduced plane, once all rows are there. @returns {Plane} */
  get plane() {
    return { data: this.data, width: this.columns, height: this.data.length / this.columns };
  }
}
