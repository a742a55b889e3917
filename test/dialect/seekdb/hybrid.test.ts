// Promise: hybridSearch fuses a text list and a vector list by rank; sparse vectors follow their source; both go by the reference.

import { describe, expect, it } from 'vitest'
import {
  Bm25EmbeddingFunction,
  type Collection,
  type HybridSearchOptions,
  K,
  Schema,
  SeekdbValueError,
  type SparseEmbeddingFunction,
  type SparseVector,
  SparseVectorIndexConfig,
  VectorIndexConfig,
} from '../../../src/dialect/seekdb/index.ts'
import { CountingEmbedding, memoryClient, plainCollection } from './fixtures.ts'

async function filled(): Promise<Collection> {
  const collection = await plainCollection()
  await collection.add({
    ids: ['a', 'b', 'c', 'd', 'e'],
    embeddings: [0, 1, 2, 3, 4].map((n) => [n, 0, 0]),
    documents: [
      'the quick brown fox',
      'quick quick fox',
      'a lazy dog sleeps all day long beside the old barn',
      'machine learning',
      null,
    ] as string[],
    metadatas: [{ n: 1 }, { n: 2 }, { n: 3 }, { n: 4 }, null] as { n: number }[],
  })
  return collection
}

async function ids(options: HybridSearchOptions): Promise<string> {
  const collection = await filled()
  const result = await collection.hybridSearch(options)
  expect(result.ids).toHaveLength(1)
  const distances = result.distances![0] as number[]
  expect(distances).toHaveLength(result.ids[0]!.length)
  expect(distances.every((score, index) => score >= 0 && (index === 0 || score <= distances[index - 1]!))).toBe(true)
  return result.ids[0]!.join('')
}

describe('hybridSearch', () => {
  it.each([
    [{ query: { whereDocument: { $contains: 'quick' } } }, 'ba'],
    [{ query: { whereDocument: { $contains: 'FOX dog' } } }, 'bca'],
    [{ query: { whereDocument: 'machine' as never } }, 'd'],
    [{ query: { whereDocument: { $contains: 'nowhere' } } }, ''],
    [{ query: { whereDocument: { $contains: '!?' } } }, ''],
    [{ query: { whereDocument: { $regex: '^the|dog' } } }, 'ac'],
    [{ query: { whereDocument: { $and: [{ $contains: 'fox' }, { $contains: 'brown' }] } } }, 'a'],
    [{ query: { whereDocument: { $or: [{ $contains: 'brown' }, { $contains: 'machine' }] } } }, 'da'],
    [{ query: { whereDocument: { $contains: 'fox', $not_contains: 'brown' } } }, 'b'],
    [{ query: { whereDocument: { $contains: 'quick' }, where: { n: 1 } } }, 'a'],
    [{ query: { where: { n: { $gte: 2 } } } }, 'bcd'],
    [{ query: { where: { n: { $ne: 2 } } }, nResults: 2 }, 'ac'],
    [{ knn: { queryEmbeddings: [3, 0, 0] } }, 'dceba'],
    [
      {
        knn: {
          queryEmbeddings: [
            [3, 0, 0],
            [0, 0, 0],
          ],
          nResults: 2,
        },
      },
      'dc',
    ],
    [{ knn: { queryEmbeddings: [3, 0, 0], where: { n: { $lt: 3 } } } }, 'ba'],
    [{ query: { whereDocument: { $contains: 'quick' } }, knn: { queryEmbeddings: [0, 0, 0], nResults: 2 } }, 'ab'],
    [{ query: { whereDocument: { $contains: 'dog' } }, knn: { queryEmbeddings: [3, 0, 0], nResults: 2 } }, 'cd'],
    [{ queryTexts: 'quick', queryEmbeddings: [3, 0, 0], nResults: 2 }, 'bd'],
    [{ queryTexts: 'quick', queryEmbeddings: [3, 0, 0], where: { n: 1 } }, 'a'],
    [{ queryTexts: 'quick' }, 'ba'],
    [{ query: {}, knn: { queryEmbeddings: [3, 0, 0], nResults: 1 } }, 'd'],
  ] as [HybridSearchOptions, string][])('%j', async (options, expected) => {
    expect(await ids(options)).toBe(expected)
  })

  it('adds 1 / (constant + rank) up', async () => {
    const collection = await filled()
    const parts = {
      query: { whereDocument: { $contains: 'quick' } },
      knn: { queryEmbeddings: [0, 0, 0], nResults: 3 },
    }
    const plain = await collection.hybridSearch(parts)
    expect(plain.ids[0]).toEqual(['a', 'b', 'c'])
    expect(plain.distances![0]).toEqual([1 / 62 + 1 / 61, 1 / 61 + 1 / 62, 1 / 63])
    const zero = await collection.hybridSearch({ ...parts, rank: { rrf: { rankConstant: 0 } } })
    expect(zero.distances![0]![0]).toBeGreaterThanOrEqual(1)
    const sharp = await collection.hybridSearch({ ...parts, rank: { rrf: { rankConstant: 1, rankWindowSize: 1 } } })
    expect(sharp.ids[0]).toEqual(['a', 'b'])
    expect(sharp.distances![0]).toEqual([1 / 2, 1 / 2])
  })

  it('answers in the shape of query', async () => {
    const collection = await filled()
    const query = { whereDocument: { $contains: 'machine' } }
    expect(await collection.hybridSearch({ query })).toEqual({
      ids: [['d']],
      distances: [[1 / 61]],
      documents: [['machine learning']],
      metadatas: [[{ n: 4 }]],
    })
    expect(await collection.hybridSearch({ query, include: ['embeddings'] })).toEqual({
      ids: [['d']],
      distances: [[1 / 61]],
      embeddings: [[[3, 0, 0]]],
    })
  })

  it('follows what is written, also after reopening', async () => {
    const collection = await filled()
    const quick = async () => {
      const query = { whereDocument: { $contains: 'quick' } }
      return (await collection.hybridSearch({ query })).ids[0]!.join('')
    }
    expect(await quick()).toBe('ba')
    await collection.delete({ ids: 'b' })
    await collection.upsert({ ids: ['e', 'a'], documents: ['how quick', 'slow'] })
    await collection.add({ ids: 'f', documents: 'quick quick quick', embeddings: [9, 9, 9] })
    expect(await quick()).toBe('fe')
    await collection.client.close()
    expect(await quick()).toBe('fe')
    const copy = await collection.fork({ name: 'copy' })
    const found = await copy.hybridSearch({ query: { whereDocument: { $contains: 'quick' } } })
    expect(found.ids).toEqual([['f', 'e']])
  })

  it('finds Chinese words', async () => {
    const collection = await plainCollection()
    await collection.add({
      ids: ['x', 'y'],
      embeddings: [1, 2].map(() => [1, 2, 3]),
      documents: ['\u5411\u91cf\u6570\u636e\u5e93', '\u673a\u5668\u5b66\u4e60'],
    })
    const found = await collection.hybridSearch({ query: { whereDocument: { $contains: '\u6570\u636e' } } })
    expect(found.ids).toEqual([['x']])
  })

  it('makes the vector of the first text', async () => {
    const fn = new CountingEmbedding()
    const collection = await memoryClient().createCollection({ name: 'x', embeddingFunction: fn })
    await collection.add({ ids: ['a', 'b'], documents: ['aaaa', 'xyz uvw'] })
    const found = await collection.hybridSearch({ knn: { queryTexts: ['xyz abc', 'aaaa'], nResults: 1 } })
    expect(found.ids).toEqual([['b']])
    expect(fn.calls.at(-1)).toEqual(['xyz abc'])
  })

  it('refuses', async () => {
    const collection = await filled()
    const refused = async (options: unknown, message: RegExp) => {
      const error = await collection.hybridSearch(options as never).catch((reason: unknown) => reason)
      expect(error).toBeInstanceOf(SeekdbValueError)
      expect((error as Error).message).toMatch(message)
    }
    await refused({}, /requires query, knn.*not supported/)
    await refused({ knn: {} }, /^knn requires either queryEmbeddings or queryTexts\./)
    await refused(
      { knn: { queryTexts: 'x' } },
      /^knn.queryTexts provided but no knn.queryEmbeddings and no embedding function\./,
    )
    await refused({ knn: { queryEmbeddings: [1] } }, /^Dimension mismatch/)
    await refused({ query: { where: { n: { $foo: 1 } } } }, /\$foo/)
    await refused({ query: { whereDocument: { $foo: 1 } } }, /\$foo/)
    const failing = await memoryClient().createCollection({
      name: 'x',
      embeddingFunction: {
        name: 'f',
        dimension: 3,
        generate: async () => Promise.reject(new Error('out of order')),
        getConfig: () => ({}),
      },
    })
    await expect(failing.hybridSearch({ knn: { queryTexts: 'x' } })).rejects.toThrow(
      'Failed to generate embeddings from queryTexts: out of order',
    )
  })
})

describe('bm25', () => {
  it('weighs words by how often they occur, whatever their form', async () => {
    const fn = new Bm25EmbeddingFunction()
    expect(fn.getConfig()).toEqual({ k: 1.2, b: 0.75, avg_doc_length: 256, token_max_length: 40 })
    const [one, three, none, empty] = await fn.generate(['machine', 'Machines machine MACHINE', 'the and is to', ''])
    expect(Object.keys(one!)).toEqual(Object.keys(three!))
    expect(Object.values(three!)[0]).toBeGreaterThan(Object.values(one!)[0]!)
    expect([none, empty]).toEqual([{}, {}])
    expect(await fn.generateForQueries(['machine'])).toEqual([one])
    const short = new Bm25EmbeddingFunction({ tokenMaxLength: 5, stopwords: ['foo'] })
    expect(Object.keys((await short.generate(['supercalifragilistic foo short']))[0]!)).toHaveLength(1)
    expect(Bm25EmbeddingFunction.buildFromConfig(short.getConfig()).getConfig()).toEqual(short.getConfig())
    for (const bad of [{ k: 0 }, { b: 1.1 }, { avgDocLength: 0 }, { token_max_length: 0.5 }, { stopwords: 'x' }]) {
      expect(() => new Bm25EmbeddingFunction(bad)).toThrow(SeekdbValueError)
    }
    expect(() => fn.validateConfigUpdate({ unknown: 1 })).toThrow(SeekdbValueError)
  })

  it('is kept with a collection and finds its words', async () => {
    const client = memoryClient()
    const schema = new Schema({
      vectorIndex: new VectorIndexConfig({ hnsw: { dimension: 3 }, embeddingFunction: null }),
      sparseVectorIndex: new SparseVectorIndexConfig({ embeddingFunction: new Bm25EmbeddingFunction({ k: 1.5 }) }),
    })
    await client.createCollection({ name: 'x', schema })
    const collection = await client.getCollection({ name: 'x', embeddingFunction: null })
    expect(collection.sparseEmbeddingFunction!.getConfig()).toMatchObject({ k: 1.5 })
    const documents = ['vector databases search vectors', 'cooking soup', 'a database of recipes']
    await collection.add({ ids: ['a', 'b', 'c'], documents, embeddings: documents.map(() => [1, 2, 3]) })
    const found = await collection.query({ queryTexts: 'vector database', queryKey: K.SPARSE_EMBEDDING, nResults: 2 })
    expect(found.ids).toEqual([['a', 'c']])
  })
})

/** The weight of a letter is how often it occurs. */
class LetterCounts implements SparseEmbeddingFunction {
  readonly name = 'letter-counts'

  async generate(texts: string[]): Promise<SparseVector[]> {
    return texts.map((text) => {
      const vector: SparseVector = {}
      for (const letter of text) vector[letter.charCodeAt(0)] = (vector[letter.charCodeAt(0)] ?? 0) + 1
      return vector
    })
  }

  getConfig(): Record<string, unknown> {
    return {}
  }
}

function sparseCollection(sourceKey: typeof K.DOCUMENT | string): Promise<Collection> {
  const schema = new Schema({
    vectorIndex: new VectorIndexConfig({ hnsw: { dimension: 3 }, embeddingFunction: null }),
    sparseVectorIndex: new SparseVectorIndexConfig({ sourceKey, embeddingFunction: new LetterCounts() }),
  })
  return memoryClient().createCollection({ name: 'sparse', schema })
}

describe('sparse vectors', () => {
  const vectors = [1, 2, 3].map(() => [1, 2, 3])

  it('follow the document', async () => {
    const collection = await sparseCollection(K.DOCUMENT)
    await collection.add({ ids: ['a', 'b', 'c'], embeddings: vectors, documents: ['xx', 'xy', null] as string[] })
    const query = (texts: string) => collection.query({ queryTexts: texts, queryKey: K.SPARSE_EMBEDDING })
    expect(await query('x')).toMatchObject({ ids: [['a', 'b']], distances: [[2, 1]] })
    expect(await query('y')).toMatchObject({ ids: [['b', 'a']], distances: [[1, 0]] })
    await collection.update({ ids: ['a'], documents: ['y'] })
    await collection.upsert({ ids: ['b', 'c'], documents: [null, 'yyy'] as string[], metadatas: [{}, {}] })
    expect(await query('y')).toMatchObject({ ids: [['c', 'a']], distances: [[3, 1]] })
    await collection.upsert({ ids: 'c', metadatas: { x: 1 } })
    expect((await query('y')).ids).toEqual([['c', 'a']])
    expect(Object.keys(await collection.get())).not.toContain('sparse')
    // No text, no vector: it is not found with 0.
    await collection.upsert({ ids: 'c', documents: [''] })
    expect((await query('y')).ids).toEqual([['a']])
  })

  it('are found by the index as by looking at all of them', async () => {
    const collection = await sparseCollection(K.DOCUMENT)
    const letters = 'abcdefgh'
    let seed = 3
    const text = () =>
      Array.from({ length: 6 }, () => letters[(seed = (Math.imul(seed, 1103515245) + 12345) >>> 0) >>> 29]).join('')
    const documents = Array.from({ length: 300 }, text)
    const ids = documents.map((_, index) => `${index}`)
    await collection.add({ ids, documents, embeddings: ids.map(() => [1, 2, 3]) })
    const count = (document: string, letter: string) => document.split(letter).length - 1
    for (const [query, limit] of [
      [{ a: 2, b: 1 }, 7],
      [{ c: 1 }, 300],
      [{ d: -1, e: 1 }, 40],
      [{ f: -1 }, 5],
      [{}, 3],
    ] as [Record<string, number>, number][]) {
      const score = (document: string) =>
        Object.entries(query).reduce((sum, [letter, weight]) => sum + weight * count(document, letter), 0)
      const expected = documents
        .map((document, index) => ({ id: `${index}`, score: score(document), index }))
        .sort((x, y) => y.score - x.score || x.index - y.index)
        .slice(0, limit)
      const queryEmbeddings = Object.fromEntries(
        Object.entries(query).map(([letter, weight]) => [letter.charCodeAt(0), weight]),
      )
      const found = await collection.query({ queryEmbeddings, nResults: limit })
      expect(found.ids[0]).toEqual(expected.map(({ id }) => id))
      expect(found.distances![0]).toEqual(expected.map((one) => one.score + 0))
    }
  })

  it('are asked for by vectors too', async () => {
    const collection = await sparseCollection('document')
    await collection.add({ ids: ['a', 'b'], embeddings: vectors.slice(0, 2), documents: ['xx', 'xy'] })
    const x = 'x'.charCodeAt(0)
    const y = 'y'.charCodeAt(0)
    const both = await collection.query({ queryEmbeddings: [{ [x]: 0.5 }, { [y]: 2, 5: 1 }], nResults: 1 })
    expect(both).toMatchObject({ ids: [['a'], ['b']], distances: [[1], [2]] })
    expect((await collection.query({ queryEmbeddings: { [y]: 1 }, nResults: 1 })).ids).toEqual([['b']])
    for (const bad of [{ '-1': 1 }, { 1.5: 1 }, { 1: Number.NaN }, { 1: 'x' }]) {
      await expect(collection.query({ queryEmbeddings: bad as never })).rejects.toThrow(SeekdbValueError)
    }
  })

  it('follow a field of the metadata', async () => {
    const collection = await sparseCollection('metadata.head.title')
    await collection.add({
      ids: ['a', 'b', 'c'],
      embeddings: vectors,
      metadatas: [{ head: { title: 'xx' } }, { head: { title: 5 } }, { 'head.title': 'x' }],
    })
    const found = await collection.query({ queryTexts: 'x', queryKey: 'sparseEmbedding' })
    expect(found).toMatchObject({ ids: [['a', 'c']], distances: [[2, 1]] })
  })
})

// A record that was added after another had been deleted took its slot in the engine, and with it its rank: of documents that are just as
// good, the newest came first when the list ended among them, and others when more were asked for.
it('of documents that are just as good, answers those that were added first, however many are asked for', async () => {
  const collection = await plainCollection()
  const add = (id: string) => collection.add({ ids: [id], embeddings: [[1, 0, 0]], documents: ['red fox'] })
  for (const id of ['a', 'b', 'c', 'd']) await add(id)
  await collection.delete({ ids: ['a'] })
  await add('e')
  const contains = { $contains: 'fox' }
  for (const whereDocument of [contains, { $and: [contains] }, { $or: [contains, { $contains: 'cat' }] }]) {
    for (const nResults of [0, 1, 2, 3, 4, 5]) {
      const found = await collection.hybridSearch({ query: { whereDocument }, nResults })
      expect(found.ids).toEqual([['b', 'c', 'd', 'e'].slice(0, nResults)])
    }
  }
  const rank = { rrf: { rankWindowSize: 2 } }
  const fused = { query: { whereDocument: contains }, knn: { queryEmbeddings: [1, 0, 0], nResults: 2 }, rank }
  expect((await collection.hybridSearch(fused)).ids).toEqual([['b', 'c']])
})
