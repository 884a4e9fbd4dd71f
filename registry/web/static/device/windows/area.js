/**
 * The area plane: a picture resized to an area of 160 x 160 pixels, its contrast stretched, and its halved copies
 * (mirrors AreaPlane of index/windows/patches.py).
 *
 * @typedef {import("../planes/linear.js").Plane} Plane
 */

import { patches, windows } from "../constants.js";
import { clamp, roundEven } from "../planes/linear.js";
import { areaResized, cubicResized, halved } from "../planes/opencv.js";

const WHITE = 255;
const [BLACK_PERCENT, WHITE_PERCENT] = patches.STRETCH_PERCENTS;

/** Return the levels of the area plane of a luma plane, the finest first. @param {Plane} luma @returns {Plane[]} */
export function areaPlane(luma) {
  const scale = windows.SIDE / Math.sqrt(luma.width * luma.height);
  const [width, height] = [luma.width, luma.height].map((side) => Math.max(patches.MIN_AREA_SIDE, roundEven(side * scale)));
  const resize = luma.width * luma.height > windows.SIDE ** 2 ? areaResized : cubicResized;
  const levels = [stretched(resize(luma, width, height))];
  for (let last = levels[0]; Math.min(last.width, last.height) >= patches.MIN_LEVEL_SIDE; ) {
    last = halved(last);
    levels.push(last);
  }
  return levels;
}

/** Stretch the levels between the 1st and the 99th percentile from black to white. @returns {Plane} */
export function stretched(plane) {
  const counts = new Uint32Array(WHITE + 1);
  for (const level of plane.data) counts[level]++;
  const black = levelAt(counts, (plane.data.length * BLACK_PERCENT) / 100);
  const levels = Math.max(patches.MIN_STRETCH, levelAt(counts, (plane.data.length * WHITE_PERCENT) / 100) - black);
  const table = Uint8Array.from(counts, (_, level) => clamp(roundEven((level - black) * (WHITE / levels)), 0, WHITE));
  return { ...plane, data: Uint8Array.from(plane.data, (level) => table[level]) };
}

function levelAt(counts, pixels) {
  let level = 0;
  for (let sum = counts[0]; sum < pixels; sum += counts[level]) level++;
  return level;
}
