// One bit per lane: whether it is at least the mean of its vector's lanes. That mean gives the part of a vector along
// (1, 1, ..., 1) exactly. Of the rest, the dot with the signs, times the squared norm over the sum of the absolute
// values, estimates the dot with the rest, without bias if directions are random (Gao and Long, RaBitQ, 2024); no bound
// comes with it.
//
// The signs of the lanes themselves say nothing if lanes are never negative (pixels, counts, activations). The mean of
// each lane over all vectors would help there, too, but it is state that goes stale, and rows made anew would need the
// same one.

/** Of the signs last taken: the factor for a dot with them, and the mean of the lanes. */
export let signsScale: f32 = 0;
export let signsMean: f32 = 0;

// @ts-ignore: decorator
@inline export function meanOf(lanes: usize, count: u32): f32 {
  let sum: f64 = 0;
  for (let i: u32 = 0; i < count; i++) sum += <f64>load<f32>(lanes + (<usize>i << 2));
  return <f32>(sum / <f64>count);
}

export function encodeSigns(from: usize, to: usize, lanes: u32, factor: f64, codeBytes: u32): void {
  memory.fill(to, 0, codeBytes);
  const mean = meanOf(from, lanes);
  let sum: f64 = 0;
  let square: f64 = 0;
  for (let i: u32 = 0; i < lanes; i++) {
    const lane = load<f32>(from + (<usize>i << 2));
    const left = (<f64>lane - <f64>mean) * factor;
    sum += abs(left);
    square += left * left;
    const byte = to + (i >> 3);
    store<u8>(byte, load<u8>(byte) | (<u8>(lane >= mean) << <u8>(i & 7)));
  }
  signsScale = sum == 0 ? 0 : <f32>(square / sum);
  signsMean = <f32>(<f64>mean * factor);
}
