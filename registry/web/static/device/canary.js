/**
 * A picture with known pixels, read as any other: it shows whether this browser hands out the pixels that it decoded.
 *
 * Private modes and Tor return noise, or change a few pixels, so that pages cannot tell devices apart. A picture must
 * never be hashed through such a canvas: its codes would be of no use, and nobody would notice. The canary's file also
 * says that its levels are linear, which a browser that converts colours would act on.
 */

import { canary } from "./constants.js";
import { WAYS, openPixels } from "./pixels.js";

/** Return the first way to read pixels that returns the canary's own; null if there is none. @param {ArrayBuffer} file */
export async function exactWay(file) {
  for (const way of Object.keys(WAYS)) {
    if (await isExact(file, way)) return way;
  }
  return null;
}

/** Whether a way to read pixels returns the canary's own. */
export async function isExact(file, way) {
  try {
    const pixels = await openPixels(new Blob([file]), way);
    try {
      return await equalsCanary(pixels);
    } finally {
      pixels.close();
    }
  } catch {
    return false; // this browser does not have that way
  }
}

async function equalsCanary(pixels) {
  if (pixels.width !== canary.SIDE || pixels.height !== canary.SIDE) return false;
  let place = 0;
  for await (const band of pixels.bands()) {
    for (let i = 0; i < band.length; i += 4, place++) {
      const expected = levelsAt(place % canary.SIDE, Math.floor(place / canary.SIDE));
      if (expected.some((level, channel) => band[i + channel] !== level)) return false;
    }
  }
  return place === canary.SIDE ** 2;
}

/** The canary's pixel at a place: scripts/make_device_constants draws it by the same rule. */
const levelsAt = (x, y) => [(x * 5) & 255, (y * 5) & 255, ((x ^ y) * 5) & 255, 255];
