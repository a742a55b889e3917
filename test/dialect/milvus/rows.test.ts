// Promise: every type goes in as the SDK takes it and comes out as the SDK gives it, digit by digit; a bad row refuses the whole
// batch with Milvus' reason, and the caller's objects stay as they were.

import { describe, expect, it } from 'vitest'
import { DataType, ERROR_REASONS, type MilvusClient } from '../../../src/dialect/milvus/index.ts'
import { client, collectionOf, INDEX, KEY, SUCCESS } from './fixture.ts'

const V = [0.5, 1, 1.5, 2]

async function put(made: MilvusClient, ...data: object[]) {
  return await made.insert({ collection_name: 'c', data: data as never })
}

async function all(made: MilvusClient, output_fields = ['*']) {
  const { data, status } = await made.query({ collection_name: 'c', filter: 'id >= 0', output_fields })
  expect(status).toEqual(SUCCESS)
  return data
}

describe('values', () => {
  const cases: [string, object, [given: unknown, read: unknown][]][] = [
    [
      'Bool',
      { data_type: 'Bool' },
      [
        [true, true],
        [false, false],
      ],
    ],
    [
      'Int8',
      { data_type: 'Int8' },
      [
        [-128, -128],
        ['127', 127],
        [5n, 5],
      ],
    ],
    [
      'Int32',
      { data_type: 'Int32' },
      [
        [-2147483648, -2147483648],
        ['2147483647', 2147483647],
      ],
    ],
    [
      'Int64',
      { data_type: 'Int64' },
      [
        [1, '1'],
        ['9007199254740993', '9007199254740993'],
        [-9223372036854775808n, '-9223372036854775808'],
        [{ low: -1, high: 2147483647, unsigned: false }, '9223372036854775807'],
        [0, '0'],
      ],
    ],
    [
      'Float',
      { data_type: 'Float' },
      [
        [0.1, Math.fround(0.1)],
        ['1.5', 1.5],
      ],
    ],
    [
      'Double',
      { data_type: 'Double' },
      [
        [0.1, 0.1],
        ['1e-300', 1e-300],
      ],
    ],
    [
      'VarChar',
      { data_type: 'VarChar', max_length: 6 },
      [
        ['', ''],
        ['\u00e4\u00f6\u00fc', '\u00e4\u00f6\u00fc'],
      ],
    ],
    [
      'JSON',
      { data_type: 'JSON' },
      [
        [{ a: [1, { b: null }], __proto__: undefined }, { a: [1, { b: null }] }],
        [
          [1, 2],
          [1, 2],
        ],
        ['text', 'text'],
        [5, 5],
        [{ at: new Date(0), gone: undefined }, { at: '1970-01-01T00:00:00.000Z' }],
      ],
    ],
    [
      'Array of Int64',
      { data_type: 'Array', element_type: 'Int64', max_capacity: 3 },
      [
        [
          [1, '9007199254740993'],
          ['1', '9007199254740993'],
        ],
        [[], []],
      ],
    ],
    [
      'Array of Bool',
      { data_type: 'Array', element_type: 'Bool', max_capacity: 3 },
      [
        [
          [true, false],
          [true, false],
        ],
      ],
    ],
    ['Geometry', { data_type: 'Geometry' }, [['POINT (1 2)', 'POINT (1 2)']]],
    [
      'Timestamptz',
      { data_type: 'Timestamptz' },
      [
        ['2025-01-01T00:00:00Z', '2025-01-01T00:00:00Z'],
        ['2025-01-01T02:00:00+02:00', '2025-01-01T00:00:00Z'],
      ],
    ],
    [
      'BinaryVector',
      { data_type: 'BinaryVector', dim: 16 },
      [
        [
          [255, 1],
          [255, 1],
        ],
        [new Uint8Array([3, 4]), [3, 4]],
      ],
    ],
    [
      'Float16Vector',
      { data_type: 'Float16Vector', dim: 2 },
      [
        [
          [0.1, 2],
          [0.0999755859375, 2],
        ],
        [new Uint8Array([0, 60, 0, 64]), [1, 2]],
      ],
    ],
    [
      'BFloat16Vector',
      { data_type: 'BFloat16Vector', dim: 2 },
      [
        [
          [0.1, 2],
          [0.099609375, 2],
        ],
      ],
    ],
    [
      'Int8Vector',
      { data_type: 'Int8Vector', dim: 2 },
      [
        [
          [-128, 127],
          [-128, 127],
        ],
        [new Int8Array([1, 2]), [1, 2]],
      ],
    ],
    [
      'SparseFloatVector',
      { data_type: 'SparseFloatVector' },
      [
        [
          { 7: 0.5, 2: 1 },
          { 2: 1, 7: 0.5 },
        ],
        [[{ index: 3, value: 2 }], { 3: 2 }],
        [
          { indices: [9, 1], values: [1, 2] },
          { 1: 2, 9: 1 },
        ],
        [[undefined, 4, undefined, 0.5], { 1: 4, 3: 0.5 }],
      ],
    ],
  ]
  it.each(cases)('%s', async (_name, field, pairs) => {
    const made = client()
    const isVector = String((field as { data_type: string }).data_type).endsWith('Vector')
    await made.createCollection({
      collection_name: 'c',
      fields: [KEY, { name: 'vector', data_type: 'FloatVector', dim: 4 }, { name: 'f', ...field }],
      index_params: [INDEX, ...(isVector ? [{ field_name: 'f', index_type: 'AUTOINDEX' }] : [])],
    } as never)
    expect((await put(made, ...pairs.map(([f], id) => ({ id, vector: V, f })))).status).toEqual(SUCCESS)
    expect((await all(made, ['f'])).map((row) => row['f'])).toEqual(pairs.map(([, read]) => read))
  })

  it('gives integers in the form that is asked for', async () => {
    const rows = async (longs: unknown) => {
      const made = await collectionOf(
        [{ name: 'n', data_type: 'Int64' }],
        {},
        client({ address: ':memory:', loaderOptions: { longs } }),
      )
      const { IDs } = await put(made, { id: 1, vector: V, n: 5 })
      return [(IDs as { int_id: { data: unknown[] } }).int_id.data[0], (await all(made, ['n']))[0]!['n']]
    }
    expect(await rows(String)).toEqual(['1', '5'])
    expect(await rows(Number)).toEqual([1, 5])
    expect((await rows(Function))[1]).toMatchObject({ low: 5, high: 0, unsigned: false })
  })
})

describe('refusals', () => {
  const fields = [
    { name: 'i8', data_type: 'Int8', nullable: true },
    { name: 's', data_type: 'VarChar', max_length: 4, nullable: true },
    { name: 'd', data_type: 'Double', nullable: true },
    { name: 'b', data_type: 'Bool', nullable: true },
    { name: 'arr', data_type: 'Array', element_type: 'Int32', max_capacity: 2, nullable: true },
    { name: 'j', data_type: 'JSON', nullable: true },
    { name: 'need', data_type: 'Int32' },
  ]
  const bad: [string, object, RegExp][] = [
    ['Int8 128', { i8: 128 }, /out of range: \[-128, 127\]/],
    ['Int8 1.5', { i8: 1.5 }, /field i8 of row 1/],
    [
      'bytes of VarChar',
      { s: '\u00e4\u00f6x' },
      /length of varchar field s exceeds max length, row number: 1, length: 5, max length: 4/,
    ],
    ['VarChar of a number', { s: 5 }, /expected VarChar/],
    ['NaN', { d: NaN }, /is not a number or infinity/],
    ['Bool of a number', { b: 1 }, /expected Bool/],
    ['long array', { arr: [1, 2, 3] }, /the length \(3\) of 1-th array exceeds max capacity \(2\)/],
    ['null in an array', { arr: [1, null] }, /null element/],
    ['large JSON', { j: 'x'.repeat(70_000) }, /exceeds max length/],
    [
      'no required field',
      { need: undefined },
      /the num_rows \(0\) of field \(need\) is not equal to passed num_rows \(2\)/,
    ],
    ['null in a required field', { need: null }, /field \(need\)/],
    ['short vector', { vector: [1, 2] }, /the length\(2\) of float data should divide the dim\(4\)/],
    ['Infinity in a vector', { vector: [1, 2, 3, Infinity] }, /is not a number or infinity/],
    ['a string in a vector', { vector: [1, 2, 3, 'x'] }, /expected FloatVector/],
    ['no vector', { vector: undefined }, /field \(vector\)/],
    ['no key', { id: undefined }, /field \(id\)/],
  ]
  it.each(bad)('%s', async (_name, change, reason) => {
    const made = await collectionOf(fields)
    const answer = await put(made, { id: 1, vector: V, need: 1 }, { id: 2, vector: V, need: 2, ...change })
    expect(answer).toMatchObject({
      status: { code: 1100, error_code: 'IllegalArgument' },
      insert_cnt: '0',
      insert_count: 0,
      succ_index: [],
    })
    expect(answer.status.reason).toMatch(reason)
    expect(await all(made)).toEqual([])
  })

  it('throws what the SDK throws', async () => {
    const made = await collectionOf([{ name: 'bits', data_type: 'BinaryVector', dim: 16 }], { index_params: undefined })
    await expect(put(made)).rejects.toThrow(ERROR_REASONS.INSERT_CHECK_FIELD_DATA_IS_REQUIRED)
    await expect(put(made, { id: 1, vector: V, bits: [1, 2], nope: 1 })).rejects.toThrow(
      `${ERROR_REASONS.INSERT_CHECK_WRONG_FIELD} 0`,
    )
    await expect(put(made, { id: 1, vector: V, bits: [1] })).rejects.toThrow(ERROR_REASONS.INSERT_CHECK_WRONG_DIM)
    await expect(made.insert({ data: [{}] } as never)).rejects.toThrow(ERROR_REASONS.COLLECTION_NAME_IS_REQUIRED)
  })
})

it('fills nulls and defaults, and leaves the given rows alone', async () => {
  const made = await collectionOf([
    { name: 'n', data_type: 'Int64', nullable: true },
    { name: 'd', data_type: 'VarChar', max_length: 9, default_value: 'dflt' },
    { name: 'nd', data_type: 'Int32', nullable: true, default_value: 7 },
  ])
  const rows = [
    { id: 1, vector: V },
    { id: 2, vector: V, n: null, d: null, nd: null },
    { id: 3, vector: V, n: 1, d: 'x', nd: 8 },
  ]
  const before = structuredClone(rows)
  await put(made, ...rows)
  expect(rows).toEqual(before)
  expect(await all(made, ['n', 'd', 'nd'])).toEqual([
    { id: '1', n: null, d: 'dflt', nd: 7 },
    { id: '2', n: null, d: 'dflt', nd: 7 },
    { id: '3', n: '1', d: 'x', nd: 8 },
  ])
})

describe('keys', () => {
  it('makes them where autoID is on: unique, rising, returned', async () => {
    const made = client()
    await made.createCollection({ collection_name: 'c', dimension: 4, auto_id: true, enable_dynamic_field: true })
    const { IDs, ids } = await put(made, { vector: V, a: 1 }, { vector: V, a: 2 })
    expect(IDs).toEqual({ int_id: { data: ids }, id_field: 'int_id' })
    expect(BigInt(ids[1]!)).toBeGreaterThan(BigInt(ids[0]!))
    const { data } = await made.query({ collection_name: 'c', filter: `id in [${ids[1]}]`, output_fields: ['a'] })
    expect(data).toEqual([{ id: ids[1], a: 2 }])
    const upserted = await made.upsert({ collection_name: 'c', data: [{ id: ids[0]!, vector: V, a: 9 }] })
    expect(upserted).toMatchObject({ upsert_cnt: '1', insert_cnt: '1', delete_cnt: '1', upsert_count: 1 })
    expect(upserted.ids[0]).not.toBe(ids[0])
    expect((await made.count({ collection_name: 'c' })).data).toBe(2)
    expect((await put(made, { id: 5, vector: V })).status.code).toBe(1100)
  })

  it('takes texts as keys, whatever is in them', async () => {
    const made = client()
    await made.createCollection({ collection_name: 'c', dimension: 4, id_type: DataType.VarChar })
    const keys = ['a"b', "o'neil", 'back\\slash', '', '] or id != "']
    expect(await put(made, ...keys.map((id) => ({ id, vector: V })))).toMatchObject({
      IDs: { str_id: { data: keys }, id_field: 'str_id' },
    })
    expect(
      (await made.get({ collection_name: 'c', ids: keys, output_fields: ['id'] })).data.map((row) => row['id']),
    ).toEqual([...keys].sort())
    expect(await made.delete({ collection_name: 'c', ids: [keys[0]!, keys[4]!, 'nope'] })).toMatchObject({
      delete_cnt: '2',
      delete_count: 2,
      IDs: {},
    })
    expect((await made.count({ collection_name: 'c' })).data).toBe(3)
  })

  it('appends without complaint: the newest copy of a key is the one that shows', async () => {
    const made = await collectionOf([{ name: 'n', data_type: 'Int32' }])
    await made.createPartition({ collection_name: 'c', partition_name: 'p' })
    expect((await put(made, { id: 1, vector: V, n: 1 }, { id: 1, vector: V, n: 2 })).insert_cnt).toBe('2')
    await made.insert({ collection_name: 'c', partition_name: 'p', data: [{ id: 1, vector: V, n: 3 }] })
    expect(await all(made, ['n'])).toEqual([{ id: '1', n: 3 }])
    expect((await made.delete({ collection_name: 'c', ids: [1] })).delete_cnt).toBe('1')
    expect(await all(made)).toEqual([])
  })
})

describe('dynamic fields', () => {
  it('merges $meta back when a row is written as it was read', async () => {
    const made = await collectionOf([], { enable_dynamic_field: true })
    await put(made, { id: 1, vector: V, color: 'red', $meta: { deep: { a: 1 }, color: 'blue' } })
    const [row] = await all(made)
    expect(row).toEqual({ id: '1', vector: V, $meta: { color: 'red', deep: { a: 1 } } })
    await made.upsert({ collection_name: 'c', data: [row as never] })
    expect(await all(made)).toEqual([row])
    expect((await put(made, { id: 2, vector: V, $meta: { vector: 1 } })).status.code).toBe(1100)
    const { data } = await made.query({ collection_name: 'c', filter: 'id == 1', output_fields: ['color', 'nope'] })
    expect(data).toEqual([{ id: '1', color: 'red' }])
  })

  it('stores names of prototypes as plain data', async () => {
    const made = await collectionOf([], { enable_dynamic_field: true })
    await put(made, JSON.parse('{"id":1,"vector":[1,2,3,4],"__proto__":{"x":1},"constructor":"c"}'))
    const [row] = await all(made, ['__proto__', 'constructor', 'toString'])
    expect(Object.keys(row!).sort()).toEqual(['__proto__', 'constructor', 'id'])
    expect(({} as { x?: number }).x).toBeUndefined()
  })
})

describe('upsert', () => {
  const fields = [
    { name: 'a', data_type: 'Int32', nullable: true },
    { name: 'b', data_type: 'VarChar', max_length: 9 },
    { name: 'tags', data_type: 'Array', element_type: 'Int32', max_capacity: 4, nullable: true },
  ]
  const upsert = (made: MilvusClient, data: object[], more: object = {}) =>
    made.upsert({ collection_name: 'c', data: data as never, ...more })

  it('replaces whole rows, and inserts what is not there', async () => {
    const made = await collectionOf(fields)
    await put(made, { id: 1, vector: V, a: 1, b: 'x' })
    expect(
      await upsert(made, [
        { id: 1, vector: V, b: 'y' },
        { id: 2, vector: V, b: 'z' },
      ]),
    ).toMatchObject({ upsert_cnt: '2', insert_cnt: '2', delete_cnt: '2', ids: ['1', '2'] })
    expect(await all(made, ['a', 'b'])).toEqual([
      { id: '1', a: null, b: 'y' },
      { id: '2', a: null, b: 'z' },
    ])
    expect((await upsert(made, [{ id: 1, vector: V }])).status.code).toBe(1100)
    expect((await upsert(made, [{ vector: V, b: 'x' }])).status.code).toBe(1100)
    expect(
      (
        await upsert(made, [
          { id: 3, vector: V, b: 'x' },
          { id: 3, vector: V, b: 'y' },
        ])
      ).status.reason,
    ).toContain('duplicate primary keys')
  })

  it('keeps what a partial upsert does not give; columns travel as one', async () => {
    const made = await collectionOf(fields, { enable_dynamic_field: true })
    await put(made, { id: 1, vector: V, a: 1, b: 'x', tags: [1, 2], color: 'red' }, { id: 2, vector: V, a: 2, b: 'y' })
    expect((await upsert(made, [{ id: 1, b: 'new', size: 3 }], { partial_update: true })).status).toEqual(SUCCESS)
    const read = async () => await all(made, ['a', 'b', 'tags', '$meta', 'vector'])
    expect((await read())[0]).toEqual({
      id: '1',
      a: 1,
      b: 'new',
      tags: [1, 2],
      $meta: { color: 'red', size: 3 },
      vector: V,
    })
    await upsert(
      made,
      [
        { id: 1, a: 9 },
        { id: 2, b: 'z' },
      ],
      { partial_update: true },
    ).then(({ status }) => {
      expect(status.reason).toContain('field (b)')
    })
    await upsert(
      made,
      [
        { id: 1, a: 9, b: 'p' },
        { id: 2, b: 'z' },
      ],
      { partial_update: true },
    )
    expect((await read()).map((row) => [row['a'], row['b']])).toEqual([
      [9, 'p'],
      [null, 'z'],
    ])
    expect((await upsert(made, [{ id: 7, b: 'q' }], { partial_update: true })).status.code).toBe(1100)
    await upsert(made, [{ id: 1, tags: [2, 3] }], { field_ops: [{ field_name: 'tags', op: 'ARRAY_APPEND' }] })
    expect((await read())[0]!['tags']).toEqual([1, 2, 2, 3])
    await upsert(made, [{ id: 1, tags: [2] }], { field_ops: [{ field_name: 'tags', op: 2 }] })
    expect((await read())[0]!['tags']).toEqual([1, 3])
  })
})

describe('delete', () => {
  it('by ids, by filter, within a partition; never without a condition', async () => {
    const made = await collectionOf([{ name: 'n', data_type: 'Int32' }])
    await made.createPartition({ collection_name: 'c', partition_name: 'p' })
    await put(made, ...Array.from({ length: 10 }, (_, id) => ({ id, vector: V, n: id % 3 })))
    expect(await made.delete({ collection_name: 'c', ids: ['1', '2'] })).toMatchObject({
      status: SUCCESS,
      delete_cnt: '2',
    })
    expect(await made.delete({ collection_name: 'c', ids: 3 } as never)).toMatchObject({ delete_cnt: '1' })
    expect(await made.delete({ collection_name: 'c', ids: [4], partition_name: 'p' })).toMatchObject({
      delete_cnt: '0',
    })
    expect(
      await made.deleteEntities({ collection_name: 'c', filter: 'n in {ns}', exprValues: { ns: [0] } }),
    ).toMatchObject({ delete_cnt: '3' })
    expect((await all(made, ['id'])).map((row) => row['id'])).toEqual(['4', '5', '7', '8'])
    expect((await made.delete({ collection_name: 'c', filter: 'n ==' })).status.code).toBe(1100)
    await expect(made.delete({ collection_name: 'c' } as never)).rejects.toThrow(ERROR_REASONS.FILTER_EXPR_REQUIRED)
    await expect(made.deleteEntities({ collection_name: 'c' })).rejects.toThrow(ERROR_REASONS.FILTER_EXPR_REQUIRED)
    await expect(made.delete({ collection_name: 'nope', ids: [1] })).rejects.toMatchObject({ code: 100 })
    expect(await made.deleteEntities({ collection_name: 'nope', filter: 'id > 0' })).toMatchObject({
      status: { code: 100 },
      delete_cnt: '0',
    })
  })
})

describe('query', () => {
  it('orders, pages, counts, refuses', async () => {
    const made = await collectionOf([{ name: 'n', data_type: 'Int32', nullable: true }])
    await put(made, ...[5, 3, 10, 1].map((id) => ({ id, vector: V, n: id === 10 ? null : -id })))
    const ids = async (more: object) => {
      const { data, status } = await made.query({ collection_name: 'c', output_fields: ['id'], ...more })
      return status.code === 0 ? data.map((row) => row['id']) : status.code
    }
    expect(await ids({ filter: 'id > 0' })).toEqual(['1', '3', '5', '10'])
    expect(await ids({ limit: 2, offset: 1 })).toEqual(['3', '5'])
    expect(await ids({ filter: 'id > 0', order_by_fields: 'n' })).toEqual(['5', '3', '1', '10'])
    expect(await ids({ filter: 'id > 0', order_by_fields: [{ field: 'n', order: 'desc' }], limit: 2 })).toEqual([
      '1',
      '3',
    ])
    expect(await ids({ ids: [10, '1', 99] })).toEqual(['1', '10'])
    expect(await ids({ ids: [10], filter: 'id > 0' })).toBe(1100)
    expect(await ids({})).toBe(1100)
    expect(await ids({ limit: 0 })).toBe(1100)
    expect(await ids({ limit: 16_385 })).toBe(65535)
    const count = await made.query({ collection_name: 'c', output_fields: ['count(*)'] })
    expect(count.data).toEqual([{ 'count(*)': '4' }])
    expect((await made.query({ collection_name: 'c', output_fields: ['count(*)'], limit: 5 })).status.code).toBe(1100)
    expect((await made.query({ collection_name: 'c', filter: 'id > 0', output_fields: ['nope'] })).status.code).toBe(
      1100,
    )
    await expect(made.get({ collection_name: 'c', ids: [] })).rejects.toThrow(ERROR_REASONS.IDS_REQUIRED)
    await expect(made.get({ collection_name: 'nope', ids: [1] })).rejects.toMatchObject({ code: 100 })
    expect((await made.query({ collection_name: 'nope', filter: 'id > 0' })).status).toMatchObject({
      code: 100,
      error_code: 'CollectionNotExists',
    })
  })
})
