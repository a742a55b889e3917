// Promise: MinHash signatures are searched by the share of places in which they differ, and the MINHASH function makes signatures of texts
// that agree as often as the texts share of their shingles. A program that looks for near duplicates was refused at its first index.

import { expect, it } from 'vitest'
import { DataType, FunctionType } from '../../../src/dialect/milvus/index.ts'
import { client, KEY, SUCCESS } from './fixture.ts'

const SIGNATURE = { name: 'signature', data_type: DataType.BinaryVector, dim: 128 }

/** Four hashes of 32 bits. */
const signature = (...hashes: number[]) => [...new Uint8Array(Uint32Array.from(hashes).buffer)]

async function signed(index: object) {
  const made = client()
  await made.createCollection({
    collection_name: 'c',
    fields: [KEY, SIGNATURE, { name: 'kind', data_type: 'VarChar', max_length: 9 }],
    index_params: [{ field_name: 'signature', metric_type: 'MHJACCARD', ...index }],
  } as never)
  const hashes = [
    [1, 2, 3, 4],
    [1, 2, 3, 9],
    [1, 2, 8, 9],
    // Bytes agree, hashes do not.
    [257, 258, 259, 260],
  ]
  const data = hashes.map((own, id) => ({ id, signature: signature(...own), kind: id % 2 ? 'odd' : 'even' }))
  expect((await made.insert({ collection_name: 'c', data })).status).toEqual(SUCCESS)
  return made
}

const WIDTH = { mh_element_bit_width: 32, mh_lsh_band: 2 }

it('measures by elements that agree', async () => {
  const made = await signed({ index_type: 'BIN_FLAT', params: { mh_element_bit_width: 32 } })
  const request = { collection_name: 'c', data: signature(1, 2, 3, 4), output_fields: ['id'], limit: 10 }
  const idsAndScores = (results: readonly { score: number; [name: string]: unknown }[]) =>
    results.map(({ id, score }) => [id, score])
  const { results, status } = await made.search({ ...request, metric_type: 'MHJACCARD' })
  expect(status).toEqual(SUCCESS)
  expect(idsAndScores(results)).toEqual([
    ['0', 0],
    ['1', 0.25],
    ['2', 0.5],
    ['3', 1],
  ])
  const odd = await made.search({ ...request, filter: 'kind == "odd"', limit: 1, offset: 1 })
  expect(idsAndScores(odd.results)).toEqual([['3', 1]])
  const near = await made.search({ ...request, params: { radius: 0.5, range_filter: 0.1 } })
  expect(idsAndScores(near.results)).toEqual([['1', 0.25]])
  const grouped = await made.search({ ...request, group_by_field: 'kind' })
  expect(idsAndScores(grouped.results)).toEqual([
    ['0', 0],
    ['1', 0.25],
  ])
  const many = await made.search({ ...request, data: [request.data, signature(257, 258, 259, 260)], limit: 1 })
  expect((many.results as never as { id: string }[][]).map((hits) => hits[0]!.id)).toEqual(['0', '3'])
  const pages: unknown[] = []
  for await (const page of await made.searchIterator({ ...request, batchSize: 3 } as never)) pages.push(page.length)
  expect(pages).toEqual([3, 1])
})

it('has no hits that agree nowhere under MINHASH_LSH', async () => {
  const made = await signed({ index_type: 'MINHASH_LSH', params: { ...WIDTH, with_raw_data: true } })
  const params = { mh_search_with_jaccard: true, refine_k: 5 }
  const { results } = await made.search({ collection_name: 'c', data: signature(1, 2, 3, 4), limit: 10, params })
  expect(results.map((hit) => hit['id'])).toEqual(['0', '1', '2'])
  const [described] = (await made.describeIndex({ collection_name: 'c' })).index_descriptions
  expect(Object.fromEntries(described!.params.map(({ key, value }) => [key, value]))).toMatchObject({
    index_type: 'MINHASH_LSH',
    metric_type: 'MHJACCARD',
  })
})

it('refuses what makes no sense', async () => {
  const made = client()
  await made.createCollection({ collection_name: 'c', fields: [KEY, SIGNATURE] } as never)
  const wrong = [
    { index_type: 'MINHASH_LSH', metric_type: 'JACCARD', params: WIDTH },
    { index_type: 'MINHASH_LSH', metric_type: 'MHJACCARD', params: { mh_element_bit_width: 12 } },
    { index_type: 'MINHASH_LSH', metric_type: 'MHJACCARD', params: { mh_element_bit_width: 32, mh_lsh_band: 5 } },
    { index_type: 'BIN_IVF_FLAT', metric_type: 'MHJACCARD', params: { nlist: 4 } },
  ]
  for (const index of wrong) {
    const { code } = await made.createIndex({ collection_name: 'c', field_name: 'signature', ...index } as never)
    expect(code, JSON.stringify(index)).toBe(1100)
  }
  const fine = { index_type: 'MINHASH_LSH', params: WIDTH }
  expect(await made.createIndex({ collection_name: 'c', field_name: 'signature', ...fine } as never)).toEqual(SUCCESS)
})

const TEXT = { name: 'text', data_type: DataType.VarChar, max_length: 900, enable_analyzer: true }
const FUNCTION = {
  name: 'near',
  type: FunctionType.MINHASH,
  input_field_names: ['text'],
  output_field_names: ['signature'],
  params: { num_hashes: 256, shingle_size: 2 },
}
const TEXTS = [
  'information retrieval is a field of study that helps users find relevant information in large datasets',
  'information retrieval is a field of study that helps users find relevant information in large collections',
  'a cat sat on the mat',
]

async function texts(fn: object = FUNCTION) {
  const made = client()
  await made.createCollection({
    collection_name: 'c',
    fields: [KEY, TEXT, { ...SIGNATURE, dim: 8192 }],
    functions: [fn],
    index_params: [
      { field_name: 'signature', index_type: 'MINHASH_LSH', params: { mh_lsh_band: 128, mh_element_bit_width: 32 } },
    ],
  } as never)
  await made.insert({ collection_name: 'c', data: TEXTS.slice(0, 2).map((text, id) => ({ id, text })) })
  await made.insert({ collection_name: 'c', data: [{ id: 2, text: TEXTS[2]! }] })
  return made
}

function jaccard(a: string, b: string): number {
  const shingles = (text: string) => {
    const words = text.split(' ')
    return new Set(words.slice(1).map((word, i) => `${words[i]} ${word}`))
  }
  const [x, y] = [shingles(a), shingles(b)]
  const common = [...x].filter((one) => y.has(one)).length
  return 1 - common / (x.size + y.size - common)
}

it('makes signatures of texts, and finds near duplicates by a text', async () => {
  const made = await texts()
  const { schema } = await made.describeCollection({ collection_name: 'c' })
  expect(schema.functions[0]).toMatchObject({ type: 'MINHASH', output_field_names: ['signature'] })
  const request = { collection_name: 'c', anns_field: 'signature', limit: 5, output_fields: ['id', 'text'] }
  const { results } = await made.search({ ...request, data: [TEXTS[0]!] } as never)
  const hits = results as never as { id: string; score: number; text: string }[]
  expect(hits.map(({ id }) => id)).toEqual(['0', '1'])
  expect(hits[0]!.score).toBe(0)
  expect(Math.abs(hits[1]!.score - jaccard(TEXTS[0]!, TEXTS[1]!))).toBeLessThan(0.12)
  // By a stored row, after an upsert of part of it, and after the row has moved to another text.
  const byId = await made.search({ ...request, ids: [1] } as never)
  expect(byId.results.map((hit) => hit['id'])).toEqual(['1', '0'])
  await made.upsert({ collection_name: 'c', data: [{ id: 2, text: TEXTS[0]! }], partial_update: true } as never)
  const again = await made.search({ ...request, data: TEXTS[0]! } as never)
  expect(again.results.map((hit) => [hit['id'], hit.score])).toMatchObject([
    ['0', 0],
    ['2', 0],
    ['1', hits[1]!.score],
  ])
  const { data } = await made.query({ collection_name: 'c', filter: 'id == 2', output_fields: ['signature'] })
  expect(data[0]!['signature']).toHaveLength(1024)
  expect((await made.query({ collection_name: 'c', filter: 'id == 2' })).data).toEqual([{ id: '2', text: TEXTS[0] }])
})

it('cuts shingles out of letters, too', async () => {
  const made = await texts({
    ...FUNCTION,
    params: { NUM_HASHES: 256, token_level: 'char', hash_function: 'sha1', seed: 7 },
  })
  const request = { collection_name: 'c', data: ['the cat sat on a mat'], limit: 1, output_fields: ['id'] }
  expect((await made.search(request as never)).results.map((hit) => hit['id'])).toEqual(['2'])
})

it.each([
  [{ num_hashes: 100 }, /32 \* num_hashes/],
  [{ shingle_size: 0 }, /shingle_size/],
  [{ token_level: 'line' }, /token_level/],
  [{ hash_function: 'md5' }, /hash_function/],
])('refuses a function with %j', async (params, reason) => {
  await expect(texts({ ...FUNCTION, params })).rejects.toThrow(reason)
})
