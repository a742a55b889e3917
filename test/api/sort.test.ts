// Promise: `sort` puts documents in the order of API.md: types one after the other, values within them, several fields, ties as
// scanned, both ways; with skip and limit, filters, partitions and select; and it is defined what writes do to it meanwhile.

import { expect, it } from 'vitest'
import { type Sort, TypeMismatchError, UsageError } from '../../src/index.ts'
import { settings } from '../core/values.ts'
import fc from '../property.ts'
import { closeAfterEach, describeEach, openMemory } from './configurations.ts'

closeAfterEach()

/** Ascending; those in one list are equal. */
const ORDER: readonly (readonly unknown[])[] = [
  [undefined],
  [null],
  [false],
  [true],
  [-1e300],
  [-(2n ** 63n), -(2 ** 63)],
  [-1.5],
  [-1, -1n],
  [0, 0n, -0],
  [5e-324],
  [1, 1n],
  [2 ** 53, 2n ** 53n],
  [2n ** 53n + 1n],
  [2n ** 63n - 1n],
  [2 ** 63],
  [1e300],
  [''],
  ['A'],
  ['a'],
  ['a\0'],
  ['aa'],
  ['b'],
  ['\u00e9'],
  ['\uffff'],
  ['\ud83d\ude00'],
  [new Date(-1)],
  [new Date(0)],
  [new Date(1)],
  [Uint8Array.of()],
  [Uint8Array.of(1)],
  [Uint8Array.of(1, 0)],
  [Uint8Array.of(2)],
  [[]],
  [[null]],
  [[1], [1n]],
  [[1, 2]],
  [[2]],
  [['a']],
  [[[]]],
  [{}],
  [{ a: 1 }],
  [
    { a: 1, b: 1 },
    { b: 1n, a: 1n },
  ],
  [{ a: 2 }],
  [{ b: 0 }],
]

describeEach('sort', ({ openNew, collection: options }) => {
  const make = async (documents: readonly object[]) => {
    const posts = await (await openNew()).createCollection('posts', options)
    await posts.insert(documents)
    return posts
  }
  const ids = (documents: readonly object[]) => documents.map((document) => (document as { id: number }).id)

  it('orders all types, ties as they are scanned', async () => {
    const documents = ORDER.flatMap((equals, rank) => equals.map((v) => ({ v, rank, w: { x: [v] } })))
    const stored = documents.map((document, i) => ({ ...document, id: (i * 37) % documents.length }))
    const posts = await make(stored)
    const scanned = await posts.find().toArray()
    const rank = ({ rank: of }: object & { rank?: unknown }) => of as number
    const ascending = [...scanned].sort((a, b) => rank(a) - rank(b))
    const descending = [...scanned].sort((a, b) => rank(b) - rank(a))
    expect(ids(await posts.find({ sort: 'v' }).toArray())).toEqual(ids(ascending))
    expect(ids(await posts.find({ sort: '-v' }).toArray())).toEqual(ids(descending))
    expect(ids(await posts.find({ sort: { v: 1 } }).toArray())).toEqual(ids(ascending))
    for (const limit of [1, 2, 10, 40, 1_000]) {
      expect(ids(await posts.find({ sort: 'v', limit }).toArray())).toEqual(ids(ascending.slice(0, limit)))
      expect(ids(await posts.find({ sort: '-v', skip: 3, limit }).toArray())).toEqual(
        ids(descending.slice(3, 3 + limit)),
      )
    }
    // Stored arrays hold null for undefined: it stands where null does.
    const inArrays = ids(ascending.filter(({ v }) => v !== undefined && v !== null))
    const sorted = await posts.find({ sort: 'w.x.0', filter: { rank: { $gt: 1 } } }).toArray()
    expect(ids(sorted)).toEqual(inArrays)
  })

  it('goes by several fields, each with its direction', async () => {
    const posts = await make(
      Array.from({ length: 500 }, (_, id) => ({
        id,
        a: { b: id % 7 },
        likes: id % 3,
        ...(id % 5 ? { c: id % 5 } : {}),
      })),
    )
    const expected = Array.from({ length: 500 }, (_, id) => id).sort(
      (x, y) => (y % 3) - (x % 3) || (x % 7) - (y % 7) || (y % 5) - (x % 5) || y - x,
    )
    for (const sort of [{ likes: -1, 'a.b': 1, c: -1, id: -1 }, ['-likes', 'a.b', '-c', '-id']] as Sort[]) {
      expect(ids(await posts.find({ sort }).toArray())).toEqual(expected)
      const cursor = posts.find({ sort, skip: 10, limit: 20, select: ['id'] })
      expect(await cursor.toArray()).toEqual(expected.slice(10, 30).map((id) => ({ id })))
      expect(await cursor.first()).toEqual({ id: expected[10] })
      expect(await cursor.count()).toBe(20)
      expect(await cursor.explain()).toEqual({ plan: 'scan', examined: 500, returned: 20 })
      const iterated: number[] = []
      for await (const { id } of cursor) iterated.push(id as number)
      expect(iterated).toEqual(expected.slice(10, 30))
    }
    expect(ids(await posts.find({ sort: '-id', filter: { likes: 1 }, limit: 3 }).toArray())).toEqual([499, 496, 493])
    expect(ids(await posts.find({ sort: '-id', filter: { id: { $in: [3, 1, 2] } } }).toArray())).toEqual([3, 2, 1])
    expect(await posts.find({ sort: 'id', limit: 0 }).toArray()).toEqual([])
    expect(await posts.find({ sort: 'id', skip: 500 }).toArray()).toEqual([])
    expect(await posts.find({ sort: {}, limit: 2 }).toArray()).toEqual(await posts.find({ limit: 2 }).toArray())
  })

  it('sorts more documents than one run holds', async () => {
    const count = 10_000
    const posts = await make(Array.from({ length: count }, (_, id) => ({ id, n: (id * 7_919) % count })))
    const all = await posts.find({ sort: '-n', select: ['n'] }).toArray()
    expect(all.map(({ n }) => n)).toEqual(Array.from({ length: count }, (_, i) => count - 1 - i))
    const some = await posts.find({ sort: 'n', skip: 100, limit: 6_000, select: ['n'] }).toArray()
    expect(some.map(({ n }) => n)).toEqual(Array.from({ length: 6_000 }, (_, i) => 100 + i))
  })

  it('leaves out what ceases to match meanwhile, sorted or by an index', async () => {
    const posts = await make(Array.from({ length: 3_000 }, (_, id) => ({ id, v: id, kind: 1 })))
    for (const isIndexed of [false, true]) {
      if (isIndexed) await posts.createIndex('v')
      const seen: number[] = []
      for await (const { id, kind } of posts.find({ filter: { kind: 1 }, sort: 'v' })) {
        if (seen.length === 0) await posts.update({ v: { $gte: 1_500 } }, { kind: 2 })
        expect(kind).toBe(1)
        seen.push(id as number)
      }
      expect(seen).toEqual(Array.from({ length: 1_500 }, (_, id) => id))
      await posts.update({}, { kind: 1 })
    }
  })

  it('leaves out what is deleted meanwhile, and hands out what changes as it is then', async () => {
    const posts = await make(Array.from({ length: 1_000 }, (_, id) => ({ id, n: id })))
    const seen: number[] = []
    for await (const { id, n, changed } of posts.find({ sort: '-n' })) {
      seen.push(id as number)
      if (id === 900) {
        await posts.delete([10, 20, 30])
        // These take the places of those that went.
        await posts.insert([{ id: 'x' }, { id: 'y' }, { id: 'z' }])
        await posts.update([40, 50], { n: 5_000, changed: true, text: 'x'.repeat(1_000) })
      }
      if (id === 40 || id === 50) expect({ n, changed }).toEqual({ n: 5_000, changed: true })
      else expect(n).toBe(id)
    }
    const expected = Array.from({ length: 1_000 }, (_, i) => 999 - i).filter((id) => ![10, 20, 30].includes(id))
    expect(seen).toEqual(expected)
  })

  it.each<[unknown, new (...args: never[]) => Error]>([
    [5, TypeMismatchError],
    [null, TypeMismatchError],
    ['', UsageError],
    ['-', UsageError],
    [{ likes: 0 }, UsageError],
    [{ likes: 'asc' }, UsageError],
    [{ likes: true }, UsageError],
    [[5], TypeMismatchError],
    [[{ likes: 1 }], TypeMismatchError],
    [[''], UsageError],
  ])('refuses %j', async (sort, type) => {
    const posts = await make([{ id: 1 }])
    await expect(posts.find({ sort: sort as Sort }).toArray()).rejects.toThrow(type)
    await expect(posts.find({ sort: sort as Sort }).count()).rejects.toThrow(type)
  })
})

it('agrees with a stable sort of the scan, whatever the documents', async () => {
  const values = fc.constantFrom(...ORDER.flat(), 3, 'c', false)
  const directions = fc.array(
    fc.tuple(fc.constantFrom('a', 'b', 'c.d', 'e.1'), fc.constantFrom(1 as const, -1 as const)),
    {
      minLength: 1,
      maxLength: 3,
    },
  )
  const ranks = new Map<unknown, number>(ORDER.flatMap((equals, rank) => equals.map((value) => [value, rank])))
  const rankOf = (value: unknown) =>
    ranks.get(value) ?? { number: 10.5, string: 21.5, boolean: 2 }[typeof value as 'number']!
  const db = await openMemory()
  let number = 0
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(values, values, values, values), { maxLength: 40 }),
      directions,
      fc.nat(20),
      fc.option(fc.nat(20), { nil: undefined }),
      async (rows, order, skip, limit) => {
        const posts = await db.createCollection(`c${number++}`, { shards: 2 })
        await posts.insert(
          rows.map(([a, b, d, e], id) => ({ id, a, b, c: { d }, ...(e === undefined ? {} : { e: [0, e] }) })),
        )
        const byId = new Map(
          rows.map(([a, b, d, e], id) => [id, { a, b, 'c.d': d, 'e.1': e } as Record<string, unknown>]),
        )
        const sort = Object.fromEntries(order)
        const expected = (await posts.find().toArray())
          .map(({ id }) => id as number)
          .sort((x, y) => {
            for (const [path, direction] of Object.entries(sort)) {
              const outcome = rankOf(byId.get(x)![path]) - rankOf(byId.get(y)![path])
              if (outcome !== 0) return outcome * direction
            }
            return 0
          })
          .slice(skip, limit === undefined ? undefined : skip + limit)
        const found = await posts.find({ sort, skip, limit, select: ['id'] }).toArray()
        expect(found.map(({ id }) => id)).toEqual(expected)
        await db.dropCollection(posts.name)
      },
    ),
    settings(60),
  )
})
