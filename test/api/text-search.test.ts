// Promise: documents are found by their words with the scores of BM25 as published, about what is stored at the time of the call, whatever
// was written before, wherever the documents lie. Checked against a plain computation over all documents.

import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openDatabase, treeFilter } from '../../src/engine/index.ts'
import { textMatch } from '../../src/engine/words.ts'
import {
  type Collection,
  ConflictError,
  LimitError,
  NotFoundError,
  open,
  TypeMismatchError,
  UnknownOptionError,
  UnsupportedError,
  UsageError,
} from '../../src/index.ts'
import { parsePath } from '../../src/query/filters.ts'
import { MemoryDirectory } from '../../src/storage/index.ts'
import { analyzerOf } from '../../src/text/index.ts'
import fc from '../property.ts'
import { closeAfterEach, describeEach, newDirectory, openMemory } from './configurations.ts'

closeAfterEach()

interface Post {
  readonly id: number
  readonly title?: string | null
  readonly body?: string | readonly string[]
  readonly n?: number
}

function wordsOf({ title, body }: Post): string[] | undefined {
  const texts = [title, ...(Array.isArray(body) ? body : [body])].filter((text) => typeof text === 'string')
  return texts.length === 0 ? undefined : texts.flatMap((text) => text.toLowerCase().match(/[a-z]+/g) ?? [])
}

/** BM25 as published, over plain documents: ids with their scores, best first. */
function bm25(posts: readonly Post[], query: string, k1 = 1.2, b = 0.75): { id: number; score: number }[] {
  const documents = posts.flatMap((post) => {
    const words = wordsOf(post)
    return words === undefined ? [] : [{ id: post.id, words }]
  })
  const average = documents.reduce((sum, { words }) => sum + words.length, 0) / documents.length
  const terms = query.toLowerCase().match(/[a-z]+/g) ?? []
  return documents
    .map(({ id, words }) => {
      let score = 0
      for (const term of terms) {
        const having = documents.filter((document) => document.words.includes(term)).length
        const idf = Math.log(1 + (documents.length - having + 0.5) / (having + 0.5))
        const f = words.filter((word) => word === term).length
        score += (idf * f * (k1 + 1)) / (f + k1 * (1 - b + (b * words.length) / average))
      }
      return { id, score }
    })
    .filter(({ score }) => score > 0)
    .sort((x, y) => y.score - x.score || x.id - y.id)
}

/** The hits are those of the model: same documents, same scores but for rounding; ties in any order. */
async function expectLike(posts: Collection, all: readonly Post[], query: string, limit = 1000): Promise<void> {
  const hits = await posts.search({ text: query, limit, select: ['id'] })
  const wanted = bm25(all, query)
  expect(hits.length).toBe(Math.min(limit, wanted.length))
  const scores = new Map(wanted.map(({ id, score }) => [id, score]))
  hits.forEach((hit, i) => {
    expect(-hit.distance).toBeCloseTo(wanted[i]!.score, 4)
    expect(-hit.distance).toBeCloseTo(scores.get(hit.id as number)!, 4)
    expect(hit.document).toEqual({ id: hit.id })
  })
}

const POSTS: readonly Post[] = [
  { id: 1, title: 'The quick brown fox', body: 'jumps over the lazy dog', n: 1 },
  { id: 2, title: 'Fox news', body: 'A dog and a fox and a fox', n: 2 },
  { id: 3, title: 'Nothing here', body: ['several texts', 'with a fox'], n: 1 },
  { id: 4, title: null, n: 1 },
  { id: 5, title: '', n: 2 },
  { id: 6, body: 'dog', n: 2 },
]

describeEach('search by text', ({ openNew, collection: options }) => {
  const make = async () => {
    const posts = await (await openNew()).createCollection('posts', options)
    await posts.createIndex('words', { type: 'text', fields: ['title', 'body'] })
    return posts
  }

  it('finds by BM25', async () => {
    const posts = await make()
    await posts.insert(POSTS)
    await expectLike(posts, POSTS, 'fox')
    await expectLike(posts, POSTS, 'lazy fox dog')
    await expectLike(posts, POSTS, 'fox fox news')
    await expectLike(posts, POSTS, 'nobody')
    await expectLike(posts, POSTS, 'dog a', 2)
    expect(await posts.search({ text: '', index: 'words' })).toEqual([])
    const [best] = await posts.search({ text: 'lazy' })
    expect(best).toMatchObject({ id: 1, document: POSTS[0] })
  })

  it('takes an index that is made later, with other parameters', async () => {
    const posts = await (await openNew()).createCollection('posts', options)
    await posts.insert(POSTS)
    await posts.createIndex('body', { type: 'text', k1: 0.5, b: 0 })
    const hits = await posts.search({ text: 'fox', index: 'body' })
    const wanted = bm25(
      POSTS.map(({ id, body }) => ({ id, ...(body === undefined ? {} : { body }) })),
      'fox',
      0.5,
      0,
    )
    expect(hits.map(({ id }) => id)).toEqual(wanted.map(({ id }) => id))
    hits.forEach((hit, i) => {
      expect(-hit.distance).toBeCloseTo(wanted[i]!.score, 5)
    })
  })

  it('is about what is stored now', async () => {
    const posts = await make()
    await posts.insert(POSTS)
    await posts.update(1, { title: 'A slow cat' })
    await posts.delete(2)
    await posts.upsert({ id: 6, body: 'fox and cat' })
    const now = [{ ...POSTS[0]!, title: 'A slow cat' }, POSTS[2]!, POSTS[3]!, POSTS[4]!, { id: 6, body: 'fox and cat' }]
    await expectLike(posts, now, 'fox cat quick dog')
    await posts.insert([{ id: 7, body: 'never' }, { id: 1 }], { atomic: true })
    await expectLike(posts, now, 'never')
    const writing = posts.insert({ id: 8, body: 'seen at once' })
    expect((await posts.search({ text: 'seen' })).map(({ id }) => id)).toEqual([8])
    await writing
    await posts.delete({})
    expect(await posts.search({ text: 'fox' })).toEqual([])
    expect((await posts.indexes())[0]).toMatchObject({ entries: 0 })
  })

  it('looks again only at documents whose texts were written', async () => {
    const db = await openNew()
    const posts = await db.createCollection('posts', options)
    await posts.createIndex('words', { type: 'text', fields: ['title', 'deep.body'] })
    await posts.insert(
      Array.from({ length: 50 }, (_, id) => ({ id, title: `w${id}`, deep: { body: 'x', n: 1 }, n: 0 })),
    )
    expect(await posts.search({ text: 'x', limit: 100 })).toHaveLength(50)
    await posts.update({}, { n: 7, more: 'text' })
    expect(await posts.search({ text: 'x w7', limit: 100, filter: { n: 7 } })).toHaveLength(50)
    await posts.update(3, { deep: { body: 'y' } })
    await posts.update(4, { deep: { n: 5 } })
    await posts.update(5, { title: null })
    await posts.replace(6, { n: 7 })
    expect(await posts.search({ text: 'x', limit: 100 })).toHaveLength(48)
    expect((await posts.search({ text: 'y w5 w6 w4' })).map(({ id }) => id).sort()).toEqual([3, 4])
    await posts.replace(6, { title: 'w6' })
    expect((await posts.search({ text: 'w6' })).map(({ id }) => id)).toEqual([6])
  })

  it('keeps pace with writes of every kind', async () => {
    const word = fc.constantFrom('ant', 'bee', 'cat', 'dog', 'eel')
    const text = fc.array(word, { maxLength: 6 }).map((words) => words.join(' '))
    const id = fc.nat(15)
    const command = fc.oneof(
      { weight: 4, arbitrary: fc.record({ kind: fc.constant('put' as const), id, title: text }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('delete' as const), id }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('refused' as const), id, title: text }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('search' as const), query: text }) },
    )
    await fc.assert(
      fc.asyncProperty(fc.array(command, { maxLength: 30 }), async (commands) => {
        const posts = await make()
        const model = new Map<number, Post>()
        for (const one of commands) {
          if (one.kind === 'put') {
            await posts.upsert({ id: one.id, title: one.title })
            model.set(one.id, { id: one.id, title: one.title })
          } else if (one.kind === 'delete') {
            await posts.delete(one.id)
            model.delete(one.id)
          } else if (one.kind === 'refused') {
            await posts.upsert([{ id: one.id, title: one.title }, { id: Number.NaN }], { atomic: true })
          } else {
            await expectLike(posts, [...model.values()], one.query)
          }
        }
        await expectLike(posts, [...model.values()], 'ant bee cat dog eel')
        await expectLike(posts, [...model.values()], 'eel cat', 3)
      }),
      { numRuns: options.shards === undefined ? 12 : 6 },
    )
  })

  it('answers with documents as they are, whatever is written in the turn it was called in', async () => {
    const posts = await make()
    await posts.insert(Array.from({ length: 40 }, (_, id) => ({ id, title: 'river stone' })))
    for (let turns = 0; turns < 6; turns++) {
      const asked = posts.search({ text: 'river', limit: 100 })
      for (let i = 0; i < turns; i++) await null
      const gone = Array.from({ length: 6 }, (_, i) => turns * 6 + i)
      const written = [posts.delete(gone), posts.insert(gone.map((id) => ({ id: id + 1_000, title: 'other words' })))]
      const hits = await asked
      expect(hits.map(({ document }) => document['title'])).toEqual(hits.map(() => 'river stone'))
      await Promise.all(written)
      expect(await posts.search({ text: 'river', limit: 100 })).toHaveLength(34 - turns * 6)
    }
  })

  it('filters, selects, passes over, groups, and stops at a radius', async () => {
    const posts = await make()
    await posts.insert(POSTS)
    const ids = async (given: object) => (await posts.search({ text: 'fox dog', ...given })).map(({ id }) => id)
    const all = bm25(POSTS, 'fox dog')
    expect(await ids({})).toEqual(all.map(({ id }) => id))
    expect(await ids({ filter: { n: 2 } })).toEqual(all.map(({ id }) => id).filter((id) => POSTS[id - 1]!.n === 2))
    expect(await ids({ filter: { title: { $regex: '^The' } } })).toEqual([1])
    expect(await ids({ filter: { id: { $in: [] } } })).toEqual([])
    expect(await ids({ limit: 0 })).toEqual([])
    expect(await ids({ limit: 2, offset: 1 })).toEqual(all.slice(1, 3).map(({ id }) => id))
    expect(await ids({ limit: Infinity })).toHaveLength(all.length)
    expect(await ids({ radius: -(all[1]!.score - 0.001) })).toEqual(all.slice(0, 2).map(({ id }) => id))
    expect(await ids({ group: { field: 'n' } })).toEqual([2, all.find(({ id }) => POSTS[id - 1]!.n === 1)!.id])
    expect(await ids({ group: { field: 'none', default: 1 } })).toEqual([all[0]!.id])
    const [hit] = await posts.search({ text: 'lazy', select: ['n'] })
    expect(hit!.document).toEqual({ n: 1 })
  })

  it('filters many documents', async () => {
    const posts = await make()
    const many = Array.from({ length: 3000 }, (_, id) => ({ id, title: id % 3 === 0 ? 'x y' : 'x', n: id % 500 }))
    await posts.insert(many)
    const hits = await posts.search({ text: 'x y', filter: { n: 499 }, limit: 20 })
    const wanted = many.filter(({ n }) => n === 499).map(({ id }) => id)
    expect(hits.map(({ id }) => id as number).sort((a, b) => a - b)).toEqual(wanted)
    expect(hits.slice(0, 2).every(({ id }) => (id as number) % 3 === 0)).toBe(true)
    expect(await posts.search({ text: 'y', filter: { n: { $lt: 400 } }, limit: 50 })).toHaveLength(50)
  })
})

describe('text indexes', () => {
  it('score alike however documents are spread', async () => {
    const db = await openMemory()
    const spread: Collection[] = []
    for (const shards of [1, 4]) {
      const posts = await db.createCollection(`over ${shards}`, { shards })
      await posts.createIndex('t', { type: 'text' })
      await posts.insert(Array.from({ length: 200 }, (_, id) => ({ id, t: `w${id % 7} w${id % 11} w${id % 3} the` })))
      spread.push(posts)
    }
    const [one, four] = await Promise.all(
      spread.map(async (posts) => {
        const hits = await posts.search({ text: 'w1 w2 w5 the', limit: 200 })
        return new Map(hits.map(({ id, distance }) => [id, distance]))
      }),
    )
    expect(one!.size).toBe(200)
    expect([...four!].sort()).toEqual([...one!].sort())
  })

  it('search in some partitions by the figures of these', async () => {
    const db = await openMemory()
    const posts = await db.createCollection('posts')
    await posts.createPartition('other')
    await posts.createIndex('title', { type: 'text' })
    await posts.insert(POSTS)
    await posts.insert(
      [
        { id: 10, title: 'fox' },
        { id: 11, title: 'fox hole' },
      ],
      { partition: 'other' },
    )
    const hits = await posts.search({ text: 'fox', partitions: ['other'] })
    const wanted = bm25(
      [
        { id: 10, title: 'fox' },
        { id: 11, title: 'fox hole' },
      ],
      'fox',
    )
    expect(hits.map(({ id }) => id)).toEqual([10, 11])
    expect(-hits[0]!.distance).toBeCloseTo(wanted[0]!.score, 5)
    await posts.createPartition('third')
    await posts.insert({ id: 12, title: 'third fox' }, { partition: 'third' })
    expect(await posts.search({ text: 'fox', limit: 20 })).toHaveLength(5)
    await posts.dropPartition('other')
    expect(await posts.search({ text: 'fox', limit: 20 })).toHaveLength(3)
  })

  it('are listed, dropped, and there again after reopening', async () => {
    const path = join(await newDirectory(), 'data')
    let db = await open(path, { durability: 'soft' })
    let posts = await db.createCollection('posts')
    await posts.createIndex('likes')
    await posts.insert(POSTS)
    await posts.createIndex('words', { type: 'text', fields: ['title', 'body'], analyzer: 'english' })
    await posts.createIndex('title', { type: 'text', analyzer: { tokenizer: 'standard', filters: ['lowercase'] } })
    await posts.dropIndex('title')
    await posts.insert({ id: 7, title: 'foxes' })
    const found = async () => (await posts.search({ text: 'foxes' })).map(({ id, distance }) => ({ id, distance }))
    const before = await found()
    expect(before.map(({ id }) => id)).toEqual([2, 7, 3, 1])
    const info = {
      name: 'words',
      type: 'text',
      fields: ['title', 'body'],
      analyzer: 'english',
      k1: 1.2,
      b: 0.75,
      entries: 6,
    }
    expect((await posts.indexes())[1]).toEqual(info)
    expect((await posts.stats()).indexes).toBe(2)
    await db.close()

    const phases: string[] = []
    db = await open(path, { onProgress: ({ phase }) => phases.push(phase) })
    posts = db.collection('posts')
    expect(phases).toContain('index')
    expect((await posts.indexes())[1]).toEqual(info)
    expect(await found()).toEqual(before)
    await posts.optimize()
    expect(await found()).toEqual(before)
    await db.close()

    db = await open(path, { readOnly: true })
    posts = db.collection('posts')
    expect(await found()).toEqual(before)
    await db.close()
    db = await open(path)
    posts = db.collection('posts')
    await posts.dropIndex('words')
    await expect(posts.search({ text: 'fox' })).rejects.toThrow('has no text index')
    await db.close()
  })

  it('do not keep a database from opening that has a word of millions of characters', async () => {
    const path = join(await newDirectory(), 'data')
    let db = await open(path, { durability: 'soft' })
    const posts = await db.createCollection('posts')
    await posts.createIndex('text', { type: 'text' })
    await posts.insert({ id: 1, text: `needle ${'\u00e9'.repeat(4_000_000)}` })
    await db.close()
    db = await open(path)
    expect((await db.collection('posts').search({ text: 'needle' })).map(({ id }) => id)).toEqual([1])
    await db.close()
  })

  it('come back from a snapshot when there is much in them, without being made again', async () => {
    const path = join(await newDirectory(), 'data')
    let db = await open(path, { durability: 'soft' })
    let posts = await db.createCollection('posts')
    await posts.createIndex('words', { type: 'text', fields: ['title', 'body'] })
    await posts.createIndex('v', { type: 'sparse' })
    const post = (id: number) => ({ id, title: `w${id % 13} w${id % 7} w${id % 101}`, v: { [id % 50]: 1 + id } })
    await posts.insert(Array.from({ length: 40_000 }, (_, id) => post(id)))
    const found = async (collection: Collection) => [
      await collection.search({ text: 'w3 w12 w100', limit: 30 }),
      await collection.search({ sparse: { 7: 1 }, limit: 30 }),
    ]
    await posts.optimize()
    const before = await found(posts)
    await db.close()
    for (let round = 0; round < 3; round++) {
      const phases: string[] = []
      db = await open(path, { onProgress: ({ phase }) => phases.push(phase) })
      expect(phases).not.toContain('index')
      posts = db.collection('posts')
      expect(await found(posts)).toEqual(before)
      await posts.upsert([
        { id: 'new', title: 'brand new' },
        { id: 5, title: `w5 round${round}` },
      ])
      await posts.delete('new')
      expect((await posts.search({ text: `round${round} new brand` })).map(({ id }) => id)).toEqual([5])
      await posts.upsert(post(5))
      await posts.optimize()
      await db.close()
    }
    // What was written last was not looked at any more.
    db = await open(path)
    posts = db.collection('posts')
    const last = posts.upsert({ id: 'last', title: 'last' })
    await Promise.all([last, db.close()])
    db = await open(path)
    expect((await db.collection('posts').search({ text: 'last' })).map(({ id }) => id)).toEqual(['last'])
    await db.close()
  })

  it('are searched while they are dropped, made and filled', async () => {
    const posts = await (await openMemory()).createCollection('posts')
    await posts.createIndex('t', { type: 'text' })
    const body = 'one two three four five six seven eight nine ten '.repeat(20)
    const filling = posts.insert(Array.from({ length: 2000 }, (_, id) => ({ id, t: body })))
    const searching = posts.search({ text: 'one', limit: 1 })
    const dropping = posts.dropIndex('t')
    await Promise.all([filling, dropping])
    const outcome = await searching.catch((error: unknown) => error)
    expect(outcome instanceof NotFoundError || Array.isArray(outcome)).toBe(true)
    const making = posts.createIndex('t', { type: 'text' })
    await posts.update(5, { t: 'eleven' })
    await making
    expect((await posts.search({ text: 'eleven' })).map(({ id }) => id)).toEqual([5])
    expect((await posts.indexes())[0]).toMatchObject({ entries: 2000 })
  })

  it('that do not fit in memory are not made, or say so, and writes go on', async () => {
    const settings = { storage: new MemoryDirectory(), durability: 'soft', memoryLimitBytes: 12 * 1024 * 1024 } as const
    let db = await openDatabase(settings)
    let posts = await db.createCollection('posts')
    const post = (id: number) => ({ id, t: Array.from({ length: 12 }, (_, i) => `w${id}x${i}`).join(' ') })
    const filled = async (from: number) => {
      for (let id = from; ; id += 500) {
        const result = await posts
          .insert(Array.from({ length: 500 }, (_, i) => post(id + i)))
          .catch((error: unknown) => error)
        if (result instanceof LimitError) return id
      }
    }
    const full = await filled(0)
    await expect(posts.createIndex('t', { type: 'text' })).rejects.toThrow(LimitError)
    expect(await posts.indexes()).toEqual([])
    expect(await posts.count()).toBe(full)

    const drop = async (count: number, isKept: (id: number) => boolean) => {
      for (let from = 0; from < count; from += 500) {
        const ids = Array.from({ length: 500 }, (_, i) => from + i)
        await posts.delete(ids.filter((id) => !isKept(id)))
      }
    }
    await drop(full, (id) => id % 20 === 5)
    await posts.optimize()
    await db.close()

    // Opened anew, pages that held documents are there for the index.
    db = await openDatabase(settings)
    posts = db.collection('posts')
    await posts.createIndex('t', { type: 'text' })
    expect((await posts.search({ text: 'w5x0' })).map(({ id }) => id)).toEqual([5])
    const more = await filled(1_000_000)
    await expect(posts.search({ text: 'w5x0' })).rejects.toThrow(LimitError)
    expect((await posts.get(5))!['id']).toBe(5)
    await db.close()
    db = await openDatabase(settings)
    posts = db.collection('posts')
    await expect(posts.search({ text: 'w5x0' })).rejects.toThrow(LimitError)
    expect((await posts.get(5))!['id']).toBe(5)
    expect(await posts.indexes()).toHaveLength(1)
    const words = textMatch({ kind: 'path', steps: parsePath('t') }, analyzerOf('unicode'), 'w5x0')
    expect(await posts.count(treeFilter(words))).toBe(1)
    await drop(full, () => false)
    expect(await posts.count()).toBe(more - 1_000_000)
    await posts.dropIndex('t')
    await db.close()
  })

  it('are not fed by one that was dropped, in whose place they are', async () => {
    const posts = await (await openMemory()).createCollection('posts')
    await posts.createIndex('a', { type: 'text' })
    await posts.insert({ id: 1, a: 'one', b: 'two' })
    await posts.dropIndex('a')
    await posts.createIndex('b', { type: 'text' })
    await posts.insert({ id: 2, a: 'two', b: 'one' })
    const found = await posts.search({ text: 'two', index: 'b' })
    expect(found.map(({ id }) => id)).toEqual([1])
  })

  it('refuse what makes no sense', async () => {
    const posts = await (await openMemory()).createCollection('posts')
    const make = (name: string, given: unknown) => posts.createIndex(name, given as { type: 'text' })
    await expect(make('a', { type: 'texts' })).rejects.toThrow('type of index "a" is "ordered", "text" or "sparse"')
    await expect(make('a', { type: Object.create(null) })).rejects.toThrow('got a value of type object')
    await expect(make('a', { type: 'text', field: 'x' })).rejects.toThrow(UnknownOptionError)
    await expect(make('a', { type: 'text', fields: [] })).rejects.toThrow(UsageError)
    await expect(make('a', { type: 'text', analyzer: 'klingon' })).rejects.toThrow(UnsupportedError)
    await expect(make('a', { type: 'text', k1: -1 })).rejects.toThrow('k1 of index "a" is a number from 0 on, got -1')
    await expect(make('a', { type: 'text', b: 1.5 })).rejects.toThrow('b of index "a" is a number from 0 to 1')
    await expect(make('a', { type: 'text', b: '1' })).rejects.toThrow(TypeMismatchError)
    await expect(make('a', { type: 'sparse', analyzer: 'english' })).rejects.toThrow(UnknownOptionError)
    await expect(make('a', { type: 'sparse', fields: ['x', 'y'] })).rejects.toThrow('on one field')
    await make('a', { type: 'text' })
    await expect(make('a', { type: 'text' })).rejects.toThrow(ConflictError)
    await expect(posts.createIndex('a')).rejects.toThrow(ConflictError)
    await expect(posts.dropIndex('b')).rejects.toThrow('it has a')
    await make('b', { type: 'text', fields: ['x'] })
    const search = (given: object) => posts.search(given as { text: string })
    await expect(search({ text: 'x' })).rejects.toThrow('search needs index or field: ')
    await expect(search({ text: 'x', index: 'c' })).rejects.toThrow(NotFoundError)
    await expect(search({ text: 'x', field: 'y' })).rejects.toThrow('there is no text index on the field "y"')
    await expect(search({ text: 'x', index: 'a', field: 'a' })).rejects.toThrow('either index or field')
    await expect(search({ text: 5, index: 'a' })).rejects.toThrow(TypeMismatchError)
    await expect(search({ text: 'x', index: 'a', ef: 5 })).rejects.toThrow(UnknownOptionError)
    await expect(search({ text: 'x', index: 'a', partitions: ['no'] })).rejects.toThrow(NotFoundError)
    expect(await search({ text: 'x', field: 'x' })).toEqual([])
  })
})
