/**
 * The packed form of windows, in which the server keeps them (mirrors Windows.pack of index/windows/windows.py, whose
 * docstring describes each byte).
 */

import { windows as form } from "../constants.js";
import { clamp, roundEven } from "../planes/linear.js";

const U16 = 65_535;
const RADIUS_STEPS = 4_095;
const TURNS = 2_048;
const RADIUS_SPAN = Math.log(form.MAX_RADIUS / form.MIN_RADIUS);

/** Pack the windows of an area plane. @param {import("./choosing.js").Window[]} windows @returns {Uint8Array} */
export function packedWindows({ width, height }, windows) {
  const codesFrom = form.HEAD_BYTES + windows.length * form.PLACE_BYTES;
  const out = new Uint8Array(codesFrom + windows.length * form.CODE_BYTES);
  const view = new DataView(out.buffer);
  view.setUint16(0, width, true);
  view.setUint16(2, height, true);
  out[4] = windows.length;
  const scale = Math.sqrt(width * height);
  windows.forEach(({ x, y, radius, angle, flipped, code }, i) => {
    const at = form.HEAD_BYTES + i * form.PLACE_BYTES;
    view.setUint16(at, clamp(roundEven(Math.fround((x + 0.5) / width) * U16), 0, U16), true);
    view.setUint16(at + 2, clamp(roundEven(Math.fround((y + 0.5) / height) * U16), 0, U16), true);
    const size = Math.log(Math.max(radius / scale, form.MIN_RADIUS) / form.MIN_RADIUS) / RADIUS_SPAN;
    const step = clamp(roundEven(size * RADIUS_STEPS), 0, RADIUS_STEPS);
    const turn = (roundEven((angle / (2 * Math.PI)) * TURNS) + TURNS) % TURNS;
    const bits = (step << 12) | (turn << 1) | Number(flipped);
    out.set([bits & 255, (bits >> 8) & 255, bits >> 16], at + 4);
    out.set(code, codesFrom + i * form.CODE_BYTES);
  });
  return out;
}
