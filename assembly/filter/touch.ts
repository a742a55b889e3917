// Reads ahead what is about to be read record by record. Here the cache misses overlap; there each would be waited for
// alone.

/** The first four lines: all of a record of W1 (bench/workload.mjs), and the most used part of a long one. */
const TOUCH_BYTES: usize = 256;

/** Kept so that the compiler does not remove the loads. */
let touched: u32 = 0;

/** Touches `count` records whose addresses are side by side; the lowest bit of an address may be a mark. */
export function touchRecords(addresses: usize, count: u32): void {
  const limit = (<usize>memory.size() << 16) - TOUCH_BYTES;
  const end = addresses + (<usize>count << 2);
  let sum: u32 = 0;
  for (let at = addresses; at < end; at += 4) {
    const record = min<usize>(<usize>load<u32>(at), limit);
    sum += load<u32>(record, 8) + load<u32>(record, 72) + load<u32>(record, 136) + load<u32>(record, 200);
  }
  touched += sum;
}
