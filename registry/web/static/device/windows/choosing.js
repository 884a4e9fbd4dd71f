/**
 * The windows of a picture that is to be registered (mirrors index/windows/choosing.py, profile full).
 *
 * @typedef {import("../planes/linear.js").Plane} Plane
 * @typedef {{x: number, y: number, radius: number, angle: number, flipped: boolean, code: Uint8Array}} Window
 */

import { choosing, profile } from "../constants.js";
import { roundEven } from "../planes/linear.js";
import { edgeShare, histogramAt, turnedOver } from "./patches.js";
import { pointsOf } from "./points.js";

const { OVERHANG, MAX_POINTS, MAX_RADIUS, MAX_EDGE_SHARE, CHOSEN_BEYOND, SPREAD_FROM } = choosing;

/**
 * Choose and code the windows of a picture.
 *
 * @param {Plane[]} levels result of `areaPlane`
 * @param {import("./projection.js").Projection} projection
 * @returns {Window[]}
 */
export function referenceWindows(levels, projection) {
  const most = SPREAD_FROM * profile.reference_windows;
  const telling = ranked(levels[0], roundEven(most * CHOSEN_BEYOND))
    .map((place) => ({ ...place, histogram: histogramAt(levels, place) }))
    .filter(({ histogram }) => edgeShare(histogram) <= MAX_EDGE_SHARE)
    .slice(0, most);
  return spreadOut(telling, profile.reference_windows).map(({ x, y, radius, angle, histogram }) => {
    const flipped = projection.handedness(histogram) < 0;
    return { x, y, radius, angle, flipped, code: projection.codeOf(flipped ? turnedOver(histogram) : histogram) };
  });
}

/** Return the best points by response times size, without those that mostly repeat a better one. */
function ranked(plane, most) {
  const side = Math.sqrt(plane.width * plane.height);
  const least = Math.fround(profile.reference_radius * side);
  const places = pointsOf(plane)
    .filter(({ x, y, radius }) => {
      const margin = Math.fround(radius * Math.fround(1 - OVERHANG));
      const isInside = x > margin && x < plane.width - margin && y > margin && y < plane.height - margin;
      return isInside && radius >= least && radius <= Math.fround(MAX_RADIUS * side);
    })
    .map((point) => ({ ...point, rank: Math.fround(point.response * point.radius) }))
    .sort((a, b) => b.rank - a.rank) // stable, as on the server: equal ones keep their order
    .slice(0, MAX_POINTS);
  const kept = [];
  for (const place of places) {
    if (kept.length === most) break;
    if (!kept.some((other) => repeats(place, other))) kept.push(place);
  }
  return kept;
}

function repeats(place, kept) {
  const smaller = Math.min(place.radius, kept.radius);
  if (Math.max(place.radius, kept.radius) >= choosing.REPEATS_SCALE * smaller) return false;
  if ((place.x - kept.x) ** 2 + (place.y - kept.y) ** 2 >= (choosing.REPEATS_WITHIN * smaller) ** 2) return false;
  const turn = Math.abs(place.angle - kept.angle) % (2 * Math.PI);
  return Math.min(turn, 2 * Math.PI - turn) < choosing.REPEATS_TURN;
}

/** Keep the best, then repeatedly the place that differs most from those kept, so that any crop has some of them. */
function spreadOut(places, most) {
  if (places.length <= most) return places;
  const kept = places.slice(0, roundEven(profile.ranked_share * most));
  const nearest = places.map((place) => Math.min(...kept.map((other) => apart(place, other))));
  nearest.fill(-1, 0, kept.length); // already kept
  while (kept.length < most) {
    const farthest = nearest.indexOf(Math.max(...nearest));
    kept.push(places[farthest]);
    places.forEach((place, i) => (nearest[i] = Math.min(nearest[i], apart(place, places[farthest]))));
    nearest[farthest] = -1;
  }
  return kept;
}

/** The distance of two places: 0 if identical, 1 or more if far apart (mirrors apart of index/windows/windows.py). */
function apart(place, other) {
  const offset = Math.hypot(place.x - other.x, place.y - other.y) / Math.max(place.radius, other.radius);
  return offset + Math.abs(Math.log(place.radius / other.radius));
}
