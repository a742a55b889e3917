// Promise: insert, upsert, delete and get count, skip, refuse and order as Epsilla does.

import { expect, it } from 'vitest'
import type { EpsillaResponse, GetConfig } from '../../../src/dialect/epsilla/index.ts'
import { EpsillaDB } from '../../../src/dialect/epsilla/index.ts'
import { client, FIELDS, ids, RECORDS, withRecords } from './samples.ts'

const DONE = 'Insert data to MyTable successfully.'
const V = [0, 0, 0, 1]

it('upserts the records of the documentation, and again', async () => {
  const db = await client()
  await db.createTable('MyTable', FIELDS)
  for (let i = 0; i < 2; i++) {
    const response = await db.upsert('MyTable', RECORDS)
    expect(response).toEqual({ statusCode: 200, message: DONE, result: { inserted: 5, skipped: 0 } })
    expect(await ids(db.get('MyTable'))).toHaveLength(5)
  }
})

it('takes the arguments of the Python client, and answers its pair', async () => {
  const db = new EpsillaDB()
  await db.load_db({ db_name: 'python', db_path: ':memory:' })
  db.use_db({ db_name: 'python' })
  await db.create_table({ table_name: 'MyTable', table_fields: FIELDS })
  const pair = (await db.upsert({ table_name: 'MyTable', records: RECORDS })) as unknown as Iterable<unknown>
  const [status, body] = pair
  expect(status).toBe(200)
  expect(body).toEqual({ statusCode: 200, message: DONE, result: { inserted: 5, skipped: 0 } })
  expect(await ids(db.get({ table_name: 'MyTable', primary_keys: [2], response_fields: ['ID'] }))).toEqual([2])
  const found = db.query({ table_name: 'MyTable', query_field: 'Embedding', query_vector: V, limit: 1 })
  expect(await found).toMatchObject({ statusCode: 200 })
  // Python's query has a limit of 2 where none is given; it was refused here.
  const unlimited = await db.query({ table_name: 'MyTable', query_field: 'Embedding', query_vector: V } as never)
  expect(unlimited).toMatchObject({ result: [{}, {}] })
  expect(await db.delete({ table_name: 'MyTable', ids: [2] })).toMatchObject({ result: { deleted: 1 } })
})

it('keeps the old record on insert and replaces it on upsert', async () => {
  const db = await withRecords()
  const given = [
    { ID: 5, Doc: 'new five', Embedding: V },
    { ID: 6, Doc: 'first six', Embedding: V },
    { ID: 6, Doc: 'second six', Embedding: V },
  ]
  expect(await db.insert('MyTable', given)).toMatchObject({ result: { inserted: 1, skipped: 2 } })
  const docs = async () => {
    const response = (await db.get('MyTable', { primaryKeys: [5, 6], response: ['Doc'] })) as EpsillaResponse
    return response.result
  }
  expect(await docs()).toEqual([{ Doc: 'At the beach.' }, { Doc: 'first six' }])
  expect(await db.upsert('MyTable', given)).toMatchObject({ result: { inserted: 3, skipped: 0 } })
  expect(await docs()).toEqual([{ Doc: 'new five' }, { Doc: 'second six' }])
  expect(await ids(db.get('MyTable'))).toHaveLength(6)
})

it('refuses the whole call for a missing field, skips records with wrong vectors', async () => {
  const db = await withRecords()
  const good = { ID: 7, Doc: 'x', Embedding: V, extra: 1 }
  expect(await db.insert('MyTable', [good, { ID: 8, Doc: 'x' }])).toEqual({
    statusCode: 500,
    message: 'Record 1 missing field: Embedding',
  })
  expect(await ids(db.get('MyTable'))).toHaveLength(5)
  const given = [good, { ...good, ID: 9, Embedding: [1, 2] }, { ...good, ID: 1, Embedding: [1] }]
  expect(await db.upsert('MyTable', given)).toMatchObject({ result: { inserted: 1, skipped: 2 } })
  expect(await ids(db.get('MyTable'))).toEqual([1, 2, 3, 4, 5, 7])
  for (const Embedding of [
    [1, null, 2, 3],
    [1, 'x'],
    [1, 2, 3, Number.NaN],
    [1, 2, 3, 1e39],
  ]) {
    const bad = { ID: 10, Doc: 'x', Embedding }
    for (const records of [[bad], [bad, good], [{ ...bad, ID: 1 }]]) {
      expect(await db.insert('MyTable', records)).toMatchObject({ statusCode: 400 })
      expect(await db.upsert('MyTable', records)).toMatchObject({
        message: expect.stringMatching(/^Record 0 field Embedding: a vector holds numbers only, got/),
      })
    }
  }
  expect(await ids(db.get('MyTable'))).toEqual([1, 2, 3, 4, 5, 7])
  expect(await db.insert('MyTable', [])).toEqual({ statusCode: 200, message: DONE })
  expect(await db.insert('MyTable')).toEqual({ statusCode: 400, message: 'data is missing in your payload.' })
  expect(await db.insert('Nope', [])).toEqual({ statusCode: 500, message: 'Table not found: Nope' })
})

it('takes records as they are when it is called', async () => {
  const db = await withRecords()
  const given = { ID: 7, Doc: 'seven', Embedding: [1, 2, 3, 4], extra: 1 }
  const plain = { ID: 8, Doc: 'eight', Embedding: new Float32Array([1, 2, 3, 4]) }
  const inserting = [db.insert('MyTable', [given]), db.upsert('MyTable', [plain, plain])]
  given.Doc = plain.Doc = 'changed'
  given.Embedding[0] = plain.Embedding[0] = 9
  await Promise.all(inserting)
  const read = async () => ((await db.get('MyTable', { primaryKeys: [7, 8] })) as EpsillaResponse).result
  const expected = [
    { ID: 7, Doc: 'seven', Embedding: [1, 2, 3, 4] },
    { ID: 8, Doc: 'eight', Embedding: [1, 2, 3, 4] },
  ]
  const got = await read()
  expect(got).toEqual(expected)
  ;(got![0] as { Embedding: number[] }).Embedding[0] = 7
  expect(await read()).toEqual(expected)
})

it('has fields called like something of every object', async () => {
  const db = await client()
  await db.createTable('t', [
    { name: '__proto__', dataType: 'STRING' },
    { name: 'constructor', dataType: 'INT', primaryKey: true },
    { name: 'V', dataType: 'VECTOR_FLOAT', dimensions: 1 },
  ])
  expect(await db.insert('t', [{ V: [1] }])).toMatchObject({ message: 'Record 0 missing field: __proto__' })
  const record = JSON.parse('{ "__proto__": "x", "constructor": 1, "V": [1] }') as Record<string, unknown>
  expect(await db.insert('t', [record])).toMatchObject({ result: { inserted: 1, skipped: 0 } })
  const { result } = (await db.get('t', { filter: "__proto__ = 'x'" })) as EpsillaResponse
  expect(JSON.stringify(result)).toBe(JSON.stringify([record]))
})

it('appends to a table without primary key', async () => {
  const db = await client()
  await db.createTable('t', FIELDS.slice(1))
  for (let i = 0; i < 2; i++) {
    expect(await db.upsert('t', RECORDS)).toMatchObject({ result: { inserted: 5, skipped: 0 } })
  }
  const response = (await db.get('t', { skip: 4, limit: 2, response: ['Doc'] })) as EpsillaResponse
  expect(response.result).toEqual([{ Doc: 'At the beach.' }, { Doc: 'The garden was blooming.' }])
  expect(await db.delete('t', { primaryKeys: [1] })).toEqual({
    statusCode: 400,
    message: 'Primary key not found: t',
  })
  expect(await db.delete('t', { filter: "Doc = 'At the beach.'" })).toMatchObject({ result: { deleted: 2 } })
})

it('holds as many records as the scale says', async () => {
  const db = new EpsillaDB()
  await db.loadDB(':memory:', 'small', 6)
  db.useDB('small')
  await db.createTable('t', FIELDS)
  expect(await db.upsert('t', RECORDS)).toMatchObject({ result: { inserted: 5 } })
  expect(await db.upsert('t', RECORDS)).toMatchObject({ result: { inserted: 5 } })
  const more = RECORDS.map((record) => ({ ...record, ID: record.ID + 4 }))
  expect(await db.upsert('t', more)).toEqual({
    statusCode: 500,
    message:
      'Currently, each table in this database can hold up to 6 records. To insert more records, please unload the database ' +
      'and reload with a larger vectorScale parameter.',
  })
  expect(await db.upsert('t', more.slice(0, 2))).toMatchObject({ result: { inserted: 2 } })
})

it('deletes by key, by filter, and by both', async () => {
  const db = await withRecords()
  const done = (deleted: number) => ({
    statusCode: 200,
    message: 'Delete data from MyTable successfully.',
    result: { deleted },
  })
  expect(await db.delete('MyTable', { primaryKeys: [1, 99] })).toEqual(done(1))
  expect(await db.delete('MyTable', { primaryKeys: [2, 3], filter: 'ID > 2' })).toEqual(done(1))
  expect(await db.delete('MyTable', { filter: 'ID >= 5' })).toEqual(done(1))
  expect(await db.deleteByPrimaryKeys('MyTable', [2])).toEqual(done(1))
  expect(await ids(db.get('MyTable'))).toEqual([4])
  expect(await db.deleteByPrimaryKeys('MyTable', [])).toEqual({
    statusCode: 400,
    message: 'If the primaryKeys field is provided, it cannot be empty.',
  })
  // Over HTTP this deletes everything.
  expect(await db.deleteByPrimaryKeys('MyTable', undefined as never)).toMatchObject({ statusCode: 400 })
  expect(await db.delete('MyTable', { primaryKeys: ['4'] })).toEqual({
    statusCode: 400,
    message: 'Primary key type mismatch at field position 0',
  })
  for (const config of [undefined, {}, { filter: '' }]) {
    const error = (await db.delete('MyTable', config as never)) as Error
    expect(error).toBeInstanceOf(Error)
    expect(error.message).toBe('[ERROR] Please provide primary keys or filter expression to delete records!')
  }
  expect(await db.delete('MyTable', { filter: 'Nope = 1' })).toEqual({
    statusCode: 400,
    message: "Invalid filter expression: field name 'Nope' not found.",
  })
  expect(await db.delete('Nope', { filter: 'ID = 1' })).toEqual({ statusCode: 400, message: 'Table not found: Nope' })
  expect(await db.insert('MyTable', [RECORDS[0]!])).toMatchObject({ result: { inserted: 1 } })
})

it('shows fields in the order of the table, however they were given and asked for', async () => {
  const db = await client()
  await db.createTable('t', [...FIELDS, { name: 'More', dataType: 'VECTOR_DOUBLE', dimensions: 1 }])
  await db.insert('t', [{ More: [0.5], Embedding: V, ID: 1, Doc: 'one' }])
  const record = { ID: 1, Doc: 'one', Embedding: V, More: [0.5] }
  const text = async (config: GetConfig) => JSON.stringify(((await db.get('t', config)) as EpsillaResponse).result)
  const configs: GetConfig[] = [{ primaryKeys: [1] }, { primaryKeys: [1], filter: 'ID = 1' }, { filter: 'ID = 1' }, {}]
  for (const config of configs) {
    expect(await text(config)).toBe(JSON.stringify([record]))
    expect(await text({ ...config, response: ['More', 'ID'] })).toBe('[{"More":[0.5],"ID":1}]')
    expect(await text({ ...config, skip: 1 })).toBe('[]')
  }
  expect(await text({ primaryKeys: [1, 1] })).toBe(JSON.stringify([record, record]))
  expect(await text({ primaryKeys: [1], filter: 'ID = 2' })).toBe('[]')
  expect(await text({ primaryKeys: [1], facets: [{ aggregate: ['COUNT(*)'] }] })).toBe('[[{"COUNT(*)":1}]]')
})

it('gets by key in the order asked for, and by filter, skip and limit', async () => {
  const db = await withRecords()
  expect(await ids(db.get('MyTable', { primaryKeys: [3, 9, 1, 3] }))).toEqual([3, 1, 3])
  expect(await ids(db.get('MyTable', { primaryKeys: [3, 9, 1, 3], skip: 1, limit: 1 }))).toEqual([1])
  expect(await ids(db.get('MyTable', { filter: 'ID > 1', skip: 1, limit: 2 }))).toEqual([3, 4])
  expect(await ids(db.get('MyTable', { limit: 0 }))).toEqual([])
  expect(await ids(db.get('MyTable', { skip: 9 }))).toEqual([])
  expect(await db.get('MyTable', { response: ['ID', 'nope'] })).toEqual({
    statusCode: 500,
    message: 'Field name not found: nope',
  })
  expect(await db.get('MyTable', { primaryKeys: ['a'] })).toEqual({
    statusCode: 400,
    message: 'Primary key type mismatch at field position 0',
  })
  const { result, message } = (await db.get('MyTable', { response: [] })) as EpsillaResponse<object[]>
  expect(message).toBe('Query get successfully.')
  expect(Object.keys(result![0]!)).toEqual(['ID', 'Doc', 'Embedding'])
})

it('keeps whole numbers of 64 bits', async () => {
  const db = await client()
  await db.createTable('t', [{ name: 'ID', dataType: 'BIGINT', primaryKey: true }, ...FIELDS.slice(1)])
  const id = 2 ** 53 - 1
  await db.insert('t', [{ ID: id, Doc: '', Embedding: V }])
  expect(await ids(db.get('t', { primaryKeys: [id] }))).toEqual([id])
})

it('says how many records each table holds', async () => {
  const db = await withRecords()
  expect(await db.statistics()).toEqual({
    statusCode: 200,
    message: '',
    result: [{ tableName: 'MyTable', totalRecords: 5 }],
  })
})
