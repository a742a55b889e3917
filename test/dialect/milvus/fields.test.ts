// Promise: what a field is declared as, or changed to, holds for its rows; what would have no effect, or would make rows
// that are there invalid, is refused.

import { join } from 'node:path'
import { expect, it } from 'vitest'
import { DataType } from '../../../src/dialect/milvus/index.ts'
import { open } from '../../../src/engine/index.ts'
import { client, collectionOf, idsOf, SUCCESS, temporaryFolder } from './fixture.ts'

const ROW = { id: 1, vector: [1, 2, 3, 4], s: 'a', list: [1, 2] }
const FIELDS = [
  { name: 's', data_type: DataType.VarChar, max_length: 10 },
  { name: 'list', data_type: DataType.Array, element_type: DataType.Int64, max_capacity: 3 },
]
const ADDED = { name: 'other', data_type: 'FloatVector', dim: 2, nullable: true } as const

it('refuses to change what rows depend on: a changed dim made every insert fail, and then lost all rows', async () => {
  const made = await collectionOf(FIELDS)
  await made.insert({ collection_name: 'c', data: [ROW] })
  const alter = (field_name: string, properties: Record<string, string | number | boolean>) =>
    made.alterCollectionFieldProperties({ collection_name: 'c', field_name, properties })
  for (const [field, properties] of [
    ['vector', { dim: 8 }],
    ['s', { enable_match: true }],
    ['s', { nullable: true }],
    ['s', { max_length: 0 }],
    ['s', { max_length: 70_000 }],
    ['s', { max_capacity: 3 }],
    ['list', { max_capacity: 5_000 }],
  ] as const) {
    expect(await alter(field, properties), JSON.stringify(properties)).toMatchObject({ code: 1100 })
  }
  expect(await alter('s', { max_length: 20, 'mmap.enabled': true })).toEqual(SUCCESS)
  expect(await alter('list', { max_capacity: 4, warmup: 'sync' })).toEqual(SUCCESS)
  const { schema } = await made.describeCollection({ collection_name: 'c' })
  expect(schema.fields[2]).toMatchObject({ max_length: '20', 'mmap.enabled': 'true' })
  await made.addCollectionField({ collection_name: 'c', field: ADDED })
  await made.createIndex({ collection_name: 'c', field_name: 'other', index_type: 'AUTOINDEX' })
  expect(await idsOf(made, 'id > 0')).toEqual([1])
})

it('keeps the rows of a collection that cannot be moved: they were dropped', async () => {
  const address = join(temporaryFolder(), 'milvus.db')
  const made = await collectionOf(FIELDS, {}, client({ address }))
  await made.insert({ collection_name: 'c', data: [ROW] })
  await made.closeConnection()
  // As an older version left it, whose vectors could be given another dim.
  const database = await open(address)
  const catalog = database.collection('milvus.catalog')
  for (const record of await catalog.find().toArray()) {
    const text = JSON.stringify(record).replace('"dim":"4"', '"dim":"8"')
    await catalog.upsert(JSON.parse(text) as typeof record)
  }
  await database.close()
  const again = client({ address })
  const added = await again.addCollectionField({ collection_name: 'c', field: ADDED })
  expect(added.reason).toMatch(/1 rows cannot be moved: /)
  expect(await idsOf(again, 'id > 0')).toEqual([1])
  await again.closeConnection()
  const after = await open(address)
  expect((await after.collections()).map((one) => one.name).sort()).toEqual(['c', 'milvus.catalog'])
  await after.close()
})
