// Promise: where partition keys are isolated, a search without a filter that names one key is refused, as on the server: a forgotten
// tenant would read the rows of all others.

import { expect, it } from 'vitest'
import { DataType } from '../../../src/dialect/milvus/index.ts'
import { collectionOf, INDEX, KEY, SUCCESS, VECTOR } from './fixture.ts'

const TENANT = { name: 'tenant', data_type: DataType.VarChar, max_length: 20, is_partition_key: true }
const SIZE = { name: 'size', data_type: DataType.Int64 }

it('searches one partition key at a time', async () => {
  const made = await collectionOf([TENANT, SIZE], { properties: { 'partitionkey.isolation': true } })
  await made.insert({
    collection_name: 'c',
    data: [
      { id: 1, vector: [1, 0, 0, 0], tenant: 'a', size: 1 },
      { id: 2, vector: [1, 0, 0, 0], tenant: 'b', size: 2 },
    ],
  })
  const place = { collection_name: 'c', data: [1, 0, 0, 0], limit: 5, output_fields: ['id'] }
  const taken = [
    'tenant == "a"',
    '"a" == tenant',
    'size > 0 and tenant == "a"',
    'tenant in ["a"] && (size > 0 or size < 0)',
    '(tenant == "a" and size == 1) or (tenant == "a" and size == 2)',
  ]
  for (const filter of taken) {
    const { status, results } = await made.search({ ...place, filter })
    expect([status.reason, results.map((hit) => hit['id'])], filter).toEqual(['', ['1']])
  }
  const exprValues = { who: 'b' }
  const { results } = await made.search({ ...place, filter: 'tenant == {who}', exprValues })
  expect(results.map((hit) => hit['id'])).toEqual(['2'])
  const refused = [
    '',
    'size > 0',
    'tenant in ["a", "b"]',
    'tenant == "a" or size == 1',
    'tenant == "a" or tenant == "b"',
    'tenant != "a"',
    'not (tenant == "a")',
    'tenant like "a%"',
  ]
  for (const filter of refused) {
    const { status, results } = await made.search({ ...place, filter })
    expect(results, filter).toEqual([])
    expect(status).toMatchObject({ code: 1100, reason: expect.stringContaining('partition key isolation') })
  }
  const hybrid = { ...place, data: [{ anns_field: 'vector', data: [1, 0, 0, 0] }] }
  expect((await made.hybridSearch(hybrid as never)).status.code).toBe(1100)
  await expect(made.searchIterator({ ...place, batchSize: 2 } as never)).rejects.toMatchObject({ code: 1100 })
  // A filter that makes no sense is told as such, and queries are as ever.
  expect((await made.search({ ...place, filter: 'tenant ==' })).status.reason).toMatch(/cannot parse/)
  expect((await made.query({ collection_name: 'c', filter: 'size > 0' })).data).toHaveLength(2)
  await made.alterCollectionProperties({ collection_name: 'c', properties: { 'partitionkey.isolation': false } })
  expect((await made.search(place)).results).toHaveLength(2)
})

it('wants a partition key to isolate', async () => {
  const made = await collectionOf([SIZE])
  const alter = (value: unknown) => {
    const properties = { 'partitionkey.isolation': value } as never
    return made.alterCollectionProperties({ collection_name: 'c', properties })
  }
  expect((await alter(true)).code).toBe(1100)
  expect(await alter(false)).toEqual(SUCCESS)
  expect((await alter('perhaps')).code).toBe(1100)
  const again = { collection_name: 'd', fields: [KEY, VECTOR], properties: { 'partitionkey.isolation': true } }
  await expect(made.createCollection({ ...again, index_params: [INDEX] } as never)).rejects.toMatchObject({
    code: 1100,
  })
})
