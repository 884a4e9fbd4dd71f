/**
 * The pixels of a picture file, upright, in bands of rows, as the browser decoded them and nothing else.
 *
 * 1. `createImageBitmap` decodes without converting colours (`colorSpaceConversion: "none"`): the server ignores colour
 *    profiles, because not every browser applies them.
 * 2. Bands are read through a small canvas. Phones limit a canvas's area, and a page need not hold 12 megapixels of RGBA.
 * 3. Where a canvas returns other pixels than were drawn (`canary.js`), bands are copied from a `VideoFrame`.
 *
 * @typedef {{width: number, height: number, bands: () => AsyncGenerator<Uint8ClampedArray>, close: () => void}} Pixels
 */

const BAND_PIXELS = 1_000_000;
const AS_STORED = { colorSpaceConversion: "none", imageOrientation: "from-image", premultiplyAlpha: "none" };

/** Ways to read pixels, the most widely supported first. */
export const WAYS = { canvas: canvasBands, frame: frameBands };

/** Decode a picture. @param {Blob} blob @param {keyof WAYS} way @returns {Promise<Pixels>} */
export async function openPixels(blob, way) {
  const bitmap = await createImageBitmap(blob, AS_STORED);
  const { width, height } = bitmap;
  return { width, height, bands: () => WAYS[way](bitmap), close: () => bitmap.close() };
}

function* spans(width, height) {
  const rows = Math.max(1, Math.floor(BAND_PIXELS / width));
  for (let top = 0; top < height; top += rows) yield { top, rows: Math.min(rows, height - top) };
}

async function* canvasBands(bitmap) {
  const { width, height } = bitmap;
  const [{ rows: most }] = spans(width, height);
  const context = new OffscreenCanvas(width, most).getContext("2d", { willReadFrequently: true, colorSpace: "srgb" });
  context.globalCompositeOperation = "copy";
  for (const { top, rows } of spans(width, height)) {
    context.drawImage(bitmap, 0, top, width, rows, 0, 0, width, rows);
    yield context.getImageData(0, 0, width, rows).data;
  }
}

async function* frameBands(bitmap) {
  const frame = new VideoFrame(bitmap, { timestamp: 0, alpha: "keep" });
  try {
    const { width, height } = bitmap;
    for (const { top, rows } of spans(width, height)) {
      const rgba = new Uint8ClampedArray(width * rows * 4);
      await frame.copyTo(rgba, { rect: { x: 0, y: top, width, height: rows } });
      if (!inOrder(rgba, frame.format)) throw new Error("the frame's pixels are in another form");
      yield rgba;
    }
  } finally {
    frame.close();
  }
}

/** Bring a frame's pixels into the order of RGBA, in place. Return false if it has another form than four bytes each. */
function inOrder(pixels, format) {
  if (!["RGBA", "RGBX", "BGRA", "BGRX"].includes(format)) return false;
  const isReversed = format.startsWith("BGR");
  const isOpaque = format.endsWith("X");
  for (let i = 0; i < pixels.length; i += 4) {
    if (isReversed) [pixels[i], pixels[i + 2]] = [pixels[i + 2], pixels[i]];
    if (isOpaque) pixels[i + 3] = 255;
  }
  return true;
}
