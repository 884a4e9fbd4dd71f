/**
 * From RGBA to grey levels (mirrors index/media/pictures/modes.py and Pillow's conversion to mode L).
 */

import { decoding } from "../constants.js";

const OPAQUE = 255;
const [RED, GREEN, BLUE] = decoding.LUMA_WEIGHTS;

/** Blend transparent pixels with white, in place, in the whole numbers of Pillow's alpha_composite. */
export function blendWithWhite(rgba) {
  for (let i = 0; i < rgba.length; i += 4) {
    const alpha = rgba[i + 3];
    if (alpha === OPAQUE) continue;
    rgba[i] = onWhite(rgba[i], alpha);
    rgba[i + 1] = onWhite(rgba[i + 1], alpha);
    rgba[i + 2] = onWhite(rgba[i + 2], alpha);
    rgba[i + 3] = OPAQUE;
  }
}

function onWhite(level, alpha) {
  const sum = (level * alpha + 255 * (255 - alpha) + 128) * 128;
  return (((sum >> 8) + sum) >> 8) >> 7;
}

/** Write the luma of opaque RGBA to `out`: Pillow's whole numbers (ITU-R BT.601). */
export function toLuma(rgba, out) {
  for (let i = 0, place = 0; i < rgba.length; i += 4, place++) {
    out[place] = (rgba[i] * 19595 + rgba[i + 1] * 38470 + rgba[i + 2] * 7471 + 0x8000) >> 16;
  }
}

/** Write the same luma with a fraction, as the PDQ reference has it. @param {Float32Array} out */
export function toExactLuma(rgba, out) {
  for (let i = 0, place = 0; i < rgba.length; i += 4, place++) {
    out[place] = rgba[i] * RED + rgba[i + 1] * GREEN + rgba[i + 2] * BLUE;
  }
}
