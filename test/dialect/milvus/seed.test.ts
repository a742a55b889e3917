// Promise: the page the project began with works as it is written: its examples, every parameter, its return, its exception.

import { expect, it } from 'vitest'
import { client } from './fixture.ts'

const FIRST = [0.6186516144460161, 0.5927442462488592, 0.848608119657156, 0.9287046808231654, -0.42215796530168403]
const SECOND = [0.37417449965222693, -0.9401784221711342, 0.9197526367693833, 0.49519396415367245, -0.558567588166478]
const THIRD = [0.46949086179692356, -0.533609076732849, -0.8344432775467099, 0.9797361846081416, 0.6294256393761057]

it('creates a collection by its dimension, takes one row as an object and several as a list', async () => {
  const made = client({ uri: ':memory:', token: 'root:Milvus' })
  await made.createCollection({ collection_name: 'test_collection', dimension: 5 })
  expect(await made.insert({ collection_name: 'test_collection', data: { id: 0, vector: FIRST } })).toMatchObject({
    insert_count: 1,
  })
  const data = [
    { id: 1, vector: SECOND },
    { id: 2, vector: THIRD },
  ]
  const result = await made.insert({ collection_name: 'test_collection', data, timeout: 5000, partition_name: '' })
  expect(result).toMatchObject({ insert_count: 2, insert_cnt: '2', ids: ['1', '2'] })
  const { data: rows } = await made.query({ collection_name: 'test_collection', filter: 'id >= 0' })
  expect(rows.map((row) => row['id'])).toEqual(['0', '1', '2'])
  rows[1]!['vector'].forEach((lane: number, i: number) => {
    expect(lane).toBeCloseTo(SECOND[i]!, 6)
  })
})

it('puts rows into the partition that is named, and into the default one for null', async () => {
  const made = client()
  await made.createCollection({ collection_name: 'test_collection', dimension: 5 })
  await made.createPartition({ collection_name: 'test_collection', partition_name: 'p' })
  const insert = (id: number, partition_name: string | null) =>
    made.insert({ collection_name: 'test_collection', data: { id, vector: FIRST }, partition_name })
  await insert(1, 'p')
  await insert(2, null)
  const in_p = await made.query({ collection_name: 'test_collection', filter: 'id > 0', partition_names: ['p'] })
  expect(in_p.data.map((row) => row['id'])).toEqual(['1'])
  const missing = await insert(3, 'q')
  expect(missing).toMatchObject({ insert_count: 0, insert_cnt: '0', status: { code: 200, error_code: 'MetaFailed' } })
})

it('raises for a collection that is not there', async () => {
  const error = await client()
    .insert({ collection_name: 'missing', data: { id: 0, vector: FIRST } })
    .catch((error) => error)
  expect(error).toBeInstanceOf(Error)
  expect(error).toMatchObject({ code: 100, status: { reason: expect.stringContaining('missing') } })
})
