// Promise: a request is taken at its word. What cannot be meant is refused before anything is touched, in words that name the
// parameter; nothing of a request is passed over in silence.

import { inspect } from 'node:util'
import { expect, it } from 'vitest'
import { DataType } from '../../../src/dialect/milvus/index.ts'
import { client, collectionOf } from './fixture.ts'

const at = { collection_name: 'c' }

async function filled() {
  const made = await collectionOf([{ name: 'n', data_type: 'Int32' }])
  await made.createPartition({ ...at, partition_name: 'p' })
  await made.insert({ ...at, data: [1, 2, 3].map((id) => ({ id, vector: [id, 0, 0, 0], n: id })) })
  await made.insert({ ...at, partition_name: 'p', data: [{ id: 4, vector: [4, 0, 0, 0], n: 4 }] })
  return made
}

// Lost: every row of the collection, where a program put its condition together out of parts that were empty.
it('refuses to delete by a blank condition', async () => {
  const made = await filled()
  const missing = 'The `filter` or the `expr` property is missing.'
  for (const blank of ['', ' ', '\n\t ']) {
    await expect(made.deleteEntities({ ...at, filter: blank })).rejects.toThrow(missing)
    await expect(made.deleteEntities({ ...at, expr: blank })).rejects.toThrow(missing)
    await expect(made.delete({ ...at, filter: blank } as never)).rejects.toThrow(missing)
  }
  expect(await made.count(at)).toMatchObject({ data: 4 })
})

// It answered 0 for a condition with values, and counted every partition when one was named.
it('counts what the condition, its values and the partitions say', async () => {
  const made = await filled()
  expect((await made.count({ ...at, filter: 'n > {least}', exprValues: { least: 1 } })).data).toBe(3)
  expect((await made.count({ ...at, filter: 'n > {least}', filter_params: { least: 2 } })).data).toBe(2)
  expect((await made.count({ ...at, partition_names: ['p'] })).data).toBe(1)
  expect((await made.count({ ...at, expr: 'n > 1', partition_names: ['_default'] })).data).toBe(2)
})

it('takes the type of the key of a quick collection by number, by name and as pymilvus calls it', async () => {
  const made = client()
  for (const [id_type, type] of [
    ['VarChar', 'VarChar'],
    ['string', 'VarChar'],
    [DataType.VarChar, 'VarChar'],
    ['Int64', 'Int64'],
    ['int', 'Int64'],
  ] as const) {
    await made.createCollection({ ...at, dimension: 4, id_type })
    expect(await made.getPkFieldType(at)).toBe(type)
    await made.dropCollection(at)
  }
})

// The surplus values were dropped without a word.
it('refuses sparse vectors whose indices and values do not pair', async () => {
  const made = await collectionOf([{ name: 'sparse', data_type: 'SparseFloatVector' }], {
    index_params: [
      { field_name: 'vector', index_type: 'FLAT', metric_type: 'L2' },
      { field_name: 'sparse', index_type: 'SPARSE_INVERTED_INDEX', metric_type: 'IP' },
    ],
  })
  const insert = (sparse: unknown) => made.insert({ ...at, data: [{ id: 1, vector: [1, 2, 3, 4], sparse }] as never })
  for (const sparse of [
    { indices: [1], values: [1, 2] },
    { indices: [1, 2], values: [1] },
    { indices: 1, values: 2 },
    { '-1': 1 },
    { [2 ** 32 - 1]: 1 },
  ]) {
    const { status } = await insert(sparse)
    expect(status).toMatchObject({ code: 1100, reason: expect.stringMatching(/sparse/i) })
  }
  expect((await insert({ indices: [1, 2], values: [1, 2] })).status).toMatchObject({ code: 0 })
})

it('gives hits that print and compare as plain objects', async () => {
  const made = await filled()
  for (const output_fields of [['id'], ['n'], ['id', 'n']]) {
    const { results } = await made.search({ ...at, data: [1, 0, 0, 0], limit: 1, output_fields })
    expect(results[0]).toStrictEqual(plain(output_fields))
    expect(inspect(results[0])).toBe(inspect(plain(output_fields)))
    expect(results[0]).toMatchObject({ id: '1', distance: 0 })
  }
  function plain(names: string[]): object {
    return { score: 0, ...(names.includes('id') ? { id: '1' } : {}), ...(names.includes('n') ? { n: 1 } : {}) }
  }
})
