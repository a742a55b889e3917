// Promise: times are told, read and compared by the clocks that a request, its collection or its database names; UTC's without.

import { expect, it } from 'vitest'
import { DataType, MilvusClient } from '../../../src/dialect/milvus/index.ts'

const FIELDS = [
  { name: 'id', data_type: DataType.Int64, is_primary_key: true },
  { name: 'at', data_type: DataType.Timestamptz, nullable: true },
  { name: 'vector', data_type: DataType.FloatVector, dim: 2 },
]
const INDEX = { field_name: 'vector', index_type: 'FLAT', metric_type: 'L2' }

async function timesOf(properties: Record<string, string> | undefined, own = new MilvusClient(':memory:')) {
  await own.createCollection({
    collection_name: 'c',
    fields: FIELDS,
    index_params: [INDEX],
    ...(properties && { properties }),
  } as never)
  const at = ['2025-01-01T00:00:00+08:00', '2025-01-02T00:00:00', '2025-07-03T00:00:00.25+08:00', null]
  const data = at.map((time, id) => ({ id, at: time, vector: [id, 0] }))
  expect((await own.insert({ collection_name: 'c', data: data as never })).status.code).toBe(0)
  const read = async (more: Record<string, unknown> = {}) => {
    const request = { collection_name: 'c', filter: 'id >= 0', output_fields: ['at'], ...more }
    const { status, data } = await own.query(request as never)
    return status.code === 0 ? data.map((row) => row['at']) : status.reason
  }
  return { own, read }
}

const SHANGHAI = ['2025-01-01T00:00:00+08:00', '2025-01-02T00:00:00+08:00', '2025-07-03T00:00:00.25+08:00', null]
const HAVANA = ['2024-12-31T11:00:00-05:00', '2025-01-01T11:00:00-05:00', '2025-07-02T12:00:00.25-04:00', null]

it('tells times in the zone of their collection, in which those without one were meant; the property was ignored', async () => {
  const { own, read } = await timesOf({ timezone: 'Asia/Shanghai' })
  expect(await read()).toEqual(SHANGHAI)
  expect(await read({ filter: "at == ISO '2025-01-02T00:00:00'" })).toEqual([SHANGHAI[1]])
  expect(await read({ filter: "at in ['2025-01-02T00:00:00']" })).toEqual([SHANGHAI[1]])
  const { results } = await own.search({ collection_name: 'c', data: [0, 0], limit: 1, output_fields: ['at'] })
  expect(results[0]!['at']).toBe(SHANGHAI[0])
  const changed = await own.alterCollectionProperties({ collection_name: 'c', properties: { timezone: 'UTC' } })
  expect(changed.code).toBe(0)
  expect(await read()).toEqual(['2024-12-31T16:00:00Z', '2025-01-01T16:00:00Z', '2025-07-02T16:00:00.25Z', null])
})

it('tells and compares them in the zone that one request names', async () => {
  const { own, read } = await timesOf({ timezone: 'Asia/Shanghai' })
  expect(await read({ timezone: 'America/Havana' })).toEqual(HAVANA)
  expect(await read({ params: { timezone: 'America/Havana' } })).toEqual(HAVANA)
  expect(await read({ timezone: 'America/Havana', filter: "at < '2025-01-01T11:00:00'" })).toEqual([HAVANA[0]])
  const params = { timezone: 'America/Havana' }
  const { results } = await own.search({ collection_name: 'c', data: [0, 0], limit: 1, output_fields: ['at'], params })
  expect(results[0]!['at']).toBe(HAVANA[0])
  expect(await read()).toEqual(SHANGHAI)
  expect(await read({ timezone: 'Mars/Base' })).toMatch(/unknown or invalid IANA Time Zone ID: Mars\/Base/)
  const wrong = await own.alterCollectionProperties({ collection_name: 'c', properties: { timezone: '+08:00' } })
  expect(wrong.code).toBe(1100)
})

it('tells the parts of times that a request names; time_fields was passed over in silence', async () => {
  const { own, read } = await timesOf({ timezone: 'Asia/Shanghai' })
  const time_fields = 'year, month, day, hour, minute, second, microsecond'
  expect(await read({ time_fields })).toEqual([
    ['2025', '1', '1', '0', '0', '0', '0'],
    ['2025', '1', '2', '0', '0', '0', '0'],
    ['2025', '7', '3', '0', '0', '0', '250000'],
    null,
  ])
  const params = { time_fields: 'day,hour', timezone: 'America/Havana' }
  const hours = [['31', '11'], ['1', '11'], ['2', '12'], null]
  expect(await read({ params })).toEqual(hours)
  const { results } = await own.search({ collection_name: 'c', data: [0, 0], limit: 1, output_fields: ['at'], params })
  expect(results[0]!['at']).toEqual(hours[0])
  expect(await read({ time_fields: ['day'], filter: "at == '2025-01-02T00:00:00'" })).toEqual([['2']])
  expect(await read({ time_fields: 'week' })).toMatch(/time_fields are year, .*actual=week/)
  expect(await read()).toEqual(SHANGHAI)
})

it('has a new collection take the zone of its database, and no more collections than that may have', async () => {
  const own = new MilvusClient(':memory:')
  const properties = { timezone: 'Asia/Shanghai', 'database.max.collections': 1 }
  await own.createDatabase({ db_name: 'd', properties })
  await own.use({ db_name: 'd' })
  const { read } = await timesOf(undefined, own)
  expect(await read()).toEqual(SHANGHAI)
  const { properties: kept } = await own.describeCollection({ collection_name: 'c' })
  expect(kept).toEqual([{ key: 'timezone', value: 'Asia/Shanghai' }])
  const second = own.createCollection({ collection_name: 'e', fields: FIELDS } as never)
  await expect(second).rejects.toMatchObject({ code: 102, reason: expect.stringMatching(/limit=1/) })
})

it('refuses days that the calendar does not have, and times that are not in ISO 8601: 30 February was 2 March', async () => {
  const { own, read } = await timesOf(undefined)
  for (const at of ['2025-02-30T00:00:00Z', '2025-02-29', '2025-04-31 10:00:00', 'Jan 1 2025', '1/2/2025', '2025']) {
    const { status } = await own.insert({ collection_name: 'c', data: [{ id: 9, at, vector: [0, 0] }] })
    expect([at, status.code]).toEqual([at, 1100])
    expect(await read({ filter: `at > ISO '${at}'` })).toMatch(/ISO 8601/)
  }
  const days = ['2024-02-29T00:00:00Z', '0001-01-01T00:00:00Z', '2025-12-31 23:59:59']
  const data = days.map((at, i) => ({ id: 10 + i, at, vector: [0, 0] }))
  expect((await own.insert({ collection_name: 'c', data })).status.code).toBe(0)
})
