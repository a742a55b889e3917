// Promise: query answers the nearest records with the distances that seekdb reports, in its nesting, with what `include` names.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  type Collection,
  type DistanceMetric,
  K,
  type Metadata,
  type QueryOptions,
  SeekdbClient,
  SeekdbValueError,
} from '../../../src/dialect/seekdb/index.ts'
import { open } from '../../../src/index.ts'
import { CountingEmbedding, embeddingCollection, memoryClient, plainCollection } from './fixtures.ts'

async function filled(distance: DistanceMetric): Promise<Collection> {
  const collection = await plainCollection({ configuration: { dimension: 3, distance } })
  await collection.add({
    ids: ['near', 'far', 'zero', 'opposite'],
    embeddings: [
      [1, 1, 0],
      [3, 4, 0],
      [0, 0, 0],
      [-1, -1, 0],
    ],
    documents: ['n', '', 'z', 'o'],
    metadatas: [{ n: 1 }, { n: 2 }, { n: 3 }, { n: 4 }],
  })
  return collection
}

function expectClose(actual: unknown, expected: readonly number[]): void {
  expect(actual).toHaveLength(expected.length)
  expected.forEach((value, index) => {
    expect((actual as number[])[index]).toBeCloseTo(value, 6)
  })
}

describe('distances', () => {
  it('of l2 have the square root', async () => {
    const collection = await filled('l2')
    const { ids, distances } = await collection.query({ queryEmbeddings: [0, 0, 0] })
    expect(ids).toEqual([['zero', 'near', 'opposite', 'far']])
    expectClose(distances![0], [0, Math.SQRT2, Math.SQRT2, 5])
  })

  it('of cosine are 1 - similarity, and 1 for the zero vector', async () => {
    const collection = await filled('cosine')
    const { ids, distances } = await collection.query({ queryEmbeddings: [2, 2, 0] })
    expect(ids).toEqual([['near', 'far', 'zero', 'opposite']])
    expectClose(distances![0], [0, 1 - 7 / (5 * Math.SQRT2), 1, 2])
    const zero = await collection.query({ queryEmbeddings: [0, 0, 0] })
    expect(zero.ids).toEqual([['near', 'far', 'zero', 'opposite']])
    expectClose(zero.distances![0], [1, 1, 1, 1])
  })

  it('of inner_product are positive, the largest first', async () => {
    const collection = await filled('inner_product')
    const { ids, distances } = await collection.query({ queryEmbeddings: [1, 1, 0] })
    expect(ids).toEqual([['far', 'near', 'zero', 'opposite']])
    expectClose(distances![0], [7, 2, 0, -2])
    expect(Object.is(distances![0]![2], -0)).toBe(false)
  })

  it('can be of another metric for one call', async () => {
    const collection = await filled('l2')
    const ip = await collection.query({ queryEmbeddings: [1, 1, 0], distance: 'inner_product' })
    expectClose(ip.distances![0], [7, 2, 0, -2])
    const cosine = await collection.query({ queryEmbeddings: [1, 1, 0], distance: 'cosine', nResults: 1 })
    expect(cosine.ids).toEqual([['near']])
    await expect(collection.query({ queryEmbeddings: [1, 1, 0], distance: 'L2' as never })).rejects.toThrow(
      SeekdbValueError,
    )
  })

  it('agree with a plain loop', async () => {
    let seed = 7
    const random = () => (seed = (Math.imul(seed, 1103515245) + 12345) >>> 0) / 2 ** 32 - 0.5
    const vectors = Array.from({ length: 500 }, () => Array.from({ length: 9 }, random))
    for (const distance of ['l2', 'cosine', 'inner_product'] as const) {
      const collection = await plainCollection({ configuration: { dimension: 9, distance } })
      await collection.add({ ids: vectors.map((_, index) => `${index}`), embeddings: vectors })
      const query = Array.from({ length: 9 }, random)
      const score = (vector: readonly number[]) => {
        const dot = vector.reduce((sum, lane, index) => sum + lane * query[index]!, 0)
        if (distance === 'inner_product') return dot
        if (distance === 'l2') return Math.hypot(...vector.map((lane, index) => lane - query[index]!))
        return 1 - dot / Math.hypot(...vector) / Math.hypot(...query)
      }
      const expected = vectors
        .map((vector, index) => ({ id: `${index}`, score: score(vector) }))
        .sort((a, b) => (distance === 'inner_product' ? b.score - a.score : a.score - b.score))
        .slice(0, 20)
      for (const approximate of [true, false]) {
        const found = await collection.query({ queryEmbeddings: query, nResults: 20, approximate })
        expect(found.ids[0]).toEqual(expected.map(({ id }) => id))
        expectClose(
          found.distances![0],
          expected.map((one) => one.score),
        )
      }
    }
  })
})

describe('results', () => {
  it('are nested for one vector as for several', async () => {
    const collection = await filled('l2')
    const one = await collection.query({ queryEmbeddings: [0, 0, 0], nResults: 1 })
    expect(one).toEqual({ ids: [['zero']], distances: [[0]], documents: [['z']], metadatas: [[{ n: 3 }]] })
    const two = await collection.query({
      queryEmbeddings: [
        [0, 0, 0],
        [3, 4, 0],
      ],
      nResults: 1,
    })
    expect(two).toEqual({
      ids: [['zero'], ['far']],
      distances: [[0], [0]],
      documents: [['z'], [null]],
      metadatas: [[{ n: 3 }], [{ n: 2 }]],
    })
  })

  it('have ids and distances always, and of the rest what is named', async () => {
    const collection = await filled('l2')
    const query = (include: unknown) =>
      collection.query({ queryEmbeddings: [0, 0, 0], nResults: 1, include: include as never })
    expect(await query(['embeddings'])).toEqual({ ids: [['zero']], distances: [[0]], embeddings: [[[0, 0, 0]]] })
    expect(await query([])).toEqual({ ids: [['zero']], distances: [[0]] })
    expect(await query(['documents', 'distances'])).toEqual({ ids: [['zero']], distances: [[0]], documents: [['z']] })
    await expect(query(['document'])).rejects.toThrow(SeekdbValueError)
  })

  it('are empty lists where there is nothing', async () => {
    const empty = await plainCollection()
    const none = { ids: [[]], distances: [[]], documents: [[]], metadatas: [[]] }
    expect(await empty.query({ queryEmbeddings: [1, 2, 3] })).toEqual(none)
    const collection = await filled('l2')
    expect(await collection.query({ queryEmbeddings: [1, 2, 3], nResults: 0 })).toEqual(none)
    expect(await collection.query({ queryEmbeddings: [1, 2, 3], where: { n: 9 } })).toEqual(none)
  })

  it('are 10 unless asked otherwise, of equals those added first', async () => {
    const collection = await plainCollection()
    const ids = Array.from({ length: 30 }, (_, index) => `id${index}`)
    await collection.add({ ids, embeddings: ids.map(() => [1, 1, 1]) })
    await collection.delete({ ids: ['id3', 'id5'] })
    await collection.add({ ids: ['new1', 'new2'], embeddings: [1, 2].map(() => [1, 1, 1]) })
    const expected = ids.filter((id) => id !== 'id3' && id !== 'id5')
    const { ids: found } = await collection.query({ queryEmbeddings: [0, 0, 0] })
    expect(found[0]).toEqual(expected.slice(0, 10))
    const all = await collection.query({ queryEmbeddings: [0, 0, 0], nResults: 1000 })
    expect(all.ids[0]).toEqual([...expected, 'new1', 'new2'])
  })

  it('take the nearest of what the filters leave', async () => {
    const collection = await filled('l2')
    const { ids } = await collection.query({
      queryEmbeddings: [0, 0, 0],
      where: { n: { $ne: 3 } },
      whereDocument: { $not_contains: 'o' },
      nResults: 1,
    })
    expect(ids).toEqual([['near']])
  })
})

describe('texts', () => {
  it('are embedded by the function, in one call', async () => {
    const fn = new CountingEmbedding()
    const collection = await embeddingCollection(fn)
    await collection.add({ ids: ['a', 'b'], documents: ['aaaa', 'xyz uvw'] })
    const { ids } = await collection.query({ queryTexts: ['aaa', 'xyz abc'], nResults: 1 })
    expect(ids).toEqual([['a'], ['b']])
    expect(fn.calls.at(-1)).toEqual(['aaa', 'xyz abc'])
    expect((await collection.query({ queryTexts: 'aaa', nResults: 1 })).ids).toEqual([['a']])
    await collection.query({ queryTexts: 'ignored', queryEmbeddings: [1, 2, 3] })
    expect(fn.calls).toHaveLength(3)
  })

  it.each([
    [{}, /^Either queryEmbeddings or queryTexts must be provided$/],
    [{ queryTexts: '' }, /^Either queryEmbeddings or queryTexts must be provided$/],
    [{ queryTexts: 'x' }, /^queryTexts provided but no queryEmbeddings and no embedding function$/],
    [
      { queryTexts: 'x', queryKey: K.SPARSE_EMBEDDING },
      /^queryTexts with sparseEmbedding requires sparseEmbeddingFunction$/,
    ],
    [{ queryEmbeddings: [1, 2] }, /^Dimension mismatch at index 0. Expected 3, got 2$/],
    [{ queryEmbeddings: [[1, 2, 3], []] }, /^Dimension mismatch at index 1. Expected 3, got 0$/],
    [{ queryEmbeddings: [1, 2, Number.NaN] }, /^Vector contains invalid value: NaN$/],
    [{ queryEmbeddings: [1, 2, 3], nResults: -1 }, /nResults/],
    [{ queryEmbeddings: [1, 2, 3], where: { n: { $foo: 1 } } }, /\$foo/],
  ])('refuses %j', async (options, message) => {
    const collection = await plainCollection()
    const error = await collection.query(options as QueryOptions).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(SeekdbValueError)
    expect((error as Error).message).toMatch(message)
  })

  it('work out of the box, offline', async () => {
    const collection = await memoryClient().createCollection({ name: 'words' })
    expect(collection.dimension).toBe(384)
    await collection.add({
      ids: ['db', 'cook', 'zh'],
      documents: [
        'A vector database searches embeddings quickly',
        'The soup needs salt and pepper',
        '\u5411\u91cf\u6570\u636e\u5e93\u68c0\u7d22',
      ],
    })
    const nearest = async (text: string) => (await collection.query({ queryTexts: text })).ids[0]![0]
    expect(await nearest('searching databases')).toBe('db')
    expect(await nearest('salty soups')).toBe('cook')
    expect(await nearest('\u6570\u636e\u5e93')).toBe('zh')
    const [vector] = (await collection.get({ ids: 'db' })).embeddings!
    expect(Math.hypot(...vector!)).toBeCloseTo(1, 5)
  })
})

describe('get', () => {
  it('is in the order of insertion, whatever was deleted and updated', async () => {
    const collection = await plainCollection()
    const ids = Array.from({ length: 50 }, (_, index) => `id${index}`)
    await collection.add({ ids, embeddings: ids.map(() => [1, 2, 3]) })
    await collection.delete({ ids: ['id0', 'id7', 'id20'] })
    await collection.add({ ids: ['z', 'id7'], embeddings: [1, 2].map(() => [1, 2, 3]) })
    await collection.update({ ids: 'id1', metadatas: { x: 'y'.repeat(500) } })
    const expected = [...ids.filter((id) => !['id0', 'id7', 'id20'].includes(id)), 'z', 'id7']
    expect((await collection.get()).ids).toEqual(expected)
    expect((await collection.get({ limit: 5 })).ids).toEqual(expected.slice(0, 5))
    expect((await collection.get({ offset: 45 })).ids).toEqual(expected.slice(45))
    expect((await collection.get({ limit: 3, offset: 46 })).ids).toEqual(expected.slice(46, 49))
    expect((await collection.get({ limit: 3, offset: 100 })).ids).toEqual([])
    expect((await collection.get({ limit: 0 })).ids).toEqual([])
    expect((await collection.get({ ids: ['z', 'nobody', 'id2', 'z'] })).ids).toEqual(['id2', 'z'])
    expect((await collection.get({ ids: ['z', 'id2', 'id1'], offset: 1, limit: 1 })).ids).toEqual(['id2'])
    expect((await collection.get({ where: { '#id': { $in: ['z', 'id2'] } }, limit: 1 })).ids).toEqual(['id2'])
    expect((await collection.peek(2)).ids).toEqual(['id1', 'id2'])
    expect((await collection.peek()).ids).toHaveLength(10)
    await expect(collection.get({ limit: -1 })).rejects.toThrow(SeekdbValueError)
    await expect(collection.get({ offset: 1.5 })).rejects.toThrow(SeekdbValueError)
  })

  it('is in that order while nothing is deleted, too: after refused batches, and where words are looked up in an index', async () => {
    const collection = await plainCollection()
    const all: { id: string; document: string; n: number }[] = []
    const add = async (count: number) => {
      const from = all.length
      const batch = Array.from({ length: count }, (_, i) => {
        const n = from + i
        return { id: `id${n}`, document: n % 3 === 0 ? 'red apple' : 'green pear', n }
      })
      const columns = {
        ids: batch.map(({ id }) => id),
        embeddings: batch.map(() => [1, 2, 3]),
        documents: batch.map(({ document }) => document),
        metadatas: batch.map(({ n }) => ({ n })),
      }
      const twice = Object.entries(columns).map(([name, list]) => [name, [...list, list[0]]])
      await expect(collection.add(Object.fromEntries(twice))).rejects.toThrow(SeekdbValueError)
      await collection.add(columns)
      all.push(...batch)
    }
    for (const count of [7, 1, 40]) {
      await add(count)
      await collection.upsert({ ids: 'id2', embeddings: [1, 2, 3], documents: 'green pear', metadatas: { n: 2 } })
      const odd = all.filter(({ n }) => n >= 2 && n % 3 === 0).map(({ id }) => id)
      const where = { n: { $gte: 2 } }
      const asked = { where, whereDocument: { $contains: 'apple' }, limit: 4 }
      expect((await collection.get(asked)).ids).toEqual(odd.slice(0, 4))
      expect((await collection.get({ ...asked, offset: 1 })).ids).toEqual(odd.slice(1, 5))
      expect((await collection.get({ where, limit: 3, offset: 2 })).ids).toEqual(['id4', 'id5', 'id6'])
      await collection.hybridSearch({ query: { whereDocument: { $contains: 'apple' } }, nResults: 1 })
    }
  })

  it('has what include names, and everything without it', async () => {
    const collection = await filled('l2')
    expect(Object.keys(await collection.get()).sort()).toEqual(['documents', 'embeddings', 'ids', 'metadatas'])
    expect(await collection.get({ ids: 'near', include: ['metadatas'] })).toEqual({
      ids: ['near'],
      metadatas: [{ n: 1 }],
    })
    expect(await collection.get({ ids: 'near', include: [] })).toEqual({ ids: ['near'] })
    const typed = await collection.get<Metadata & { n: number }>({ ids: [], limit: 1 })
    expect(typed.metadatas![0]!.n).toBe(1)
  })
})

it('builds no graph for so few records that every search is exact', async () => {
  const path = mkdtempSync(join(tmpdir(), 'quiverdb-seekdb-'))
  try {
    const client = new SeekdbClient({ path })
    const collection = await client.createCollection({
      name: 'many',
      configuration: { dimension: 530, distance: 'l2' },
      embeddingFunction: null,
    })
    const embeddings = Array.from({ length: 4_100 }, (_, i) =>
      Array.from({ length: 530 }, (_, lane) => (i * lane) % 97),
    )
    await collection.add({ ids: embeddings.map((_, i) => `${i}`), embeddings })
    await client.close()
    const db = await open(path)
    const { name } = (await db.collections()).find(({ documents }) => documents === 4_100)!
    expect((await db.collection(name).stats()).pending).toBeUndefined()
    await db.close()
  } finally {
    rmSync(path, { recursive: true, force: true })
  }
})
