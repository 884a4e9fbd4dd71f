/**
 * Lines of OpenCV's resizing and blurring (mirrors cv2.resize, cv2.pyrDown and cv2.GaussianBlur).
 *
 * @typedef {import("./linear.js").Plane} Plane
 * @typedef {import("./linear.js").Lines} Lines
 */

import { HALVES_UP, clamp, inARow, linear, linesOf, roundEven, sumOf } from "./linear.js";

const SLIVER = 0.001; // of a pixel; INTER_AREA leaves out what is covered less

/** Resize a plane with cv2.INTER_AREA. @returns {Plane} */
export function areaResized(plane, width, height) {
  // OpenCV computes exact halves in whole numbers, and rounds halves up; everything else in float32.
  const isHalved = plane.width === 2 * width && plane.height === 2 * height;
  const arithmetic = { type: Uint8ClampedArray, single: !isHalved, bias: isHalved ? HALVES_UP : 0 };
  return linear(plane, areaLines(plane.width, width), areaLines(plane.height, height), arithmetic);
}

/** Resize a plane with cv2.INTER_CUBIC: tiny pictures are enlarged. @returns {Plane} */
export function cubicResized(plane, width, height) {
  const arithmetic = { type: Uint8ClampedArray, single: true };
  return linear(plane, cubicLines(plane.width, width), cubicLines(plane.height, height), arithmetic);
}

/** Halve a plane with cv2.pyrDown. @returns {Plane} */
export function halved(plane) {
  const arithmetic = { type: Uint8ClampedArray, bias: HALVES_UP };
  return linear(plane, halvingLines(plane.width), halvingLines(plane.height), arithmetic);
}

/** Double a plane, linearly between pixels, in float32. @returns {Plane} */
export function doubled(plane) {
  return linear(plane, doublingLines(plane.width), doublingLines(plane.height));
}

/** Blur a plane with a Gaussian that reaches four deviations to either side. @returns {Plane} */
export function blurred(plane, sigma) {
  return linear(plane, blurringLines(plane.width, sigma), blurringLines(plane.height, sigma));
}

/** Each pixel counts by the part of it that the new pixel covers. @returns {Lines} */
function areaLines(length, outLength) {
  const scale = length / outLength;
  return linesOf(outLength, (place) => {
    const start = place * scale;
    const end = Math.min(start + scale, length);
    const line = [];
    for (let i = Math.floor(start); i < Math.min(length, Math.ceil(end)); i++) {
      const covered = Math.min(end, i + 1) - Math.max(start, i);
      if (covered > SLIVER) line.push([i, Math.fround(covered / (end - start))]);
    }
    return line;
  });
}

function cubicLines(length, outLength) {
  const outer = (d) => ((-0.75 * d + 3.75) * d - 6) * d + 3;
  const inner = (d) => (1.25 * d - 2.25) * d * d + 1;
  return linesOf(outLength, (place) => {
    const at = ((place + 0.5) * length) / outLength - 0.5;
    const x = at - Math.floor(at);
    const weights = [outer(x + 1), inner(x), inner(1 - x), outer(2 - x)];
    return weights.map((weight, k) => [clamp(Math.floor(at) - 1 + k, 0, length - 1), weight]);
  });
}

function halvingLines(length) {
  return linesOf((length + 1) >> 1, (place) =>
    [1, 4, 6, 4, 1].map((weight, k) => [mirroredPlace(2 * place + k - 2, length), weight / 16]),
  );
}

function doublingLines(length) {
  return linesOf(2 * length, (place) => {
    const near = place >> 1;
    const far = clamp(near + (place & 1 ? 1 : -1), 0, length - 1);
    return [[near, 0.75], [far, 0.25]];
  });
}

function blurringLines(length, sigma) {
  const reach = roundEven(sigma * 8 + 1) >> 1;
  const kernel = Array.from({ length: 2 * reach + 1 }, (_, k) => Math.exp(-((k - reach) ** 2) / (2 * sigma ** 2)));
  const total = sumOf(kernel);
  const weights = kernel.map((weight) => Math.fround(weight / total));
  return linesOf(length, (place) =>
    inARow(place - reach, weights).map(([at, weight]) => [mirroredPlace(at, length), weight]),
  );
}

/** A place beyond the edge, mirrored at the centre of the edge's pixel (cb|abc|ba): BORDER_REFLECT_101. */
function mirroredPlace(place, length) {
  if (length === 1) return 0;
  let at = place;
  while (at < 0 || at >= length) at = at < 0 ? -at : 2 * length - 2 - at;
  return at;
}
