/**
 * What a picture's first bytes say: its format by content (mirrors sniff of index/media/pictures/formats.py), and its
 * size, so that a picture that is too large is never decoded.
 */

import { formats } from "./constants.js";
import { DeviceError } from "./errors.js";

const BRAND_BYTES = 4;

/** Return the format of a file. Throw `unknown_format` if it is none of the server's. @param {Uint8Array} bytes */
export function formatOf(bytes) {
  const text = textOf(bytes, 0, formats.FTYP_SCAN_BYTES);
  for (const [magic, format] of Object.entries(formats.FIRST_BYTES)) {
    if (text.startsWith(magic)) return format;
  }
  if (text.startsWith("RIFF") && text.slice(8, 12) === "WEBP") return "webp";
  if (text.slice(4, 8) !== "ftyp") throw new DeviceError("unknown_format");
  const boxEnd = Math.min(viewOf(bytes).getUint32(0), text.length);
  // Offset 12 holds a version number, not a brand.
  for (let start = 8; start === 8 || start < boxEnd; start += start === 8 ? 2 * BRAND_BYTES : BRAND_BYTES) {
    const format = formats.BRANDS[text.slice(start, start + BRAND_BYTES)];
    if (format !== undefined) return format;
  }
  throw new DeviceError("unknown_format");
}

/**
 * Return the number of columns and rows that a header announces, or null where it cannot be told.
 *
 * @param {Uint8Array} bytes
 * @param {string} format result of `formatOf`
 * @returns {[number, number] | null}
 */
export function announcedSize(bytes, format) {
  try {
    return SIZES[format]?.(viewOf(bytes), bytes) ?? null;
  } catch (error) {
    if (error instanceof RangeError) return null; // the file ends within its header
    throw error;
  }
}

const SIZES = {
  png: (view) => [view.getUint32(16), view.getUint32(20)],
  gif: (view) => [view.getUint16(6, true), view.getUint16(8, true)],
  bmp: (view) => [Math.abs(view.getInt32(18, true)), Math.abs(view.getInt32(22, true))],
  jpeg: jpegSize,
  webp: webpSize,
  avif: (view, bytes) => isobmffSize(view, bytes),
  heic: (view, bytes) => isobmffSize(view, bytes),
};

/** The frame header follows some segments, each with its length. */
function jpegSize(view) {
  for (let at = 2; ; at += 2 + view.getUint16(at + 2)) {
    while (view.getUint8(at + 1) === 0xff) at++; // fill bytes
    const marker = view.getUint8(at + 1);
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) return [view.getUint16(at + 7), view.getUint16(at + 5)];
    if (marker === 0xda || marker === 0xd9) return null; // pixels, or the end
  }
}

function webpSize(view, bytes) {
  const chunk = textOf(bytes, 12, 16);
  if (chunk === "VP8X") return [24, 27].map((at) => 1 + (view.getUint16(at, true) | (view.getUint8(at + 2) << 16)));
  if (chunk === "VP8 ") return [26, 28].map((at) => view.getUint16(at, true) & 0x3fff);
  const bits = view.getUint32(21, true);
  return [1 + (bits & 0x3fff), 1 + ((bits >>> 14) & 0x3fff)];
}

/** The largest of the sizes that the boxes `ispe` announce: tiles and thumbnails have their own. */
function isobmffSize(view, bytes) {
  const head = textOf(bytes, 0, 65_536);
  let largest = null;
  for (let at = head.indexOf("ispe"); at >= 0; at = head.indexOf("ispe", at + 1)) {
    const size = [view.getUint32(at + 8), view.getUint32(at + 12)];
    if (largest === null || size[0] * size[1] > largest[0] * largest[1]) largest = size;
  }
  return largest;
}

const viewOf = (bytes) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

const textOf = (bytes, start, end) => Array.from(bytes.subarray(start, end), (byte) => String.fromCharCode(byte)).join("");
