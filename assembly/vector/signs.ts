// One bit a lane: whether it is above the mean of its vector's lanes. The part of a vector along (1, 1, ..., 1) is known exactly by that mean, and a dot
// with the signs, times the squared norm over the sum of the absolute values, both of what is left, estimates the dot with what is left without
// bias, where directions are random (Gao and Long, RaBitQ, 2024); no bound comes with it.
//
// Signs of the lanes themselves say nothing where lanes are never negative (pixels, counts, activations). A mean of each lane over all vectors would
// serve there, too, but it is a state that goes stale, and would have to be the same whenever rows are made anew.

/** Of the signs taken last: what to multiply a dot with them with, and the mean of the lanes. */
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
