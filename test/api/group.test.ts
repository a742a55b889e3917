// Promise: distinct lists the values of a field, groupBy counts, sums, averages and finds extremes by group, exactly; values that
// filters call equal are one group, whatever their kind; what is missing or of another type is left out as documented.

import { expect, expectTypeOf, it } from 'vitest'
import { type Aggregates, TypeMismatchError, UnknownOptionError, UsageError, type Value } from '../../src/index.ts'
import { settings } from '../core/values.ts'
import fc from '../property.ts'
import { closeAfterEach, describeEach, openMemory } from './configurations.ts'

closeAfterEach()

describeEach('groups', ({ openNew, collection: options }) => {
  const make = async (documents: readonly object[]) => {
    const posts = await (await openNew()).createCollection('posts', options)
    await posts.insert(documents)
    return posts
  }

  // What groups are counted in was loaded for the partitions there were; the first documents of a new one ended the call with a TypeError.
  it('are those of a partition, too, that is made while the first call waits', async () => {
    const posts = await make([{ id: 1, lang: 'en' }])
    await posts.count({ lang: 'en' })
    const rows = posts.groupBy('lang')
    await posts.createPartition('2026')
    await posts.insert({ id: 2, lang: 'de' }, { partition: '2026' })
    expect((await rows).at(-1)).toEqual({ key: 'en', count: 1 })
  })

  it('have a row each, sorted by key', async () => {
    const posts = await make(
      Array.from({ length: 3_000 }, (_, id) => ({ id, lang: ['en', 'de', 'fr'][id % 3], likes: id, half: id / 2 })),
    )
    const rows = await posts.groupBy('lang', {
      n: { $count: true },
      sum: { $sum: 'likes' },
      half: { $sum: 'half' },
      mean: { $avg: 'likes' },
      least: { $min: 'likes' },
      top: { $max: 'likes' },
    })
    const row = (key: string, from: number) => ({
      key,
      count: 1_000,
      n: 1_000,
      sum: 1_498_500 + from * 1_000,
      half: 749_250 + from * 500,
      mean: 1_498.5 + from,
      least: from,
      top: 2_997 + from,
    })
    expect(rows).toEqual([row('de', 1), row('en', 0), row('fr', 2)])
    expect(await posts.groupBy('lang')).toEqual([
      { key: 'de', count: 1_000 },
      { key: 'en', count: 1_000 },
      { key: 'fr', count: 1_000 },
    ])
    expect(await posts.groupBy('lang', { top: { $max: 'likes' } }, { likes: { $lt: 7 }, lang: { $ne: 'fr' } })).toEqual(
      [
        { key: 'de', count: 2, top: 4 },
        { key: 'en', count: 3, top: 6 },
      ],
    )
    expect(await posts.groupBy('lang', {}, { id: 5 })).toEqual([{ key: 'fr', count: 1 }])
    expect(await posts.groupBy('lang', {}, { lang: 'it' })).toEqual([])
    expect(await posts.distinct('lang')).toEqual(['de', 'en', 'fr'])
    expect(await posts.distinct('likes', { likes: { $gte: 2_997 } })).toEqual([2_997, 2_998, 2_999])
    expect(await posts.distinct('none')).toEqual([])
  })

  it('are sorted where there are more than are sorted at once', async () => {
    const keys = Array.from({ length: 9_000 }, (_, i) =>
      i % 2 === 0 ? (i * 7_919) % 9_001 : `w${(i * 7_919) % 9_001}`,
    )
    const posts = await make([...keys, ...keys.slice(0, 100)].map((key, id) => ({ id, key })))
    await posts.insert({ id: 'without' })
    const inOrder = [
      ...keys.filter((key) => typeof key === 'number').sort((a, b) => a - b),
      ...keys.filter((key) => typeof key === 'string').sort(),
    ]
    expect(await posts.distinct('key')).toEqual(inOrder)
    const rows = await posts.groupBy('key')
    expect(rows.map(({ key }) => key)).toEqual([undefined, ...inOrder])
    expect(rows.filter(({ count }) => count === 2)).toHaveLength(100)
  })

  it('are told apart by type and value, as filters tell them apart', async () => {
    const values = [
      ...[null, false, true, 0, 1, 1.5, 2n ** 60n, '', '1', 'a', '\0s', '\0z', 'z'],
      ...[new Date(1), Uint8Array.of(1), Int8Array.of(1), [], [1], ['1'], [[1]], {}, { a: 1 }, { a: '1' }, { b: 1 }],
    ]
    const same = [1n, -0, [1n], { a: 1n }, new Date(1), 2 ** 60]
    const posts = await make([...values, ...same].map((v, id) => ({ id, v })))
    await posts.insert([{ id: 'none' }, { id: 'nowhere', w: 1 }])
    const rows = await posts.groupBy('v')
    expect(rows.length).toBe(values.length + 1)
    expect(rows[0]).toEqual({ key: undefined, count: 2 })
    expect(rows.filter(({ count }) => count === 2).length).toBe(same.length + 1)
    expect(rows.find(({ key }) => key === 1)).toEqual({ key: 1, count: 2 })
    const distinct = await posts.distinct('v')
    expect(distinct.length).toBe(values.length)
    expect(distinct.slice(0, 6)).toEqual([null, false, true, 0, 1, 1.5])
    for (const { key, count } of rows.slice(1)) {
      const filter = { v: { $eq: key } }
      expect(await posts.count(filter)).toBe(count)
    }
  })

  it('by paths into objects and arrays', async () => {
    const posts = await make([
      { id: 1, author: { name: 'A' }, tags: ['x', { deep: 5 }] },
      { id: 2, author: { name: 'B' }, tags: ['y', { deep: 7 }] },
      { id: 3, author: 'A', tags: 'x' },
      { id: 4, author: { name: 'A' }, tags: [] },
    ])
    expect(await posts.distinct('author.name')).toEqual(['A', 'B'])
    expect(await posts.distinct('tags.0')).toEqual(['x', 'y'])
    expect(await posts.groupBy('author.name', { deep: { $sum: 'tags.1.deep' } })).toEqual([
      { key: undefined, count: 1, deep: 0 },
      { key: 'A', count: 2, deep: 5 },
      { key: 'B', count: 1, deep: 7 },
    ])
  })

  it('add integers exactly and pass over what is no number', async () => {
    const big = 2n ** 62n
    const posts = await make([
      ...[big, big, big, 1n, 5].map((v) => ({ g: 'bigint', v })),
      ...[2 ** 53 - 1, 2 ** 53 - 1, 1, 1].map((v) => ({ g: 'large', v })),
      ...Array.from({ length: 10 }, () => ({ g: 'tenths', v: 0.1 })),
      ...[1e100, 1, -1e100].map((v) => ({ g: 'lost', v })),
      ...[1n, 0.5].map((v) => ({ g: 'mixed', v })),
      ...['5', null, true, [1], new Date(5)].map((v) => ({ g: 'none', v })),
      { g: 'none' },
    ])
    const rows = await posts.groupBy('g', {
      sum: { $sum: 'v' },
      avg: { $avg: 'v' },
      min: { $min: 'v' },
      max: { $max: 'v' },
    })
    const byKey = new Map(rows.map((row) => [row.key, row]))
    expect(byKey.get('bigint')).toMatchObject({ sum: 3n * big + 6n, min: 1n, max: big, count: 5 })
    expect(byKey.get('large')).toMatchObject({ sum: 2 ** 54, avg: 2 ** 52 })
    expect(byKey.get('tenths')).toMatchObject({ sum: 1, avg: 0.1 })
    expect(byKey.get('lost')).toMatchObject({ sum: 1 })
    expect(byKey.get('mixed')).toMatchObject({ sum: 1.5, avg: 0.75, min: 0.5, max: 1n })
    expect(byKey.get('none')).toEqual({ key: 'none', count: 6, sum: 0, avg: null, min: true, max: [1] })
    expect(await posts.groupBy('g', { least: { $min: 'none' } }, { g: 'none' })).toEqual([
      { key: 'none', count: 6, least: null },
    ])
  })

  it.each<[unknown, unknown, new (...args: never[]) => Error, RegExp]>([
    [5, {}, TypeMismatchError, /groupBy takes the path/],
    ['', {}, UsageError, /empty/],
    ['a', 5, TypeMismatchError, /aggregates of groupBy/],
    ['a', [], TypeMismatchError, /aggregates of groupBy/],
    ['a', { n: { $cuont: true } }, UnknownOptionError, /"\$cuont" in aggregate "n".*\$count/],
    ['a', { n: {} }, UsageError, /"n"/],
    ['a', { n: { $sum: 'x', $avg: 'x' } }, UsageError, /"n"/],
    ['a', { n: { $sum: 5 } }, TypeMismatchError, /\$sum/],
    ['a', { n: { $sum: '' } }, UsageError, /\$sum/],
    ['a', { n: { $count: 'x' } }, TypeMismatchError, /\$count takes true/],
    ['a', { n: 'x' }, TypeMismatchError, /"n"/],
    ['a', { key: { $count: true } }, UsageError, /key/],
    ['a', { count: { $sum: 'x' } }, UsageError, /"count" is what the rows call their number of documents/],
  ])('refuse groupBy(%j, %j)', async (field, aggregates, type, message) => {
    const posts = await make([])
    const refused = posts.groupBy(field as string, aggregates as Aggregates)
    await expect(refused).rejects.toThrow(type)
    await expect(refused).rejects.toThrow(message)
  })

  // Infinity on the way, and NaN where one shard had come to Infinity and another to -Infinity.
  it('add numbers whose sum fits though one on the way to it would not', async () => {
    const posts = await (await openNew()).createCollection('posts', options)
    const row = async (xs: readonly number[]) => {
      await posts.delete({})
      await posts.insert(xs.map((x, id) => ({ id, x })))
      const [{ sum, mean }] = (await posts.groupBy('none', { sum: { $sum: 'x' }, mean: { $avg: 'x' } })) as never as [
        { sum: number; mean: number },
      ]
      return [sum, mean]
    }
    const most = Number.MAX_VALUE
    expect(await row([most, most, -most, -most, 0.5, 2])).toEqual([2.5, 2.5 / 6])
    expect(await row([...Array<number>(50).fill(most), ...Array<number>(50).fill(-most)])).toEqual([0, 0])
    expect(await row([most, most, -most, 1])).toEqual([most, most / 4])
    expect(await row([most, most, most])).toEqual([Infinity, most])
    expect(await row([-most, -most])).toEqual([-Infinity, -most])
    expect(await row([1e300, 1e280, -1e300])).toEqual([1e280, 1e280 / 3])
  })

  it('refuse wrong filters and fields', async () => {
    const posts = await make([])
    await expect(posts.distinct('a', { a: { $gtt: 1 } })).rejects.toThrow(UnknownOptionError)
    await expect(posts.groupBy('a', {}, { a: { $gtt: 1 } })).rejects.toThrow(UnknownOptionError)
    await expect(posts.distinct(undefined as never)).rejects.toThrow(TypeMismatchError)
  })
})

it('are as many as there are texts', async () => {
  const posts = await (await openMemory()).createCollection('posts')
  // So many that some share the 28 bits of hash by which the core tells texts apart first.
  const texts = Array.from({ length: 60_000 }, (_, i) => `text ${i * 7}`)
  for (const half of [0, 1]) await posts.insert(texts.map((g, i) => ({ id: i * 2 + half, g })))
  const rows = await posts.groupBy('g', { ids: { $min: 'id' } })
  expect(rows.length).toBe(texts.length)
  const expected = new Map(texts.map((g, i) => [g, i * 2]))
  const wrong = rows.filter(({ key, count, ids }) => count !== 2 || expected.get(key as string) !== ids)
  expect(wrong).toEqual([])
  expect((await posts.distinct('g')).length).toBe(texts.length)
})

it('are right where the core leaves them to JavaScript: more groups, longer texts, larger sums than it holds', async () => {
  const posts = await (await openMemory()).createCollection('posts')
  const long = 'x'.repeat(1_000)
  const documents = Array.from({ length: 12_000 }, (_, id) => {
    const k =
      id % 4 === 0 ? id % 6_000 : id % 4 === 1 ? `${long}${id % 3_000}` : id % 4 === 2 ? BigInt(id % 6_000) : [id % 10]
    return {
      id,
      k,
      n: id % 7 === 0 ? Number.MAX_SAFE_INTEGER - id : id % 5 === 0 ? id / 8 : id % 3 === 0 ? BigInt(id) : -id,
    }
  })
  await posts.insert(documents)
  const wanted = new Map<
    string,
    { count: number; integers: bigint; fractions: number; hasBigints: boolean; top: number }
  >()
  for (const { k, n } of documents) {
    const name = JSON.stringify(k, (_, value) => (typeof value === 'bigint' ? Number(value) : value))
    let group = wanted.get(name)
    if (group === undefined)
      wanted.set(name, (group = { count: 0, integers: 0n, fractions: 0, hasBigints: false, top: -Infinity }))
    group.count++
    group.top = Math.max(group.top, Number(n))
    if (typeof n === 'bigint') group.hasBigints = true
    if (typeof n === 'number' && !Number.isInteger(n)) group.fractions += n
    else group.integers += BigInt(n)
  }
  const rows = await posts.groupBy('k', { sum: { $sum: 'n' }, top: { $max: 'n' } })
  expect(rows.length).toBe(wanted.size)
  for (const { key, count, sum, top } of rows) {
    const name = JSON.stringify(key, (_, value) => (typeof value === 'bigint' ? Number(value) : value))
    const group = wanted.get(name)!
    expect(count).toBe(group.count)
    expect(Number(top)).toBe(group.top)
    expect(sum).toBe(
      group.fractions !== 0
        ? Number(group.integers) + group.fractions
        : group.hasBigints
          ? group.integers
          : Number(group.integers),
    )
  }
  const whole = await posts.groupBy('none', { sum: { $sum: 'n' } }, { n: { $gt: 2 ** 40 } })
  const large = documents.filter(({ n }) => typeof n === 'number' && n > 2 ** 40)
  expect(whole).toEqual([
    { key: undefined, count: large.length, sum: Number(large.reduce((sum, { n }) => sum + BigInt(n), 0n)) },
  ])
  expect(await posts.distinct('k')).toEqual(rows.map(({ key }) => key))
})

it('may be asked for many at once, while documents come', async () => {
  const posts = await (await openMemory()).createCollection('posts', { shards: 2 })
  await posts.insert(Array.from({ length: 2_000 }, (_, id) => ({ id, k: id % 3, n: id })))
  const asked = Array.from({ length: 8 }, () => posts.groupBy('k', { n: { $sum: 'n' } }))
  const index = posts.createIndex('k')
  await posts.insert(Array.from({ length: 500 }, (_, id) => ({ id: id + 2_000, other: 'x'.repeat(5_000) })))
  for (const rows of await Promise.all(asked)) expect(rows.filter(({ key }) => key !== undefined)).toHaveLength(3)
  await index
  expect(await posts.groupBy('k')).toEqual([
    { key: undefined, count: 500 },
    { key: 0, count: 667 },
    { key: 1, count: 667 },
    { key: 2, count: 666 },
  ])
})

it('rows have the types of their aggregates', async () => {
  const posts = await (await openMemory()).createCollection('posts')
  await posts.insert({ lang: 'en' })
  const rows = await posts.groupBy('lang', {
    n: { $count: true },
    sum: { $sum: 'a' },
    avg: { $avg: 'a' },
    top: { $max: 'a' },
  })
  expectTypeOf(rows[0]!.n).toEqualTypeOf<number>()
  expectTypeOf(rows[0]!.sum).toEqualTypeOf<number | bigint>()
  expectTypeOf(rows[0]!.avg).toEqualTypeOf<number | null>()
  expectTypeOf(rows[0]!.top).toEqualTypeOf<Value>()
  expectTypeOf(rows[0]!.count).toEqualTypeOf<number>()
})

it('agree with a plain loop, whatever the documents', async () => {
  const keys = fc.constantFrom<unknown>('a', 'b', 1, 2, null, true, undefined, 'a longer one, of many characters')
  const numbers = fc.oneof(
    { weight: 5, arbitrary: fc.integer({ min: -1_000, max: 1_000 }) },
    fc.constantFrom<unknown>(2 ** 40, -(2 ** 40), 'x', null, undefined, 5n),
  )
  const db = await openMemory()
  let number = 0
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(keys, numbers), { maxLength: 60 }), async (rows) => {
      const posts = await db.createCollection(`c${number++}`, { shards: 2 })
      await posts.insert(rows.map(([g, v], id) => ({ id, g, v })))
      const groups = new Map<unknown, unknown[]>()
      for (const [g, v] of rows) groups.set(g, [...(groups.get(g) ?? []), v])
      const found = await posts.groupBy('g', { sum: { $sum: 'v' }, avg: { $avg: 'v' }, max: { $max: 'v' } })
      expect(found.map(({ key }) => key)).toEqual(
        [undefined, null, true, 1, 2, 'a', 'a longer one, of many characters', 'b'].filter((key) => groups.has(key)),
      )
      for (const { key, count, sum, avg, max } of found) {
        const values = groups.get(key)!
        const amounts = values.filter((v) => typeof v === 'number' || typeof v === 'bigint')
        const total = amounts.reduce<number>((all, v) => all + Number(v), 0)
        expect(count).toBe(values.length)
        expect(sum).toBe(amounts.some((v) => typeof v === 'bigint') ? BigInt(total) : total)
        expect(avg).toBe(amounts.length === 0 ? null : total / amounts.length)
        const isText = values.includes('x')
        if (isText) expect(max).toBe('x')
        else if (amounts.length === 0) expect(max).toBeNull()
        else expect(Number(max)).toBe(Math.max(...amounts.map(Number)))
      }
      await db.dropCollection(posts.name)
    }),
    settings(60),
  )
})
