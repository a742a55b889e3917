// Promise: whatever documents there are and whatever the filter, find, count, sort, groups and writes by filter do what a plain loop
// over plain objects does. Random documents of all types, random native filters and random trees, in memory, over shards and
// partitions, and in a directory that is closed and opened in between.
//
// A failure prints its seed and path; QUIVER_SEED repeats it, QUIVER_RUNS changes how many runs there are.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { treeFilter } from '../../src/engine/index.ts'
import { type Collection, type Document, type Filter, open } from '../../src/index.ts'
import { evaluate, parseFilter } from '../../src/query/filters.ts'
import type { FilterNode } from '../../src/query/index.ts'
import { someDocument, somePattern, someText, someTree, someValue } from '../core/filter-values.ts'
import { settings } from '../core/values.ts'
import fc from '../property.ts'

type Wanted = { readonly filter: Filter; readonly tree: FilterNode }
type Operation =
  | { readonly do: 'find'; readonly wanted: Wanted; readonly skip: number; readonly limit: number | undefined }
  | {
      readonly do: 'sort'
      readonly wanted: Wanted
      readonly sort: string
      readonly skip: number
      readonly limit: number
    }
  | { readonly do: 'group'; readonly wanted: Wanted; readonly field: string }
  | { readonly do: 'update' | 'replace'; readonly wanted: Wanted; readonly fields: Document }
  | { readonly do: 'delete'; readonly wanted: Wanted }
  | { readonly do: 'insert'; readonly fields: Document; readonly partition: string }
  | { readonly do: 'reopen' }

const field = fc.constantFrom('a', 'b', 'c', 'a.b', 'a.0', 'b.a.1', '\u00e9', '__proto__.a')
const condition: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 2, arbitrary: someValue.filter((value) => !isFields(value)) },
  {
    weight: 6,
    arbitrary: fc
      .tuple(fc.constantFrom('$eq', '$ne', '$gt', '$gte', '$lt', '$lte', '$contains'), someValue)
      .map(([name, value]) => ({ [name]: value })),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.constantFrom('$in', '$nin', '$containsAny', '$containsAll'), fc.array(someValue, { maxLength: 4 }))
      .map(([name, value]) => ({ [name]: value })),
  },
  { weight: 1, arbitrary: fc.boolean().map((value) => ({ $exists: value })) },
  { weight: 1, arbitrary: fc.constantFrom('string', 'number', 'array').map((value) => ({ $type: value })) },
  { weight: 1, arbitrary: fc.nat(3).map((value) => ({ $size: value })) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom('$startsWith', '$endsWith'), someText)
      .map(([name, value]) => ({ [name]: value })),
  },
  { weight: 1, arbitrary: somePattern.map((value) => ({ $like: value })) },
  { weight: 1, arbitrary: fc.constantFrom('a', '^a+b', '[^a]$').map((value) => ({ $regex: value })) },
)

function isFields(value: unknown): boolean {
  return Object.prototype.toString.call(value) === '[object Object]'
}

const nativeFilter: fc.Arbitrary<Filter> = fc.letrec<{ filter: Filter }>((tie) => ({
  filter: fc.oneof(
    { maxDepth: 3, depthSize: 'small', withCrossShrink: true },
    { weight: 6, arbitrary: fc.dictionary(field, condition, { maxKeys: 2, noNullPrototype: true }) },
    { weight: 1, arbitrary: fc.tuple(field, condition).map(([name, one]) => ({ [name]: { $not: operators(one) } })) },
    {
      weight: 2,
      arbitrary: fc
        .tuple(fc.constantFrom('$and', '$or', '$nor'), fc.array(tie('filter'), { maxLength: 3 }))
        .map(([name, parts]) => ({ [name]: parts })),
    },
    { weight: 1, arbitrary: tie('filter').map((filter) => ({ $not: filter })) },
    { weight: 1, arbitrary: fc.array(fc.nat(15), { maxLength: 6 }).map((keys) => ({ id: { $in: keys } })) },
    { weight: 1, arbitrary: fc.tuple(fc.nat(15), tie('filter')).map(([id, filter]) => ({ $and: [{ id }, filter] })) },
  ),
})).filter

function operators(one: unknown): object {
  return isFields(one) ? (one as object) : { $eq: one }
}

const wanted: fc.Arbitrary<Wanted> = fc.oneof(
  { weight: 4, arbitrary: nativeFilter.map((filter) => ({ filter, tree: parseFilter(filter) })) },
  { weight: 1, arbitrary: someTree(['unequal', 'unknown']).map((tree) => ({ filter: treeFilter(tree), tree })) },
)

const operation: fc.Arbitrary<Operation> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('find' as const),
      wanted,
      skip: fc.nat(3),
      limit: fc.option(fc.nat(5), { nil: undefined, freq: 2 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('sort' as const),
      wanted,
      sort: fc.constantFrom('id', '-id'),
      skip: fc.nat(3),
      limit: fc.nat(8),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('group' as const), wanted, field: fc.constantFrom('a', 'b', 'a.b') }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom('update' as const, 'replace' as const),
      wanted,
      fields: fc.dictionary(fc.constantFrom('a', 'b', 'c'), someValue, { maxKeys: 2, noNullPrototype: true }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('delete' as const), wanted }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('insert' as const),
      fields: someDocument as fc.Arbitrary<Document>,
      partition: fc.constantFrom('_default', 'p'),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'reopen' as const }) },
)

/** The documents by their numbers, as they are read back, and what is asked of them. */
class Model {
  readonly documents = new Map<number, Document>()
  readonly #posts: Collection

  constructor(posts: Collection) {
    this.#posts = posts
  }

  get posts(): Collection {
    return this.#posts
  }

  /** Keys of the documents that match, in order. */
  matching({ tree }: Wanted): number[] {
    const found = [...this.documents].filter(([, document]) => evaluate(tree, document)).map(([id]) => id)
    return found.sort((a, b) => a - b)
  }

  async take(id: number): Promise<void> {
    this.documents.set(id, (await this.#posts.get(id))!)
  }
}

async function run(model: Model, one: Exclude<Operation, { do: 'reopen' }>): Promise<void> {
  const { posts, documents } = model
  if (one.do === 'insert') {
    const id = documents.size === 0 ? 0 : Math.max(...documents.keys()) + 1
    const result = await posts.insert({ ...one.fields, id }, { partition: one.partition })
    expect(result.inserted).toBe(1)
    await model.take(id)
    return
  }
  const { filter } = one.wanted
  const matching = model.matching(one.wanted)
  const numbers = (found: readonly Document[]) => found.map(({ id }) => id as number)
  switch (one.do) {
    case 'find': {
      const found = await posts.find({ filter }).toArray()
      for (const document of found) expect(document).toEqual(documents.get(document.id as number))
      expect(numbers(found).sort((a, b) => a - b)).toEqual(matching)
      expect(await posts.count(filter)).toBe(matching.length)
      const { skip, limit } = one
      const cursor = posts.find({ filter, skip, limit, select: ['id'] })
      expect(await cursor.toArray()).toEqual(found.slice(skip, skip + (limit ?? Infinity)).map(({ id }) => ({ id })))
      const { examined, returned } = await cursor.explain()
      expect(returned).toBe(Math.max(0, Math.min(limit ?? Infinity, matching.length - skip)))
      expect(examined).toBeGreaterThanOrEqual(returned)
      expect(examined).toBeLessThanOrEqual(documents.size)
      return
    }
    case 'sort': {
      const { sort, skip, limit } = one
      const ordered = sort === 'id' ? matching : [...matching].reverse()
      const found = await posts.find({ filter, sort, skip, limit }).toArray()
      expect(numbers(found)).toEqual(ordered.slice(skip, skip + limit))
      return
    }
    case 'group': {
      const rows = await posts.groupBy(one.field, { ids: { $sum: 'id' } }, filter)
      expect(rows.reduce((sum, { count }) => sum + count, 0)).toBe(matching.length)
      expect(rows.reduce((sum, { ids }) => sum + Number(ids), 0)).toBe(matching.reduce((sum, id) => sum + id, 0))
      for (const { key, count } of rows) {
        const same = key === undefined ? { $exists: false } : { $eq: key }
        const tree: FilterNode = { kind: 'and', of: [one.wanted.tree, parseFilter({ [one.field]: same })] }
        expect(count).toBe(model.matching({ filter, tree }).length)
      }
      return
    }
    case 'delete': {
      const result = await posts.delete(filter)
      expect(result.deleted).toBe(matching.length)
      for (const id of matching) documents.delete(id)
      break
    }
    default: {
      const result = await posts[one.do](filter, one.fields)
      expect(result.errors).toBe(0)
      expect(result.replaced + result.unchanged).toBe(matching.length)
      for (const id of matching) {
        const before = documents.get(id)!
        await model.take(id)
        if (one.do === 'replace') expect(documents.get(id)).toEqual({ ...one.fields, id })
        else expect(Object.keys(documents.get(id)!)).toEqual(expect.arrayContaining(Object.keys(before)))
      }
    }
  }
  // Nothing else was touched.
  const stored = await posts.find().toArray()
  expect(stored.length).toBe(documents.size)
  for (const document of stored) expect(document).toEqual(documents.get(document.id as number))
}

const CONFIGURATIONS = [
  ['in memory', {}, false, false, 120],
  ['over shards and partitions', { shards: 2 }, false, false, 120],
  ['in a directory', {}, true, false, 25],
  ['in memory, with indexes', {}, false, true, 200],
  ['over shards and partitions, with indexes', { shards: 2 }, false, true, 120],
  ['in a directory, with indexes', {}, true, true, 25],
] as const

/** Whatever the filters ask, some index fits. */
const INDEXES: readonly (readonly string[])[] = [['a'], ['b'], ['b', 'c'], ['c', 'a', 'b'], ['id'], ['a.b'], ['a.0']]

async function createIndexes(posts: Collection): Promise<void> {
  for (const fields of INDEXES) await posts.createIndex(fields.join(), { fields })
  for (const name of ['a', 'b', 'c']) await posts.createIndex(`${name}s`, { fields: [name], multi: true })
}

it.each(CONFIGURATIONS)('queries agree with a plain loop, %s', async (_, options, isOnDisk, isIndexed, runs) => {
  const directory = isOnDisk ? await mkdtemp(join(tmpdir(), 'quiverdb-')) : undefined
  const path = directory === undefined ? ':memory:' : join(directory, 'data')
  let db = await open(path, { durability: 'soft' })
  let number = 0
  try {
    await fc.assert(
      fc.asyncProperty(
        fc.array(someDocument, { maxLength: 12 }),
        fc.array(operation, { minLength: 1, maxLength: 8 }),
        async (given, operations) => {
          const name = `c${number++}`
          const posts = await db.createCollection(name, options)
          await posts.createPartition('p')
          if (isIndexed) await createIndexes(posts)
          let model = new Model(posts)
          await posts.insert(given.map((document, id) => ({ ...document, id })))
          for (let id = 0; id < given.length; id++) await model.take(id)
          for (const one of operations) {
            if (one.do !== 'reopen') await run(model, one)
            else if (isOnDisk) {
              await db.close()
              db = await open(path, { durability: 'soft' })
              const reopened = new Model(db.collection(name))
              for (const [id, document] of model.documents) reopened.documents.set(id, document)
              model = reopened
            }
          }
          await db.dropCollection(name)
        },
      ),
      settings(runs),
    )
  } finally {
    await db.close()
    if (directory !== undefined) await rm(directory, { recursive: true, force: true })
  }
})
