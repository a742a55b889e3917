// Promise: rows expire: `collection.ttl.seconds` after they were written, or at the moment that the field named by `ttl_field` tells. From then
// on no read has them, and a later call removes them. A program that trusts the server with its retention would keep for ever what it must not.

import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { DataType, type MilvusClient } from '../../../src/dialect/milvus/index.ts'
import { open } from '../../../src/index.ts'
import { client, collectionOf, INDEX, idsOf, KEY, SUCCESS, temporaryFolder, VECTOR } from './fixture.ts'

/** Later in each test: ids made in this process never go back. */
let start = Date.UTC(2026, 0, 1)
const TTL = 'collection.ttl.seconds'

beforeEach(() => {
  start += 1e9
  vi.useFakeTimers({ toFake: ['Date'], now: start })
})

afterEach(() => {
  vi.useRealTimers()
})

function at(seconds: number): void {
  vi.setSystemTime(start + seconds * 1000)
}

const textAt = (seconds: number) => new Date(start + seconds * 1000).toISOString()
const row = (id: number, more: object = {}) => ({ id, vector: [id, 0, 0, 0], ...more })

async function put(made: MilvusClient, ...rows: object[]): Promise<void> {
  expect((await made.insert({ collection_name: 'c', data: rows as never })).status).toEqual(SUCCESS)
}

/** The ids that each way of reading tells. */
async function seen(made: MilvusClient): Promise<number[][]> {
  const numbers = (rows: readonly Record<string, unknown>[]) => rows.map((one) => Number(one['id']))
  const place = { collection_name: 'c', output_fields: ['id'] }
  const pages: number[] = []
  for await (const page of await made.queryIterator({ ...place, batchSize: 2, filter: '' } as never)) {
    pages.push(...numbers(page as never))
  }
  const hits: number[] = []
  const iterator = await made.searchIterator({ ...place, data: [0, 0, 0, 0], batchSize: 2 } as never)
  for await (const page of iterator) hits.push(...numbers(page as never))
  const singles: number[] = []
  for (const id of [1, 2, 3]) singles.push(...numbers((await made.get({ ...place, ids: [id] })).data))
  return [
    await idsOf(made, 'id > 0'),
    numbers((await made.query({ ...place, filter: '', limit: 10, order_by_fields: ['id:asc'] } as never)).data),
    numbers((await made.get({ ...place, ids: [1, 2, 3] })).data),
    singles,
    numbers((await made.search({ ...place, data: [0, 0, 0, 0], limit: 10 })).results),
    numbers((await made.search({ ...place, data: [0, 0, 0, 0], limit: 10, filter: 'id < 9' })).results),
    numbers(
      (await made.hybridSearch({ ...place, data: [{ anns_field: 'vector', data: [0, 0, 0, 0] }] } as never)).results,
    ),
    pages,
    hits,
  ]
}

async function expectSeen(made: MilvusClient, ids: number[]): Promise<void> {
  for (const list of await seen(made)) expect(list.sort()).toEqual(ids)
  expect((await made.count({ collection_name: 'c' })).data).toBe(ids.length)
}

it('leaves rows out of every read once their time is over, and removes them later', async () => {
  const made = await collectionOf([], { properties: { [TTL]: 100 } })
  await put(made, row(1))
  at(60)
  await put(made, row(2), row(3))
  await expectSeen(made, [1, 2, 3])
  at(99.9)
  await expectSeen(made, [1, 2, 3])
  at(100)
  await expectSeen(made, [2, 3])
  const deleted = await made.deleteEntities({ collection_name: 'c', filter: 'id == 1' })
  expect(deleted.delete_cnt).toBe('0')
  const whole = await made.query({ collection_name: 'c', filter: 'id == 2' })
  expect(whole.data).toEqual([{ id: '2', vector: [2, 0, 0, 0] }])
  await made.compact({ collection_name: 'c' })
  expect((await made.getCollectionStatistics({ collection_name: 'c' })).data.row_count).toBe('2')
  at(160)
  await expectSeen(made, [])
  // The same key anew.
  await put(made, row(1))
  await expectSeen(made, [1])
})

it('removes expired rows by itself when a call comes a minute later', async () => {
  const database = await open(':memory:')
  const made = await collectionOf([], { properties: { [TTL]: 10 } }, client({ database }))
  await put(made, row(1))
  const stored = async () => await (await database.collection('c')).count()
  expect(await stored()).toBe(1)
  at(70)
  expect(await idsOf(made, 'id > 0')).toEqual([])
  // A busy machine may leave this process alone for longer than the second that is given by default.
  await vi.waitFor(async () => expect(await stored()).toBe(0), { timeout: 240_000 })
})

it('counts no expired rows in statistics; row_count had them until they were removed', async () => {
  const made = await collectionOf([], { properties: { [TTL]: 100 } })
  await made.createPartition({ collection_name: 'c', partition_name: 'p' })
  await made.insert({ collection_name: 'c', partition_name: 'p', data: [row(1)] })
  at(50)
  await put(made, row(2))
  await made.insert({ collection_name: 'c', partition_name: 'p', data: [row(3)] })
  const rowCounts = async () => [
    (await made.getCollectionStatistics({ collection_name: 'c' })).data.row_count,
    (await made.getPartitionStatistics({ collection_name: 'c', partition_name: 'p' })).data.row_count,
  ]
  expect(await rowCounts()).toEqual(['3', '2'])
  at(100)
  expect(await rowCounts()).toEqual(['2', '1'])
  at(150)
  expect(await rowCounts()).toEqual(['0', '0'])
})

it('counts an upsert as a new beginning, and finds nothing to merge with in what has expired', async () => {
  const count = { name: 'n', data_type: DataType.Int64, nullable: true }
  const made = await collectionOf([count], { properties: { [TTL]: 100 } })
  await put(made, row(1, { n: 1 }), row(2, { n: 2 }))
  at(50)
  await made.upsert({ collection_name: 'c', data: [{ id: 1, n: 5 }], partial_update: true } as never)
  at(120)
  expect(await idsOf(made, 'id > 0')).toEqual([1])
  const partial = { collection_name: 'c', data: [row(2)], partial_update: true }
  expect((await made.upsert(partial as never)).status).toEqual(SUCCESS)
  expect((await made.get({ collection_name: 'c', ids: [2] })).data).toEqual([row(2, { id: '2', n: null })])
})

it('counts rows from before there was a TTL from when it was set', async () => {
  const made = await collectionOf([])
  await put(made, row(1))
  at(500)
  const properties = { [TTL]: '100' }
  expect(await made.alterCollectionProperties({ collection_name: 'c', properties })).toEqual(SUCCESS)
  await put(made, row(2))
  at(599)
  expect(await idsOf(made, 'id > 0')).toEqual([1, 2])
  at(600)
  expect(await idsOf(made, 'id > 0')).toEqual([])
  // What has expired stays gone.
  await made.dropCollectionProperties({ collection_name: 'c', properties: [TTL] })
  expect(await idsOf(made, 'id > 0')).toEqual([])
  await put(made, row(3))
  at(10_000)
  expect(await idsOf(made, 'id > 0')).toEqual([3])
})

it('knows when rows with generated keys were written, also before there was a TTL', async () => {
  const made = client()
  for (const [name, type] of [['ints', DataType.Int64] as const, ['texts', DataType.VarChar] as const]) {
    await made.createCollection({
      collection_name: name,
      fields: [{ ...KEY, data_type: type, max_length: 20, autoID: true }, VECTOR],
      index_params: [INDEX],
    } as never)
    await made.insert({ collection_name: name, data: [{ vector: [1, 0, 0, 0] }] })
    at(500)
    await made.insert({ collection_name: name, data: [{ vector: [2, 0, 0, 0] }] })
    at(550)
    await made.alterCollectionProperties({ collection_name: name, properties: { [TTL]: 100 } })
    const found = await made.query({ collection_name: name, filter: '', limit: 9, output_fields: ['vector'] })
    expect(found.data.map((one) => one['vector'][0])).toEqual([2])
    at(600)
    expect((await made.count({ collection_name: name })).data).toBe(0)
    start += 1e6
    at(0)
  }
})

it('never expires rows under a TTL of 0', async () => {
  const made = await collectionOf([], { properties: { [TTL]: 0 } })
  await put(made, row(1))
  at(1e6)
  expect(await idsOf(made, 'id > 0')).toEqual([1])
})

it('goes by the moment that a field of the row tells, under ttl_field', async () => {
  const until = { name: 'until', data_type: DataType.Timestamptz, nullable: true }
  const made = await collectionOf([until], { properties: { ttl_field: 'until' } })
  await put(made, row(1, { until: textAt(60) }), row(2, { until: textAt(120).replace('Z', '+00:00') }), row(3))
  await expectSeen(made, [1, 2, 3])
  at(60)
  await expectSeen(made, [2, 3])
  at(120)
  await expectSeen(made, [3])
  await made.upsert({ collection_name: 'c', data: [row(1)] })
  expect(await idsOf(made, 'id > 0')).toEqual([1, 3])
  await made.compact({ collection_name: 'c' })
  expect((await made.getCollectionStatistics({ collection_name: 'c' })).data.row_count).toBe('2')
  const dropped = await made.dropCollectionField({ collection_name: 'c', field_name: 'until' })
  expect(dropped.code).toBe(1100)
})

it('refuses what makes no sense', async () => {
  const until = { name: 'until', data_type: DataType.Timestamptz, nullable: true }
  const made = await collectionOf([until])
  const wrong = [
    { [TTL]: 'soon' },
    { [TTL]: -2 },
    { [TTL]: 1.5 },
    { ttl_field: 'nothing' },
    { ttl_field: 'vector' },
    { ttl_field: 'until', [TTL]: 5 },
  ]
  for (const properties of wrong) {
    const { code } = await made.alterCollectionProperties({ collection_name: 'c', properties: properties as never })
    expect(code, JSON.stringify(properties)).toBe(1100)
    const again = { collection_name: 'd', fields: [KEY, VECTOR, until], properties }
    await expect(made.createCollection(again as never)).rejects.toMatchObject({ code: 1100 })
  }
  await made.alterCollectionProperties({ collection_name: 'c', properties: { [TTL]: 5 } })
  const both = await made.alterCollectionProperties({
    collection_name: 'c',
    properties: { ttl_field: 'until' } as never,
  })
  expect(both.code).toBe(1100)
})

it('holds after reopening', async () => {
  const directory = temporaryFolder()
  const first = await collectionOf([], { properties: { [TTL]: 100 } }, client({ address: directory }))
  await put(first, row(1))
  at(60)
  await put(first, row(2))
  await first.closeConnection()
  at(120)
  const second = client({ address: directory })
  expect(await idsOf(second, 'id > 0')).toEqual([2])
  await second.closeConnection()
  at(170)
  const third = client({ address: directory })
  expect(await idsOf(third, 'id > 0')).toEqual([])
  await third.closeConnection()
})
