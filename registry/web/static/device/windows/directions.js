/**
 * The dominant directions at a point: peaks of the histogram of gradients around it (mirrors OpenCV's SIFT detector).
 *
 * @typedef {import("../planes/linear.js").Plane} Plane
 */

import { roundEven } from "../planes/linear.js";
import { degreesOf } from "./angles.js";

const BINS = 36;
const SECOND_PEAK = 0.8; // of the highest: such a direction makes a second point
const REACH = 4.5; // scales around the point
const SPREAD = 1.5; // scales: the deviation of the Gaussian weight
const NO_TURN = 1e-5; // degrees

/** Return the directions at a point in degrees. @param {Plane} plane @param {{row: number, column: number}} point */
export function directionsOf(plane, point, scale) {
  const histogram = smoothed(gradients(plane, point, scale));
  const least = Math.max(...histogram) * SECOND_PEAK;
  const peaks = [];
  for (let bin = 0; bin < BINS; bin++) {
    const own = histogram[bin];
    const [left, right] = [around(histogram, bin - 1), around(histogram, bin + 1)];
    if (own <= left || own <= right || own < least) continue;
    const peak = bin + (0.5 * (left - right)) / (left - 2 * own + right);
    const degrees = 360 - (((peak + BINS) % BINS) * 360) / BINS;
    peaks.push(Math.abs(degrees - 360) < NO_TURN ? 0 : degrees);
  }
  return peaks;
}

function gradients({ data, width, height }, { row, column }, scale) {
  const reach = roundEven(REACH * scale);
  const spread = -1 / (2 * (SPREAD * scale) ** 2);
  const histogram = new Float32Array(BINS);
  for (let y = Math.max(1, row - reach); y <= Math.min(height - 2, row + reach); y++) {
    for (let x = Math.max(1, column - reach); x <= Math.min(width - 2, column + reach); x++) {
      const across = data[y * width + x + 1] - data[y * width + x - 1];
      const up = data[(y - 1) * width + x] - data[(y + 1) * width + x];
      const bin = roundEven((degreesOf(up, across) * BINS) / 360) % BINS;
      histogram[bin] += Math.exp(((y - row) ** 2 + (x - column) ** 2) * spread) * Math.sqrt(across * across + up * up);
    }
  }
  return histogram;
}

function smoothed(raw) {
  return raw.map((own, bin) => {
    const near = around(raw, bin - 1) + around(raw, bin + 1);
    const far = around(raw, bin - 2) + around(raw, bin + 2);
    return far / 16 + (near * 4) / 16 + (own * 6) / 16;
  });
}

const around = (histogram, bin) => histogram[(bin + BINS) % BINS];
