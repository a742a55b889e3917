// Promise: wherever a filter may stand it selects the same documents: find in all its ways, count, update, replace and delete; with
// skip, limit, select and partitions; `explain` tells how many documents were looked at, and keys are looked up where the filter
// fixes them.

import { expect, it } from 'vitest'
import { treeFilter } from '../../src/engine/index.ts'
import { type Collection, type Filter, TypeMismatchError, UnknownOptionError, UsageError } from '../../src/index.ts'
import { closeAfterEach, counters, describeEach } from './configurations.ts'

closeAfterEach()

const COUNT = 3_000
const LANGS = ['en', 'de', 'fr']
const documentOf = (id: number) => ({ id, lang: LANGS[id % 3], likes: id % 100, author: { name: `A${id % 7}` } })
const idsOf = (documents: readonly object[]) =>
  documents.map((document) => (document as { id: number }).id).sort((a, b) => a - b)
const those = (test: (id: number) => boolean) => Array.from({ length: COUNT }, (_, id) => id).filter(test)

describeEach('filters', ({ openNew, collection: options }) => {
  const make = async (count = COUNT) => {
    const posts = await (await openNew()).createCollection('posts', options)
    await posts.insert(Array.from({ length: count }, (_, id) => documentOf(id)))
    return posts
  }

  it('select in find, iterated, gathered, first and counted', async () => {
    const posts = await make()
    const filter = { lang: 'en', likes: { $gte: 90 } }
    const expected = those((id) => id % 3 === 0 && id % 100 >= 90)
    const cursor = posts.find({ filter })
    const gathered = await cursor.toArray()
    expect(idsOf(gathered)).toEqual(expected)
    expect(gathered[0]).toEqual(documentOf(gathered[0]!.id as number))
    const iterated: object[] = []
    for await (const document of cursor) iterated.push(document)
    expect(iterated).toEqual(gathered)
    expect(await cursor.first()).toEqual(gathered[0])
    expect(await cursor.count()).toBe(expected.length)
    expect(await posts.count(filter)).toBe(expected.length)
    expect(await cursor.explain()).toEqual({ plan: 'scan', examined: COUNT, returned: expected.length })
    expect(await posts.find({ filter: { lang: 'it' } }).toArray()).toEqual([])
    expect(await posts.find({ filter: { lang: 'it' } }).first()).toBeUndefined()
    expect(await posts.count({ lang: 'it' })).toBe(0)
  })

  it('go together with skip, limit and select', async () => {
    const posts = await make()
    const filter = { lang: 'de' }
    const all = await posts.find({ filter }).toArray()
    expect(all.length).toBe(COUNT / 3)
    for (const [skip, limit] of [
      [0, 0],
      [0, 1],
      [7, 10],
      [300, 500],
      [COUNT / 3 - 2, 10],
      [COUNT, 5],
    ] as const) {
      const cursor = posts.find({ filter, skip, limit, select: ['id', 'author.name'] })
      const expected = all.slice(skip, skip + limit).map(({ id, author }) => ({ id, author }))
      expect(await cursor.toArray()).toEqual(expected)
      expect(await cursor.count()).toBe(expected.length)
      expect(await cursor.first()).toEqual(expected[0])
      expect((await cursor.explain()).returned).toBe(expected.length)
    }
    const { examined } = await posts.find({ filter, limit: 10 }).explain()
    expect(examined).toBeLessThan(100)
  })

  it('with patterns, which JavaScript decides, give the same', async () => {
    const posts = await make()
    const filter = { 'author.name': { $regex: /^a[13]$/i }, lang: 'fr' }
    const expected = those((id) => (id % 7 === 1 || id % 7 === 3) && id % 3 === 2)
    const cursor = posts.find({ filter })
    expect(idsOf(await cursor.toArray())).toEqual(expected)
    expect(await cursor.count()).toBe(expected.length)
    expect(await posts.count(filter)).toBe(expected.length)
    expect(idsOf(await posts.find({ filter, skip: 3, limit: 4 }).toArray()).length).toBe(4)
    expect(await posts.delete(filter)).toEqual(counters({ deleted: expected.length }))
    expect(await posts.count()).toBe(COUNT - expected.length)
  })

  it('that fix the key look it up', async () => {
    const posts = await make()
    const explain = (filter: Filter) => posts.find({ filter }).explain()
    expect(await explain({ id: 5 })).toEqual({ plan: 'key', examined: 1, returned: 1 })
    expect(await explain({ id: { $eq: 5n } })).toEqual({ plan: 'key', examined: 1, returned: 1 })
    expect(await explain({ id: -1 })).toEqual({ plan: 'key', examined: 0, returned: 0 })
    expect(await explain({ id: { $in: [5, 6, 5n, -1, null, {}, 'x'.repeat(2_000)] } })).toEqual({
      plan: 'key',
      examined: 2,
      returned: 2,
    })
    expect(await explain({ likes: 5, $and: [{ id: { $in: [5, 6, 105] } }, {}] })).toEqual({
      plan: 'key',
      examined: 3,
      returned: 2,
    })
    expect(await explain({ id: { $in: [5, 6] }, lang: { $regex: 'e' } })).toMatchObject({ plan: 'key', examined: 2 })
    expect(await explain({ $or: [{ id: 5 }, { id: { $in: [6, 7] } }, { id: 5n }] })).toEqual({
      plan: 'key',
      examined: 3,
      returned: 3,
    })
    const both = { $or: [{ id: 5, likes: 5 }, { $and: [{ id: 6 }, { likes: 5 }] }, { id: { $in: [8] } }] }
    expect(await explain(both)).toEqual({ plan: 'key', examined: 3, returned: 2 })
    for (const filter of [
      { id: { $ne: 5 } },
      { id: { $gt: 5 } },
      { $or: [{ id: 5 }, { likes: 5 }] },
      { $not: { id: 5 } },
      { 'id.a': 5 },
    ]) {
      expect((await explain(filter)).plan).toBe('scan')
    }
    expect(idsOf(await posts.find({ filter: { id: { $in: [5, 5, 6, 5_000] } } }).toArray())).toEqual([5, 6])
    expect(idsOf(await posts.find({ filter: { id: { $in: [1, 2, 3, 4] } }, skip: 1, limit: 2 }).toArray()).length).toBe(
      2,
    )
    expect(await posts.count({ id: 5, lang: 'en' })).toBe(0)
    expect(await posts.count({ id: 5, lang: 'fr' })).toBe(1)
    const many = those((id) => id % 2 === 0)
    expect(await posts.count({ id: { $in: many } })).toBe(many.length)
    expect(await posts.delete({ id: { $in: [5, 6, -1] } })).toEqual(counters({ deleted: 2 }))
  })

  it('select what is updated, replaced and deleted; what is not there is not counted', async () => {
    const posts = await make()
    const en = those((id) => id % 3 === 0)
    expect(await posts.update({ lang: 'en' }, { lang: 'EN' })).toEqual(counters({ replaced: en.length }))
    expect(await posts.update({ lang: 'en' }, { lang: 'EN' })).toEqual(counters({}))
    expect(await posts.update({ lang: 'EN' }, { lang: 'EN' })).toEqual(counters({ unchanged: en.length }))
    expect(await posts.replace({ id: 3 }, { only: 1 })).toEqual(counters({ replaced: 1 }))
    expect(await posts.get(3)).toEqual({ id: 3, only: 1 })
    expect(await posts.delete({ lang: { $in: ['EN', 'de'] } })).toEqual(
      counters({ deleted: en.length - 1 + COUNT / 3 }),
    )
    expect(await posts.count()).toBe(COUNT / 3 + 1)
    expect(await posts.count({ lang: 'fr' })).toBe(COUNT / 3)
  })

  it('meet each document once, even when the write changes what the filter asks for', async () => {
    const posts = await make()
    const result = await posts.update({ likes: { $gte: 0 } }, ({ likes }) => ({ likes: (likes as number) + 1 }))
    expect(result).toEqual(counters({ replaced: COUNT }))
    expect((await posts.get(150))!.likes).toBe(51)
    // Longer documents move to other places in memory.
    await posts.update({ likes: { $gte: 0 } }, ({ likes }) => ({ likes: (likes as number) + 1, text: 'x'.repeat(500) }))
    expect(await posts.count({ likes: { $gte: 2, $lte: 101 } })).toBe(COUNT)
  })

  it('tell what changed, and are all or nothing when atomic', async () => {
    const posts = await make(9)
    const { changes } = await posts.update({ lang: 'de' }, { likes: 7 }, { returnChanges: true })
    expect(changes!.map(({ key }) => key as number).sort()).toEqual([1, 4])
    expect(changes![0]!.newValue).toMatchObject({ likes: 7, lang: 'de' })
    const refused = await posts.update(
      { lang: 'fr' },
      ({ id }) => {
        if (id === 5) throw new Error('no')
        return { likes: 1_000 }
      },
      { atomic: true },
    )
    expect(refused).toMatchObject(counters({ errors: 1 }))
    expect(await posts.count({ likes: 1_000 })).toBe(0)
  })

  it('see only the partitions that are named', async () => {
    const posts = await make(0)
    await posts.createPartition('old')
    await posts.insert([
      { id: 1, n: 1 },
      { id: 2, n: 2 },
    ])
    await posts.insert(
      [
        { id: 3, n: 1 },
        { id: 4, n: 2 },
      ],
      { partition: 'old' },
    )
    const find = async (filter: Filter, partitions: string[]) =>
      idsOf(await posts.find({ filter, partitions }).toArray())
    expect(await find({ n: 1 }, ['old'])).toEqual([3])
    expect(await find({ n: 1 }, ['_default'])).toEqual([1])
    expect(await find({ id: { $in: [1, 2, 3] } }, ['old'])).toEqual([3])
    expect(await find({ id: { $in: [1, 2, 3] } }, ['old', '_default'])).toEqual([1, 2, 3])
    expect(await posts.delete({ n: 2 }, { partition: 'old' })).toEqual(counters({ deleted: 1 }))
    // Updated into a partition they move there, and each is met once.
    const moved = await posts.update({ n: { $gt: 0 } }, ({ n }) => ({ n: (n as number) + 1 }), { partition: 'old' })
    expect(moved).toEqual(counters({ replaced: 3 }))
    expect((await posts.find({ filter: {}, partitions: ['old'] }).toArray()).map(({ n }) => n).sort()).toEqual([
      2, 2, 3,
    ])
  })

  it('see each document that matches throughout once, whatever is written meanwhile', async () => {
    const posts = await make()
    const seen = new Map<number, number>()
    let next = COUNT
    for await (const { id } of posts.find({ filter: { lang: { $ne: 'de' } } })) {
      seen.set(id as number, (seen.get(id as number) ?? 0) + 1)
      if (seen.size % 5 !== 0) continue
      await posts.update(id as number, { text: 'x'.repeat(seen.size) })
      await posts.insert(documentOf(next++))
      await posts.delete({ id: { $in: [COUNT - 2 * seen.size, COUNT - 2 * seen.size + 1] }, lang: 'de' })
      if (next > COUNT + 5_000) break
    }
    for (const id of those((id) => id % 3 !== 1)) expect(seen.get(id), `document ${id}`).toBe(1)
    for (const times of seen.values()) expect(times).toBe(1)
  })

  it('may be trees of another language', async () => {
    const posts = await make()
    const path = (name: string) => ({ kind: 'path', steps: [{ name, index: null }] }) as const
    const sum = treeFilter({
      kind: 'compare',
      operator: 'gt',
      left: { kind: 'arithmetic', operator: 'add', left: path('likes'), right: path('id') },
      right: { kind: 'constant', value: COUNT + 90 },
    })
    const expected = those((id) => id + (id % 100) > COUNT + 90)
    expect(idsOf(await posts.find({ filter: sum }).toArray())).toEqual(expected)
    expect(await posts.count(sum)).toBe(expected.length)
    const failing = (isFailMatch: boolean) =>
      treeFilter(
        { kind: 'compare', operator: 'eq', left: path('none'), right: { kind: 'constant', value: 1 }, absent: 'fail' },
        { isFailMatch },
      )
    expect(await posts.count(failing(false))).toBe(0)
    expect(await posts.count(failing(true))).toBe(COUNT)
    expect(await posts.update(sum, { sum: true })).toEqual(counters({ replaced: expected.length }))
    expect(await posts.delete(sum)).toEqual(counters({ deleted: expected.length }))
    expect(await posts.count({ sum: true })).toBe(0)
  })

  it.each<[unknown, new (...args: never[]) => Error, RegExp]>([
    [{ likes: { $gtt: 5 } }, UnknownOptionError, /"\$gtt" in filter\.likes.*\$gt/],
    [{ $orr: [] }, UnknownOptionError, /\$orr/],
    [{ author: { name: { $gt: () => 1 } } }, TypeMismatchError, /filter\.author/],
    [{ lang: undefined }, TypeMismatchError, /filter\.lang/],
    [{ $or: { lang: 'en' } }, TypeMismatchError, /filter\.\$or/],
    [{ lang: { $eq: 'en', other: 1 } }, UsageError, /filter\.lang/],
  ])('refuse %j everywhere', async (filter, type, message) => {
    const posts: Collection = await make(3)
    for (const refused of [
      posts.find({ filter: filter as Filter }).toArray(),
      posts.find({ filter: filter as Filter }).count(),
      posts.count(filter as Filter),
      posts.update(filter as Filter, {}),
      posts.replace(filter as Filter, {}),
      posts.delete(filter as Filter),
    ]) {
      await expect(refused).rejects.toThrow(type)
      await expect(refused).rejects.toThrow(message)
    }
    expect(await posts.count()).toBe(3)
  })
})
