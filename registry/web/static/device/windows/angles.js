/** Return the arc tangent in degrees, 0 to 360: OpenCV's polynomial, whose error of 0.01 decides some bins. */
export function degreesOf(y, x) {
  const [acrossSize, downSize] = [Math.abs(x), Math.abs(y)];
  const ratio = Math.min(acrossSize, downSize) / (Math.max(acrossSize, downSize) + Number.EPSILON);
  const square = ratio * ratio;
  const radians =
    (((-0.04432655554792128 * square + 0.1555786518463281) * square - 0.3258083974640975) * square +
      0.9997878412794807) *
    ratio;
  let degrees = radians * (180 / Math.PI);
  if (acrossSize < downSize) degrees = 90 - degrees;
  if (x < 0) degrees = 180 - degrees;
  return y < 0 ? 360 - degrees : degrees;
}
