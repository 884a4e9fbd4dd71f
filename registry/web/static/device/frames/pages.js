/**
 * Windows of a page that are no evidence: letters and buttons look alike in strangers' pages (mirrors
 * index/frames/pages.py).
 *
 * @typedef {import("../planes/linear.js").Plane} Plane
 * @typedef {import("../windows/choosing.js").Window} Window
 */

import { enrolling, pages } from "../constants.js";
import { nearLevels } from "../hashing/levels.js";
import { flatShare, pdq } from "../hashing/whole.js";
import { sumOf } from "../planes/linear.js";
import { stretched } from "../windows/area.js";
import { innerPictures, isOnPage, partOf } from "./layout.js";

const { MAX_GROUNDS, GROUND_LEVELS, MIN_GROUND, MIN_PAGE, MIN_CONTRAST, GROUND_SHARE } = pages;

/** Drop the windows of a page. @param {Window[]} windows @param {Plane} area @param {Plane} luma @returns {Window[]} */
export function withoutPage(windows, area, luma) {
  const ground = paintedGround(luma);
  const telling = ground === null ? windows : windows.filter((window) => !isMostly(ground, window, area));
  const pictures = innerPictures(luma).filter((one) => isPicture(partOf(luma, one)));
  if (!isOnPage(luma, pictures)) return telling;
  const own = telling.filter((window) => pictures.some((one) => isWithin(one, onPlane(window, area, luma))));
  return own.length < pages.MIN_OWN ? telling : own;
}

/** Whether a part of a picture could block as a reference of its own. */
function isPicture(part) {
  return pdq(part).quality >= enrolling.MIN_QUALITY && flatShare(part) <= enrolling.MAX_FLAT_SHARE;
}

function isWithin({ left, top, right, bottom }, { x, y, reach }) {
  const margin = reach * pages.OWN_REACH;
  return x - margin >= left && x + margin <= right && y - margin >= top && y + margin <= bottom;
}

/** Return the painted ground of a page as a plane of 0 and 1, or null if there is too little of it. @returns {Plane} */
function paintedGround(luma) {
  const sorted = luma.data.slice().sort();
  if (sorted[sorted.length - 1] - sorted[0] < MIN_CONTRAST) return null;
  const clear = stretched(luma).data;
  const counts = new Float64Array(256);
  for (const level of clear) counts[level]++;
  const chosen = new Uint8Array(256);
  for (let ground = 0; ground < MAX_GROUNDS; ground++) {
    const around = nearLevels(counts.map((count, level) => (chosen[level] ? 0 : count)), GROUND_LEVELS);
    const level = around.indexOf(Math.max(...around));
    if (around[level] < MIN_GROUND * clear.length) break;
    chosen.fill(1, Math.max(0, level - GROUND_LEVELS), level + GROUND_LEVELS + 1);
  }
  if (sumOf(counts.filter((_, level) => chosen[level])) < MIN_PAGE * clear.length) return null;
  return { ...luma, data: clear.map((level) => chosen[level]) };
}

function isMostly(ground, window, area) {
  const { left, top, right, bottom } = squareOn(window, area, ground);
  let covered = 0;
  for (let row = top; row < bottom; row++) {
    for (let i = row * ground.width + left; i < row * ground.width + right; i++) covered += ground.data[i];
  }
  return covered >= GROUND_SHARE * (bottom - top) * (right - left);
}

/** Return the upright square around a window in pixels of a plane, cut at its edges (mirrors squares_on). */
function squareOn(window, area, { width, height }) {
  const { x, y, reach } = onPlane(window, area, { width, height });
  const cut = (place, length) => Math.trunc(Math.min(Math.max(place, 0), length));
  return { left: cut(x - reach, width), right: cut(x + reach, width), top: cut(y - reach, height), bottom: cut(y + reach, height) };
}

/** Return a window's centre and half side in pixels of a plane (mirrors on_plane of index/windows/windows.py). */
function onPlane(window, area, { width, height }) {
  return {
    x: ((window.x + 0.5) / area.width) * width,
    y: ((window.y + 0.5) / area.height) * height,
    reach: window.radius * (width / area.width),
  };
}
