/**
 * Windows read from an area plane, and their gradient histograms (mirrors index/windows/patches.py).
 *
 * @typedef {import("../planes/linear.js").Plane} Plane
 */

import { patches } from "../constants.js";
import { clamp, inARow, linear, linesOf, roundEven, sumOf } from "../planes/linear.js";
import { degreesOf } from "./angles.js";

const { PATCH_SIDE, CELLS, DIRECTIONS, LEVEL_BIAS, CLIP } = patches;
const PIXELS = PATCH_SIDE ** 2;
const CENTRE = (PATCH_SIDE - 1) / 2;
const TINY = 1e-6;

/** Number of a histogram's values: cells by directions. */
export const FEATURES = CELLS * CELLS * DIRECTIONS;

const GAUSSIAN = Float32Array.from({ length: PIXELS }, (_, i) => {
  const [x, y] = [(i % PATCH_SIDE) - CENTRE, Math.floor(i / PATCH_SIDE) - CENTRE];
  return Math.exp(-(x * x + y * y) / (2 * (0.45 * PATCH_SIDE) ** 2));
});

/** Triangles around the cells' centres, one cell wide to either side. */
const CELL_LINES = linesOf(CELLS, (cell) => {
  const distance = (pixel) => Math.abs((pixel + 0.5) * (CELLS / PATCH_SIDE) - cell - 0.5);
  const weights = Array.from({ length: PATCH_SIDE }, (_, pixel) => Math.max(0, 1 - distance(pixel)));
  return inARow(0, weights).filter(([, weight]) => weight > 0);
});

/**
 * Return the histogram of the window at a place: Float32Array, direction by direction.
 *
 * @param {Plane[]} levels result of `areaPlane`
 * @param {{x: number, y: number, radius: number, angle: number}} place
 */
export function histogramAt(levels, place) {
  return histogramOf(patchAt(levels, place));
}

/** Read 16 x 16 samples of a window, from the level on which they are about one pixel apart (mirrors cv2.remap). */
function patchAt(levels, { x, y, radius, angle }) {
  const step = Math.fround((radius * 2) / PATCH_SIDE);
  const number = clamp(Math.floor(Math.log2(Math.max(step, TINY)) + LEVEL_BIAS), 0, levels.length - 1);
  const { data, width, height } = levels[number];
  const shrink = 2 ** -number;
  const across = Math.fround(Math.fround(Math.cos(angle)) * step);
  const down = Math.fround(Math.fround(Math.sin(angle)) * step);
  const out = new Float32Array(PIXELS);
  for (let i = 0; i < PIXELS; i++) {
    const [u, v] = [(i % PATCH_SIDE) - CENTRE, Math.floor(i / PATCH_SIDE) - CENTRE];
    const atX = Math.fround((across * u - down * v + x + 0.5) * shrink - 0.5);
    const atY = Math.fround((down * u + across * v + y + 0.5) * shrink - 0.5);
    const [left, top] = [Math.floor(atX), Math.floor(atY)];
    const [x0, x1] = [reflectedPlace(left, width), reflectedPlace(left + 1, width)];
    const [y0, y1] = [reflectedPlace(top, height) * width, reflectedPlace(top + 1, height) * width];
    const upper = data[y0 + x0] + (atX - left) * (data[y0 + x1] - data[y0 + x0]);
    const lower = data[y1 + x0] + (atX - left) * (data[y1 + x1] - data[y1 + x0]);
    out[i] = roundEven(upper + (atY - top) * (lower - upper));
  }
  return out;
}

/** A place beyond the edge, mirrored at the edge itself (ba|abc|cb): BORDER_REFLECT. */
function reflectedPlace(place, length) {
  let at = place;
  while (at < 0 || at >= length) at = at < 0 ? -1 - at : 2 * length - 1 - at;
  return at;
}

function histogramOf(levels) {
  const maps = Array.from({ length: DIRECTIONS }, () => new Float32Array(PIXELS));
  const isInner = (place) => place > 0 && place < PATCH_SIDE - 1;
  for (let i = 0; i < PIXELS; i++) {
    const across = isInner(i % PATCH_SIDE) ? levels[i + 1] - levels[i - 1] : 0;
    const down = isInner(Math.floor(i / PATCH_SIDE)) ? levels[i + PATCH_SIDE] - levels[i - PATCH_SIDE] : 0;
    const strength = Math.sqrt(across * across + down * down) * GAUSSIAN[i];
    const angle = (degreesOf(down, across) * DIRECTIONS) / 360;
    const lower = Math.floor(angle);
    maps[lower % DIRECTIONS][i] += strength * (1 - (angle - lower));
    maps[(lower + 1) % DIRECTIONS][i] += strength * (angle - lower);
  }
  const histogram = new Float32Array(FEATURES);
  maps.forEach((data, direction) => {
    const cells = linear({ data, width: PATCH_SIDE, height: PATCH_SIDE }, CELL_LINES, CELL_LINES);
    histogram.set(cells.data, direction * CELLS * CELLS);
  });
  return histogram;
}

/** Measure how much of a window is a single straight edge: the share of gradients along the strongest of four axes. */
export function edgeShare(histogram) {
  const axes = new Float64Array(DIRECTIONS / 2);
  for (let i = 0; i < FEATURES; i++) axes[Math.floor(i / (CELLS * CELLS)) % axes.length] += histogram[i];
  return Math.max(...axes) / (sumOf(axes) + TINY);
}

/** Return the histogram of the mirrored window: directions and rows of cells reversed. */
export function turnedOver(histogram) {
  const out = new Float32Array(FEATURES);
  for (let direction = 0, i = 0; direction < DIRECTIONS; direction++) {
    const mirrored = ((DIRECTIONS - direction) % DIRECTIONS) * CELLS * CELLS;
    for (let row = CELLS - 1; row >= 0; row--) {
      for (let column = 0; column < CELLS; column++, i++) out[i] = histogram[mirrored + row * CELLS + column];
    }
  }
  return out;
}

/** Clip and scale a histogram and take its square roots: Float32Array of unit length. */
export function features(histogram) {
  const norm = Math.sqrt(sumOf(histogram.map((value) => value * value))) + TINY;
  const clipped = histogram.map((value) => Math.min(value / norm, CLIP));
  const total = sumOf(clipped) + TINY;
  return clipped.map((value) => Math.sqrt(value / total));
}
