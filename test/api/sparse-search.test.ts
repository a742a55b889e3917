// Promise: documents with sparse vectors are found by inner product, exactly, in every form such a vector is written in; what is no sparse
// vector is stored all the same, and not found. Checked against a plain computation.

import { expect, it } from 'vitest'
import type { Collection } from '../../src/index.ts'
import fc from '../property.ts'
import { closeAfterEach, describeEach } from './configurations.ts'

closeAfterEach()

type Entries = readonly (readonly [dimension: number, value: number])[]

function product(a: Entries, b: Entries): number | undefined {
  const held = new Map(a)
  const shared = b.filter(([dimension]) => held.has(dimension))
  if (shared.length === 0) return undefined
  return shared.reduce((sum, [dimension, value]) => sum + Math.fround(value) * Math.fround(held.get(dimension)!), 0)
}

const FORMS: readonly ((entries: Entries) => object)[] = [
  (entries) => ({ indices: entries.map(([at]) => at), values: entries.map(([, value]) => value) }),
  (entries) => ({
    indices: Uint32Array.from(entries, ([at]) => at),
    values: Float32Array.from(entries, ([, value]) => value),
  }),
  (entries) => Object.fromEntries(entries),
]

async function scores(posts: Collection, query: object, given: object = {}): Promise<Map<unknown, number>> {
  const hits = await posts.search({ sparse: query as Record<number, number>, limit: 1000, ...given })
  for (let i = 1; i < hits.length; i++) expect(hits[i]!.distance).toBeGreaterThanOrEqual(hits[i - 1]!.distance)
  return new Map(hits.map(({ id, distance }) => [id, -distance]))
}

describeEach('search by sparse vectors', ({ openNew, collection: options }) => {
  const make = async () => {
    const posts = await (await openNew()).createCollection('posts', options)
    await posts.createIndex('v', { type: 'sparse' })
    return posts
  }

  it('finds the greatest products', async () => {
    const value = fc.double({ min: -4, max: 4, noNaN: true }).filter((one) => Math.abs(one) > 1e-6)
    const vector = fc.uniqueArray(fc.tuple(fc.constantFrom(0, 1, 2, 5, 77, 4_294_967_294), value), {
      selector: ([at]) => at,
      minLength: 1,
    })
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(vector, fc.constantFrom(...FORMS)), { maxLength: 30 }),
        fc.tuple(vector, fc.constantFrom(...FORMS)),
        async (vectors, [query, form]) => {
          const posts = await make()
          await posts.insert(vectors.map(([entries, write], id) => ({ id, v: write(entries) })))
          const found = await scores(posts, form(query))
          const wanted = vectors.map(([entries]) => product(entries, query))
          expect([...found.keys()].sort()).toEqual([...wanted.keys()].filter((id) => wanted[id] !== undefined).sort())
          for (const [id, score] of found) expect(score).toBeCloseTo(wanted[id as number]!, 4)
        },
      ),
      { numRuns: 15 },
    )
  })

  it('passes over what is no sparse vector, and zeros', async () => {
    const posts = await make()
    const result = await posts.insert([
      { id: 'list', v: [1, 2] },
      { id: 'text', v: 'x' },
      { id: 'uneven', v: { indices: [1, 2], values: [1] } },
      { id: 'twice', v: { indices: [1, 1], values: [1, 1] } },
      { id: 'fraction', v: { indices: [1.5], values: [1] } },
      { id: 'too far', v: { indices: [4_294_967_295], values: [1] } },
      { id: 'too much', v: { 1: 1e300 } },
      { id: 'named', v: { 1: 1, x: 2 } },
      { id: 'zero', v: { 1: 0, 2: 1 } },
      { id: 'empty', v: {} },
      { id: 'none' },
      { id: 'good', v: { 1: 2 } },
    ])
    expect(result.inserted).toBe(12)
    expect(await scores(posts, { 1: 3 })).toEqual(new Map([['good', 6]]))
    expect(await scores(posts, { 2: 1 })).toEqual(new Map([['zero', 1]]))
    expect((await posts.indexes())[0]).toEqual({ name: 'v', type: 'sparse', fields: ['v'], entries: 3 })
  })

  it('follows writes, filters, and drops the smallest of a query', async () => {
    const posts = await make()
    await posts.insert([
      { id: 1, v: { 1: 1, 2: 1 }, n: 1 },
      { id: 2, v: { 2: 5 }, n: 2 },
      { id: 3, v: { 3: 1 }, n: 1 },
    ])
    await posts.update(3, { v: { 2: 3 } })
    await posts.delete(2)
    expect(await scores(posts, { 2: 2 })).toEqual(
      new Map([
        [3, 6],
        [1, 2],
      ]),
    )
    expect(await scores(posts, { 2: 2 }, { filter: { id: 1 } })).toEqual(new Map([[1, 2]]))
    expect(await scores(posts, { 1: 10, 2: 1, 3: -0.5 }, { dropRatio: 0.34 })).toEqual(
      new Map([
        [1, 11],
        [3, 3],
      ]),
    )
    expect(await scores(posts, { 1: 10, 2: 1, 3: -0.5 }, { dropRatio: 0.7 })).toEqual(new Map([[1, 10]]))
    expect(await scores(posts, {})).toEqual(new Map())
  })

  it('refuses queries that are none', async () => {
    const posts = await make()
    const search = (given: object) => posts.search(given as { sparse: object; index: string } as never)
    await expect(search({ sparse: [1, 2] })).rejects.toThrow('sparse of search is { indices, values }')
    await expect(search({ sparse: { x: 1 } })).rejects.toThrow('sparse of search')
    await expect(search({ sparse: { 1: Number.NaN } })).rejects.toThrow('sparse of search')
    await expect(search({ sparse: { 1: 1 }, dropRatio: 1 })).rejects.toThrow('dropRatio of search')
    await expect(search({ sparse: { 1: 1 }, index: 'w' })).rejects.toThrow('there is no sparse index "w"')
  })
})
