// Promise: what JavaScript takes for one key is what the core takes for one key, and shards agree with both. Random keys, drawn so
// that equal ones are frequent, are compared with a partition of the core as the judge.

import { describe, expect, it } from 'vitest'
import { copyKey, describeKey, keyIdentity } from '../../../src/engine/key.ts'
import { CollectionShapes, Partition } from '../../../src/engine/partition.ts'
import { keyHash, shardOf } from '../../../src/engine/shard.ts'
import type { Key } from '../../../src/value/index.ts'
import fc from '../../property.ts'

const scalar: fc.Arbitrary<Key> = fc.oneof(
  fc.constantFrom<Key>('', '\0', '\0s', '\0b\u0001', '\0d5', '\0a', '1', 'true', 'n1:1', 'a'),
  fc.constantFrom<Key>(
    0,
    -0,
    1,
    1n,
    0n,
    5,
    5n,
    2 ** 53,
    2n ** 53n,
    2n ** 53n + 1n,
    2 ** 63,
    -(2 ** 63),
    -(2n ** 63n),
    0.5,
    1e300,
    2n ** 60n,
    2 ** 60,
  ),
  fc.boolean(),
  fc.constantFrom<Key>(
    new Date(0),
    new Date(1),
    new Date(5),
    new Uint8Array([]),
    new Uint8Array([0]),
    new Uint8Array([1]),
  ),
  fc.string({ maxLength: 3 }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
)
const key: fc.Arbitrary<Key> = fc.oneof(
  { maxDepth: 3 },
  scalar,
  fc.array(fc.oneof(scalar, fc.array(scalar, { maxLength: 2 })), { maxLength: 3 }),
)

async function newPartition(): Promise<Partition> {
  return await Partition.create({
    id: 0,
    collection: 'keys',
    primaryKey: 'id',
    vectors: [],
    shapes: new CollectionShapes('id'),
    storage: null,
    stem: 'c1.p0',
  })
}

describe('identity', () => {
  it('is equal exactly when the core takes two values for one key', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(key, { minLength: 2, maxLength: 12 }), async (keys) => {
        const partition = await newPartition()
        const seen = new Map<unknown, number>()
        for (const [n, id] of keys.entries()) {
          const first = seen.get(keyIdentity(id))
          const address = partition.find(id)
          expect(address !== 0).toBe(first !== undefined)
          if (first !== undefined) {
            expect(partition.read(address)).toMatchObject({ n: first })
            expect(keyHash(id)).toBe(keyHash(keys[first]))
            continue
          }
          seen.set(keyIdentity(id), n)
          const batch = partition.begin()
          batch.put({ id, n }, 0)
          batch.settle()
          batch.commit({ hard: false })
        }
      }),
      { numRuns: 150 },
    )
  })

  it.each([
    [undefined],
    [null],
    [NaN],
    [Infinity],
    [Symbol('x')],
    [() => 1],
    [{}],
    [new Date(NaN)],
    [[null]],
    [[[NaN]]],
    [new Map()],
  ])('is undefined for what is no key (%#)', (value) => {
    expect(keyIdentity(value)).toBeUndefined()
  })

  it('ends for arrays that hold themselves, and so does the shard', () => {
    const cycle: unknown[] = []
    cycle.push(cycle)
    expect(keyIdentity(cycle)).toBeUndefined()
    expect(shardOf(cycle, 3)).toBeLessThan(3)
  })
})

describe('the shard of a key', () => {
  // Stored documents stand where these numbers put them: they never change.
  it.each<[Key, number]>([
    ['', 1_826_913_731],
    ['a', 1_019_565_311],
    ['post-1', 3_699_793_573],
    ['日本🦊', 1_725_142_434],
    [0, 1_251_439_042],
    [1, 2_873_330_649],
    [-1, 1_171_331_009],
    [0.5, 2_471_528_676],
    [2 ** 53, 1_007_160_696],
    [2n ** 63n - 1n, 3_111_886_487],
    [1e300, 2_564_086_586],
    [true, 3_497_493_531],
    [false, 2_340_119_159],
    [new Date(1234), 383_011_520],
    [new Uint8Array([1, 2, 3]), 2_474_027_372],
    [['a', 1, [true]], 2_398_472_934],
  ])('is pinned (%#)', (value, hash) => {
    expect(keyHash(value)).toBe(hash)
  })

  it('spreads counting numbers, strings and UUID-like keys about evenly', () => {
    for (const make of [
      (i: number) => i,
      (i: number) => `key ${i}`,
      (i: number) => -i * 1_000,
      (i: number) => BigInt(i) << 32n,
    ]) {
      for (const count of [2, 3, 8, 64]) {
        const loads = new Array<number>(count).fill(0)
        for (let i = 0; i < 20_000; i++) loads[shardOf(make(i), count)]!++
        const fair = 20_000 / count
        expect(Math.max(...loads)).toBeLessThan(fair + 6 * Math.sqrt(fair))
        expect(Math.min(...loads)).toBeGreaterThan(fair - 6 * Math.sqrt(fair))
      }
    }
  })
})

describe('a key in a message', () => {
  it.each<[unknown, string]>([
    ['a', '"a"'],
    [5n, '5n'],
    [1.5, '1.5'],
    [new Date(0), '1970-01-01T00:00:00.000Z'],
    [new Uint8Array(3), '<3 bytes>'],
    [['a', 1], '["a", 1]'],
    [null, 'null'],
    [undefined, 'undefined'],
    [{}, 'an object'],
  ])('%# is readable', (value, text) => {
    expect(describeKey(value)).toBe(text)
  })

  it('is cut short', () => {
    expect(describeKey('x'.repeat(1_000)).length).toBe(80)
    expect(describeKey(Array.from({ length: 100 }, (_, i) => i))).toBe('[0, 1, 2, 3, 4, 5, 6, 7, ...]')
  })
})

it('a copied key shares nothing', () => {
  const given = [new Date(5), new Uint8Array([1]), ['a']] as const
  const copy = copyKey(given) as [Date, Uint8Array, string[]]
  expect(copy).toEqual(given)
  copy[0].setTime(9)
  copy[1][0] = 9
  copy[2].push('b')
  expect(given).toEqual([new Date(5), new Uint8Array([1]), ['a']])
})
