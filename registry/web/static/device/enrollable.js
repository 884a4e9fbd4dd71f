/** Which pictures may be registered (mirrors require_enrollable of index/pictures/fingerprint.py). */

import { enrolling } from "./constants.js";
import { DeviceError } from "./errors.js";
import { setBits } from "./hashing/codes.js";

/**
 * Throw `flat` for a picture that would match every blank upload.
 *
 * A picture of low quality passes here if it has enough windows: the server then registers its windows and its digest.
 */
export function requireEnrollable({ pdq, dhash128, phash, pdqCanonical, windows }) {
  const codes = { pdq: [pdq.value, pdqCanonical.value], dhash128: [dhash128], phash: [phash] };
  const isDegenerate = Object.entries(codes).some(([algorithm, values]) => values.some((value) => !isGenuine(algorithm, value)));
  const isFaint = pdq.quality < enrolling.MIN_QUALITY && (windows?.list.length ?? 0) < enrolling.FOUND_BY_WINDOWS_FROM;
  if (isDegenerate || pdq.quality < enrolling.LOW_INFORMATION_QUALITY || isFaint) throw new DeviceError("flat");
}

function isGenuine(algorithm, value) {
  const [fewest, most] = enrolling.GENUINE_SET_BITS[algorithm];
  const count = setBits(value);
  return fewest <= count && count <= most;
}
