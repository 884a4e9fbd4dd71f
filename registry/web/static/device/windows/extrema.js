/**
 * Extrema of differences of Gaussians, refined to fractions of a pixel (mirrors OpenCV's SIFT detector).
 *
 * @typedef {import("../planes/linear.js").Plane} Plane
 */

import { choosing } from "../constants.js";
import { roundEven } from "../planes/linear.js";

const { LAYERS, CONTRAST_THRESHOLD, EDGE_THRESHOLD } = choosing;
const MAX_STEPS = 5; // of the refinement

/** Pixels at the edge in which no points are looked for. */
export const BORDER = 5;

/** Whether none of the 26 neighbours in place and scale is farther from zero on the same side. */
export function isExtremum(differences, layer, place) {
  const { data: own, width } = differences[layer];
  const value = own[place];
  if (value === 0) return false;
  const sign = Math.sign(value);
  const size = Math.abs(value);
  // The own layer first: most pixels fail there.
  return (
    isGreatest(own, place, width, sign, size) &&
    isGreatest(differences[layer + 1].data, place, width, sign, size) &&
    isGreatest(differences[layer - 1].data, place, width, sign, size)
  );
}

function isGreatest(data, place, width, sign, size) {
  for (let i = place - width; i <= place + width; i += width) {
    if (data[i - 1] * sign > size || data[i] * sign > size || data[i + 1] * sign > size) return false;
  }
  return true;
}

/** Move an extremum to the top of the paraboloid through its neighbours. Return null if it is faint, or an edge. */
export function refined(differences, start) {
  const { width, height } = differences[0];
  let { layer, row, column } = start;
  for (let step = 0; step < MAX_STEPS; step++) {
    const shape = derivatives(differences, layer, row * width + column, width);
    const offsets = topOf(shape);
    const [columnOffset, rowOffset, layerOffset] = offsets;
    if (offsets.every((offset) => Math.abs(offset) < 0.5)) {
      const response = Math.abs(shape.value + 0.5 * (shape.dx * columnOffset + shape.dy * rowOffset + shape.ds * layerOffset));
      if (response * LAYERS < CONTRAST_THRESHOLD || isEdge(shape)) return null;
      return { layer, row, column, columnOffset, rowOffset, layerOffset, response };
    }
    column += roundEven(columnOffset);
    row += roundEven(rowOffset);
    layer += roundEven(layerOffset);
    const isInside = column >= BORDER && column < width - BORDER && row >= BORDER && row < height - BORDER;
    if (!(isInside && layer >= 1 && layer <= LAYERS)) return null;
  }
  return null;
}

function isEdge({ dxx, dyy, dxy }) {
  const trace = dxx + dyy;
  const product = dxx * dyy - dxy * dxy;
  return product <= 0 || trace * trace * EDGE_THRESHOLD >= (EDGE_THRESHOLD + 1) ** 2 * product;
}

/** First and second derivatives along columns (x), rows (y) and layers (s), of levels from 0 to 1. */
function derivatives(differences, layer, i, width) {
  const [before, own, after] = [-1, 0, 1].map((offset) => differences[layer + offset].data);
  const unit = 1 / 255;
  const twice = 2 * own[i];
  return {
    value: own[i] * unit,
    dx: ((own[i + 1] - own[i - 1]) * unit) / 2,
    dy: ((own[i + width] - own[i - width]) * unit) / 2,
    ds: ((after[i] - before[i]) * unit) / 2,
    dxx: (own[i + 1] + own[i - 1] - twice) * unit,
    dyy: (own[i + width] + own[i - width] - twice) * unit,
    dss: (after[i] + before[i] - twice) * unit,
    dxy: ((own[i + width + 1] - own[i + width - 1] - own[i - width + 1] + own[i - width - 1]) * unit) / 4,
    dxs: ((after[i + 1] - after[i - 1] - before[i + 1] + before[i - 1]) * unit) / 4,
    dys: ((after[i + width] - after[i - width] - before[i + width] + before[i - width]) * unit) / 4,
  };
}

/** Where the derivatives vanish: minus the inverse Hessian times the gradient, by Cramer's rule. */
function topOf({ dx, dy, ds, dxx, dyy, dss, dxy, dxs, dys }) {
  const [x, y, s, gradient] = [[dxx, dxy, dxs], [dxy, dyy, dys], [dxs, dys, dss], [dx, dy, ds]];
  const whole = determinant(x, y, s);
  if (whole === 0) return [0, 0, 0];
  return [determinant(gradient, y, s), determinant(x, gradient, s), determinant(x, y, gradient)].map((d) => -d / whole);
}

const determinant = ([a, b, c], [d, e, f], [g, h, i]) => a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
