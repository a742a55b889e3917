// Promise: a program written for the official driver compiles and runs when only its import changes. This one uses the driver's types
// where a program would; `tsc` checks it with all other files.

import { describe, expect, it } from 'vitest'
import {
  type AddOptions,
  AdminClient,
  type Collection,
  type Configuration,
  type ConfigurationParam,
  type CreateCollectionOptions,
  Database,
  DEFAULT_DATABASE,
  DEFAULT_DISTANCE_METRIC,
  DEFAULT_VECTOR_DIMENSION,
  type DistanceMetric,
  type EmbeddingConfig,
  type EmbeddingFunction,
  FulltextIndexConfig,
  type GetResult,
  type HNSWConfiguration,
  type HybridSearchOptions,
  K,
  type Key,
  type Metadata,
  type QueryOptions,
  type QueryResult,
  registerEmbeddingFunction,
  registerSparseEmbeddingFunction,
  Schema,
  SeekdbAdminClient,
  type SeekdbAdminClientArgs,
  SeekdbClient,
  type SeekdbClientArgs,
  SeekdbError,
  SeekdbValueError,
  type SparseEmbeddingFunction,
  type SparseVector,
  SparseVectorIndexConfig,
  type UpsertOptions,
  VectorIndexConfig,
  type Where,
  type WhereDocument,
} from '../../../src/dialect/seekdb/index.ts'

class LengthEmbedding implements EmbeddingFunction {
  readonly name = 'program-length'
  readonly dimension = 2
  readonly model: string

  constructor(config: EmbeddingConfig = {}) {
    this.model = config['model'] ?? 'small'
  }

  async generate(texts: string[]): Promise<number[][]> {
    return texts.map((text) => [text.length, 1])
  }

  getConfig(): EmbeddingConfig {
    return { model: this.model }
  }

  static buildFromConfig(config: EmbeddingConfig): EmbeddingFunction {
    return new LengthEmbedding(config)
  }
}

class WordEmbedding implements SparseEmbeddingFunction {
  readonly name = 'program-words'

  async generate(texts: string[]): Promise<SparseVector[]> {
    return texts.map((text) => ({ [text.length]: 1 }))
  }

  getConfig(): EmbeddingConfig {
    return {}
  }

  static buildFromConfig(_config: EmbeddingConfig): SparseEmbeddingFunction {
    return new WordEmbedding()
  }
}

interface Article extends Metadata {
  title: string
  year: number
}

async function run(args: SeekdbClientArgs): Promise<unknown> {
  registerEmbeddingFunction('program-length', LengthEmbedding)
  registerSparseEmbeddingFunction('program-words', WordEmbedding)
  const client: SeekdbClient = new SeekdbClient(args)
  const hnsw: HNSWConfiguration = { dimension: 2, distance: 'l2' }
  const whole: Configuration = { hnsw, fulltextConfig: { analyzer: 'space', properties: { min_token_size: 2 } } }
  const configuration: ConfigurationParam = whole
  const options: CreateCollectionOptions = { name: 'articles', configuration, embeddingFunction: new LengthEmbedding() }
  const articles: Collection = await client.createCollection(options)
  const distance: DistanceMetric = articles.distance
  const added: AddOptions = {
    ids: ['a', 'b'],
    documents: ['first', 'second one'],
    metadatas: [
      { title: 'A', year: 2020 },
      { title: 'B', year: 2024 },
    ],
  }
  await articles.add(added)
  const upserted: UpsertOptions = { ids: 'c', embeddings: [1, 1], metadatas: { title: 'C', year: 2025 } }
  await articles.upsert(upserted)
  await articles.update({ ids: 'c', documents: 'third' })
  const where: Where = { $or: [{ year: { $gte: 2024 } }, { title: 'A' }] }
  const whereDocument: WhereDocument = { $and: [{ $contains: 'i' }, { $regex: 'r|d' }] }
  const got: GetResult<Article> = await articles.get<Article>({ where, whereDocument, limit: 5 })
  const years = got.metadatas?.map((metadata) => metadata?.year)
  const query: QueryOptions = { queryTexts: 'fifth', nResults: 2, where, include: ['documents', 'distances'] }
  const found: QueryResult<Article> = await articles.query<Article>(query)
  const hybrid: HybridSearchOptions = {
    query: { whereDocument: { $contains: 'second' } },
    knn: { queryTexts: ['first'], nResults: 2 },
    rank: { rrf: { rankConstant: 60 } },
    nResults: 2,
  }
  const best = await articles.hybridSearch(hybrid)
  const copy: Collection = await articles.fork({ name: 'copy' })
  await articles.delete({ ids: 'a' })

  const key: Key = K('metadata.title')
  const schema = new Schema()
    .createIndex(new VectorIndexConfig({ hnsw: { dimension: 2, distance: 'cosine' }, embeddingFunction: null }))
    .createIndex(new FulltextIndexConfig('ngram', { ngram_token_size: 2 }))
    .createIndex(new SparseVectorIndexConfig({ sourceKey: key, embeddingFunction: new WordEmbedding() }))
  const size: number = schema.toMetadataJson().fulltextIndex.properties.ngram_token_size
  if (size !== 2) throw new Error(`size is ${size}`)
  const sparse = await client.getOrCreateCollection({ name: 'sparse', schema })
  await sparse.add({ ids: 'x', embeddings: [1, 2], metadatas: { title: 'four' } })
  const nearest = await sparse.query({ queryEmbeddings: { 4: 2 } as SparseVector, queryKey: K.SPARSE_EMBEDDING })

  const names = (await client.listCollections()).map((collection) => collection.name)
  const same: SeekdbClient = articles.client
  await client.deleteCollection('sparse')
  await client.close()
  return {
    distance,
    years,
    found: [found.ids, found.documents?.[0]?.[0], found.distances?.[0]?.[0]],
    best: best.ids[0],
    copied: await copy.count(),
    left: await articles.count(),
    peeked: (await articles.peek(1)).ids,
    nearest: [nearest.ids, nearest.distances],
    names,
    isSame: same === client,
  }
}

describe('a program for the official driver', () => {
  it('runs', async () => {
    expect(await run({ path: ':memory:', database: DEFAULT_DATABASE })).toEqual({
      distance: 'l2',
      years: [2020, 2025],
      found: [[['a', 'c']], 'first', 0],
      best: ['a', 'b'],
      copied: 3,
      left: 2,
      peeked: ['b'],
      nearest: [[['x']], [[2]]],
      names: ['sparse', 'copy', 'articles'],
      isSame: true,
    })
    expect([DEFAULT_VECTOR_DIMENSION, DEFAULT_DISTANCE_METRIC]).toEqual([384, 'cosine'])
  })

  it('administers', async () => {
    const args: SeekdbAdminClientArgs = { path: ':memory:' }
    const admin: SeekdbClient = AdminClient(args)
    await admin.createDatabase('one')
    const database: Database = await admin.getDatabase('one')
    expect(database.toString()).toBe('one')
    const other = new SeekdbAdminClient(args)
    const listed: Database[] = await other.listDatabases(5, 1)
    expect(listed.map((one) => one.name)).toEqual(['test'])
    const error = await other.getDatabase('nowhere').catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(SeekdbError)
    expect(error).toBeInstanceOf(SeekdbValueError)
    expect(error).toBeInstanceOf(Error)
    expect(listed[0]!.equals(new Database('test'))).toBe(true)
  })
})
