/**
 * The matching plane: upright luma, longest side at most 512 pixels (mirrors index/media/pictures/planes.py).
 *
 * @typedef {import("./linear.js").Plane} Plane
 */

import { planes } from "../constants.js";
import { roundEven } from "./linear.js";
import { BILINEAR, BlockMeans, resized } from "./pillow.js";

/** Makes the matching plane of a picture from bands of its rows: whole factors first, then bilinear. */
export class MatchingReducer {
  constructor(width, height) {
    const scale = Math.min(1, planes.MATCHING_SIDE / Math.max(width, height));
    this.size = [width, height];
    this.target = [width, height].map((side) => Math.max(1, roundEven(side * scale)));
    this.factors = this.target.map((side, i) => Math.trunc(this.size[i] / side / planes.REDUCING_GAP) || 1);
    this.means = new BlockMeans(width, height, ...this.factors);
  }

  /** Add the next rows. @param {Uint8Array} luma */
  add(luma) {
    for (let start = 0; start < luma.length; start += this.size[0]) this.means.add(luma, start);
  }

  /** The matching plane, once all rows are there. @returns {Plane} */
  get plane() {
    const { plane } = this.means;
    if (this.target.every((side, i) => side === this.size[i])) return plane;
    // The number of blocks that the picture fills; the last one may be filled in part.
    const span = this.size.map((side, i) => Math.fround(side / this.factors[i]));
    return resized(plane, ...this.target, BILINEAR, span);
  }
}
