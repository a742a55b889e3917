// Promise: the two hashes are the published ones. XXH64 guards files, so other tools can check them; SipHash-1-3 is what makes the
// index safe against chosen keys. Both are held against plain BigInt references, which are held against published vectors.

import { expect, it } from 'vitest'
import { KEY_STRING, S_DIRECTORY, S_DIRECTORY_DEPTH, S_SEED_0, S_SEED_1 } from '../../src/core/abi.ts'
import type { Store } from '../../src/core/index.ts'
import { inMemory, type Partition, upsert } from './partitions.ts'

const MASK = 2n ** 64n - 1n
const rotl = (value: bigint, count: bigint) => ((value << count) | (value >> (64n - count))) & MASK

function littleEndian(bytes: Uint8Array, at: number, count: number): bigint {
  let value = 0n
  for (let i = count - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[at + i]!)
  return value
}

/** XXH64 as the specification words it. */
function xxh64(bytes: Uint8Array, seed: bigint): bigint {
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
function sipHash(c: number, d: number, k0: bigint, k1: bigint, bytes: Uint8Array, type: bigint): bigint {
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

const counting = (length: number) => Uint8Array.from({ length }, (_, i) => i & 0xff)

it('has references that give the published values', () => {
  const text = (value: string) => new TextEncoder().encode(value)
  // The specification's own examples, and those of the reference implementation.
  expect(xxh64(text(''), 0n)).toBe(0xef46db3751d8e999n)
  expect(xxh64(text('abc'), 0n)).toBe(0x44bc2cf5ad770999n)
  expect(xxh64(text('Nobody inspects the spammish repetition'), 0n)).toBe(0xfbcea83c8a378bf1n)
  // SipHash-2-4, appendix A of the paper: key 00 01 .. 0f, message 00 01 .. 0e.
  const k0 = 0x0706050403020100n
  const k1 = 0x0f0e0d0c0b0a0908n
  expect(sipHash(2, 4, k0, k1, counting(15), 0n)).toBe(0xa129ca6149be45e5n)
})

it('computes XXH64 of every length from 0 to 300, at every alignment', async () => {
  const { store } = await inMemory()
  const bytes = counting(308).map((byte, i) => (byte * 31 + (i >> 3)) & 0xff)
  for (let length = 0; length <= 300; length++) {
    const seed = (BigInt(length) * 0x9e3779b97f4a7c15n) & MASK
    const part = bytes.subarray(length % 8, (length % 8) + length)
    expect(store.hashBytes(part, seed), `length ${length}`).toBe(xxh64(part, seed))
  }
})

/** Upper half and tag of each document's hash, read out of the index itself. */
function indexedHashes(store: Store): { upper: number; tag: number; slot: number }[] {
  const { memory } = store
  const directory = memory.state(S_DIRECTORY)
  const segments = new Set<number>()
  for (let i = 0; i < 1 << memory.state(S_DIRECTORY_DEPTH); i++) segments.add(memory.u32[directory / 4 + i]!)
  return [...segments].flatMap((segment) =>
    Array.from(memory.u8.subarray(segment, segment + 4096), (tag, position) => ({ tag, position }))
      .filter(({ tag }) => tag !== 0)
      .map(({ tag, position }) => {
        const entry = (segment + 4624) / 4 + position * 2
        return { tag, upper: memory.u32[entry]!, slot: memory.u32[entry + 1]! }
      }),
  )
}

function expectIndexed(partition: Partition, keys: readonly Uint8Array[], type: number): void {
  const { memory } = partition.store
  const k0 = BigInt.asUintN(64, memory.i64[S_SEED_0 / 8]!)
  const k1 = BigInt.asUintN(64, memory.i64[S_SEED_1 / 8]!)
  const hashes = indexedHashes(partition.store)
  expect(hashes.length).toBe(keys.length)
  for (const { upper, tag, slot } of hashes) {
    const hash = sipHash(1, 3, k0, k1, keys[slot]!, BigInt(type))
    expect({ upper, tag }).toEqual({ upper: Number(hash >> 32n), tag: 0x80 | Number(hash & 0x7fn) })
  }
}

it('indexes by SipHash-1-3 of the key under the seed of the partition, for every length from 0 to 255', async () => {
  const partition = await inMemory()
  const keys = Array.from({ length: 256 }, (_, i) => 'x'.repeat(i))
  upsert(
    partition,
    keys.map((id) => ({ id })),
  )
  expectIndexed(
    partition,
    keys.map((key) => new TextEncoder().encode(key)),
    KEY_STRING,
  )
})

it('gives each partition a seed of its own', async () => {
  const seeds = await Promise.all(
    Array.from({ length: 8 }, async () => {
      const { memory } = (await inMemory()).store
      return `${memory.i64[S_SEED_0 / 8]} ${memory.i64[S_SEED_1 / 8]}`
    }),
  )
  expect(new Set(seeds).size).toBe(8)
})
