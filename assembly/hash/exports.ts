import { xxh64 } from "./xxh64";

/** XXH64 of bytes in linear memory. */
export function hash_xxh64(address: usize, bytes: usize, seed: u64): u64 {
  return xxh64(address, bytes, seed);
}
