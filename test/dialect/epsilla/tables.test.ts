// Promise: tables and their fields are checked as Epsilla checks them, and values are stored as it stores them.

import { describe, expect, it } from 'vitest'
import type { EpsillaResponse } from '../../../src/dialect/epsilla/index.ts'
import { client, FIELDS } from './samples.ts'

const VECTOR = { name: 'V', dataType: 'VECTOR_FLOAT', dimensions: 2 }

describe('createTable', () => {
  it('makes, lists and drops', async () => {
    const db = await client()
    expect(await db.createTable('MyTable', FIELDS)).toEqual({
      statusCode: 200,
      message: 'Create MyTable successfully.',
    })
    expect(await db.createTable('MyTable', FIELDS)).toEqual({
      statusCode: 409,
      message: 'Table already exists: MyTable',
    })
    await db.createTable('A', FIELDS)
    expect(await db.listTables()).toMatchObject({ result: ['MyTable', 'A'] })
    expect(await db.dropTable('MyTable')).toMatchObject({ statusCode: 200 })
    expect(await db.dropTable('MyTable')).toEqual({ statusCode: 500, message: 'Table not found: MyTable' })
    expect(await db.listTables()).toMatchObject({ result: ['A'] })
  })

  it.each<[string, number, string, object[]]>([
    [
      't',
      400,
      'At most one field can be primary key.',
      [{ name: 'a', primaryKey: true }, { name: 'b', primaryKey: true }, VECTOR],
    ],
    ['t', 400, 'Vector field must have dimensions.', [{ name: 'V', dataType: 'VECTOR_FLOAT' }]],
    ['t', 400, 'invalid metric type: L2', [{ ...VECTOR, metricType: 'L2' }]],
    [
      '1t',
      500,
      "Table name should start with a letter or '_' and can contain only letters, digits, and underscores.",
      [VECTOR],
    ],
    [
      't',
      500,
      "a-b: Field name should start with a letter or '_' and can contain only letters, digits, and underscores.",
      [{ name: 'a-b' }, VECTOR],
    ],
    ['t', 500, 'Field names can not be duplicated.', [{ name: 'a' }, { name: 'a' }, VECTOR]],
    ['t', 500, 'Type of a is not valid.', [{ name: 'a', dataType: 'TEXT' }, VECTOR]],
    ['t', 500, 'Vector dimension must be positive.', [{ ...VECTOR, dimensions: 0 }]],
    ['t', 500, 'Vector dimension must be positive.', [{ name: 's', dataType: 'SPARSE_VECTOR_FLOAT' }]],
    ['t', 400, 'Vector dimension must be positive.', [{ ...VECTOR, dimensions: -2 }]],
    [
      't',
      500,
      'Primary key can only be set to a field with type TINYINT, SMALLINT, INT, BIGINT, or STRING.',
      [{ name: 'a', dataType: 'FLOAT', primaryKey: true }, VECTOR],
    ],
    ['t', 500, 'At lease one vector field is required.', [{ name: 'a' }]],
    ['t', 500, 'At lease one vector field is required.', []],
  ])('refuses: %s %i %s', async (name, statusCode, message, fields) => {
    const db = await client()
    expect(await db.createTable(name, fields as never)).toEqual({ statusCode, message })
    expect(await db.listTables()).toMatchObject({ result: [] })
  })
})

it('stores each type as the original does', async () => {
  const db = await client()
  const types = ['TINYINT', 'smallint', 'INT', 'BIGINT', 'FLOAT', 'DOUBLE', 'STRING', 'BOOL', 'JSON']
  const fields = types.map((dataType) => ({ name: `f_${dataType.toLowerCase()}`, dataType }))
  await db.createTable('t', [...fields, VECTOR])
  const values = async (value: unknown) => {
    const record = Object.fromEntries(fields.map(({ name }) => [name, value]))
    expect(await db.insert('t', [{ ...record, V: [1, 2] }])).toMatchObject({ result: { inserted: 1, skipped: 0 } })
    const { result } = (await db.get('t')) as EpsillaResponse<Record<string, unknown>[]>
    const last = result!.at(-1)!
    expect(last['V']).toEqual([1, 2])
    return fields.map(({ name }) => last[name])
  }
  expect(await values(72.9)).toEqual([72, 72, 72, 72, Math.fround(72.9), 72.9, '', false, 72.9])
  expect(await values(300)).toEqual([44, 300, 300, 300, 300, 300, '', false, 300])
  expect(await values(-40_000)).toEqual([-64, 25_536, -40_000, -40_000, -40_000, -40_000, '', false, -40_000])
  expect(await values(2 ** 40)).toEqual([0, 0, 0, 2 ** 40, 2 ** 40, 2 ** 40, '', false, 2 ** 40])
  expect(await values('x')).toEqual([0, 0, 0, 0, 0, 0, 'x', false, 'x'])
  expect(await values(true)).toEqual([0, 0, 0, 0, 0, 0, '', true, true])
  expect(await values(null)).toEqual([0, 0, 0, 0, 0, 0, '', false, null])
  expect(await values({ a: [1, { b: null }] })).toEqual([0, 0, 0, 0, 0, 0, '', false, { a: [1, { b: null }] }])
})

it('keeps COSINE vectors as unit vectors, and points inside the globe', async () => {
  const db = await client()
  await db.createTable('t', [
    { name: 'C', dataType: 'VECTOR_DOUBLE', dimensions: 2, metricType: 'cosine' },
    { name: 'S', dataType: 'SPARSE_VECTOR_FLOAT', dimensions: 9, metricType: 'COSINE' },
    { name: 'P', dataType: 'GEO_POINT' },
  ])
  await db.insert('t', [{ C: [3, 4], S: { indices: [1, 8], values: [3, 4] }, P: { latitude: 95, longitude: -200 } }])
  const { result } = (await db.get('t')) as EpsillaResponse<Record<string, unknown>[]>
  expect(result).toEqual([
    {
      C: [Math.fround(0.6), Math.fround(0.8)],
      S: { indices: [1, 8], values: [Math.fround(0.6), Math.fround(0.8)] },
      P: { latitude: 90, longitude: -180 },
    },
  ])
})
