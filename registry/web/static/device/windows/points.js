/**
 * Points that can be found again: extrema of a plane's scale space, each with its directions.
 *
 * SIFT's detector (Lowe 2004; the patent expired in 2020), step by step as in OpenCV, so that both find the same points
 * (mirrors cv2.SIFT as index/windows/choosing.py uses it).
 *
 * @typedef {import("../planes/linear.js").Plane} Plane
 * @typedef {{x: number, y: number, radius: number, angle: number, response: number}} Point
 */

import { choosing } from "../constants.js";
import { linear, linesOf, roundEven } from "../planes/linear.js";
import { blurred, doubled } from "../planes/opencv.js";
import { directionsOf } from "./directions.js";
import { BORDER, isExtremum, refined } from "./extrema.js";

const { LAYERS, RADIUS_PER_SCALE } = choosing;
const FIRST_SIGMA = 1.6;
const OWN_BLUR = 1; // of the doubled plane, in its pixels: a picture counts as blurred by half a pixel

/** Find the points of a plane: place and half side in pixels, direction in radians. @param {Plane} plane @returns {Point[]} */
export function pointsOf(plane) {
  let first = blurred(doubled(plane), Math.sqrt(FIRST_SIGMA ** 2 - OWN_BLUR ** 2));
  const octaves = roundEven(Math.log2(Math.min(first.width, first.height)) - 2) + 1;
  const found = [];
  for (let octave = 0; octave < octaves; octave++) {
    const gaussians = blurredLayers(first);
    found.push(...pointsOfOctave(gaussians, 2 ** octave));
    first = everySecond(gaussians[LAYERS]);
  }
  // The first octave has the plane at twice its size.
  return inOrder(found).map(({ x, y, size, degrees, response }) => ({
    x: x / 2,
    y: y / 2,
    radius: Math.fround((size / 2) * (RADIUS_PER_SCALE / 2)),
    angle: Math.fround(degrees * (Math.PI / 180)),
    response,
  }));
}

function blurredLayers(first) {
  const gaussians = [first];
  for (let layer = 1; layer < LAYERS + 3; layer++) {
    const before = FIRST_SIGMA * 2 ** ((layer - 1) / LAYERS);
    gaussians.push(blurred(gaussians[layer - 1], before * Math.sqrt(2 ** (2 / LAYERS) - 1)));
  }
  return gaussians;
}

function pointsOfOctave(gaussians, pixel) {
  const differences = gaussians.slice(1).map((next, i) => difference(next, gaussians[i]));
  const { width, height } = differences[0];
  const found = [];
  for (let layer = 1; layer <= LAYERS; layer++) {
    for (let row = BORDER; row < height - BORDER; row++) {
      for (let column = BORDER; column < width - BORDER; column++) {
        if (!isExtremum(differences, layer, row * width + column)) continue;
        const point = refined(differences, { layer, row, column });
        if (point !== null) found.push(...withDirections(gaussians[point.layer], point, pixel));
      }
    }
  }
  return found;
}

function withDirections(gaussian, point, pixel) {
  const scale = FIRST_SIGMA * 2 ** ((point.layer + point.layerOffset) / LAYERS);
  return directionsOf(gaussian, point, scale).map((degrees) => ({
    x: Math.fround((point.column + point.columnOffset) * pixel),
    y: Math.fround((point.row + point.rowOffset) * pixel),
    size: Math.fround(scale * pixel * 2),
    degrees: Math.fround(degrees),
    response: Math.fround(point.response),
  }));
}

/** Sort points as OpenCV does, without repetitions: among equally ranked ones, the first counts later. */
function inOrder(found) {
  found.sort((a, b) => a.x - b.x || a.y - b.y || b.size - a.size || a.degrees - b.degrees);
  const isSame = (a, b) => a.x === b.x && a.y === b.y && a.size === b.size && a.degrees === b.degrees;
  return found.filter((point, i) => i === 0 || !isSame(point, found[i - 1]));
}

function everySecond(plane) {
  const lines = (length) => linesOf(length >> 1, (place) => [[2 * place, 1]]);
  return linear(plane, lines(plane.width), lines(plane.height));
}

function difference(plane, other) {
  return { ...plane, data: plane.data.map((level, i) => level - other.data[i]) };
}
