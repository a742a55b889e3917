// Reading ahead what is about to be read record by record: here the cache misses overlap, there each would be met alone.

/** The first four lines: a record of W1, and of a long one what most is asked of. */
const TOUCH_BYTES: usize = 256;

/** Kept, so that the loads are not left out. */
let touched: u32 = 0;

/** Touches `count` records whose addresses stand side by side; their lowest bits may be marks. */
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
