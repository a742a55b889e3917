// Promise: a filter by words selects the same documents with a text index and without one, wherever in the filter it stands; with one it
// looks only at documents that have the words.

import { expect, it } from 'vitest'
import { treeFilter } from '../../src/engine/index.ts'
import { phraseMatch, textMatch } from '../../src/engine/words.ts'
import type { Collection } from '../../src/index.ts'
import { parseFilter, parsePath } from '../../src/query/filters.ts'
import type { FilterNode } from '../../src/query/index.ts'
import { analyzerOf } from '../../src/text/index.ts'
import { closeAfterEach, describeEach } from './configurations.ts'

closeAfterEach()

const standard = analyzerOf('standard')
const path = (name: string) => ({ kind: 'path' as const, steps: parsePath(name) })
const words = (query: string, minimumShouldMatch = 1, name = 't'): FilterNode =>
  textMatch(path(name), standard, query, { minimumShouldMatch })
const phrase = (text: string, slop = 0): FilterNode => phraseMatch(path('t'), standard, text, { slop })
const and = (...of: FilterNode[]): FilterNode => ({ kind: 'and', of })

describeEach('filters by words', ({ openNew, collection: options }) => {
  const DOCUMENTS = Array.from({ length: 300 }, (_, id) => ({
    id,
    n: id % 10,
    ...(id % 7 === 0 ? {} : { t: id % 11 === 0 ? null : `w${id % 13} w${id % 5} all` }),
    inner: { t: [`w${id}`, 5] },
  }))

  const make = async () => {
    const posts = await (await openNew()).createCollection('posts', options)
    await posts.insert(DOCUMENTS)
    return posts
  }

  const idsOf = async (posts: Collection, tree: FilterNode) =>
    (await posts.find({ filter: treeFilter(tree), select: ['id'] }).toArray())
      .map(({ id }) => id as number)
      .sort((a, b) => a - b)

  it('are the same with an index and without', async () => {
    const trees = [
      words('w12'),
      words('w12 w3'),
      words('W12 w2', 2),
      words('w12 w2 w2', 9),
      words('nobody'),
      words('...'),
      words('all'),
      phrase('w12 w2 all'),
      phrase('w12 all'),
      phrase('w12 all', 1),
      phrase(''),
      and(words('w12'), parseFilter({ n: { $gt: 4 } })),
      and(parseFilter({ n: 3 }), words('w12 w4'), words('w1 w2 w3')),
      { kind: 'not' as const, of: words('w12') },
      { kind: 'or' as const, of: [words('w12'), parseFilter({ n: 3 })] },
      and(words('w12'), { kind: 'not', of: words('w2') }),
      words('w12', 1, 'inner.t'),
      words('w12', 1, 'inner.t.0'),
    ]
    const posts = await make()
    const before = await Promise.all(trees.map((tree) => idsOf(posts, tree)))
    expect(before[0]!.length).toBeGreaterThan(10)
    expect(before.at(-1)).toEqual([12])
    await posts.createIndex('t', { type: 'text', analyzer: 'standard' })
    await posts.createIndex('inner', { type: 'text', fields: ['inner.t'], analyzer: 'standard' })
    expect(await Promise.all(trees.map((tree) => idsOf(posts, tree)))).toEqual(before)
    for (const [i, tree] of trees.entries()) expect(await posts.count(treeFilter(tree))).toBe(before[i]!.length)
  })

  it('look only at what has the words, and at what was written a moment ago', async () => {
    const posts = await make()
    const filter = treeFilter(and(words('w12'), parseFilter({ n: { $lt: 9 } })))
    expect((await posts.find({ filter }).explain()).plan).toBe('scan')
    await posts.createIndex('t', { type: 'text', analyzer: 'standard' })
    const { plan, index, examined, returned } = await posts.find({ filter }).explain()
    expect({ plan, index }).toEqual({ plan: 'index', index: 't' })
    expect(examined).toBeLessThan(30)
    expect(returned).toBe(await posts.count(filter))
    await posts.insert({ id: 'new', t: 'fresh w12', n: 1 })
    const only = treeFilter(words('fresh'))
    expect(await posts.find({ filter: only, select: ['id'] }).toArray()).toEqual([{ id: 'new' }])
    expect((await posts.update(only, { t: 'stale' })).replaced).toBe(1)
    expect(await posts.count(only)).toBe(0)
    expect((await posts.delete(treeFilter(words('stale w1')))).deleted).toBeGreaterThan(10)
    expect(await posts.count(treeFilter(words('stale w1')))).toBe(0)
    expect(await posts.search({ text: 'w12', index: 't', filter: treeFilter(words('w3')) })).not.toEqual([])
  })

  it('do not go through an index with another analyzer, or on more fields', async () => {
    const posts = await make()
    await posts.createIndex('t', { type: 'text', analyzer: 'english' })
    await posts.createIndex('both', { type: 'text', fields: ['t', 'u'], analyzer: 'standard' })
    const filter = treeFilter(words('w12'))
    expect((await posts.find({ filter }).explain()).plan).toBe('scan')
    await posts.createIndex('third', { type: 'text', fields: ['t'], analyzer: { type: 'standard' } })
    expect((await posts.find({ filter }).explain()).index).toBe('third')
  })

  // The partitions that were not begun yet had no such index to ask: a TypeError.
  it('go on without the index when it is dropped while they are read', async () => {
    const posts = await make()
    await posts.createPartition('more')
    await posts.insert(
      Array.from({ length: 300 }, (_, i) => ({ id: 1_000 + i, t: `w${i % 13}` })),
      { partition: 'more' },
    )
    const filter = treeFilter(words('w12'))
    const wanted = await posts.count(filter)
    await posts.createIndex('t', { type: 'text', analyzer: 'standard' })
    expect((await posts.find({ filter }).explain()).plan).toBe('index')
    let met = 0
    for await (const _ of posts.find({ filter })) if (met++ === 0) await posts.dropIndex('t')
    expect(met).toBe(wanted)
  })
})
