/** Grey levels of painted surfaces (mirrors index/hashing/levels.py). */

/** Return for each of 256 levels the sum of `counts` within `reach` levels of it. @returns {Float64Array} */
export function nearLevels(counts, reach) {
  const out = new Float64Array(counts.length);
  for (let level = 0; level < counts.length; level++) {
    const end = Math.min(counts.length - 1, level + reach);
    for (let i = Math.max(0, level - reach); i <= end; i++) out[level] += counts[i];
  }
  return out;
}
