// XXH64 and SipHash in plain BigInt arithmetic, as their authors word them: slow, short, and sharing nothing with the core.

export const MASK = 2n ** 64n - 1n
const rotl = (value: bigint, count: bigint) => ((value << count) | (value >> (64n - count))) & MASK

function littleEndian(bytes: Uint8Array, at: number, count: number): bigint {
  let value = 0n
  for (let i = count - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[at + i]!)
  return value
}

/** XXH64 as the specification words it. */
export function xxh64(bytes: Uint8Array, seed: bigint): bigint {
  const p1 = 0x9e3779b185ebca87n
  const p2 = 0xc2b2ae3d27d4eb4fn
  const p3 = 0x165667b19e3779f9n
  const p4 = 0x85ebca77c2b2ae63n
  const p5 = 0x27d4eb2f165667c5n
  const round = (lane: bigint, input: bigint) => (rotl((lane + input * p2) & MASK, 31n) * p1) & MASK
  let at = 0
  let hash: bigint
  if (bytes.length >= 32) {
    const lanes = [(seed + p1 + p2) & MASK, (seed + p2) & MASK, seed, (seed - p1) & MASK]
    for (; at + 32 <= bytes.length; at += 32) {
      for (let i = 0; i < 4; i++) lanes[i] = round(lanes[i]!, littleEndian(bytes, at + i * 8, 8))
    }
    hash = [1n, 7n, 12n, 18n].reduce((sum, count, i) => (sum + rotl(lanes[i]!, count)) & MASK, 0n)
    for (const lane of lanes) hash = ((hash ^ round(0n, lane)) * p1 + p4) & MASK
  } else {
    hash = (seed + p5) & MASK
  }
  hash = (hash + BigInt(bytes.length)) & MASK
  for (; at + 8 <= bytes.length; at += 8) {
    hash = (rotl(hash ^ round(0n, littleEndian(bytes, at, 8)), 27n) * p1 + p4) & MASK
  }
  if (at + 4 <= bytes.length) {
    hash = (rotl(hash ^ ((littleEndian(bytes, at, 4) * p1) & MASK), 23n) * p2 + p3) & MASK
    at += 4
  }
  for (; at < bytes.length; at++) hash = (rotl(hash ^ ((BigInt(bytes[at]!) * p5) & MASK), 11n) * p1) & MASK
  hash = ((hash ^ (hash >> 33n)) * p2) & MASK
  hash = ((hash ^ (hash >> 29n)) * p3) & MASK
  return hash ^ (hash >> 32n)
}

/** SipHash with `c` rounds a word and `d` at the end; `type` goes into the constant of the end, 0 is SipHash itself. */
export function sipHash(c: number, d: number, k0: bigint, k1: bigint, bytes: Uint8Array, type: bigint): bigint {
  const v = [
    k0 ^ 0x736f6d6570736575n,
    k1 ^ 0x646f72616e646f6dn,
    k0 ^ 0x6c7967656e657261n,
    k1 ^ 0x7465646279746573n,
  ] as [bigint, bigint, bigint, bigint]
  const add = (a: 0 | 2, b: 1 | 3 | 0 | 2) => {
    v[a] = (v[a] + v[b]) & MASK
  }
  const rounds = (count: number) => {
    for (let i = 0; i < count; i++) {
      add(0, 1)
      v[1] = rotl(v[1], 13n) ^ v[0]
      v[0] = rotl(v[0], 32n)
      add(2, 3)
      v[3] = rotl(v[3], 16n) ^ v[2]
      add(0, 3)
      v[3] = rotl(v[3], 21n) ^ v[0]
      add(2, 1)
      v[1] = rotl(v[1], 17n) ^ v[2]
      v[2] = rotl(v[2], 32n)
    }
  }
  const take = (word: bigint) => {
    v[3] ^= word
    rounds(c)
    v[0] ^= word
  }
  const whole = bytes.length & ~7
  for (let at = 0; at < whole; at += 8) take(littleEndian(bytes, at, 8))
  take((BigInt(bytes.length & 0xff) << 56n) | littleEndian(bytes, whole, bytes.length - whole))
  v[2] ^= 0xffn ^ (type << 8n)
  rounds(d)
  return v[0] ^ v[1] ^ v[2] ^ v[3]
}
