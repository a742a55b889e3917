// Promise: filter expressions select, and are refused, as Epsilla's are, whether the engine runs them or JavaScript does.

import { beforeAll, describe, expect, it } from 'vitest'
import type { EpsillaDB } from '../../../src/dialect/epsilla/index.ts'
import { client, ids } from './samples.ts'

let db: EpsillaDB
beforeAll(async () => {
  db = await client()
  await db.createTable('t', [
    { name: 'ID', primaryKey: true },
    { name: 'N', dataType: 'SMALLINT' },
    { name: 'D', dataType: 'DOUBLE' },
    { name: 'S', dataType: 'STRING' },
    { name: 'B', dataType: 'BOOL' },
    { name: 'J', dataType: 'JSON' },
    { name: 'P', dataType: 'GEO_POINT' },
    { name: 'V', dataType: 'VECTOR_FLOAT', dimensions: 2 },
  ])
  const point = (latitude: number, longitude: number) => ({ latitude, longitude })
  await db.insert('t', [
    { ID: 1, N: 10, D: 0.5, S: 'apple', B: true, J: 1, P: point(48.8566, 2.3522), V: [0, 0] },
    { ID: 2, N: -3, D: 1.5, S: 'a%b\\c', B: false, J: {}, P: point(51.5074, -0.1278), V: [1, 0] },
    { ID: 3, N: 0, D: -2, S: "it's", B: true, J: null, P: point(-33.87, 151.2), V: [2, 0] },
    { ID: 4, N: 7, D: 3, S: '', B: false, J: [], P: point(48.85, 2.35), V: [3, 0] },
  ])
})

describe('selects', () => {
  it.each<[string, number[]]>([
    ['', [1, 2, 3, 4]],
    ['ID = 1', [1]],
    ['ID <> 1', [2, 3, 4]],
    ['N >= 0 AND D < 1', [1, 3]],
    ['N>=0', [1, 3, 4]],
    ['N = -3', [2]],
    ['N=-3', [2]],
    ['N - 3 = 4', [4]],
    ['N -3 = 4', [4]],
    ['ID / 2 = 1.5', [3]],
    ['ID % 2 = 0', [2, 4]],
    ['ID * 2 + 1 > 7', [4]],
    ['1 + ID * 2 > 7', [4]],
    ['(1 + ID) * 2 > 9', [4]],
    ['1 / N > 1000', [3]],
    ['D = N / 20', [1]],
    ["S = 'apple'", [1]],
    ["S <> 'apple'", [2, 3, 4]],
    ["S = 'it\\'s'", [3]],
    ["S + '!' = 'apple!'", [1]],
    ["S LIKE 'a%'", [1, 2]],
    ["S like '_pple'", [1]],
    ["S LIKE 'A%'", []],
    ["S LIKE '%\\c'", [2]],
    ["S LIKE 'app'", []],
    ["S IN ('apple', '')", [1, 4]],
    ["S NOT IN ('apple', '')", [2, 3]],
    ["NOT S IN ('apple', '')", [2, 3]],
    ['B', [1, 3]],
    ['NOT B', [2, 4]],
    ['B = TRUE', [1, 3]],
    ['B <> true AND ID > 2', [4]],
    // One precedence, from left to right.
    ['ID = 1 OR ID = 2 AND B', [1]],
    ['ID = 1 OR (ID = 2 AND B)', [1]],
    ['B AND ID = 1 OR ID = 2', [1, 2]],
    ['ID = 2 OR B AND N = 0', [3]],
    ['ID > 1 AND NOT B', [2, 4]],
    ['NOT ID = 1', [2, 3, 4]],
    ['NOT (ID = 1 OR ID = 4)', [2, 3]],
    ['@distance = 0', [1, 2, 3, 4]],
    ['@distance > 0', []],
    ['NEARBY(P, 48.8566, 2.3522, 2000)', [1, 4]],
    ['NOT NEARBY(P, 48.8566, 2.3522, 400000)', [3]],
  ])('%s', async (filter, expected) => {
    expect(await ids(db.get('t', { filter }))).toEqual(expected)
  })

  it('reads the distance of each record, below AND and OR as well', async () => {
    const find = (filter: string) => ids(db.query('t', { queryVector: [0, 0], limit: 9, filter }))
    expect(await find('@distance < 5')).toEqual([1, 2, 3])
    expect(await find('@distance > 0 AND ID < 4')).toEqual([2, 3])
    expect(await find('NOT (@distance > 0)')).toEqual([1])
    expect(await ids(db.query('t', { queryVector: [0, 0], limit: 1, filter: '@distance > 0' }))).toEqual([2])
    expect(await ids(db.query('t', { queryVector: [0, 0], limit: 2, filter: 'B' }))).toEqual([1, 3])
  })
})

describe('refuses', () => {
  it.each<[string, number, string]>([
    ['ID != 1', 400, 'Filter expression is not valid.'],
    ['S = "x"', 400, 'Filter expression is not valid.'],
    ['ID = 1;', 400, 'Filter expression is not valid.'],
    ['ID = 1e2', 400, 'Filter expression is not valid.'],
    ['ID IN (1, 2)', 400, 'Filter expression is not valid.'],
    ['ID = .5', 400, 'Filter expression is not valid.'],
    ["S = 'it''s'", 400, 'Filter expression is not valid.'],
    [' ', 400, 'Filter expression is invalid.'],
    ['ID =', 400, 'Filter expression is invalid.'],
    ['ID = 1 AND', 400, 'Filter expression is invalid.'],
    ['(ID = 1', 400, 'Filter expression is invalid.'],
    ['ID = 1)', 400, 'Filter expression is invalid.'],
    ['ID 5', 400, 'Filter expression is invalid.'],
    ['ID', 400, 'Filter should be a boolean expression,'],
    ['1', 400, 'Filter should be a boolean expression,'],
    ['ID == 1', 400, "'==' is an invalid operator."],
    ['ID =<> 1', 400, "'=<>' is an invalid operator."],
    ["ID = 'x'", 400, '= statement is invalid.'],
    ["S > 'A'", 400, '> statement is invalid.'],
    ['S LIKE 5', 400, 'LIKE statement is invalid.'],
    ['ID AND B', 400, 'AND statement is invalid.'],
    ['NOT 5', 400, 'NOT statement is invalid.'],
    ['B + 1 = 2', 400, 'Boolean value is not compatible with + operation.'],
    ["S - 'a' = 'b'", 400, 'String value is not compatible with - operation.'],
    ["S = 'x", 400, "Missing terminating '."],
    ['nope = 1', 400, "Invalid filter expression: field name 'nope' not found."],
    ['J = 1', 400, "Type of field 'J' is not supported in filter expression."],
    ['V = 1', 400, "Type of field 'V' is not supported in filter expression."],
    ['a$b = 1', 400, 'Invalid name: a$b'],
    ['ID = 1.2.3', 400, '1.2.3 is not a valid number.'],
    ['ID = 3000000000', 400, '3000000000 is not a valid number.'],
    ['S IN ()', 400, 'Not enough operands for IN operator.'],
    ['ID BETWEEN 1 AND 2', 501, 'Epsilla does not support BETWEEN yet.'],
    ['EXISTS ID', 501, 'Epsilla does not support EXISTS yet.'],
    ['ID & 1', 501, 'Epsilla does not support bitwise operators yet.'],
    ['ID += 1', 501, 'Epsilla does not support compound operators yet.'],
    [`${'('.repeat(5000)}B${')'.repeat(5000)}`, 400, 'Filter expression is invalid.'],
  ])('%s', async (filter, statusCode, message) => {
    const query = { queryVector: [0, 0], limit: 1, filter }
    expect(await db.query('t', query)).toEqual({ statusCode, message })
    expect(await db.get('t', { filter })).toEqual({ statusCode: 500, message })
    expect(await db.delete('t', { filter })).toEqual({ statusCode: 400, message })
    expect(await ids(db.get('t'))).toHaveLength(4)
  })
})

it('takes time in proportion to a pattern, whatever it is', async () => {
  const text = 'a'.repeat(20_000)
  await db.insert('t', [{ ID: 5, N: 0, D: 0, S: text, B: true, J: 1, P: { latitude: 0, longitude: 0 }, V: [9, 9] }])
  const filter = `S + '' LIKE '${'a%'.repeat(30)}b' OR S LIKE '${'%a'.repeat(30)}%b'`
  expect(await ids(db.get('t', { filter }))).toEqual([])
  await db.delete('t', { primaryKeys: [5] })
})

// The engine counts whole numbers exactly, JavaScript counted in doubles: beyond 2^53 a filter selected other records beside
// primary keys or @distance than alone, and a facet put different numbers into one group. Half a surrogate pair in a filter matched
// what was stored of it in the one and not in the other, and a key with one could be written but not read.
it('selects the same records in every call, beyond 2^53 and with what has no UTF-8', async () => {
  const odd = await client()
  await odd.createTable('t', [
    { name: 'ID', dataType: 'STRING', primaryKey: true },
    { name: 'A', dataType: 'BIGINT' },
    { name: 'B', dataType: 'BIGINT' },
    { name: 'S', dataType: 'STRING' },
    { name: 'V', dataType: 'VECTOR_FLOAT', dimensions: 1 },
  ])
  const big = 2n ** 53n
  const rows = [
    { ID: 'a', A: big, B: big + 1n, S: 'x', V: [0] },
    { ID: 'b', A: big + 1n, B: big + 1n, S: '\ud800', V: [0] },
    { ID: 'c\udc00', A: -6, B: 3, S: '\ufffd', V: [0] },
  ]
  expect(await odd.insert('t', rows)).toMatchObject({ result: { inserted: 3 } })
  const third = 'c\ufffd'
  for (const [filter, expected] of [
    ['A = B', ['b']],
    ['A <> B', ['a', third]],
    ['A < B', ['a', third]],
    ['A + 1 = B', ['a']],
    ['B - A = 1', ['a']],
    ['B - A >= 1', ['a', third]],
    ['1 / (A % B) > 0 AND A % B = 0', ['b', third]],
    ["S = '\ud800'", ['b', third]],
    ["S LIKE '\ud801'", ['b', third]],
    ["S IN ('\udc00')", ['b', third]],
  ] as const) {
    const keys = ['a', 'b', 'c\udc00']
    const query = { queryVector: [0], limit: 9 }
    expect(await ids(odd.get('t', { filter })), filter).toEqual(expected)
    expect(await ids(odd.get('t', { filter, primaryKeys: keys })), filter).toEqual(expected)
    const many = [...keys, ...Array.from({ length: 20 }, (_, i) => `none${i}`)]
    expect(await ids(odd.get('t', { filter, primaryKeys: many })), filter).toEqual(expected)
    expect(await ids(odd.query('t', { ...query, filter })), filter).toEqual(expected)
    expect(await ids(odd.query('t', { ...query, filter: `@distance = 0 AND (${filter})` })), filter).toEqual(expected)
  }
  const facets = [{ group: ['A'], aggregate: ['COUNT(*)', 'MAX(B + 1)', 'SUM(1)'] }]
  expect(await odd.get('t', { filter: 'A > 0', facets })).toMatchObject({
    result: [
      [
        { A: big, 'COUNT(*)': 1, 'MAX(B + 1)': big + 2n, 'SUM(1)': 1 },
        { A: big + 1n, 'COUNT(*)': 1, 'MAX(B + 1)': big + 2n, 'SUM(1)': 1 },
      ],
    ],
  })
  expect(await odd.deleteByPrimaryKeys('t', ['c\udc00'])).toMatchObject({ result: { deleted: 1 } })
})
