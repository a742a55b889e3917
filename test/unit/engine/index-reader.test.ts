// Promise: a dialect reads through an index by name: ranges over all types, both ways, over several partitions, while it writes itself.

import { afterEach, describe, expect, it } from 'vitest'
import { IndexReader } from '../../../src/engine/derived.ts'
import { between, ofType, openDatabase, TypeRank } from '../../../src/engine/index.ts'
import { type Database, type Document, NotFoundError, StateError } from '../../../src/index.ts'

const opened: Database[] = []

afterEach(async () => {
  for (const db of opened.splice(0)) await db.close()
})

async function make(shards: number) {
  const db = await openDatabase({ storage: null })
  opened.push(db)
  const posts = await db.createCollection('posts', { shards })
  await posts.insert(
    Array.from({ length: 60 }, (_, id) => ({ id, n: id % 20, a: `a${id % 3}`, tags: [id % 5, id % 7] })),
  )
  const odd = [null, true, 'x', 'y', new Date(5), [1, 2], undefined]
  await posts.insert(odd.map((n, i) => ({ id: 100 + i, n, a: 'odd' })))
  await posts.createIndex('n')
  await posts.createIndex('an', { fields: ['a', 'n'] })
  await posts.createIndex('tags', { multi: true })
  return posts
}

function rest(read: () => Document | undefined): Document[] {
  const documents: Document[] = []
  for (let document = read(); document !== undefined; document = read()) documents.push(document)
  return documents
}

describe.each([1, 3])('over %i shards', (shards) => {
  it('gives ranges, counts them, and goes both ways', async () => {
    const reader = new IndexReader(await make(shards), 'n')
    const numbers = (documents: Document[]) => documents.map(({ n }) => n)
    const some = between([5], [7])
    expect(numbers(rest(reader.scan(some)))).toEqual([5, 5, 5, 6, 6, 6, 7, 7, 7])
    expect(numbers(rest(reader.scan(some, true)))).toEqual([7, 7, 7, 6, 6, 6, 5, 5, 5])
    expect(reader.count(some)).toBe(9)
    expect(reader.count(between([5], [7], { isLowerOpen: true, isUpperOpen: true }))).toBe(3)
    expect(numbers(rest(reader.scan(between(['x'], undefined))))).toEqual(['x', 'y', new Date(5), [1, 2]])
    expect(numbers(rest(reader.scan(between(undefined, [true]))))).toEqual([undefined, null, true])
    expect(reader.count(between(undefined, undefined))).toBe(67)
    expect(numbers(rest(reader.scan(ofType(TypeRank.String))))).toEqual(['x', 'y'])
    expect(reader.count(ofType(TypeRank.Number))).toBe(60)
    expect(numbers(rest(reader.getAll([[3], ['x'], [99], [3]])))).toEqual([3, 3, 3, 'x', 3, 3, 3])
  })

  it('takes tuples for the first fields', async () => {
    const reader = new IndexReader(await make(shards), 'an')
    const pairs = rest(reader.scan(between(['a1', 15], ['a2', 3])))
    expect(pairs.map(({ a, n }) => `${a as string} ${n as number}`)).toEqual([
      ...['a1 15', 'a1 16', 'a1 17', 'a1 18', 'a1 19'],
      ...['a2 0', 'a2 1', 'a2 2', 'a2 3'],
    ])
    expect(reader.count(between(['a1'], ['a1']))).toBe(20)
    expect(rest(reader.scan(ofType(TypeRank.Date, ['odd']))).map(({ id }) => id)).toEqual([104])
  })

  it('gives a document once for a range of elements, and once for each element asked for', async () => {
    const reader = new IndexReader(await make(shards), 'tags')
    const found = rest(reader.scan(between([1], [3]))).map(({ id }) => id as number)
    expect(new Set(found).size).toBe(found.length)
    expect(rest(reader.getAll([[1], [2]])).length).toBe(reader.count(between([1], [2])))
  })

  it('goes on behind what came last when the index changes', async () => {
    const posts = await make(shards)
    const read = new IndexReader(posts, 'n').scan(between([0], [19]))
    const seen: unknown[] = []
    for (let document = read(); document !== undefined; document = read()) {
      seen.push(document['id'])
      if (seen.length === 10) await posts.insert(Array.from({ length: 500 }, (_, i) => ({ id: 1_000 + i, n: -i })))
    }
    expect(seen.length).toBe(60)
  })

  it('says what is missing', async () => {
    const posts = await make(shards)
    expect(() => new IndexReader(posts, 'none')).toThrow(NotFoundError)
    const reader = new IndexReader(posts, 'n')
    await posts.dropIndex('n')
    expect(() => rest(reader.scan(between(undefined, undefined)))).toThrow(StateError)
  })
})
