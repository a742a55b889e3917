// Promise: `returnChanges: true` lists what changed, `'always'` every document in input order, errors included, with what is stored.

import { expect, it } from 'vitest'
import type { Collection } from '../../src/index.ts'
import { type Configuration, closeAfterEach, counters, describeEach } from './configurations.ts'

closeAfterEach()

async function twoPosts({ openNew, collection }: Omit<Configuration, 'name'>): Promise<Collection> {
  const posts = await (await openNew()).createCollection('posts', collection)
  await posts.insert([
    { id: 1, n: 1 },
    { id: 2, n: 2 },
  ])
  return posts
}

describeEach('returnChanges', ({ openNew, collection: options }) => {
  const make = () => twoPosts({ openNew, collection: options })

  it('lists nothing by default and with false', async () => {
    const posts = await make()
    expect(await posts.insert({ id: 3 }, { returnChanges: false })).toEqual(counters({ inserted: 1 }))
  })

  it('true lists inserted, replaced and deleted documents with old and new value', async () => {
    const posts = await make()
    const result = await posts.insert(
      [
        { id: 3, n: 3 },
        { id: 1, n: 1 },
        { id: 2, n: 20 },
        { id: 4, n: NaN },
      ],
      {
        conflict: 'replace',
        returnChanges: true,
      },
    )
    expect(result).toMatchObject(counters({ inserted: 1, unchanged: 1, replaced: 1, errors: 1 }))
    expect(result.changes).toEqual([
      { key: 3, oldValue: null, newValue: { id: 3, n: 3 } },
      { key: 2, oldValue: { id: 2, n: 2 }, newValue: { id: 2, n: 20 } },
    ])
    expect((await posts.delete([1, 'no'], { returnChanges: true })).changes).toEqual([
      { key: 1, oldValue: { id: 1, n: 1 }, newValue: null },
    ])
    expect((await posts.update({}, { x: 1 }, { returnChanges: true })).changes?.length).toBe(2)
  })

  it('true is an empty list when nothing changed', async () => {
    const posts = await make()
    expect((await posts.upsert({ id: 1, n: 1 }, { returnChanges: true })).changes).toEqual([])
    expect((await posts.insert({ id: 1, n: 5 }, { returnChanges: true })).changes).toEqual([])
    expect((await posts.delete('no', { returnChanges: true })).changes).toEqual([])
    expect((await posts.insert([], { returnChanges: true })).changes).toEqual([])
  })

  it("'always' lists every document in input order, errors with what is stored", async () => {
    const posts = await make()
    const result = await posts.insert([{ id: 3 }, { id: 1, n: 5 }, { id: 4, n: NaN }, { id: 2, n: NaN }], {
      returnChanges: 'always',
    })
    expect(result).toMatchObject(counters({ inserted: 1, errors: 3 }))
    expect(result.changes).toEqual([
      { key: 3, oldValue: null, newValue: { id: 3 } },
      {
        key: 1,
        oldValue: { id: 1, n: 1 },
        newValue: { id: 1, n: 1 },
        error: 'collection "posts" already has a document with id 1 (position 1 of the batch)',
      },
      { key: 4, oldValue: null, newValue: null, error: expect.stringContaining('field "n" is NaN') },
      {
        key: 2,
        oldValue: { id: 2, n: 2 },
        newValue: { id: 2, n: 2 },
        error: expect.stringContaining('field "n" is NaN'),
      },
    ])
  })

  it("'always' lists unchanged and skipped ones", async () => {
    const posts = await make()
    expect((await posts.upsert({ id: 1, n: 1 }, { returnChanges: 'always' })).changes).toEqual([
      { key: 1, oldValue: { id: 1, n: 1 }, newValue: { id: 1, n: 1 } },
    ])
    expect((await posts.update(['no', 2], { n: 2 }, { returnChanges: 'always' })).changes).toEqual([
      { key: 'no', oldValue: null, newValue: null },
      { key: 2, oldValue: { id: 2, n: 2 }, newValue: { id: 2, n: 2 } },
    ])
    expect((await posts.delete(['no', 2], { returnChanges: 'always' })).changes).toEqual([
      { key: 'no', oldValue: null, newValue: null },
      { key: 2, oldValue: { id: 2, n: 2 }, newValue: null },
    ])
  })

  it("'always' has no key for a document that has none", async () => {
    const posts = await make()
    const result = await posts.insert([{ id: NaN }, 5 as unknown as object, { bad: NaN }], { returnChanges: 'always' })
    expect(result.changes?.map(({ key, oldValue, newValue }) => [key, oldValue, newValue])).toEqual([
      [null, null, null],
      [null, null, null],
      [null, null, null],
    ])
  })

  it('follows duplicates inside one batch step by step', async () => {
    const posts = await make()
    const result = await posts.upsert(
      [
        { id: 9, n: 1 },
        { id: 9, n: 2 },
        { id: 9, n: 2 },
        { id: 9, n: 3 },
      ],
      { returnChanges: 'always' },
    )
    expect(result.changes).toEqual([
      { key: 9, oldValue: null, newValue: { id: 9, n: 1 } },
      { key: 9, oldValue: { id: 9, n: 1 }, newValue: { id: 9, n: 2 } },
      { key: 9, oldValue: { id: 9, n: 2 }, newValue: { id: 9, n: 2 } },
      { key: 9, oldValue: { id: 9, n: 2 }, newValue: { id: 9, n: 3 } },
    ])
  })

  it('lists generated keys', async () => {
    const posts = await make()
    const result = await posts.insert([{ n: 1 }, { n: 2 }], { returnChanges: true })
    expect(result.changes?.map(({ key }) => key)).toEqual(result.generatedKeys)
    expect(result.changes?.map(({ newValue }) => newValue)).toEqual(
      [1, 2].map((n, i) => ({ id: result.generatedKeys![i], n })),
    )
  })

  it('lists what merges and functions made', async () => {
    const posts = await make()
    const merged = await posts.insert(
      [
        { id: 1, m: 1 },
        { id: 2, m: 1 },
      ],
      { conflict: 'update', returnChanges: true },
    )
    expect(merged.changes).toEqual([
      { key: 1, oldValue: { id: 1, n: 1 }, newValue: { id: 1, n: 1, m: 1 } },
      { key: 2, oldValue: { id: 2, n: 2 }, newValue: { id: 2, n: 2, m: 1 } },
    ])
    const decided = await posts.insert([{ id: 1 }, { id: 2 }], {
      conflict: (key, old) => (key === 1 ? null : old),
      returnChanges: 'always',
    })
    expect(decided.changes).toEqual([
      { key: 1, oldValue: { id: 1, n: 1, m: 1 }, newValue: null },
      { key: 2, oldValue: { id: 2, n: 2, m: 1 }, newValue: { id: 2, n: 2, m: 1 } },
    ])
  })

  it("hands out values that are the caller's own", async () => {
    const posts = await make()
    const { changes } = await posts.insert({ id: 1, n: 9 }, { conflict: 'replace', returnChanges: true })
    ;(changes![0]!.newValue as { n: number }).n = 100
    expect(await posts.get(1)).toEqual({ id: 1, n: 9 })
  })
})

describeEach('atomic', ({ openNew, collection: options }) => {
  const make = () => twoPosts({ openNew, collection: options })

  it('writes everything when nothing is wrong', async () => {
    const posts = await make()
    expect(await posts.insert([{ id: 3 }, {}], { atomic: true })).toMatchObject({
      inserted: 2,
      generatedKeys: [expect.any(String)],
    })
    expect(await posts.upsert([{ id: 1, n: 5 }], { atomic: true })).toEqual(counters({ replaced: 1 }))
    expect(await posts.update([1, 'no'], { n: 6 }, { atomic: true })).toEqual(counters({ replaced: 1, skipped: 1 }))
  })

  it('writes nothing when one document is bad: errors are counted, everything else is zero', async () => {
    const posts = await make()
    const before = await posts.find().toArray()
    const tooLong = await posts.delete([1, 'x'.repeat(70_000)], { atomic: true })
    expect(tooLong).toMatchObject(counters({ errors: 1 }))
    expect(await posts.find().toArray()).toEqual(before)
    const taken = await posts.insert([{ id: 3 }, {}, { id: 1 }, { id: 4 }, { id: 5, x: NaN }], { atomic: true })
    expect(taken).toEqual({ ...counters({ errors: 2 }), firstError: expect.stringContaining('id 1 (position 2') })
    const bad = await posts.upsert([{ id: 1, n: 9 }, { id: 3, n: NaN }, {}], { atomic: true })
    expect(bad).toEqual({ ...counters({ errors: 1 }), firstError: expect.stringContaining('position 1') })
    const merged = await posts.insert(
      [
        { id: 1, n: 9 },
        { id: 2, n: NaN },
      ],
      { atomic: true, conflict: 'update' },
    )
    expect(merged).toMatchObject(counters({ errors: 1 }))
    const altered = await posts.update({}, (document) => (document.id === 1 ? null : ({ n: () => 1 } as object)), {
      atomic: true,
    })
    expect(altered).toMatchObject(counters({ errors: 1 }))
    expect(await posts.find().toArray()).toEqual(before)
    expect(await posts.insert({ id: 3 })).toMatchObject({ inserted: 1 })
  })

  it('then tells changes as they stand: none, or with always every document with what is stored', async () => {
    const posts = await make()
    const documents = [{ id: 1, n: 9 }, { id: 3 }, { id: 2, n: NaN }]
    expect((await posts.upsert(documents, { atomic: true, returnChanges: true })).changes).toEqual([])
    expect((await posts.upsert(documents, { atomic: true, returnChanges: 'always' })).changes).toEqual([
      { key: 1, oldValue: { id: 1, n: 1 }, newValue: { id: 1, n: 1 } },
      { key: 3, oldValue: null, newValue: null },
      { key: 2, oldValue: { id: 2, n: 2 }, newValue: { id: 2, n: 2 }, error: expect.stringContaining('NaN') },
    ])
  })

  it('gathers a stream first', async () => {
    const posts = await make()
    function* source(bad: boolean) {
      for (let id = 10; id < 3_000; id++) yield { id, n: bad && id === 2_500 ? NaN : 1 }
    }
    expect(await posts.insert(source(true), { atomic: true })).toMatchObject(counters({ errors: 1 }))
    expect(await posts.count()).toBe(2)
    expect(await posts.insert(source(false), { atomic: true })).toEqual(counters({ inserted: 2_990 }))
  })
})
