// Promise: queries use an index where it helps and say so; what they answer, and the order it comes in, is that of a scan. A document
// that exists throughout and whose indexed value does not change is seen exactly once, whatever is written meanwhile.

import { describe, expect, it } from 'vitest'
import { type Collection, type Document, type Filter, StateError } from '../../src/index.ts'
import { someValue } from '../core/filter-values.ts'
import { settings } from '../core/values.ts'
import fc from '../property.ts'
import { closeAfterEach, describeEach, openMemory } from './configurations.ts'

closeAfterEach()

const range = (count: number) => Array.from({ length: count }, (_, i) => i)

const SPREADS = [
  ['one partition', {}],
  ['3 shards', { shards: 3 }],
] as const

describeEach('explain', ({ openNew, collection: options }) => {
  const make = async (count = 500) => {
    const posts = await (await openNew()).createCollection('posts', options)
    await posts.insert(
      range(count).map((id) => ({
        id,
        likes: id % 100,
        lang: ['en', 'de', 'fr', 'es'][id % 4],
        author: { name: `author ${id % 20}` },
        tags: [`t${id % 10}`, `u${id % 7}`],
        ...(id % 50 === 0 ? { rare: id } : {}),
      })),
    )
    return posts
  }
  const plan = async (posts: Collection, filter: object, more: object = {}) => {
    const cursor = posts.find({ filter: filter as never, ...more })
    const { plan, index, examined, returned } = await cursor.explain()
    expect((await cursor.toArray()).length).toBe(returned)
    return { plan, index, examined, returned }
  }

  it('names the index, and looks at no more than is in it', async () => {
    const posts = await make()
    const scan = { plan: 'scan', index: undefined, examined: 500 }
    expect(await plan(posts, { likes: 7 })).toEqual({ ...scan, returned: 5 })
    await posts.createIndex('likes')
    const through = (count: number) => ({ plan: 'index', index: 'likes', examined: count, returned: count })
    expect(await plan(posts, { likes: 7 })).toEqual(through(5))
    expect(await plan(posts, { likes: 7n })).toEqual(through(5))
    expect(await plan(posts, { likes: { $in: [7, 8, 7n, 'x', null] } })).toEqual(through(10))
    expect(await plan(posts, { likes: { $gte: 10, $lt: 12 } })).toEqual(through(10))
    expect(await plan(posts, { likes: { $gt: 97 } })).toEqual(through(10))
    expect(await plan(posts, { $or: [{ likes: 1 }, { likes: { $in: [2, 3] } }] })).toEqual(through(15))
    expect(await plan(posts, { likes: { $gt: 'a' } })).toEqual(through(0))
    expect(await plan(posts, { likes: null })).toEqual(through(0))
    // The rest of the filter is checked on what the index gives.
    expect(await plan(posts, { likes: { $lt: 4 }, lang: 'en' })).toEqual({ ...through(20), returned: 5 })
    expect(await plan(posts, { likes: { $lt: 4 }, 'author.name': { $regex: '3$' } })).toMatchObject({ examined: 20 })
    expect(await plan(posts, { $or: [{ likes: 1 }, { lang: 'en' }] })).toMatchObject({ plan: 'scan' })
    expect(await plan(posts, { likes: { $not: { $gt: 5 } } })).toMatchObject({ plan: 'scan' })
    expect(await plan(posts, { likes: 7, id: 7 })).toMatchObject({ plan: 'key', examined: 1 })
    expect(await posts.count({ likes: { $gte: 50 } })).toBe(250)
  })

  it('uses compound, sparse and element indexes, and heads of strings', async () => {
    const posts = await make()
    await posts.createIndex('by_author', { fields: ['author.name', 'likes'] })
    await posts.createIndex('tags', { multi: true })
    await posts.createIndex('rare')
    expect(await plan(posts, { 'author.name': 'author 3' })).toMatchObject({ index: 'by_author', examined: 25 })
    const both = { 'author.name': 'author 3', likes: { $gte: 20, $lte: 43 } }
    expect(await plan(posts, both)).toMatchObject({ index: 'by_author', examined: 10, returned: 10 })
    const several = { 'author.name': { $in: ['author 3', 'author 4'] }, likes: 23 }
    expect(await plan(posts, several)).toMatchObject({ index: 'by_author', examined: 5, returned: 5 })
    expect(await plan(posts, { likes: 23 })).toMatchObject({ plan: 'scan' })
    const head = { 'author.name': { $startsWith: 'author 1' } }
    expect(await plan(posts, head)).toMatchObject({ index: 'by_author', examined: 275, returned: 275 })
    const like = { 'author.name': { $like: 'author 1_' } }
    expect(await plan(posts, like)).toMatchObject({ index: 'by_author', examined: 275, returned: 250 })
    expect(await plan(posts, { rare: { $exists: true } })).toMatchObject({ index: 'rare', examined: 10 })
    expect(await plan(posts, { tags: { $contains: 't3' } })).toMatchObject({
      index: 'tags',
      examined: 50,
      returned: 50,
    })
    const any = { tags: { $containsAny: ['t3', 'u3'] } }
    const { examined, returned } = await plan(posts, any)
    expect(examined).toBe(returned)
    expect(await plan(posts, { tags: { $containsAll: ['t3', 'u3'] } })).toMatchObject({ index: 'tags', examined: 50 })
    // A string holds substrings, which no index of elements has.
    await posts.insert({ id: 'text', tags: 'is t3 there' })
    expect(await plan(posts, { tags: { $contains: 't3' } })).toMatchObject({ plan: 'scan', returned: 51 })
    await posts.delete('text')
    expect(await plan(posts, { tags: { $contains: 't3' } })).toMatchObject({ plan: 'index' })
  })

  it('scans where an index would not help', async () => {
    const posts = await make(20_000)
    await posts.createIndex('likes')
    expect(await plan(posts, { likes: { $gte: 1 }, lang: 'en' })).toMatchObject({ plan: 'scan' })
    expect(await plan(posts, { likes: { $lt: 3 }, lang: 'en' })).toMatchObject({ plan: 'index', examined: 600 })
  })

  it('takes the documents from an index in its order, both ways, and the first few alone', async () => {
    const posts = await make(3_000)
    await posts.createIndex('by_author', { fields: ['author.name', 'likes'] })
    await posts.createIndex('likes')
    const all = { plan: 'index', index: 'likes' }
    expect(await plan(posts, {}, { sort: 'likes', limit: 10 })).toMatchObject({ ...all, returned: 10 })
    const { examined } = await plan(posts, {}, { sort: '-likes', skip: 5, limit: 10 })
    expect(examined).toBeLessThan(15 + 256 * 3)
    const author = { 'author.name': 'author 7' }
    const sorted = await plan(posts, author, { sort: '-likes', limit: 3 })
    expect(sorted).toMatchObject({ index: 'by_author', returned: 3 })
    expect(await plan(posts, { likes: { $gt: 90 } }, { sort: 'likes', limit: 2 })).toMatchObject(all)
    expect(await plan(posts, {}, { sort: { likes: 1, id: -1 }, limit: 3 })).toMatchObject({ plan: 'scan' })
    const least = await posts.find({ sort: 'likes', limit: 1 }).first()
    const most = await posts.find({ sort: '-likes' }).first()
    expect([least?.['likes'], most?.['likes']]).toEqual([0, 99])
  })
})

describe.each(SPREADS)('the order of an index, %s', (_, options) => {
  // What is equal came in the order of the index or the keys that found it, and which plan that is depends on how many documents are
  // wanted: pages of one query overlapped, and some documents were on none of them.
  it('does not show in the order of what is equal, whatever finds it', async () => {
    const db = await openMemory()
    const documents = range(3_000).map((id) => ({ id, a: (id * 7) % 50, b: (id * 13) % 11, same: id % 2 }))
    const plain = await db.createCollection('plain', options)
    const indexed = await db.createCollection('indexed', options)
    for (const posts of [plain, indexed]) await posts.insert(documents)
    await indexed.createIndex('by_a', { fields: ['a', 'b'] })
    const keys = range(400).map((i) => (i * 1_117) % 3_000)
    const plans = new Set<string>()
    for (const filter of [{ a: { $in: [31, 4, 17, 8] } }, { a: { $lt: 9 } }, { a: 3 }, { id: { $in: keys } }]) {
      for (const sort of ['same', '-same', ['same', 'a'], ['-b', 'a'], 'b'] as const) {
        const all = await plain.find({ filter: { $or: [filter] }, sort }).toArray()
        expect(all.length).toBeGreaterThan(50)
        const query = { filter: filter as Filter, sort }
        expect(await indexed.find(query).toArray()).toEqual(all)
        for (let skip = 0; skip < all.length; skip += 40) {
          const page = indexed.find({ ...query, skip, limit: 40 })
          expect(await page.toArray(), JSON.stringify({ ...query, skip })).toEqual(all.slice(skip, skip + 40))
          plans.add((await page.explain()).plan)
        }
      }
    }
    expect([...plans].sort()).toEqual(['index', 'key'])
  })

  it('is that of sort, ties and all', async () => {
    const db = await openMemory()
    let number = 0
    const fields = fc.record({
      a: fc.oneof(someValue, fc.constant(undefined)),
      b: fc.constantFrom(0, 1, 'x', null, undefined),
    })
    const query = fc.record({
      sort: fc.constantFrom('a', '-a', 'b', '-b', { b: 1, a: 1 }, { b: -1, a: -1 }, { b: 1, a: -1 }),
      filter: fc.oneof(
        fc.constant({}),
        fc.constantFrom(0, 'x', null).map((b) => ({ b })),
        fc.tuple(fc.constantFrom('$gt', '$lte'), someValue).map(([name, value]) => ({ a: { [name]: value } })),
        fc.constantFrom({ b: { $ne: 1 } }, { b: { $exists: false } }),
      ),
      skip: fc.nat(4),
      limit: fc.option(fc.nat(12), { nil: undefined }),
    })
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fields, fc.boolean()), { maxLength: 60 }),
        fc.array(query, { minLength: 1, maxLength: 10 }),
        async (documents, queries) => {
          const pair: Collection[] = []
          for (const kind of ['plain', 'indexed']) {
            const made = await db.createCollection(`${kind}${number++}`, options)
            await made.createPartition('p')
            for (const [i, [document, isElsewhere]] of documents.entries()) {
              await made.insert(
                { id: i, ...document },
                { partition: isElsewhere ? 'p' : '_default', durability: 'soft' },
              )
            }
            // Slots are used again.
            await made.delete(range(10), { durability: 'soft' })
            await made.insert(documents.slice(0, 5).map(([document], i) => ({ ...document, id: i + 100 })))
            pair.push(made)
          }
          const [plain, indexed] = pair as [Collection, Collection]
          await indexed.createIndex('a')
          await indexed.createIndex('b')
          await indexed.createIndex('ba', { fields: ['b', 'a'] })
          for (const { sort, filter, skip, limit } of queries) {
            const of = (posts: Collection) => posts.find({ sort: sort as never, filter, skip, limit })
            expect(await of(indexed).toArray()).toEqual(await of(plain).toArray())
          }
          await db.dropCollection(plain.name)
          await db.dropCollection(indexed.name)
        },
      ),
      settings(20),
    )
  })
})

describe.each(SPREADS)('while others write, %s', (_, options) => {
  const make = async () => {
    const posts = await (await openMemory()).createCollection('posts', options)
    await posts.insert(range(2_000).map((id) => ({ id, n: id % 300, m: 0, tags: [id % 300, (id * 7) % 300] })))
    await posts.createIndex('n')
    await posts.createIndex('tags', { multi: true })
    return posts
  }

  const queries: readonly (readonly [string, object])[] = [
    ['a range', { filter: { n: { $gte: 10, $lt: 250 } } }],
    ['points', { filter: { n: { $in: range(50).map((i) => i * 4 + 20) } } }],
    ['elements', { filter: { tags: { $containsAny: range(30).map((i) => i * 8 + 20) } } }],
    ['an order', { filter: { n: { $gte: 10 } }, sort: 'n' }],
    ['an order from the end', { filter: { n: { $gte: 10 } }, sort: '-n' }],
  ]
  for (const [name, query] of queries) {
    it(`${name} gives each document that stays as it is once`, async () => {
      const posts = await make()
      expect((await posts.find(query).explain()).plan).toBe('index')
      const expected = (await posts.find(query).toArray()).map(({ id }) => id as number)
      const stays = expected.filter((id) => id % 3 !== 0)
      const seen: number[] = []
      for await (const { id } of posts.find(query)) {
        seen.push(id as number)
        if (seen.length % 40 !== 1) continue
        const at = seen.length
        // Where the index is read, before it and behind it.
        await posts.update(
          range(30).map((i) => (at * 3 + i * 60) % 1_998),
          () => ({ m: at }),
        )
        await posts.delete(range(5).map((i) => (at * 9 + i * 3) % 1_998))
        await posts.update([(at * 3) % 1_998, (at * 15) % 1_998], { n: (at * 13) % 300, tags: [at % 300] })
        await posts.insert(range(20).map((i) => ({ id: 10_000 + at * 20 + i, n: (at + i * 17) % 300, tags: [i * 11] })))
        await posts.replace(stays[at % stays.length]!, (document: Document) => ({ ...document, m: -at }))
      }
      const old = seen.filter((id) => id < 10_000 && id % 3 !== 0)
      expect(old.length).toBe(new Set(old).size)
      expect(old.sort((a, b) => a - b)).toEqual(stays.sort((a, b) => a - b))
    })
  }

  for (const [name, query] of queries) {
    it(`${name} ends though each document brings others that come later`, async () => {
      const posts = await make()
      const count = await posts.find(query).count()
      let met = 0
      const last = { 'a range': 249, points: 216, elements: 249, 'an order': 1_000, 'an order from the end': 10 }[name]
      for await (const { id } of posts.find(query)) {
        await posts.insert([1, 2].map((i) => ({ id: `${id} ${i}`, n: last, tags: [252] })))
        expect(++met).toBeLessThan(count + 600)
      }
      expect(met).toBeGreaterThanOrEqual(count)
    })
  }

  it('an order does not have a document twice that is deleted and inserted again meanwhile', async () => {
    const posts = await make()
    const seen: string[] = []
    let round = 0
    for await (const { id, m, n } of posts.find({ filter: { n: { $gte: 0 } }, sort: 'n' })) {
      seen.push(`${id} ${m}`)
      if (seen.length % 16 !== 1) continue
      const next = (low: number) => posts.find({ filter: { n: { $gt: low } }, sort: 'n', limit: 40 }).toArray()
      const [soon, later] = [await next(n as number), await next((n as number) + 100)]
      // They are inserted into the slots of these, which the walk has not met.
      for (const some of [soon, later]) await posts.delete(some.map((document) => document['id'] as number))
      round++
      await posts.insert(soon.map((document) => ({ ...document, m: round, n: (document['n'] as number) + 50 })))
    }
    expect(seen.length).toBe(new Set(seen).size)
  })

  it('an update of what the index is on touches each document once', async () => {
    const posts = await make()
    const add = (document: Document) => ({ n: (document['n'] as number) + 50 })
    const result = await posts.update({ n: { $gte: 200 } }, add)
    expect(result.replaced).toBe(await posts.count({ n: { $gte: 250 } }))
    expect(await posts.count({ n: { $gte: 350 } })).toBe(0)
    expect((await posts.delete({ n: { $gte: 250 } })).deleted).toBe(result.replaced)
    expect(await posts.count({ n: { $gte: 200 } })).toBe(0)
  })
})

it('a query whose index is dropped under it says so', async () => {
  const posts = await (await openMemory()).createCollection('posts')
  await posts.insert(range(1_000).map((id) => ({ id, n: id })))
  await posts.createIndex('n')
  const cursor = posts.find({ filter: { n: { $gte: 0 } } })[Symbol.asyncIterator]()
  await cursor.next()
  await posts.dropIndex('n')
  const rest = async () => {
    while (!(await cursor.next()).done) {
      // On to the end.
    }
  }
  await expect(rest()).rejects.toThrow(StateError)
  expect(await posts.count({ n: { $gte: 0 } })).toBe(1_000)
})
