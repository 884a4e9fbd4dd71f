/**
 * Weighted sums along the rows and columns of a plane.
 *
 * Nearly every step of a fingerprint is linear and separable. A step is described by *lines*: for each place of the
 * result, the places of the original that count, and their weights. Sums are taken in double precision and stored as
 * float32, so that no step depends on the order of additions in a vector unit.
 *
 * @typedef {{data: Uint8Array | Uint8ClampedArray | Float32Array, width: number, height: number}} Plane
 * @typedef {{length: number, starts: Int32Array, places: Int32Array, weights: Float64Array}} Lines
 * @typedef {{between?: any, type?: any, bias?: number, single?: boolean, downFirst?: boolean}} Arithmetic
 */

/** Lifts exact halves, so that an array that rounds halves to even rounds them up. No other remainder is so small. */
export const HALVES_UP = 1e-9;

/** Round to the nearest whole number, halves to even, as Python's round and OpenCV's cvRound do. */
export function roundEven(value) {
  const low = Math.floor(value);
  const rest = value - low;
  return rest < 0.5 || (rest === 0.5 && low % 2 === 0) ? low : low + 1;
}

/** Return `value`, at least `low` and at most `high`. */
export const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

/** Return the sum of all values. */
export function sumOf(values) {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum;
}

/** Make lines; `line(place)` returns its [place, weight] pairs. @returns {Lines} */
export function linesOf(length, line) {
  const lines = Array.from({ length }, (_, place) => line(place));
  const starts = new Int32Array(length + 1);
  lines.forEach((pairs, place) => (starts[place + 1] = starts[place] + pairs.length));
  const pairs = lines.flat();
  return {
    length,
    starts,
    places: Int32Array.from(pairs, ([place]) => place),
    weights: Float64Array.from(pairs, ([, weight]) => weight),
  };
}

/** Return [place, weight] pairs of consecutive places from `first` on. */
export const inARow = (first, weights) => Array.from(weights, (weight, k) => [first + k, weight]);

/**
 * Sum a plane along its rows and then along its columns, or the other way round.
 *
 * @param {Plane} plane
 * @param {Lines} across lines of a row
 * @param {Lines} down lines of a column
 * @param {Arithmetic} arithmetic `between` and `type`: arrays after the first and the second pass (a
 *   Uint8ClampedArray rounds to the nearest level, halves to even); `bias`: added to each sum; `single`: sums in
 *   float32; `downFirst`: columns first
 * @returns {Plane}
 */
export function linear({ data, width, height }, across, down, arithmetic = {}) {
  const { between = Float32Array, type = Float32Array, bias = 0, single = false, downFirst = false } = arithmetic;
  const sum = { bias, single };
  const out = new type(across.length * down.length);
  if (downFirst) {
    sumAcross(sumDown(data, width, down, new between(width * down.length), sum), width, across, out, sum);
  } else {
    sumDown(sumAcross(data, width, across, new between(across.length * height), sum), across.length, down, out, sum);
  }
  return { data: out, width: across.length, height: down.length };
}

/** Sum a plane along its rows alone. @param {Plane} plane @param {Lines} lines @returns {Plane} */
export function summedAcross({ data, width, height }, lines) {
  const out = new Float32Array(lines.length * height);
  return { data: sumAcross(data, width, lines, out, { bias: 0, single: false }), width: lines.length, height };
}

function sumAcross(data, width, { length, starts, places, weights }, out, { bias, single }) {
  const rows = data.length / width;
  for (let row = 0, place = 0; row < rows; row++) {
    const base = row * width;
    for (let column = 0; column < length; column++, place++) {
      const end = starts[column + 1];
      let sum = bias;
      if (single) {
        for (let k = starts[column]; k < end; k++) sum = Math.fround(sum + Math.fround(weights[k] * data[base + places[k]]));
      } else {
        for (let k = starts[column]; k < end; k++) sum += weights[k] * data[base + places[k]];
      }
      out[place] = sum;
    }
  }
  return out;
}

/** Adds whole rows, so that memory is read in order. */
function sumDown(data, width, { length, starts, places, weights }, out, { bias, single }) {
  const sums = single ? new Float32Array(width) : new Float64Array(width);
  for (let row = 0; row < length; row++) {
    sums.fill(bias);
    for (let k = starts[row]; k < starts[row + 1]; k++) {
      const base = places[k] * width;
      const weight = weights[k];
      if (single) {
        for (let x = 0; x < width; x++) sums[x] += Math.fround(weight * data[base + x]);
      } else {
        for (let x = 0; x < width; x++) sums[x] += weight * data[base + x];
      }
    }
    out.set(sums, row * width);
  }
  return out;
}
