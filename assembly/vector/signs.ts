// One bit a lane: its sign. A dot with the signs, times the squared norm over the sum of the absolute values, estimates the dot with
// the vector without bias, where directions are random (Gao and Long, RaBitQ, 2024); no bound comes with it.

import { lastLanes } from "../kernel";

/** Of the signs taken last: what to multiply a dot with them with. */
export let signsScale: f32 = 0;

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
  signsScale = sum == 0 ? 0 : <f32>(square / sum);
}
