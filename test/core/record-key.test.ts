// Promise: what API.md calls one key is one key, and what it calls two keys are two: found, replaced and deleted by value, whatever
// the key was written as. Checked by enumerating kinds of keys against each other.

import { describe, expect, it } from 'vitest'
import fc from '../property.ts'
import { expectStored } from './exact.ts'
import { get, inMemory, type Key, Outcome, PutMode, remove, upsert } from './partitions.ts'
import { anyBigint, anyDate, anyNumber, anyString, settings } from './values.ts'

const UUID = '3f2504e0-4f89-41d3-9a0c-0305e82c3301'

/** Each line is one key, spelled in every way that means it. */
const KEYS: readonly (readonly Key[])[] = [
  [1, 1n],
  ['1'],
  [0, -0, 0n],
  [''],
  ['0'],
  [1.5],
  [-1.5],
  ['1.5'],
  [true],
  [false],
  ['true'],
  [2 ** 27, 2n ** 27n],
  [-(2 ** 27), -(2n ** 27n)],
  [2 ** 31, 2n ** 31n],
  [-(2 ** 31), -(2n ** 31n)],
  [2 ** 32, 2n ** 32n],
  [2 ** 53, 2n ** 53n],
  [2n ** 53n + 1n],
  [2 ** 60, 2n ** 60n],
  [-(2 ** 63), -(2n ** 63n)],
  [2n ** 63n - 1n],
  [2 ** 63],
  [-(2 ** 64)],
  [1e300],
  [5e-324],
  [-1, -1n],
  [new Date(1)],
  [new Date(0), new Date(-0)],
  [new Date(8.64e15)],
  [new Uint8Array(0)],
  [Uint8Array.of(1), Buffer.from([1]), new Uint8Array([0, 1]).subarray(1)],
  [Uint8Array.of(49)],
  [Uint8Array.from(new TextEncoder().encode(UUID))],
  [[]],
  [[[]]],
  [[1], [1n]],
  [['1']],
  [
    [1, 2],
    [1n, 2],
  ],
  [[[1, 2]]],
  [[1, [2]]],
  [[[1], 2]],
  [['a', 'b']],
  [['ab']],
  [['ab', '']],
  [['', 'ab']],
  [[true, new Date(1), Uint8Array.of(1), 1.5, 'x', [2n]]],
  [[UUID]],
  [UUID],
  [UUID.toUpperCase()],
  [`${UUID.slice(0, -1)}g`],
  [`${UUID.slice(0, -1)}A`],
  [UUID.replaceAll('-', '')],
  [UUID.replace('-', '_')],
  [` ${UUID.slice(1)}`],
  ['00000000-0000-0000-0000-000000000000'],
  ['ffffffff-ffff-ffff-ffff-ffffffffffff'],
  ['\u00e9'],
  ['e\u0301'],
  ['\0'],
  ['\0\0'],
  ['\ufeff'],
  ['\ud83d\ude00'],
  ['\u00e9'.repeat(18)],
  ['__proto__'],
  ['constructor'],
  ['x'.repeat(255)],
  ['x'.repeat(256)],
  ['x'.repeat(257)],
  ['x'.repeat(1_024)],
  ['\u20ac'.repeat(341)],
  [new Uint8Array(1_024)],
  [new Uint8Array(1_023)],
  [['x'.repeat(1_021)]],
  [['x'.repeat(500), 'y'.repeat(518)]],
]

it('keeps different keys apart and takes equal ones as one', async () => {
  const partition = await inMemory()
  const spellings = KEYS.flatMap((group, number) => group.map((key) => ({ key, number })))
  for (const group of KEYS)
    upsert(
      partition,
      group.map((id) => ({ id, by: id })),
    )
  expect(partition.count).toBe(KEYS.length)
  for (const { key, number } of spellings) {
    const last = KEYS[number]!.at(-1)
    expectStored({ id: last, by: last }, get(partition, key))
    expectStored(last, partition.readKey(partition.find(key)))
  }
  for (const [number, group] of KEYS.entries()) {
    // Deleted by its first spelling, written under its last.
    remove(partition, [group[0]!])
    expect(get(partition, group.at(-1)!)).toBeUndefined()
    expect(partition.count).toBe(KEYS.length - number - 1)
  }
})

it('takes a key inside a wide document, where it stands among inline names', async () => {
  const partition = await inMemory()
  const wide = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`f${i}`, `v${i}`]))
  for (const [number, group] of KEYS.entries()) upsert(partition, [{ ...wide, id: group[0], number, rest: 1 }])
  expect(partition.count).toBe(KEYS.length)
  for (const [number, group] of KEYS.entries()) {
    for (const key of group) expect(get(partition, key)?.['number']).toBe(number)
  }
})

it('finds random keys by any spelling', async () => {
  const partition = await inMemory()
  const scalar = fc.oneof(anyNumber, anyString, anyBigint, anyDate, fc.boolean(), fc.uint8Array({ maxLength: 40 }))
  const key = fc.oneof(
    scalar,
    fc.array(fc.oneof(scalar, fc.array(scalar, { maxLength: 3 })), { maxLength: 4 }),
  ) as fc.Arbitrary<Key>
  fc.assert(
    fc.property(fc.array(key, { minLength: 1, maxLength: 20 }), (keys) => {
      const short = keys.filter(
        (one) => JSON.stringify(one, (_, value) => (typeof value === 'bigint' ? `${value}` : value)).length < 300,
      )
      for (const id of short) upsert(partition, [{ id, n: 1 }])
      for (const id of short) {
        expect(partition.find(id)).not.toBe(0)
        const other = respelled(id)
        expect(partition.find(other)).toBe(partition.find(id))
      }
      for (const id of short) remove(partition, [id])
      expect(partition.count).toBe(0)
    }),
    settings(300),
  )
})

/** The same key, integers as bigint. */
function respelled(key: Key): Key {
  if (Array.isArray(key)) return key.map(respelled)
  if (typeof key === 'number' && Number.isInteger(key) && key >= -(2 ** 63) && key < 2 ** 63) return BigInt(key)
  return key as Key
}

const TOO_LONG: readonly Key[] = [
  'x'.repeat(1_025),
  'x'.repeat(100_000),
  '\u20ac'.repeat(342),
  new Uint8Array(1_025),
  ['x'.repeat(1_022)],
  Array(400).fill(1),
  Array(342).fill(''),
]

const NO_KEYS: readonly unknown[] = [
  Number.NaN,
  Infinity,
  -Infinity,
  2n ** 63n,
  -(2n ** 63n) - 1n,
  {},
  [{}],
  [null],
  [undefined],
  [Number.NaN],
  new Date(Number.NaN),
  [new Date(Number.NaN)],
  Int8Array.of(1),
  Float64Array.of(1),
  [Uint16Array.of(1)],
  new DataView(new ArrayBuffer(1)),
  () => 1,
  Symbol('key'),
  new Map(),
  '\ud800',
  'x\udc00y',
  ['\ud83d'],
  `${'x'.repeat(300)}\ud800`,
  /x/,
]

describe('refuses as a key', () => {
  it.each(TOO_LONG.map((key) => [typeof key, key] as const))('what is longer than 1,024 bytes (%s)', async (_, key) => {
    const partition = await inMemory()
    upsert(partition, [{ id: 'there' }])
    const refusal = expect.objectContaining({ code: 'QUIVER_LIMIT', message: expect.stringMatching(/key .*1024/) })
    expect(() => partition.find(key)).toThrow(refusal)
    expect(() => upsert(partition, [{ id: key }])).toThrow(refusal)
    const batch = partition.begin()
    expect(() => batch.remove(key)).toThrow(refusal)
    batch.abandon()
    expect(partition.count).toBe(1)
  })

  it('every other kind of value, and leaves the rest of the batch whole', async () => {
    const partition = await inMemory()
    for (const key of [...NO_KEYS, null, undefined]) {
      expect(() => partition.find(key as Key), String(key)).toThrow(expect.objectContaining({ code: 'QUIVER_TYPE' }))
    }
    for (const key of NO_KEYS) {
      const batch = partition.begin()
      const before = batch.put({ id: 'before', text: 'a' }, PutMode.Insert)
      let error: unknown
      try {
        const number = batch.put({ id: key, text: 'b' }, PutMode.Insert)
        batch.settle()
        expect(batch.outcome(number), String(key)).toBe(Outcome.Failed)
        error = batch.error(number)
      } catch (thrown) {
        error = thrown
      }
      expect(error, String(key)).toMatchObject({ code: 'QUIVER_TYPE', message: expect.stringMatching(/"id["[.]/) })
      const after = batch.put({ id: 'after', text: 'c' }, PutMode.Insert)
      batch.settle()
      expect([batch.outcome(before), batch.outcome(after)]).toEqual([Outcome.Inserted, Outcome.Inserted])
      batch.commit({ hard: false })
      expectStored({ id: 'before', text: 'a' }, get(partition, 'before'))
      expectStored({ id: 'after', text: 'c' }, get(partition, 'after'))
      remove(partition, ['before', 'after'])
      expect(partition.count).toBe(0)
    }
  })
})

it('makes a key where it is missing or null, and says which', async () => {
  const partition = await inMemory()
  const wide = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`f${i}`, i]))
  const batch = partition.begin()
  const documents = [
    { a: 1 },
    { id: null, b: 2 },
    { id: undefined, c: 3 },
    { id: 'given' },
    wide,
    { ...wide, id: null, z: 1 },
    {},
  ]
  const numbers = documents.map((document) => batch.put(document, PutMode.Insert))
  batch.settle()
  const made = new Map(batch.generated.map((key, i) => [batch.generatedBy[i], key]))
  expect([...made.keys()]).toEqual([0, 1, 2, 4, 5, 6].map((i) => numbers[i]))
  batch.commit({ hard: false })
  expect(partition.count).toBe(7)
  expect(new Set(made.values()).size).toBe(6)
  for (const key of made.values())
    expect(key).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  // A null key is filled in where it stood, a missing one comes last.
  expectStored({ a: 1, id: made.get(0) }, get(partition, made.get(0)!))
  expectStored({ id: made.get(1), b: 2 }, get(partition, made.get(1)!))
  expectStored({ c: 3, id: made.get(2) }, get(partition, made.get(2)!))
  expectStored({ ...wide, id: made.get(4) }, get(partition, made.get(4)!))
  expectStored({ ...wide, id: made.get(5), z: 1 }, get(partition, made.get(5)!))
  const again = partition.begin()
  expect(() => again.put({ a: 1 }, PutMode.Replace)).toThrow(/primary key.*"id".*missing/)
  expect(() => again.put({ id: null }, PutMode.Replace)).toThrow(/primary key.*"id".*null/)
  again.abandon()
})
