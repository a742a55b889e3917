// Promise: keys are strings, finite numbers, bigints, booleans, dates, bytes and arrays of those; `1` and `1n` are one key and `'1'`
// is another; every other value is refused.

import { expect, it } from 'vitest'
import type { Key } from '../../src/index.ts'
import { closeAfterEach, counters, describeEach } from './configurations.ts'

closeAfterEach()

const KEYS: readonly Key[] = [
  'a',
  '',
  '1',
  'a\0b',
  '\0b\u0001',
  'ü日本🦊',
  'x'.repeat(1024),
  1,
  -1,
  0.5,
  2 ** 53,
  -(2 ** 53),
  1e300,
  2 ** 63,
  5e-324,
  9_007_199_254_740_993n,
  -(2n ** 63n),
  2n ** 63n - 1n,
  true,
  false,
  new Date(0),
  new Date(8.64e15),
  new Uint8Array([]),
  new Uint8Array([1]),
  new Uint8Array([0, 255]),
  [],
  [1],
  ['1'],
  [[1], 2],
  ['a', new Date(0), new Uint8Array([1]), true, 7n],
  // Refused by writes as longer than 1,024 bytes, where lookups took it.
  Array.from({ length: 150 }).reduce<Key>((inner) => [inner], 1),
  'true',
  '1970-01-01T00:00:00.000Z',
]

/** Pairs that are one key. */
const SAME: readonly [Key, Key][] = [
  [1, 1n],
  [0, -0],
  [0, 0n],
  [2 ** 53, 2n ** 53n],
  [-(2 ** 63), -(2n ** 63n)],
  [
    [1, [2]],
    [1n, [2n]],
  ],
  [new Uint8Array([1, 2]), Buffer.from([1, 2])],
]

const NO_KEYS: readonly [string, unknown][] = [
  ['NaN', NaN],
  ['Infinity', Infinity],
  ['-Infinity', -Infinity],
  ['a bigint beyond int64', 2n ** 63n],
  ['a symbol', Symbol('x')],
  ['a function', () => 1],
  ['an invalid Date', new Date(NaN)],
  ['another typed array', new Uint16Array([1])],
  ['a Map', new Map()],
  ['an array with null in it', [1, null]],
  ['an array with NaN in it', [NaN]],
  ['an array with an object in it', [{}]],
  ['a string longer than 1,024 bytes', 'x'.repeat(1025)],
  ['an array longer than 1,024 bytes', ['x'.repeat(600), 'x'.repeat(600)]],
  ['a lone surrogate', '\ud800'],
]

describeEach('keys', ({ openNew, collection: options }) => {
  it('tell all kinds of documents apart, and come back as they were given', async () => {
    const posts = await (await openNew()).createCollection('posts', options)
    const result = await posts.insert(KEYS.map((id, n) => ({ id, n })))
    expect(result).toEqual(counters({ inserted: KEYS.length }))
    for (const [n, id] of KEYS.entries()) expect(await posts.get(id)).toEqual({ id, n })
    expect(await posts.getMany(KEYS)).toEqual(KEYS.map((id, n) => ({ id, n })))
    expect(await posts.delete(KEYS)).toEqual(counters({ deleted: KEYS.length }))
    expect(await posts.count()).toBe(0)
  })

  it.each(SAME)('pair %# is one key', async (one, other) => {
    const posts = await (await openNew()).createCollection('posts', options)
    await posts.insert({ id: one, n: 1 })
    expect(await posts.insert({ id: other, n: 2 })).toMatchObject({ inserted: 0, errors: 1 })
    expect(await posts.has(other)).toBe(true)
    expect(await posts.update([other], { n: 3 })).toMatchObject({ replaced: 1 })
    expect(await posts.get(one)).toMatchObject({ n: 3 })
    expect(
      await posts.insert(
        [
          { id: other, n: 4 },
          { id: one, n: 5 },
        ],
        { conflict: (_, old, given) => ({ ...given, n: [(old as { n: unknown }).n, (given as { n: unknown }).n] }) },
      ),
    ).toMatchObject({ replaced: 2 })
    expect(await posts.get(other)).toMatchObject({ n: [[3, 4], 5] })
    expect(await posts.delete([one, other])).toMatchObject({ deleted: 1, skipped: 1 })
  })

  it.each(NO_KEYS)('%s is no key: the error of its document, a rejection of a lookup', async (_, id) => {
    const posts = await (await openNew()).createCollection('posts', options)
    const result = await posts.insert([{ id: 'good' }, { id } as object])
    expect(result).toMatchObject({ inserted: 1, errors: 1, firstError: expect.stringContaining('"posts"') })
    expect(result.firstError).toContain('position 1')
    await expect(posts.get(id as Key)).rejects.toThrow()
    await expect(posts.has(id as Key)).rejects.toThrow()
    await expect(posts.getMany(['good', id as Key])).rejects.toThrow()
    expect(await posts.count()).toBe(1)
  })

  it.each([[undefined], [null]])('%s is no key of a lookup', async (key) => {
    const posts = await (await openNew()).createCollection('posts', options)
    await expect(posts.get(key as unknown as Key)).rejects.toThrow('a key is')
    await expect(posts.delete(key as unknown as Key)).rejects.toThrow('delete takes a key')
    await expect(posts.update([1, key as unknown as Key], {})).rejects.toThrow('position 1')
  })

  it('are generated as UUIDs where they are missing, undefined or null, and listed in input order', async () => {
    const posts = await (await openNew()).createCollection('posts', options)
    const given: object[] = [{ n: 0 }, { id: 'x', n: 1 }, { id: null, n: 2 }, { id: undefined, n: 3 }]
    const result = await posts.insert(given)
    expect(result.inserted).toBe(4)
    const keys = result.generatedKeys as string[]
    expect(keys.length).toBe(3)
    for (const key of keys)
      expect(key).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-[47][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(await posts.getMany(keys)).toEqual([0, 2, 3].map((n, i) => ({ id: keys[i], n })))
    expect(given).toEqual([{ n: 0 }, { id: 'x', n: 1 }, { id: null, n: 2 }, { id: undefined, n: 3 }])
  })

  it('are not listed when none was generated, nor for documents that were refused', async () => {
    const posts = await (await openNew()).createCollection('posts', options)
    expect(Object.keys(await posts.insert({ id: 1 }))).not.toContain('generatedKeys')
    const result = await posts.insert([{ bad: NaN }, { n: 1 }, { s: '\ud800' }])
    expect(result).toMatchObject({ inserted: 1, errors: 2 })
    expect(result.generatedKeys?.length).toBe(1)
    expect(await posts.has(result.generatedKeys![0]!)).toBe(true)
  })

  it('stand in the field that primaryKey names, whatever it is called', async () => {
    const db = await openNew()
    for (const primaryKey of ['slug', '__proto__', 'constructor', 'a.b', 'ü', ' ']) {
      const posts = await db.createCollection(primaryKey, { ...options, primaryKey })
      const document = JSON.parse(JSON.stringify({ x: 1 }))
      Object.defineProperty(document, primaryKey, { value: 'k', enumerable: true })
      expect(await posts.insert(document)).toEqual(counters({ inserted: 1 }))
      const found = (await posts.get('k')) as object
      expect(Object.getOwnPropertyDescriptor(found, primaryKey)?.value).toBe('k')
      const generated = await posts.insert({ x: 2 })
      const made = (await posts.get(generated.generatedKeys![0]!)) as object
      expect(Object.getOwnPropertyDescriptor(made, primaryKey)?.value).toBe(generated.generatedKeys![0])
    }
  })
})
