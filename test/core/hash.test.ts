// Promise: the two hashes are the published ones. XXH64 guards files, so other tools can check them; SipHash-1-3 is what makes the
// index safe against chosen keys. Both are held against plain BigInt references, which are held against published vectors.

import { expect, it } from 'vitest'
import { KEY_STRING, S_DIRECTORY, S_DIRECTORY_DEPTH, S_SEED_0, S_SEED_1 } from '../../src/core/abi.ts'
import type { Store } from '../../src/core/index.ts'
import { inMemory, type Partition, upsert } from './partitions.ts'
import { MASK, sipHash, xxh64 } from './reference-hash.ts'

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
    Array.from({ length: 4096 }, (_, position) => ({
      tag: memory.u8[segment + (position >> 4) * 32 + (position & 15)]!,
      position,
    }))
      .filter(({ tag }) => tag !== 0)
      .map(({ tag, position }) => {
        const entry = (segment + 8256) / 4 + position * 2
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
