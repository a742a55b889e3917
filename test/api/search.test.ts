// Promise: `search` keeps what API.md says of it, in memory, over shards and in a directory. Answers are compared with distances by
// plain loops over doubles.

import { describe, expect, it } from 'vitest'
import {
  ClosedError,
  type Collection,
  type Database,
  NotFoundError,
  type SearchOptions,
  ShapeError,
  TypeMismatchError,
  UnknownOptionError,
  UsageError,
} from '../../src/index.ts'
import { closeAfterEach, describeEach, openMemory } from './configurations.ts'
import { distance, nearestOf, randomOf } from './nearest.ts'

closeAfterEach()

const next = randomOf(11)
const vector = (dimension: number) => Float32Array.from({ length: dimension }, () => next() * 2 - 1)
const POSTS = Array.from({ length: 400 }, (_, id) => ({
  id,
  lang: ['en', 'de', 'fr'][id % 3]!,
  likes: id % 50,
  embedding: id % 9 === 4 ? null : vector(12),
}))
const QUERY = vector(12)

describeEach('search', ({ collection, openNew }) => {
  async function posts(metric: 'cosine' | 'l2' | 'ip' = 'cosine', db?: Database): Promise<Collection> {
    const database = db ?? (await openNew())
    const made = await database.createCollection('posts', {
      ...collection,
      vectors: { embedding: { dimension: 12, metric } },
    })
    await made.insert(POSTS)
    return made
  }

  it.each(['cosine', 'l2', 'ip'] as const)('finds the nearest first under %s', async (metric) => {
    const hits = await (await posts(metric)).search({ vector: QUERY })
    const wanted = nearestOf(POSTS, 'embedding', metric, QUERY).slice(0, 10)
    expect(hits.map((hit) => hit.id)).toEqual(wanted.map(({ id }) => id))
    for (const [i, hit] of hits.entries()) expect(hit.distance).toBeCloseTo(wanted[i]!.distance, 12)
  })

  it('brings documents without vectors, unless select names them', async () => {
    const made = await posts()
    const [hit] = await made.search({ vector: POSTS[7]!.embedding!, limit: 1 })
    expect(hit).toEqual({ id: 7, distance: expect.closeTo(0, 12), document: { id: 7, lang: 'de', likes: 7 } })
    const [selected] = await made.search({ vector: POSTS[7]!.embedding!, limit: 1, select: ['lang', 'embedding'] })
    expect(selected!.document).toEqual({ lang: 'de', embedding: POSTS[7]!.embedding })
    const [bare] = await made.search({ vector: POSTS[7]!.embedding!, limit: 1, select: [] })
    expect(bare).toEqual({ id: 7, distance: expect.any(Number), document: {} })
  })

  it('takes many vectors at once, and any kind of numbers', async () => {
    const made = await posts('l2')
    const queries = [QUERY, POSTS[3]!.embedding!, POSTS[12]!.embedding!]
    const lists = await made.search({ vectors: queries, limit: 5 })
    for (const [i, query] of queries.entries()) {
      expect(lists[i]).toEqual(await made.search({ vector: query, limit: 5 }))
      expect(await made.search({ vector: Array.from(query), limit: 5 })).toEqual(lists[i])
      expect(await made.search({ vector: Float64Array.from(query), limit: 5 })).toEqual(lists[i])
      const within = new Float32Array(20)
      within.set(query, 5)
      expect(await made.search({ vector: within.subarray(5, 17), limit: 5 })).toEqual(lists[i])
    }
    expect(await made.search({ vectors: [] })).toEqual([])
  })

  it('passes over, cuts off and stops at a radius, the rim included', async () => {
    const made = await posts('l2')
    const all = await made.search({ vector: QUERY, limit: 10_000 })
    expect(all.length).toBe(POSTS.filter((post) => post.embedding !== null).length)
    expect(await made.search({ vector: QUERY, limit: Infinity })).toEqual(all)
    expect(await made.search({ vector: QUERY, limit: 7, offset: 30 })).toEqual(all.slice(30, 37))
    expect(await made.search({ vector: QUERY, offset: 100_000 })).toEqual([])
    expect(await made.search({ vector: QUERY, limit: 0 })).toEqual([])
    const radius = all[20]!.distance
    expect(await made.search({ vector: QUERY, limit: 1000, radius })).toEqual(
      all.filter((hit) => hit.distance <= radius),
    )
    expect((await made.search({ vector: QUERY, limit: 3, radius })).length).toBe(3)
    expect(await made.search({ vector: QUERY, radius: -1 })).toEqual([])
  })

  it.each([
    [{ lang: 'en' }, (post: (typeof POSTS)[0]) => post.lang === 'en'],
    [{ likes: { $lt: 2 } }, (post: (typeof POSTS)[0]) => post.likes < 2],
    [{ id: { $in: [5, 60, 222, 4] } }, (post: (typeof POSTS)[0]) => [5, 60, 222, 4].includes(post.id)],
    [{ lang: { $regex: '^(en|x(?=y))$' } }, (post: (typeof POSTS)[0]) => post.lang === 'en'],
    [{}, () => true],
    [{ lang: 'xx' }, () => false],
  ])('never returns fewer than limit when enough match %j', async (filter, matches) => {
    const made = await posts()
    const wanted = nearestOf(POSTS.filter(matches), 'embedding', 'cosine', QUERY)
    const hits = await made.search({ vector: QUERY, filter, limit: 25 })
    expect(hits.map((hit) => hit.id)).toEqual(wanted.slice(0, 25).map(({ id }) => id))
    const [list] = await made.search({ vectors: [QUERY], filter, limit: 1000, exact: true })
    expect(list!.map((hit) => hit.id)).toEqual(wanted.map(({ id }) => id))
  })

  it('follows every write', async () => {
    const made = await posts('l2')
    const nearest = async () => (await made.search({ vector: QUERY, limit: 1, select: ['id'] }))[0]!.document['id']
    await made.insert({ id: 'new', embedding: QUERY })
    expect(await nearest()).toBe('new')
    await made.update('new', { embedding: Array.from(QUERY, (lane) => -lane) })
    expect(await nearest()).not.toBe('new')
    await made.update('new', { embedding: Array.from(QUERY) })
    expect(await nearest()).toBe('new')
    await made.replace('new', { note: 'no vector' })
    expect(await nearest()).not.toBe('new')
    await made.insert([{ id: 'other', embedding: QUERY }, { id: 'other' }], { atomic: true })
    expect(await nearest()).not.toBe('other')
    await made.upsert({ id: 'new', embedding: QUERY })
    await made.delete('new')
    expect(await nearest()).not.toBe('new')
    expect((await made.stats()).vectors).toBe(POSTS.filter((post) => post.embedding !== null).length)
  })

  it('looks in the partitions that are named', async () => {
    const made = await posts('l2')
    await made.createPartition('late')
    await made.insert([{ id: 1000, embedding: QUERY }, { id: 1001 }], { partition: 'late' })
    const ids = async (options: SearchOptions) =>
      ((await made.search({ vector: QUERY, limit: 2, ...options })) as { id: unknown }[]).map((hit) => hit.id)
    const [first, second] = nearestOf(POSTS, 'embedding', 'l2', QUERY)
    expect(await ids({})).toEqual([1000, first!.id])
    expect(await ids({ partitions: ['late'] })).toEqual([1000])
    expect(await ids({ partitions: ['_default'] })).toEqual([first!.id, second!.id])
    expect(await ids({ partitions: ['late', '_default', 'late'] })).toEqual([1000, first!.id])
    await expect(made.search({ vector: QUERY, partitions: ['none'] })).rejects.toThrow(NotFoundError)
    await made.dropPartition('late')
    expect(await ids({})).toEqual([first!.id, second!.id])
  })

  it('keeps a few hits of each group', async () => {
    const made = await posts()
    const all = nearestOf(POSTS, 'embedding', 'cosine', QUERY)
    const grouped = (field: 'lang' | 'likes', limit: number, offset: number, size: number) => {
      const groups = [...new Set(all.map((post) => post[field]))].slice(0, limit + offset)
      const members = groups.flatMap((group, i) =>
        i < offset ? [] : all.filter((post) => post[field] === group).slice(0, size),
      )
      return members.sort((a, b) => a.distance - b.distance).map(({ id }) => id)
    }
    const ids = async (options: SearchOptions) =>
      ((await made.search({ vector: QUERY, ...options })) as { id: unknown }[]).map((hit) => hit.id)
    expect(await ids({ group: { field: 'likes' } })).toEqual(grouped('likes', 10, 0, 1))
    expect(await ids({ group: { field: 'likes', size: 3 }, limit: 4, offset: 2 })).toEqual(grouped('likes', 4, 2, 3))
    expect(await ids({ group: { field: 'lang', size: 1000 } })).toEqual(grouped('lang', 10, 0, 1000))
    expect(await ids({ group: { field: 'nowhere' } })).toEqual([all[0]!.id])
    expect(await ids({ group: { field: 'lang' }, limit: 0 })).toEqual([])
    // Null and a missing field are groups of their own, unless told what they count as.
    const opposite = Array.from(QUERY, (lane) => -lane)
    await made.insert([
      { id: -3, lang: null, embedding: QUERY },
      { id: -1, embedding: QUERY },
      { id: -2, lang: 'de', embedding: opposite },
    ])
    const group = { field: 'lang', size: 2 }
    const filter = { id: { $lt: 0 } }
    expect(await ids({ filter, group: { ...group, size: 1 } })).toHaveLength(3)
    expect((await ids({ filter, limit: 1, group: { ...group, default: null } })).sort()).toEqual([-1, -3])
    expect(await ids({ filter, group: { ...group, size: 1, default: 'de' } })).toHaveLength(1)
  })

  it('goes through all hits in pages', async () => {
    const made = await posts('l2')
    await made.insert(POSTS.slice(0, 30).map((post) => ({ ...post, id: `twin ${post.id}` })))
    const all = await made.search({ vector: QUERY, limit: Infinity, filter: { lang: { $ne: 'fr' } } })
    for (const batch of [1, 7, 1000]) {
      const found: unknown[] = []
      for await (const hits of made.searchIterator({ vector: QUERY, batch, filter: { lang: { $ne: 'fr' } } })) {
        expect(hits.length).toBeLessThanOrEqual(batch)
        found.push(...hits)
      }
      expect(found).toEqual(all)
    }
    const some: unknown[] = []
    for await (const hits of made.searchIterator({ vector: QUERY, batch: 7, limit: 17 })) some.push(...hits)
    expect(some).toEqual(await made.search({ vector: QUERY, limit: 17 }))
    const radius = all[5]!.distance
    const near: { distance: number }[] = []
    for await (const hits of made.searchIterator({ vector: QUERY, batch: 2, radius })) near.push(...hits)
    expect(near).toEqual(await made.search({ vector: QUERY, limit: 100, radius }))
  })

  it('meets what stays exactly once, whatever is written between pages', async () => {
    const made = await posts('l2')
    const met = new Map<unknown, number>()
    let round = 0
    for await (const hits of made.searchIterator({ vector: QUERY, batch: 20 })) {
      for (const { id } of hits) met.set(id, (met.get(id) ?? 0) + 1)
      await made.insert({ id: `x${round}`, embedding: vector(12) })
      await made.delete(round++ * 9 + 4)
    }
    const stayed = POSTS.filter((post) => post.embedding !== null)
    expect(stayed.filter(({ id }) => met.get(id) !== 1)).toEqual([])
  })

  it('explains itself', async () => {
    const made = await posts()
    const vectors = POSTS.filter((post) => post.embedding !== null).length
    const plain = await made.explainSearch({ vector: QUERY })
    expect(plain).toEqual({ plan: 'exact', examined: expect.any(Number), rescored: expect.any(Number), returned: 10 })
    expect(plain.examined).toBeGreaterThanOrEqual(vectors)
    expect(plain.rescored).toBeLessThanOrEqual(vectors)
    const filtered = await made.explainSearch({ vectors: [QUERY, QUERY], filter: { lang: 'en' }, limit: 3 })
    expect(filtered).toMatchObject({ matched: POSTS.filter((post) => post.lang === 'en').length, returned: 6 })
  })

  it('is refused after closing', async () => {
    const db = await openNew()
    const made = await posts('l2', db)
    const pages = made.searchIterator({ vector: QUERY, batch: 5 })
    await pages.next()
    await db.close()
    await expect(made.search({ vector: QUERY })).rejects.toThrow(ClosedError)
    await expect(pages.next()).rejects.toThrow(ClosedError)
  })
})

describe('options', () => {
  async function made(): Promise<Collection> {
    const db = await openMemory()
    return await db.createCollection('notes', {
      vectors: { a: { dimension: 3 }, bits: { dimension: 16, metric: 'hamming' } },
    })
  }

  it.each<[Record<string, unknown>, new (...args: never[]) => Error, RegExp]>([
    [{}, UsageError, /vector or vectors, got neither/],
    [{ vector: [1, 2, 3], vectors: [] }, UsageError, /got both/],
    [{ vectors: 5 }, TypeMismatchError, /vectors of search is an array/],
    [{ vectors: Array(2), field: 'a' }, TypeMismatchError, /vectors\[0\]/],
    [{ vector: [1, 2] }, ShapeError, /vector has 2 lanes, field "a" of collection "notes" needs 3/],
    [
      {
        vectors: [
          [1, 2, 3],
          [1, 2, 3, 4],
        ],
      },
      ShapeError,
      /vectors\[1\] has 4 lanes/,
    ],
    [{ vector: 'abc' }, TypeMismatchError, /got "abc"/],
    [{ vector: { length: 3 } }, TypeMismatchError, /got an object/],
    [{ vector: [1, null, 3] }, TypeMismatchError, /vector\[1\] is a number, got null/],
    [{ vector: [1, '2', 3] }, TypeMismatchError, /vector\[1\] is a number, got "2"/],
    [{ vector: BigInt64Array.of(1n, 2n, 3n) }, TypeMismatchError, /got 1n/],
    [{ vector: new DataView(new ArrayBuffer(3)) }, TypeMismatchError, /typed array/],
    [{ vector: [1, Number.NaN, 3] }, UsageError, /vector\[1\] is a finite number/],
    [{ vector: [1, 2, Infinity] }, UsageError, /vector\[2\] is a finite number/],
    [{ vector: [1e300, 2, 3] }, UsageError, /vector\[0\] is a finite number that f32 holds, got 1e\+300/],
    [{ vector: [1, 2, 3], limit: -1 }, UsageError, /limit of search/],
    [{ vector: [1, 2, 3], limit: 1.5 }, UsageError, /limit of search/],
    [{ vector: [1, 2, 3], offset: -1 }, UsageError, /offset of search/],
    [{ vector: [1, 2, 3], radius: Number.NaN }, UsageError, /radius of search/],
    [{ vector: [1, 2, 3], radius: '1' }, UsageError, /radius of search/],
    [{ vector: [1, 2, 3], ef: 0 }, UsageError, /ef of search/],
    [{ vector: [1, 2, 3], exact: 1 }, UsageError, /exact of search/],
    [{ vector: [1, 2, 3], select: 'a' }, TypeMismatchError, /select of search/],
    [{ vector: [1, 2, 3], partitions: 'x' }, TypeMismatchError, /partitions of search/],
    [{ vector: [1, 2, 3], partitions: ['x'] }, NotFoundError, /no partition "x"/],
    [{ vector: [1, 2, 3], filter: 'x' }, TypeMismatchError, /filter of search/],
    [{ vector: [1, 2, 3], filter: { a: { $gtt: 1 } } }, UnknownOptionError, /\$gtt/],
    [{ vector: [1, 2, 3], group: 'a' }, TypeMismatchError, /in group of search/],
    [{ vector: [1, 2, 3], group: { field: '' } }, UsageError, /field in group/],
    [{ vector: [1, 2, 3], group: { field: 'x', size: 0 } }, UsageError, /size in group/],
    [{ vector: [1, 2, 3], group: { field: 'x', sizes: 1 } }, UnknownOptionError, /sizes/],
    [{ vector: [1, 2, 3], topK: 5 }, UnknownOptionError, /topK/],
    [{ vector: [1, 2, 3], field: 'b' }, NotFoundError, /no vector field "b"; it has "a", "bits"/],
    [{ vector: [1, 2, 3], field: 5 }, TypeMismatchError, /field of search/],
    [{ vector: [1, 2, 3], field: undefined }, UsageError, /needs field, one of "a", "bits"/],
    [{ vector: [1], field: 'bits' }, ShapeError, /vector has 1 bytes, field "bits" of collection "notes" needs 2/],
    [{ vector: [1, 256], field: 'bits' }, UsageError, /vector\[1\] is a byte/],
    [{ vector: [1, 0.5], field: 'bits' }, UsageError, /vector\[1\] is a byte/],
  ])('%o are refused', async (options, kind, message) => {
    const collection = await made()
    const given = 'field' in options ? options : { field: 'a', ...options }
    const failure = await collection.search(given as SearchOptions).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(kind)
    expect((failure as Error).message).toMatch(message)
  })

  it('of an iterator are refused likewise', async () => {
    const collection = await made()
    const first = (options: object) => collection.searchIterator({ field: 'a', vector: [1, 2, 3], ...options }).next()
    await expect(first({ batch: 0 })).rejects.toThrow(UsageError)
    await expect(first({ offset: 1 })).rejects.toThrow(UnknownOptionError)
    await expect(first({ vector: [1] })).rejects.toThrow(ShapeError)
    expect(await first({})).toEqual({ value: undefined, done: true })
  })

  it('need a vector field', async () => {
    const db = await openMemory()
    const plain = await db.createCollection('plain')
    await expect(plain.search({ vector: [1] })).rejects.toThrow(/no vector field/)
  })
})

describe('vectors', () => {
  it('of zeros are at cosine distance 1 from everything', async () => {
    const db = await openMemory()
    const made = await db.createCollection('c', { vectors: { v: { dimension: 2 } } })
    await made.insert([
      { id: 1, v: [0, 0] },
      { id: 2, v: [1, 0] },
      { id: 3, v: [-1, 0] },
    ])
    expect((await made.search({ vector: [1, 0] })).map((hit) => [hit.id, hit.distance])).toEqual([
      [2, 0],
      [1, 1],
      [3, 2],
    ])
    expect((await made.search({ vector: [0, 0] })).map((hit) => [hit.id, hit.distance])).toEqual([
      [1, 1],
      [2, 1],
      [3, 1],
    ])
  })

  it('of bits are packed bytes', async () => {
    const db = await openMemory()
    for (const metric of ['hamming', 'jaccard'] as const) {
      const made = await db.createCollection(metric, { vectors: { bits: { dimension: 24, metric } } })
      const rows = Array.from({ length: 60 }, (_, id) => ({
        id,
        bits: Uint8Array.from({ length: 3 }, () => Math.floor(next() * 256)),
      }))
      await made.insert(rows)
      const wanted = nearestOf(rows, 'bits', metric, rows[5]!.bits).slice(0, 10)
      const hits = await made.search({ vector: rows[5]!.bits })
      expect(hits.map((hit) => [hit.id, hit.distance])).toEqual(wanted.map((hit) => [hit.id, hit.distance]))
      expect((await made.search({ vector: [...rows[5]!.bits], select: ['bits'] }))[0]!.document).toEqual({
        bits: rows[5]!.bits,
      })
    }
  })

  it('come back as they were given, within f32', async () => {
    const db = await openMemory()
    const made = await db.createCollection('c', { vectors: { v: { dimension: 3, metric: 'l2' } } })
    await made.insert({ id: 1, v: [0.1, 2, -3e-5] })
    const [hit] = await made.search({ vector: [0, 0, 0], select: ['v'] })
    expect(hit!.document).toEqual({ v: Float32Array.of(0.1, 2, -3e-5) })
    expect(hit!.distance).toBeCloseTo(distance('l2', [0, 0, 0], Float32Array.of(0.1, 2, -3e-5)), 12)
  })

  it('of a thousand dimensions and more are found', async () => {
    const db = await openMemory()
    for (const dimension of [1024, 4097, 32_768]) {
      const made = await db.createCollection(`c${dimension}`, { vectors: { v: { dimension } } })
      const rows = Array.from({ length: 40 }, (_, id) => ({ id, v: vector(dimension) }))
      await made.insert(rows)
      const wanted = nearestOf(rows, 'v', 'cosine', rows[3]!.v)
      const hits = await made.search({ vector: rows[3]!.v, limit: 40 })
      expect(hits.map((hit) => hit.id)).toEqual(wanted.map(({ id }) => id))
    }
  })
})
