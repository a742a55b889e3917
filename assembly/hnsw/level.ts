// The top level of a node: level l with probability m^-l, derived from the slot and the graph's seed. So the level of a
// slot never changes, and the room for its lists can be reserved with its chunk.

const LEVEL_MAX: u32 = 15;

/** Finalizer of MurmurHash3. */
// @ts-ignore: decorator
@inline function mix(word: u32): u32 {
  let h = word;
  h = (h ^ (h >> 16)) * 0x85ebca6b;
  h = (h ^ (h >> 13)) * 0xc2b2ae35;
  return h ^ (h >> 16);
}

export function levelOf(slot: u32, seed: u32, m: u32): u32 {
  const draw = mix(mix(slot ^ seed) + seed);
  let threshold: u32 = u32.MAX_VALUE / m;
  let level: u32 = 0;
  while (draw < threshold && level < LEVEL_MAX) {
    level++;
    threshold /= m;
  }
  return level;
}
