/**
 * From the pixels of a picture to everything that is registered of it (mirrors index/pictures/describing.py, ENROL).
 *
 * The regional signature and the places of faces are not made here: the server does without them.
 *
 * @typedef {import("./planes/linear.js").Plane} Plane
 * @typedef {{algorithm: string, value: string, quality?: number}} Code
 */

import { describing } from "./constants.js";
import { withoutPage } from "./frames/pages.js";
import { hexOf } from "./hashing/codes.js";
import { dhash128, phash } from "./hashing/dhash.js";
import { CanonicalPdq, flatShare, pdq } from "./hashing/whole.js";
import { toExactLuma, toLuma, blendWithWhite } from "./planes/luma.js";
import { MatchingReducer } from "./planes/matching.js";
import { areaPlane } from "./windows/area.js";
import { referenceWindows } from "./windows/choosing.js";
import { packedWindows } from "./windows/packing.js";

/** Takes the pixels of an upright picture in bands of rows, so that they are never held as a whole. */
export class PictureReader {
  constructor(width, height) {
    this.reducer = new MatchingReducer(width, height);
    this.canonical = new CanonicalPdq(width, height);
  }

  /** Add the next rows. @param {Uint8ClampedArray} rgba is changed: transparent pixels are blended with white */
  add(rgba) {
    blendWithWhite(rgba);
    const luma = new Uint8Array(rgba.length / 4);
    toLuma(rgba, luma);
    this.reducer.add(luma);
    const exact = new Float32Array(luma.length);
    toExactLuma(rgba, exact);
    this.canonical.add(exact);
  }

  /** The codes, once all rows are there; windows only if `projection` is given. */
  described(projection) {
    return { ...describedPlane(this.reducer.plane, projection), pdqCanonical: this.canonical.pdq };
  }
}

/**
 * Describe a matching plane.
 *
 * @param {Plane} plane
 * @param {import("./windows/projection.js").Projection | null} projection null: no windows
 */
export function describedPlane(plane, projection) {
  return {
    version: describing.VERSION,
    pdq: pdq(plane),
    dhash128: dhash128(plane),
    phash: phash(plane),
    flatShare: flatShare(plane),
    windows: projection && windowsOf(plane, projection),
  };
}

function windowsOf(plane, projection) {
  const levels = areaPlane(plane);
  const { width, height } = levels[0];
  const list = withoutCopies(withoutPage(referenceWindows(levels, projection), levels[0], plane));
  return { width, height, list, packed: packedWindows({ width, height }, list) };
}

/** Leave out windows whose code a better one has too: patterns repeat, and the server refuses such windows. */
function withoutCopies(windows) {
  const codes = windows.map(({ code }) => hexOf(code));
  return windows.filter((_, i) => codes.indexOf(codes[i]) === i);
}

/** Return codes as `POST /v1/claims` takes them. @returns {Code[]} */
export function codesOf(described, sha256) {
  return [
    { algorithm: "pdq", value: hexOf(described.pdq.value), quality: described.pdq.quality },
    { algorithm: "dhash128", value: hexOf(described.dhash128) },
    { algorithm: "phash", value: hexOf(described.phash) },
    { algorithm: "sha256", value: hexOf(sha256) },
  ];
}
