// SipHash-1-3 (Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012), 64-bit output: keyed, so that without
// the seed nobody can choose colliding keys.

import { S_SEED_0, S_SEED_1 } from "../abi";

/** Hash of `type` and `bytes` at `address`; reads nothing past the end. */
export function keyHash(type: u32, address: usize, bytes: u32): u64 {
  const k0 = load<u64>(S_SEED_0);
  const k1 = load<u64>(S_SEED_1);
  let v0 = k0 ^ 0x736f6d6570736575;
  let v1 = k1 ^ 0x646f72616e646f6d;
  let v2 = k0 ^ 0x6c7967656e657261;
  let v3 = k1 ^ 0x7465646279746573;
  const end = address + (bytes & ~7);
  let at = address;
  for (; at < end; at += 8) {
    const m = load<u64>(at);
    v3 ^= m;
    v0 += v1; v1 = rotl<u64>(v1, 13); v1 ^= v0; v0 = rotl<u64>(v0, 32);
    v2 += v3; v3 = rotl<u64>(v3, 16); v3 ^= v2;
    v0 += v3; v3 = rotl<u64>(v3, 21); v3 ^= v0;
    v2 += v1; v1 = rotl<u64>(v1, 17); v1 ^= v2; v2 = rotl<u64>(v2, 32);
    v0 ^= m;
  }
  let m: u64 = <u64>(bytes & 0xff) << 56;
  const rest = bytes & 7;
  if (rest & 4) m |= <u64>load<u32>(at);
  if (rest & 2) m |= <u64>load<u16>(at + (rest & 4)) << ((rest & 4) << 3);
  if (rest & 1) m |= <u64>load<u8>(at + (rest & 6)) << ((rest & 6) << 3);
  v3 ^= m;
  v0 += v1; v1 = rotl<u64>(v1, 13); v1 ^= v0; v0 = rotl<u64>(v0, 32);
  v2 += v3; v3 = rotl<u64>(v3, 16); v3 ^= v2;
  v0 += v3; v3 = rotl<u64>(v3, 21); v3 ^= v0;
  v2 += v1; v1 = rotl<u64>(v1, 17); v1 ^= v2; v2 = rotl<u64>(v2, 32);
  v0 ^= m;
  // The finalisation constant carries the key's type: with type 0 this is plain SipHash-1-3.
  v2 ^= 0xff ^ (<u64>type << 8);
  for (let i = 0; i < 3; i++) {
    v0 += v1; v1 = rotl<u64>(v1, 13); v1 ^= v0; v0 = rotl<u64>(v0, 32);
    v2 += v3; v3 = rotl<u64>(v3, 16); v3 ^= v2;
    v0 += v3; v3 = rotl<u64>(v3, 21); v3 ^= v0;
    v2 += v1; v1 = rotl<u64>(v1, 17); v1 ^= v2; v2 = rotl<u64>(v2, 32);
  }
  return v0 ^ v1 ^ v2 ^ v3;
}
