// Promise: the corners of searches: empty bit vectors, zero vectors, null vectors, ties, partitions, released partitions, old copies.
// And some of rows: keys that make way, indexes over dynamic keys, whole numbers at the edge.

import { expect, it } from 'vitest'
import { DataType } from '../../../src/dialect/milvus/index.ts'
import { client, collectionOf, INDEX, KEY } from './fixture.ts'

async function bits(metric_type: string) {
  const made = client()
  await made.createCollection({
    collection_name: 'c',
    fields: [KEY, { name: 'vector', data_type: 'BinaryVector', dim: 16 }],
    index_params: { ...INDEX, index_type: 'BIN_FLAT', metric_type },
  } as never)
  await made.insert({
    collection_name: 'c',
    data: [
      { id: 1, vector: [0, 0] },
      { id: 2, vector: [255, 0] },
    ],
  })
  return made
}

it('knows what empty bit vectors score', async () => {
  const made = await bits('JACCARD')
  const { results } = await made.search({ collection_name: 'c', data: [0, 0], limit: 2 })
  expect(results.map((hit) => [hit.id, hit.score])).toEqual([
    ['1', 1],
    ['2', 1],
  ])
  const near = await made.search({ collection_name: 'c', data: [255, 1], limit: 1 })
  expect(near.results[0]!.score).toBeCloseTo(1 - 8 / 9, 5)
  const hamming = await (await bits('HAMMING')).search({ collection_name: 'c', data: [1, 0], limit: 2 })
  expect(hamming.results.map((hit) => hit.score)).toEqual([1, 7])
})

it('scores zero vectors 0 by COSINE, finds no null vector, and puts ties in order of keys', async () => {
  const made = client()
  await made.createCollection({
    collection_name: 'c',
    fields: [KEY, { name: 'vector', data_type: 'FloatVector', dim: 2, nullable: true }],
    index_params: { ...INDEX, metric_type: 'COSINE' },
  } as never)
  const vectors = [[0, 0], null, [1, 0], [2, 0], [3, 0], [0, 1]]
  const { status } = await made.insert({
    collection_name: 'c',
    data: vectors.map((vector, i) => ({ id: 10 - i, vector })) as never,
  })
  expect(status).toMatchObject({ code: 0 })
  const { results } = await made.search({ collection_name: 'c', data: [5, 0], limit: 10, output_fields: ['id'] })
  expect(results.map((hit) => [hit.id, hit.score])).toEqual([
    ['6', 1],
    ['7', 1],
    ['8', 1],
    ['5', 0],
    ['10', 0],
  ])
  const by = async (id: number) => (await made.search({ collection_name: 'c', ids: [id] } as never)).status.reason
  expect(await by(9)).toContain('the row with primary key 9 has no vector to search by: its vector is null')
  expect(await by(99)).toContain('some of the provided primary key IDs do not exist: 99')
})

it('looks where it is told: partitions, what is loaded, the newest copy', async () => {
  const made = await collectionOf([])
  await made.createPartition({ collection_name: 'c', partition_name: 'p' })
  await made.insert({ collection_name: 'c', data: [{ id: 1, vector: [1, 0, 0, 0] }] })
  await made.insert({ collection_name: 'c', partition_name: 'p', data: [{ id: 2, vector: [2, 0, 0, 0] }] })
  const ids = async (more: object = {}) =>
    (await made.search({ collection_name: 'c', data: [0, 0, 0, 0], ...more })).results.map((hit) => hit.id)
  expect(await ids()).toEqual(['1', '2'])
  expect(await ids({ partition_names: ['p'] })).toEqual(['2'])
  await made.releasePartitions({ collection_name: 'c', partition_names: ['p'] })
  expect(await ids()).toEqual(['1'])
  await made.loadPartitions({ collection_name: 'c', partition_names: ['p'] })
  await made.insert({ collection_name: 'c', data: [{ id: 2, vector: [9, 0, 0, 0] }] })
  const { results } = await made.search({ collection_name: 'c', data: [2, 0, 0, 0], limit: 5 })
  expect(results.map((hit) => [hit.id, hit.score])).toEqual([
    ['1', 1],
    ['2', 49],
  ])
  await made.delete({ collection_name: 'c', ids: [1] })
  expect(await ids()).toEqual(['2'])
})

it('counts its hits as it counts everything: as a string', async () => {
  const made = await collectionOf([])
  await made.insert({ collection_name: 'c', data: [{ id: 1, vector: [1, 0, 0, 0] }] })
  const answer = await made.search({ collection_name: 'c', data: [1, 0, 0, 0] })
  expect(answer.all_search_count).toBe('1')
})

it('a database that is not there has no collections, and says so', async () => {
  const made = client()
  expect(await made.hasCollection({ collection_name: 'c', db_name: 'none' } as never)).toMatchObject({
    status: { code: 800, reason: 'database not found[database=none]' },
    value: false,
  })
  expect(await made.dropDatabase({ db_name: 'default' })).toMatchObject({
    code: 65_535,
    reason: 'can not drop default database',
  })
})

it('an index over a key of the dynamic field needs to know what is there', async () => {
  const made = await collectionOf([], { enable_dynamic_field: true })
  const index = { collection_name: 'c', field_name: 'color', index_type: 'INVERTED' }
  expect(await made.createIndex(index)).toMatchObject({
    code: 65_535,
    reason: 'cannot create index on non-exist field: color',
  })
  const params = { json_path: 'color', json_cast_type: 'varchar' }
  expect(await made.createIndex({ ...index, params })).toMatchObject({ code: 0 })
  const circle: Record<string, unknown> = {}
  circle['itself'] = circle
  const { reason } = await made.createIndex({ ...index, params: circle as never })
  expect(reason).toContain('params of an index is JSON: Converting circular structure')
})

it('a schema with a hole is refused by its name', async () => {
  const given = { collection_name: 'c', schema: [null] } as never
  await expect(client().createCollection(given)).rejects.toThrow('schema is a list of objects, got [null]')
})

it('a whole number beyond 64 bits is refused, the least one is not', async () => {
  const made = await collectionOf([])
  const ask = async (filter: string) => (await made.query({ collection_name: 'c', filter })).status
  expect((await ask('id == 9223372036854775808')).reason).toContain('out of the range of int64')
  expect((await ask('id > -9223372036854775808')).code).toBe(0)
  expect((await ask('id in [-9223372036854775808, 9223372036854775807]')).code).toBe(0)
})

it('encodes a row once whose key makes way for a new one', async () => {
  const made = client()
  const half = { name: 'half', data_type: DataType.BFloat16Vector, dim: 2 }
  await made.createCollection({
    collection_name: 'c',
    fields: [{ ...KEY, autoID: true }, half],
    index_params: [{ field_name: 'half', index_type: 'FLAT', metric_type: 'L2' }],
  } as never)
  let calls = 0
  const transformers = {
    [DataType.BFloat16Vector]: () => {
      calls++
      return new Uint8Array([128, 63, 0, 64])
    },
  }
  const { ids } = await made.insert({ collection_name: 'c', data: [{ half: [0, 0] }], transformers })
  await made.upsert({ collection_name: 'c', data: [{ id: ids[0]!, half: [0, 0] }], transformers })
  expect(calls).toBe(2)
  expect((await made.count({ collection_name: 'c' })).data).toBe(1)
})
