// One bit a lane: its sign. The vector is scale * (+1 or -1) + a rest; the scale that leaves the smallest rest is the mean of the
// absolute values.

import { lastLanes } from "../kernel";

/** Of the signs taken last. */
export let signsScale: f32 = 0;
export let signsResidual: f64 = 0;

export function encodeSigns(from: usize, to: usize, lanes: u32, factor: f64, codeBytes: u32): void {
  memory.fill(to, 0, codeBytes);
  let sum: f64 = 0;
  let square: f64 = 0;
  for (let i: u32 = 0; i < lanes; i += 4) {
    const at = from + (<usize>i << 2);
    const left = lanes - i;
    const x = left >= 4 ? v128.load(at) : lastLanes(at, left);
    for (let j: u32 = 0; j < min<u32>(left, 4); j++) {
      const lane = <f64>load<f32>(at + (<usize>j << 2)) * factor;
      sum += abs(lane);
      square += lane * lane;
    }
    // A set bit is a lane that is not negative; padding stays 0.
    const positive = ~i32x4.bitmask(x) & (left >= 4 ? 15 : (1 << left) - 1);
    const byte = to + (i >> 3);
    store<u8>(byte, load<u8>(byte) | (positive << (i & 4)));
  }
  signsScale = <f32>(sum / <f64>lanes);
  // |x - s * sign|^2 = |x|^2 - 2 s |x|_1 + n s^2
  const scale = <f64>signsScale;
  signsResidual = sqrt(max<f64>(0, square - 2 * scale * sum + <f64>lanes * scale * scale) + square * 1e-12);
}
