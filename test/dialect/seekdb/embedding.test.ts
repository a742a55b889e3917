// Promise: embedding functions are registered, kept with their collections, rebuilt and overridden as the reference says; schemas
// check what they are given and survive being stored.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  type EmbeddingFunction,
  FulltextIndexConfig,
  getEmbeddingFunction,
  getSparseEmbeddingFunction,
  K,
  Key,
  LocalModelEmbedding,
  registerEmbeddingFunction,
  registerSparseEmbeddingFunction,
  Schema,
  SeekdbClient,
  SeekdbValueError,
  SparseVectorIndexConfig,
  supportsPersistence,
  VectorIndexConfig,
} from '../../../src/dialect/seekdb/index.ts'
import { CountingEmbedding, memoryClient } from './fixtures.ts'

function registry(): Map<string, unknown> {
  const host = globalThis as unknown as Record<string, Map<string, unknown>>
  return host['seekdb:embeddingFunctionRegistry']!
}

beforeEach(() => {
  if (registry()?.has('counting-embed') !== true) registerEmbeddingFunction('counting-embed', CountingEmbedding)
})
afterEach(() => {
  registry().delete('counting-embed')
  registry().delete('default-embed')
})

const plain: EmbeddingFunction = {
  name: 'plain',
  generate: async (texts) => texts.map(() => [1, 2, 3, 4]),
  getConfig: () => ({}),
}

describe('the registry', () => {
  it('builds what was registered', async () => {
    const fn = await getEmbeddingFunction('counting-embed', { a: 1 })
    expect(fn).toBeInstanceOf(CountingEmbedding)
    expect(fn.getConfig()).toEqual({ a: 1 })
    expect(() => registerEmbeddingFunction('counting-embed', CountingEmbedding)).toThrow(
      'Embedding function with name counting-embed is already registered.',
    )
    await expect(getEmbeddingFunction('nobody')).rejects.toThrow("Embedding function 'nobody' is not registered.")
    await expect(getEmbeddingFunction('../x')).rejects.toThrow("Embedding function '../x' is not registered.")
    await expect(getSparseEmbeddingFunction('nobody')).rejects.toThrow(
      "Sparse embedding function 'nobody' is not registered.",
    )
    class Sparse {
      readonly name = 'sparse-x'
      generate = async () => []
      getConfig = () => ({})
      constructor(config: object) {
        if ('bad' in config) throw new Error('bad config')
      }
    }
    registerSparseEmbeddingFunction('sparse-x', Sparse as never)
    expect(await getSparseEmbeddingFunction('sparse-x')).toBeInstanceOf(Sparse)
    await expect(getSparseEmbeddingFunction('sparse-x', { bad: 1 })).rejects.toThrow(/sparse-x.*bad config/)
  })

  it('has a default that leaves its name free', async () => {
    const fn = await getEmbeddingFunction()
    expect(fn).toMatchObject({ name: 'default-embed', dimension: 384 })
    const [a, b] = await fn.generate(['same text', 'same text'])
    expect(a).toEqual(b)
    expect(a).toHaveLength(384)
    expect(supportsPersistence(fn)).toBe(true)
    registerEmbeddingFunction('default-embed', CountingEmbedding)
    expect(await getEmbeddingFunction()).toBeInstanceOf(CountingEmbedding)
    expect((await memoryClient().createCollection({ name: 'x' })).embeddingFunction).toBeInstanceOf(CountingEmbedding)
  })

  it('has local models, which need their package and a folder', async () => {
    expect(() => new LocalModelEmbedding({})).toThrow(SeekdbValueError)
    const fn = await getEmbeddingFunction('local-model', { localModelPath: './models' })
    expect(fn.getConfig()).toEqual({ localModelPath: './models' })
    await expect(fn.generate(['x'])).rejects.toThrow('@huggingface/transformers')
  })
})

describe('a collection', () => {
  // Lost: the program of the driver's own README, and any program that made the schema with the CommonJS copy for the ESM client.
  it('takes an object with the fields of a schema', async () => {
    const create = (schema: unknown) => memoryClient().createCollection({ name: 'o', schema: schema as Schema })
    const vectorIndex = new VectorIndexConfig({ hnsw: { dimension: 3, distance: 'l2' }, embeddingFunction: null })
    const made = await create({ vectorIndex })
    expect([made.dimension, made.distance]).toEqual([3, 'l2'])
    await expect(create('x')).rejects.toThrow('schema must be a Schema')
    await expect(create({ vectorIndex: {} })).rejects.toThrow('Invalid "vectorIndex"')
  })

  it('takes its dimension from the function, and refuses another', async () => {
    const client = memoryClient()
    expect((await client.createCollection({ name: 'a', embeddingFunction: plain })).dimension).toBe(4)
    expect((await client.createCollection({ name: 'b', embeddingFunction: new CountingEmbedding() })).dimension).toBe(3)
    const create = (options: object) => client.createCollection({ name: 'c', ...options })
    await expect(create({ embeddingFunction: plain, configuration: { dimension: 5 } })).rejects.toThrow(
      'Configuration dimension (5) does not match embedding function dimension (4)',
    )
    await expect(
      create({ embeddingFunction: new CountingEmbedding(), configuration: { hnsw: { dimension: 5 } } }),
    ).rejects.toThrow('Embedding function dimension (3) does not match hnsw dimension (5)')
    await expect(create({ configuration: { dimension: 5 } })).rejects.toThrow(SeekdbValueError)
    await expect(create({ configuration: null, embeddingFunction: null })).rejects.toThrow(
      /^Cannot create collection: configuration is explicitly set to null and embedding_function is also null/,
    )
    await expect(create({ configuration: { dimension: 0 }, embeddingFunction: null })).rejects.toThrow(
      'Invalid "dimension": expected [1, 4096], got 0',
    )
    await expect(create({ configuration: { dimension: 3, distance: 'x' }, embeddingFunction: null })).rejects.toThrow(
      'Invalid "distance": expected one of [l2, cosine, inner_product], got x',
    )
    const empty = { ...plain, generate: async () => [] }
    await expect(create({ embeddingFunction: empty })).rejects.toThrow(
      "Embedding function returned empty result when called with 'seekdb'",
    )
    const schema = new Schema({ vectorIndex: new VectorIndexConfig({ hnsw: { dimension: 5 } }) })
    await expect(create({ schema, embeddingFunction: new CountingEmbedding() })).rejects.toThrow(
      'Configuration dimension (5) does not match embedding function dimension (3)',
    )
    await expect(create({ schema: new Schema(), configuration: null, embeddingFunction: null })).rejects.toThrow(
      /^Cannot create collection/,
    )
    expect(await client.hasCollection('c')).toBe(false)
    const loop: Record<string, unknown> = {}
    loop['loop'] = loop
    await expect(create({ embeddingFunction: new CountingEmbedding(loop) })).rejects.toThrow(
      /^Failed to stringify Embedding Function config\./,
    )
    expect((await create({ configuration: null })).dimension).toBe(384)
  })

  it('keeps which function it uses', async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'quiverdb-seekdb-')), 'store')
    try {
      const client = new SeekdbClient({ path })
      await client.createCollection({ name: 'kept', embeddingFunction: new CountingEmbedding({ version: 1 }) })
      await client.createCollection({ name: 'plain', embeddingFunction: plain })
      await client.createCollection({ name: 'none', configuration: { dimension: 3 }, embeddingFunction: null })
      await client.close()

      const kept = await client.getCollection({ name: 'kept' })
      expect(kept.embeddingFunction).toBeInstanceOf(CountingEmbedding)
      expect(kept.embeddingFunction!.getConfig()).toEqual({ version: 1 })
      expect(kept.schema.vectorIndex!.hnsw).toEqual({ dimension: 3, distance: 'cosine' })
      await kept.add({ ids: 'a', documents: 'text' })
      const other = new CountingEmbedding({ version: 2 })
      expect((await client.getCollection({ name: 'kept', embeddingFunction: other })).embeddingFunction).toBe(other)
      expect(kept.schema.vectorIndex!.embeddingFunction).toBe(kept.embeddingFunction)
      const off = await client.getCollection({ name: 'kept', embeddingFunction: null })
      expect(off.embeddingFunction).toBeUndefined()
      expect(off.schema.vectorIndex!.embeddingFunction).toBeNull()
      const given = await client.getCollection({ name: 'none', embeddingFunction: other })
      expect(given.schema.vectorIndex!.embeddingFunction).toBe(other)
      expect((await client.getOrCreateCollection({ name: 'kept', embeddingFunction: other })).embeddingFunction).toBe(
        other,
      )
      expect((await client.getCollection({ name: 'plain' })).embeddingFunction!.name).toBe('default-embed')
      expect((await client.getCollection({ name: 'none' })).embeddingFunction!.name).toBe('default-embed')

      registry().delete('counting-embed')
      await expect(client.getCollection({ name: 'kept' })).rejects.toThrow('is not registered')
      const listed = await client.listCollections()
      expect(listed.map(({ name }) => name)).toEqual(['none', 'plain', 'kept'])
      expect(listed[2]!.embeddingFunction).toBeUndefined()
      const bare = await client.listCollections({ withEmbeddingFunction: false })
      expect(bare.map(({ embeddingFunction }) => embeddingFunction)).toEqual([undefined, undefined, undefined])
      await client.close()
    } finally {
      rmSync(join(path, '..'), { recursive: true, force: true })
    }
  })
})

describe('schemas', () => {
  it('win over the configuration', async () => {
    const schema = new Schema()
      .createIndex(new VectorIndexConfig({ hnsw: { dimension: 5, distance: 'inner_product', m: 16 } }))
      .createIndex(new FulltextIndexConfig('space', { min_token_size: 2 }))
    const client = memoryClient()
    const collection = await client.createCollection({
      name: 'x',
      schema,
      configuration: { dimension: 7 },
      embeddingFunction: null,
    })
    expect(collection).toMatchObject({ dimension: 5, distance: 'inner_product' })
    const again = await client.getCollection({ name: 'x', embeddingFunction: null })
    expect(again.schema.toMetadataJson()).toEqual({
      vectorIndex: { hnsw: { dimension: 5, distance: 'inner_product', m: 16 } },
      fulltextIndex: { analyzer: 'space', properties: { min_token_size: 2 } },
    })
    const none = await client.createCollection({
      name: 'y',
      schema: new Schema({ vectorIndex: new VectorIndexConfig({ embeddingFunction: null }) }),
      embeddingFunction: plain,
    })
    expect(none.embeddingFunction).toBeUndefined()
    expect(none.schema.fulltextIndex).toMatchObject({ analyzer: 'ik' })
  })

  it('are taken apart and put together', async () => {
    const schema = new Schema({
      vectorIndex: new VectorIndexConfig({ embeddingFunction: new CountingEmbedding({ a: 1 }) }),
      sparseVectorIndex: new SparseVectorIndexConfig({ sourceKey: K('metadata.x'), drop_ratio_search: 0.1 }),
    })
    const json = schema.toMetadataJson()
    expect(JSON.parse(JSON.stringify(json))).toEqual({
      vectorIndex: { embeddingFunction: { name: 'counting-embed', properties: { a: 1 } } },
      sparseVectorIndex: { sourceKey: 'metadata.x', drop_ratio_search: 0.1 },
    })
    const again = (await Schema.fromJSON(json))!
    expect(again.toMetadataJson()).toEqual({ ...json, vectorIndex: { ...json.vectorIndex, hnsw: {} } })
    for (const none of [null, undefined, 'x', 5]) expect(await Schema.fromJSON(none)).toBeUndefined()
    expect(Schema.default().sparseVectorIndex).toBeUndefined()
    expect(Schema.fromLegacy({ dimension: 8 }).vectorIndex!.hnsw).toEqual({ dimension: 8 })
    expect(Schema.fromLegacy({ fulltextConfig: { analyzer: 'ngram' } }).fulltextIndex!.analyzer).toBe('ngram')
    expect(() => new Schema().createIndex({} as never)).toThrow(/^Unknown index config/)
    expect(() => new Schema().createIndex({} as never)).toThrow(TypeError)
    expect(new SparseVectorIndexConfig({ sourceKey: '' }).sourceKey).toBe(Key.DOCUMENT)
  })

  it.each([
    [() => new VectorIndexConfig({ hnsw: { dimension: 4097 } }), 'Invalid "dimension": expected [1, 4096], got 4097'],
    [() => new VectorIndexConfig({ hnsw: { m: 4 } }), 'Invalid "m": expected [5, 128], got 4'],
    [
      () => new VectorIndexConfig({ hnsw: { type: 'flat' as never } }),
      'Invalid "type": expected one of [hnsw, hnsw_sq, hnsw_bq], got flat',
    ],
    [
      () => new VectorIndexConfig({ hnsw: { type: 'hnsw', refine_k: 4 } }),
      '"refine_k" is only supported when type is "hnsw_bq"',
    ],
    [
      () => new VectorIndexConfig({ hnsw: { type: 'hnsw_bq', bq_bits_query: 3 as never } }),
      'Invalid "bq_bits_query": expected one of [0, 4, 32], got 3',
    ],
    [
      () => new SparseVectorIndexConfig({ drop_ratio_build: 0.95 }),
      'Invalid "drop_ratio_build": expected [0, 0.9], got 0.95',
    ],
    [
      () => new FulltextIndexConfig('space', { max_token_size: 9 }),
      'Invalid "max_token_size": expected [10, 84], got 9',
    ],
    [
      () => new FulltextIndexConfig('ik', { ik_mode: 'x' as never }),
      'Invalid "ik_mode": expected one of [smart, max_word], got x',
    ],
  ])('refuse %s', (make, message) => {
    expect(make).toThrow(SeekdbValueError)
    expect(make).toThrow(message)
  })

  it('warn of an unknown analyzer', () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    expect(new FulltextIndexConfig('other' as never).analyzer).toBe('other')
    expect(warn).toHaveBeenCalledOnce()
    expect(warn).toHaveBeenCalledWith('[seekdb] Unknown analyzer "other", skipping property validation')
    warn.mockRestore()
    expect(new FulltextIndexConfig(null, null)).toMatchObject({ analyzer: 'ik', properties: {} })
    // What is of hnsw_bq alone is looked at with a type only.
    new VectorIndexConfig({ hnsw: { refine_k: 4000 } })
    new VectorIndexConfig({ hnsw: { type: 'hnsw_bq', refine_k: 4 } })
  })
})
