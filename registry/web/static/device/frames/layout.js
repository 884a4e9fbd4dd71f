/**
 * Pictures within a picture: the rectangles of photographs in screens, chats and collages (mirrors
 * index/frames/layout.py; the steps are described there).
 *
 * @typedef {import("../planes/linear.js").Plane} Plane
 * @typedef {{left: number, top: number, right: number, bottom: number}} Rectangle
 */

import { layout } from "../constants.js";
import { nearLevels } from "../hashing/levels.js";
import { clamp, roundEven } from "../planes/linear.js";

const MIN_WINDOW = 8; // pixels of a line

/** Return the pictures within a luma plane, the surest first. @param {Plane} plane @returns {Rectangle[]} */
export function innerPictures(plane) {
  if (Math.min(plane.width, plane.height) < layout.MIN_PLANE_SIDE) return [];
  const across = ridges(plane);
  const down = ridges(transposed(plane)); // its rows are the plane's columns
  const [xs, ys] = [linesIn(across), linesIn(down)];
  if (xs.length <= 2 && ys.length <= 2) return []; // only the plane's own edges
  return rectangles(sumsDown(across), sumsDown(down), xs, ys, plane);
}

/** Return the steps along rows that are local maxima, as a plane of 0 and 1 that is a column narrower. */
function ridges({ data, width, height }) {
  const out = new Uint8Array((width - 1) * height);
  const steps = new Uint8Array(width - 1);
  for (let row = 0; row < height; row++) {
    for (let x = 0; x < width - 1; x++) steps[x] = Math.abs(data[row * width + x + 1] - data[row * width + x]);
    for (let x = 0; x < width - 1; x++) {
      if (steps[x] >= layout.STEP && isGreatest(steps, x)) out[row * (width - 1) + x] = 1;
    }
  }
  return { data: out, width: width - 1, height };
}

function isGreatest(steps, x) {
  const end = Math.min(steps.length - 1, x + layout.RIDGE_REACH);
  for (let i = Math.max(0, x - layout.RIDGE_REACH); i <= end; i++) {
    if (steps[i] > steps[x]) return false;
  }
  return true;
}

function transposed({ data, width, height }) {
  const out = new Uint8Array(data.length);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) out[x * height + y] = data[i];
  }
  return { data: out, width: height, height: width };
}

/** Return the places of lines between columns, those of the plane's edges included. */
function linesIn(steps) {
  const columns = steps.width;
  const window = Math.max(MIN_WINDOW, roundEven(steps.height * layout.LINE_SHARE));
  const scores = Float64Array.from({ length: columns }, (_, column) => scoreOf(steps, column, window));
  const order = Array.from(scores.keys()).sort((a, b) => scores[b] - scores[a]);
  const kept = [];
  for (const column of order) {
    if (scores[column] < window * layout.LINE_STEPS || kept.length === layout.MAX_LINES) break;
    if (kept.every((other) => Math.abs(column - other) >= layout.APART)) kept.push(column);
  }
  const inner = kept.sort((a, b) => a - b).map((column) => column + 1);
  return [0, ...inner.filter((x) => x >= layout.APART && x <= columns + 1 - layout.APART), columns + 1];
}

/** Add up the shares of steps in a window that slides down a column, where they are large enough for a line. */
function scoreOf({ data, width, height }, column, window) {
  const before = window >> 1;
  let score = 0;
  let count = 0;
  for (let row = 0; row < Math.min(window - before - 1, height); row++) count += data[row * width + column];
  for (let row = 0; row < height; row++) {
    const [entering, leaving] = [row + window - before - 1, row - before - 1];
    if (entering < height) count += data[entering * width + column];
    if (leaving >= 0) count -= data[leaving * width + column];
    if (count / window > layout.LINE_STEPS) score += count / window;
  }
  return score;
}

/** Return running sums down the columns, so that any side of a rectangle costs one subtraction. */
function sumsDown({ data, width, height }) {
  const out = new Uint32Array(width * (height + 1));
  for (let i = 0; i < data.length; i++) out[i + width] = out[i] + data[i];
  return { data: out, width };
}

function rectangles(downColumns, downRows, xs, ys, { width, height }) {
  const least = layout.MIN_SIDE * Math.min(width, height);
  const found = [];
  for (const [left, right] of pairs(xs, least)) {
    for (const [top, bottom] of pairs(ys, least)) {
      const area = ((bottom - top) * (right - left)) / (width * height);
      const sides = [
        shareOf(downColumns, left, top, bottom, width),
        shareOf(downColumns, right, top, bottom, width),
        shareOf(downRows, top, left, right, height),
        shareOf(downRows, bottom, left, right, height),
      ];
      const weakest = Math.min(...sides);
      if (weakest < layout.MIN_SIDE_SHARE || area > layout.MAX_AREA) continue;
      found.push({ left, top, right, bottom, score: weakest + sides.reduce((sum, side) => sum + side) / sides.length });
    }
  }
  return withoutRepeats(found.sort((a, b) => b.score - a.score).slice(0, layout.MAX_JUDGED));
}

function withoutRepeats(ranked) {
  const kept = [];
  for (const one of ranked) {
    if (kept.length === layout.MAX_PICTURES) break;
    if (kept.every((other) => overlap(one, other) < layout.REPEATED)) kept.push(one);
  }
  return kept;
}

function pairs(lines, least) {
  return lines.flatMap((a, i) => lines.slice(i + 1).filter((b) => b - a >= least).map((b) => [a, b]));
}

/** Return the share of a side that has steps. */
function shareOf(sums, line, start, end, size) {
  if (line === 0 || line === size) return 1;
  const at = clamp(line - 1, 0, sums.width - 1);
  return (sums.data[end * sums.width + at] - sums.data[start * sums.width + at]) / (end - start);
}

function overlap(one, other) {
  const width = Math.max(0, Math.min(one.right, other.right) - Math.max(one.left, other.left));
  const height = Math.max(0, Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top));
  return (width * height) / (areaOf(one) + areaOf(other) - width * height);
}

const areaOf = ({ left, top, right, bottom }) => (right - left) * (bottom - top);

/** Whether the area around the pictures is a page: mostly one grey level. @param {Plane} plane */
export function isOnPage(plane, pictures) {
  if (!pictures.length) return false;
  const inside = new Uint8Array(plane.data.length);
  for (const { left, top, right, bottom } of pictures) {
    for (let row = top; row < bottom; row++) inside.fill(1, row * plane.width + left, row * plane.width + right);
  }
  const counts = new Float64Array(256);
  let around = 0;
  for (let i = 0; i < inside.length; i++) {
    if (inside[i]) continue;
    counts[plane.data[i]]++;
    around++;
  }
  if (around < layout.MIN_AROUND * plane.data.length) return false;
  return Math.max(...nearLevels(counts, layout.PAGE_TOLERANCE)) >= layout.PAGE_SHARE * around;
}

/** Return a copy of a part of a plane. @returns {Plane} */
export function partOf({ data, width }, { left, top, right, bottom }) {
  const out = new Uint8Array((right - left) * (bottom - top));
  for (let row = top; row < bottom; row++) {
    out.set(data.subarray(row * width + left, row * width + right), (row - top) * (right - left));
  }
  return { data: out, width: right - left, height: bottom - top };
}
