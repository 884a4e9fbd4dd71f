/**
 * From a file that was chosen to its fingerprint.
 *
 * @typedef {import("./device.js").Fingerprint} Fingerprint
 */

import { limits } from "./constants.js";
import { DeviceError } from "./errors.js";
import { requireEnrollable } from "./enrollable.js";
import { PictureReader, codesOf } from "./fingerprint.js";
import { hexOf } from "./hashing/codes.js";
import { announcedSize, formatOf } from "./headers.js";
import { openPixels } from "./pixels.js";

/** Formats that a browser may not know. */
const NOT_EVERYWHERE = new Set(["heic", "tiff", "avif"]);

/**
 * Fingerprint a file.
 *
 * @param {Blob} file
 * @param {string} way a key of `WAYS` in pixels.js
 * @param {import("./windows/projection.js").Projection | null} projection null: no windows
 * @returns {Promise<Fingerprint>}
 */
export async function fingerprintOf(file, way, projection) {
  if (file.size === 0) throw new DeviceError("empty");
  if (file.size > limits.MAX_BYTES) throw new DeviceError("too_large");
  const bytes = await file.arrayBuffer();
  const content = new Uint8Array(bytes);
  const format = formatOf(content);
  requireDecodable(announcedSize(content, format));
  const sha256 = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  // Without a type: the browser then goes by the content, as the server does.
  const described = await describedFile(new Blob([bytes]), format, way, projection);
  requireEnrollable(described);
  return {
    codes: codesOf(described, sha256),
    pdqCanonical: { value: hexOf(described.pdqCanonical.value), quality: described.pdqCanonical.quality },
    windows: described.windows && toBase64(described.windows.packed),
    windowCount: described.windows ? described.windows.list.length : 0,
    flatShare: described.flatShare,
    width: described.width,
    height: described.height,
    version: described.version,
  };
}

async function describedFile(blob, format, way, projection) {
  const pixels = await openPixels(blob, way).catch(() => {
    throw new DeviceError(NOT_EVERYWHERE.has(format) ? "undecodable_here" : "damaged");
  });
  try {
    const { width, height } = pixels;
    requireDecodable([width, height]);
    const reader = new PictureReader(width, height);
    for await (const band of pixels.bands()) reader.add(band);
    return { ...reader.described(projection), width, height };
  } finally {
    pixels.close();
  }
}

function requireDecodable(size) {
  if (size === null) return;
  const [width, height] = size;
  if (width * height > limits.MAX_PIXELS || Math.max(width, height) > limits.MAX_SIDE) throw new DeviceError("too_large");
}

function toBase64(bytes) {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}
