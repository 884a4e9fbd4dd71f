/** Codes as bytes and as text (mirrors index/hashing/codes.py). */

/** Pack bits into bytes, the first bit highest. @returns {Uint8Array} */
export function packedBits(bits) {
  const bytes = new Uint8Array(bits.length / 8);
  for (let i = 0; i < bits.length; i++) {
    if (bits[i]) bytes[i >> 3] |= 128 >> (i & 7);
  }
  return bytes;
}

/** Return the canonical spelling: lower-case hexadecimal. */
export const hexOf = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/** Count the set bits of a code. */
export function setBits(bytes) {
  let count = 0;
  for (let byte of bytes) {
    for (; byte; byte &= byte - 1) count++;
  }
  return count;
}
