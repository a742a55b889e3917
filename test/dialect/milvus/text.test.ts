// Promise: sparse vectors are searched by inner product, texts by BM25 and by words, as a plain loop over all rows does it. Seeded.

import { beforeAll, describe, expect, it } from 'vitest'
import { DataType, FunctionType, MilvusClient, RRFRanker } from '../../../src/dialect/milvus/index.ts'
import { client, idsOf, KEY, random, SUCCESS } from './fixture.ts'

type Sparse = Record<string, number>

function sparse(next: () => number): Sparse {
  const vector: Sparse = {}
  while (Object.keys(vector).length < 6) vector[Math.floor(next() * 60)] = Math.fround(next())
  return vector
}

function product(a: Sparse, b: Sparse): number | undefined {
  const shared = Object.keys(a).filter((key) => key in b)
  return shared.length === 0 ? undefined : shared.reduce((sum, key) => sum + a[key]! * b[key]!, 0)
}

describe('sparse vectors', () => {
  it('finds the greatest inner products among those that share an index', async () => {
    const made = client()
    await made.createCollection({
      collection_name: 'c',
      fields: [KEY, { name: 'vector', data_type: 'SparseFloatVector' }, { name: 'n', data_type: 'Int32' }],
      index_params: {
        field_name: 'vector',
        index_type: 'SPARSE_INVERTED_INDEX',
        metric_type: 'IP',
        params: { drop_ratio_build: 0.2 },
      },
    } as never)
    const next = random(3)
    const rows = Array.from({ length: 120 }, (_, id) => ({ id, vector: sparse(next), n: id % 4 }))
    await made.insert({ collection_name: 'c', data: rows })
    for (let round = 0; round < 5; round++) {
      const query = sparse(next)
      const expected = rows
        .map((row) => ({ id: String(row.id), n: row.n, score: product(query, row.vector) }))
        .filter((hit) => hit.score !== undefined)
        .sort((a, b) => b.score! - a.score!)
      const { results, status } = await made.search({ collection_name: 'c', data: query, limit: 10 })
      expect(status).toEqual(SUCCESS)
      expect(results.map((hit) => hit.id)).toEqual(expected.slice(0, 10).map((hit) => hit.id))
      results.forEach((hit, i) => {
        expect(hit.score).toBeCloseTo(expected[i]!.score!, 4)
      })
      const forms = [
        Object.entries(query).map(([index, value]) => ({ index: Number(index), value })),
        { indices: Object.keys(query).map(Number), values: Object.values(query) },
      ]
      const many = await made.search({
        collection_name: 'c',
        data: forms as never,
        limit: 200,
        filter: 'n == 2',
        output_fields: ['n'],
      })
      for (const list of many.results as unknown as { id: string }[][]) {
        expect(list.map((hit) => hit.id)).toEqual(expected.filter((hit) => hit.n === 2).map((hit) => hit.id))
      }
    }
    const everything: number[] = []
    for await (const page of await made.searchIterator({ collection_name: 'c', data: { 1: 1, 2: 1 }, batchSize: 7 }))
      everything.push(page.length)
    const all = rows.filter((row) => product({ 1: 1, 2: 1 }, row.vector) !== undefined)
    expect(everything.reduce((a, b) => a + b, 0)).toBe(all.length)
    await made.delete({ collection_name: 'c', filter: 'n == 2' })
    const after = await made.search({ collection_name: 'c', data: { 1: 1, 2: 1 }, limit: 200, output_fields: ['n'] })
    expect(after.results).toHaveLength(all.filter((row) => row.n !== 2).length)
    expect(after.results.some((hit) => hit['n'] === 2)).toBe(false)
    const bad = await made.search({ collection_name: 'c', data: { 1: NaN }, limit: 3 })
    expect(bad.status.code).toBe(1100)
  })
})

const TEXTS = [
  'Milvus is a vector database built for scale',
  'A vector is a list of numbers',
  'Databases store rows; vector databases store vectors',
  'Information retrieval finds documents',
  'The quick brown fox jumps over the lazy dog',
  'Full text search ranks documents by BM25',
  '',
]

let made: MilvusClient

beforeAll(async () => {
  made = new MilvusClient(':memory:')
  await made.createCollection({
    collection_name: 'c',
    fields: [
      KEY,
      {
        name: 'text',
        data_type: DataType.VarChar,
        max_length: 200,
        enable_analyzer: true,
        enable_match: true,
        nullable: true,
      },
      {
        name: 'words',
        data_type: DataType.VarChar,
        max_length: 200,
        enable_analyzer: true,
        enable_match: true,
        analyzer_params: { type: 'english' },
      },
      { name: 'sparse', data_type: DataType.SparseFloatVector },
      { name: 'dense', data_type: DataType.FloatVector, dim: 2 },
    ],
    functions: [
      {
        name: 'bm25',
        type: FunctionType.BM25,
        input_field_names: ['text'],
        output_field_names: ['sparse'],
        params: {},
      },
    ],
    index_params: [
      { field_name: 'sparse', index_type: 'SPARSE_INVERTED_INDEX', metric_type: 'BM25' },
      { field_name: 'dense', index_type: 'FLAT', metric_type: 'L2' },
    ],
  } as never)
  const data = TEXTS.map((text, id) => ({ id, text, words: text, dense: [id, 1] }))
  const { status } = await made.insert({
    collection_name: 'c',
    data: [...data, { id: 7, text: null, words: 'x', dense: [7, 1] }],
  })
  expect(status).toEqual(SUCCESS)
})

function bm25(query: string): { id: string; score: number }[] {
  const documents = TEXTS.map((text): string[] => text.toLowerCase().match(/[a-z0-9]+/g) ?? [])
  const average = documents.reduce((sum, words) => sum + words.length, 0) / documents.length
  const hits = documents.map((words, id) => {
    let score = 0
    for (const word of query.toLowerCase().split(' ')) {
      const having = documents.filter((one) => one.includes(word)).length
      const frequency = words.filter((one) => one === word).length
      if (frequency === 0) continue
      const idf = Math.log(1 + (documents.length - having + 0.5) / (having + 0.5))
      score += (idf * frequency * 2.2) / (frequency + 1.2 * (0.25 + (0.75 * words.length) / average))
    }
    return { id: String(id), score }
  })
  return hits.filter((hit) => hit.score > 0).sort((a, b) => b.score - a.score)
}

describe('full text', () => {
  it.each(['vector', 'vector database', 'documents search', 'the', 'nothing here'])(
    'ranks by BM25: %s',
    async (query) => {
      const { results, status } = await made.search({
        collection_name: 'c',
        anns_field: 'sparse',
        data: query,
        limit: 5,
        output_fields: ['text'],
      })
      expect(status).toEqual(SUCCESS)
      const expected = bm25(query).slice(0, 5)
      expect(results.map((hit) => hit.id)).toEqual(expected.map((hit) => hit.id))
      results.forEach((hit, i) => {
        expect(hit.score).toBeCloseTo(expected[i]!.score, 1)
        expect(hit['text']).toBe(TEXTS[Number(hit.id)])
      })
    },
  )

  it('describes its function, hides its field, and joins hybrid searches', async () => {
    const described = await made.describeCollection({ collection_name: 'c' })
    expect(described.schema.functions).toMatchObject([
      { name: 'bm25', type: 'BM25', input_field_names: ['text'], output_field_names: ['sparse'] },
    ])
    expect(Object.keys(described.function_fields)).toEqual(['sparse'])
    expect(described.anns_fields['sparse']).toMatchObject({ is_function_output: true })
    const { data } = await made.query({ collection_name: 'c', filter: 'id == 1' })
    expect(Object.keys(data[0]!).sort()).toEqual(['dense', 'id', 'text', 'words'])
    const hidden = await made.query({ collection_name: 'c', filter: 'id == 1', output_fields: ['sparse'] })
    expect(hidden.status.code).toBe(1100)
    const request = [
      { anns_field: 'sparse', data: 'vector', expr: 'id > 0' },
      { anns_field: 'dense', data: [2, 1] },
    ]
    const hybrid = await made.hybridSearch({
      collection_name: 'c',
      data: request,
      rerank: RRFRanker(),
      limit: 3,
      output_fields: ['id'],
    })
    expect(hybrid.results.map((hit) => hit.id).slice(0, 2)).toEqual(['1', '2'])
    const wrong = await made
      .insert({ collection_name: 'c', data: [{ id: 9, text: 'a', words: 'a', dense: [1, 2], sparse: { 1: 1 } }] })
      .catch((error) => error)
    expect(wrong).toBeInstanceOf(Error)
  })

  const matches: [string, number[]][] = [
    ['text_match(text, "vector")', [0, 1, 2]],
    ['text_match(text, "VECTOR dog")', [0, 1, 2, 4]],
    ['TEXT_MATCH(text, "vector") and id > 1', [2]],
    ['not text_match(text, "vector")', [3, 4, 5, 6]],
    ['text_match(text, "vector store", minimum_should_match=2)', [2]],
    ['text_match(text, {words})', [3, 5]],
    ['text_match(words, "jumping")', [4]],
    ['text_match_fuzzy(text, "vectr", max_edit_distance=1)', [0, 1, 2]],
    ['TEXT_MATCH_FUZZY(text, "evctor nothing", MAX_EDIT_DISTANCE=1)', [0, 1, 2]],
    ['text_match_fuzzy(text, "vctr", max_edit_distance=1)', []],
    ['text_match_fuzzy(text, "vctr", max_edit_distance=2)', [0, 1, 2]],
    ['text_match_fuzzy(text, "vexxxr", max_edit_distance=2)', []],
    ['not text_match_fuzzy(text, "vectors", max_edit_distance=1)', [3, 4, 5, 6]],
    ['text_match_fuzzy(text, "vectr", max_edit_distance=0)', []],
    ['text_match_fuzzy(text, "vector", max_edit_distance=0)', [0, 1, 2]],
    ['phrase_match(text, "brown fox")', [4]],
    ['phrase_match(text, "fox brown")', []],
    ['phrase_match(text, "quick fox", 1)', [4]],
  ]
  it.each(matches)('%s', async (filter, expected) => {
    expect(await idsOf(made, filter, filter.includes('{') ? { words: 'documents' } : undefined)).toEqual(expected)
  })

  it.each([
    ['text_match_fuzzy(text, "a")', 'needs a third argument, max_edit_distance=0, 1 or 2'],
    ['text_match_fuzzy(text, "a", max_edit_distance=3)', 'max_edit_distance is 0, 1 or 2, not 3'],
    ['text_match_fuzzy(text, "a", slop=1)', 'text_match_fuzzy has no argument slop'],
    ['text_match_fuzzy(id, "a", 1)', 'text_match_fuzzy operation on non-string'],
  ])('%s is refused', async (filter, reason) => {
    const { status } = await made.query({ collection_name: 'c', filter })
    expect(status.code).toBe(1100)
    expect(status.reason).toContain(reason)
  })

  it('runs analyzers', async () => {
    const { results } = await made.runAnalyzer({ analyzer_params: { type: 'english' }, text: ['Running dogs', 'x'] })
    expect(results.map(({ tokens }) => tokens.map(({ token }) => token))).toEqual([['run', 'dog'], ['x']])
    expect((await made.runAnalyzer({ analyzer_params: { tokenizer: 'nope' }, text: 'a' })).status.code).toBe(1100)
    const plain = { start_offset: '0', end_offset: '0', position: '0', position_length: '0', hash: 0 }
    expect((await made.runAnalyzer({ text: 'Dogs' })).results[0]!.tokens).toEqual([{ token: 'dogs', ...plain }])
    const asked = { text: '\u00e9t\u00e9 dogs', with_detail: true, with_hash: true }
    const { tokens } = (await made.runAnalyzer(asked)).results[0]!
    expect(tokens[1]).toMatchObject({
      token: 'dogs',
      start_offset: '6',
      end_offset: '10',
      position: '1',
      position_length: '1',
    })
    expect(tokens[1]!.hash).toBeGreaterThan(0)
  })
})
