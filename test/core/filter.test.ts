// Promise: every sentence that API.md says about filters holds, in the machine and in the evaluator alike. Each row is a filter, the
// documents' values and which of them match.

import { describe, expect, it } from 'vitest'
import { evaluate, parseFilter } from '../../src/query/filters.ts'
import { filterStore } from './filter-store.ts'

/** Stands for a document without the field. */
const MISSING = Symbol('missing')

type Row = readonly [name: string, condition: unknown, matching: readonly unknown[], other: readonly unknown[]]

const documentOf = (value: unknown) => (value === MISSING ? {} : { v: value })

async function check(filter: unknown, matching: readonly object[], other: readonly object[]): Promise<void> {
  const documents = [...matching, ...other]
  const store = await filterStore(documents)
  const wanted = matching.map((_, index) => index)
  expect(store.find(filter)).toEqual(wanted)
  const tree = parseFilter(filter)
  expect(documents.flatMap((document, index) => (evaluate(tree, document) ? [index] : []))).toEqual(wanted)
}

const bytes = (...values: number[]) => Uint8Array.from(values)
const EVERY_TYPE = [null, true, 1, 1n, 'a', new Date(1), bytes(1), [1], { a: 1 }]

const OPERATORS: readonly Row[] = [
  ['a plain value is equality', 5, [5, 5n, 5.0], ['5', 6, [5], null, MISSING, true]],
  ['5 and 5n are equal', 5n, [5, 5n], [4n, 6]],
  ['exactly', 2n ** 53n + 1n, [2n ** 53n + 1n], [2 ** 53, 2n ** 53n, 2 ** 53 + 2]],
  [
    'ordered exactly',
    { $gt: 2 ** 53 },
    [2n ** 53n + 1n, 2 ** 53 + 2, 2n ** 63n - 1n, 1e300],
    [2 ** 53, 2n ** 53n, -1e300, -(2n ** 63n)],
  ],
  [
    'ordered exactly by a bigint',
    { $lt: 2n ** 53n + 1n },
    [2 ** 53, 2n ** 53n, -1e300],
    [2n ** 53n + 1n, 2 ** 53 + 2, 2 ** 63],
  ],
  ['at the end of 64 bits', { $lt: 2n ** 63n - 1n }, [2n ** 63n - 2n, 2 ** 62], [2 ** 63, 2n ** 63n - 1n]],
  ['at the other end', { $gte: -(2n ** 63n) }, [-(2 ** 63), -(2n ** 63n), 0], [-(2 ** 63) * 1.5, -1e300]],
  ['fractions', { $gt: 2, $lt: 3 }, [2.5, 2.0000001], [2n, 3n, 2, 3]],
  ['-0 is 0', -0, [0, -0, 0n], [1e-300]],
  ['null is a value and matches only itself', null, [null], [MISSING, 0, '', false, [], {}, [null]]],
  ['$ne of null', { $ne: null }, [MISSING, 0, ''], [null]],
  ['$ne matches documents without the field', { $ne: 5 }, [MISSING, null, 6, '5', [5]], [5, 5n]],
  ['$nin matches them too', { $nin: [5, 'a'] }, [MISSING, null, 6, 'b'], [5, 5n, 'a']],
  ['$not matches them too', { $not: { $gt: 5 } }, [MISSING, null, 5, 'x'], [6, 7n]],
  ['comparisons do not', { $gt: 5 }, [6], [MISSING, null, 5]],
  ['nor do those with equality in them', { $lte: 5 }, [5, 4n, -1], [MISSING, null, '', 6]],
  [
    'values of different types are never ordered',
    { $gte: 'a' },
    ['a', 'b'],
    [1, 1e9, new Date(), true, [], {}, null, MISSING, bytes(255)],
  ],
  ['false before true', { $gt: false }, [true], [false, 1, null, 'true']],
  ['strings by code point', { $gt: '\uff5e' }, ['\ud83d\ude00', '\uffff'], ['\uff5e', 'z', '\ud7ff']],
  ['a string before a longer one', { $lt: 'ab' }, ['a', '', 'aa', 'aaa'], ['ab', 'abc', 'b']],
  ['the empty string', '', [''], [null, MISSING, 0, 'a', [], '\0']],
  [
    'dates by time',
    { $gte: new Date(10) },
    [new Date(10), new Date(11)],
    [new Date(9), 10, '1970-01-01T00:00:00.010Z'],
  ],
  ['a date', new Date(0), [new Date(0)], [0, '1970-01-01T00:00:00.000Z', new Date(1)]],
  [
    'binaries bytewise',
    { $lt: bytes(1, 200) },
    [bytes(), bytes(1), bytes(0, 255), bytes(1, 199)],
    [bytes(1, 200), bytes(1, 200, 0), bytes(2), 'a'],
  ],
  ['a binary', bytes(1, 2), [bytes(1, 2), Buffer.from([1, 2])], [bytes(1), bytes(1, 3), Int8Array.of(1, 2), [1, 2]]],
  ['arrays have no order', { $gte: [1] }, [], [[1], [2], 1, MISSING]],
  ['objects have no order', { $lte: { a: 1 } }, [], [{ a: 1 }, {}, MISSING]],
  [
    '$eq compares the whole array',
    [1, 'a'],
    [
      [1, 'a'],
      [1n, 'a'],
    ],
    [['a', 1], [1], [[1, 'a']], 1],
  ],
  ['an empty array', [], [[]], [[null], {}, '', MISSING]],
  [
    'a plain object compares the whole object',
    { a: 1, b: [2] },
    [
      { a: 1, b: [2] },
      { b: [2n], a: 1n },
    ],
    [{ a: 1 }, { a: 1, b: [2], c: 3 }, { a: 2, b: [2] }],
  ],
  ['an empty object', {}, [{}], [[], null, { a: 1 }, MISSING]],
  ['an object without a prototype', Object.assign(Object.create(null), { a: 1 }), [{ a: 1 }], [{}]],
  ['undefined fields of it are left out', { a: 1, b: undefined }, [{ a: 1 }], [{ a: 1, b: null }]],
  ['$eq takes keys that begin with $', { $eq: { $gt: 1 } }, [{ $gt: 1 }], [2, { $gt: 2 }]],
  ['$in', { $in: [1, 'a', null, [1], { x: 1 }] }, [1n, 'a', null, [1], { x: 1 }], [MISSING, 2, 'b', [2], {}]],
  ['$in with nothing', { $in: [] }, [], [1, null, MISSING]],
  ['$nin with nothing', { $nin: [] }, [1, null, MISSING], []],
  ['$exists', { $exists: true }, [null, 0, '', [], {}, false], [MISSING]],
  ['$exists false', { $exists: false }, [MISSING], [null, 0]],
  ['$type number', { $type: 'number' }, [1, 1.5, 2 ** 40], [1n, '1', null, MISSING]],
  ['$type bigint', { $type: 'bigint' }, [1n], [1]],
  ['$type string', { $type: 'string' }, ['a', ''], [1, MISSING]],
  ['$type boolean', { $type: 'boolean' }, [true, false], [0, null]],
  ['$type null', { $type: 'null' }, [null], [MISSING, 0]],
  ['$type date', { $type: 'date' }, [new Date()], ['2020-01-01', 0]],
  ['$type binary', { $type: 'binary' }, [bytes(), Float32Array.of(1)], [[1]]],
  ['$type array', { $type: 'array' }, [[], [1]], [{}, bytes(1)]],
  ['$type object', { $type: 'object' }, [{}, { a: 1 }], [[], null, new Date()]],
  ['$type of several', { $type: ['number', 'bigint'] }, [1, 1n], ['1', null]],
  ['not $type', { $not: { $type: 'string' } }, [1, null, MISSING], ['a']],
  ['$contains asks for an element', { $contains: 2 }, [[1, 2], [2n]], [2, [1], [[2]], [], MISSING, '2']],
  ['$contains null', { $contains: null }, [[null]], [null, [], MISSING]],
  ['$contains an array', { $contains: [1] }, [[[1]]], [[1], [[1, 2]]]],
  ['$contains an object', { $contains: { a: 1, b: 2 } }, [[{ b: 2, a: 1 }]], [{ a: 1, b: 2 }, [{ a: 1 }]]],
  [
    '$contains on a string is a substring',
    { $contains: 'bc' },
    ['abcd', 'bc', ['bc']],
    ['ab', 'b c', ['abcd'], MISSING],
  ],
  ['the empty substring', { $contains: '' }, ['', 'a', ['']], [[], ['a'], 1]],
  ['$contains on a string wants a string', { $contains: 1 }, [[1]], ['1', '123']],
  [
    '$containsAll',
    { $containsAll: [1, 'a', 1n] },
    [
      ['a', 1],
      [1n, 2, 'a'],
    ],
    [[1], ['a'], [], 1, MISSING],
  ],
  ['$containsAll on a string', { $containsAll: ['a', 'b'] }, ['ab', 'xbxa', ['a', 'b']], ['a', 'b', ['ab']]],
  ['$containsAll of nothing', { $containsAll: [] }, [[], [1], 'a'], [MISSING, 1, null]],
  ['$containsAny', { $containsAny: [1, 'a'] }, [[1], ['a', 2], [1n], 'cab'], [[2], [], 1, 'x', MISSING]],
  ['$containsAny of nothing', { $containsAny: [] }, [], [[], [1], 'a', MISSING]],
  ['$startsWith', { $startsWith: 'ab' }, ['ab', 'abc'], ['a', 'xab', 'AB', ['ab'], MISSING]],
  ['$endsWith', { $endsWith: '\u00e9' }, ['caf\u00e9', '\u00e9'], ['cafe', '\u00e9x', '']],
  ['$like %', { $like: 'a%c' }, ['ac', 'abc', 'a\nc', 'acc'], ['abcd', 'xac', 'aC', 'a']],
  ['$like _ is one code point', { $like: 'a_c' }, ['abc', 'a\ud83d\ude00c', 'a\u00e9c', 'a\nc'], ['ac', 'abbc']],
  ['$like is the whole string', { $like: 'abc' }, ['abc'], ['abcd', 'xabc', 'ABC', ['abc'], MISSING]],
  ['$like escapes', { $like: '10\\%\\_\\\\' }, ['10%_\\'], ['100_\\', '10%x\\']],
  ['$like %%', { $like: '%%' }, ['', 'a'], [1, MISSING]],
  ['$like nothing', { $like: '' }, [''], ['a', MISSING]],
  ['$like %_%', { $like: '%_%' }, ['a', 'ab', '\ud83d\ude00'], ['', MISSING]],
  [
    '$like with pieces between',
    { $like: '_b%c_e%g' },
    ['abcdeg', 'abxcdexg', 'abcdecdeg'],
    ['abceg', 'abcde', 'bcdeg'],
  ],
  ['$like overlapping ends', { $like: 'aba%ba' }, ['ababa', 'abaxba'], ['aba', 'abba']],
  ['$regex is found anywhere', { $regex: 'b+c' }, ['abbcd', 'bc'], ['ac', 'B', 1, ['bc'], MISSING]],
  ['$regex takes a RegExp', { $regex: /^B/i }, ['bc', 'Bx'], ['ab', MISSING]],
  ['a global RegExp has no memory', { $regex: /b/g }, ['b', 'bb', 'ab'], ['a']],
  ['not $regex', { $not: { $regex: 'b' } }, ['a', 1, null, MISSING], ['b']],
  [
    '$size',
    { $size: 2 },
    [
      [1, 2],
      [null, null],
    ],
    [[1], [], 'ab', { a: 1, b: 2 }, bytes(1, 2), MISSING],
  ],
  ['$size 0', { $size: 0 }, [[]], [[1], '', {}, MISSING]],
  ['$size as bigint', { $size: 1n }, [[1]], [[]]],
  ['several operators all hold', { $gt: 1, $lt: 5, $ne: 3 }, [2, 4, 4.5], [1, 5, 3, MISSING]],
  ['$not of several', { $not: { $gt: 1, $lt: 5 } }, [1, 5, MISSING, 'a'], [2, 4]],
  ['$not in $not', { $not: { $not: { $eq: 1 } } }, [1], [2, MISSING]],
]

describe('conditions of one field', () => {
  it.each(OPERATORS)('%s', async (_, condition, matching, other) => {
    await check({ v: condition }, matching.map(documentOf), other.map(documentOf))
  })

  it('no value equals one of another type, and no two are ordered', async () => {
    for (const value of EVERY_TYPE) {
      const others = EVERY_TYPE.filter(
        (other) =>
          other !== value &&
          !(
            typeof other !== typeof value &&
            Number(other) === 1 &&
            Number(value) === 1 &&
            !Array.isArray(other) &&
            typeof other !== 'boolean' &&
            typeof value !== 'boolean' &&
            typeof other !== 'object' &&
            typeof value !== 'object'
          ),
      )
      await check(
        { v: { $eq: value } },
        typeof value === 'number' || typeof value === 'bigint' ? [{ v: 1 }, { v: 1n }] : [{ v: value }],
        others.map(documentOf),
      )
      for (const operator of ['$gt', '$lt']) await check({ v: { [operator]: value } }, [], EVERY_TYPE.map(documentOf))
    }
  })
})

const FILTERS: readonly (readonly [string, unknown, readonly object[], readonly object[]])[] = [
  ['nothing asked', {}, [{}, { a: 1 }], []],
  ['two fields', { a: 1, b: 2 }, [{ a: 1, b: 2 }], [{ a: 1 }, { b: 2 }, {}]],
  ['$and', { $and: [{ a: 1 }, { b: 2 }] }, [{ a: 1, b: 2 }], [{ a: 1 }, {}]],
  ['$or', { $or: [{ a: 1 }, { b: 2 }] }, [{ a: 1 }, { b: 2, a: 5 }], [{ a: 2 }, {}]],
  ['$nor', { $nor: [{ a: 1 }, { b: 2 }] }, [{ a: 2 }, {}], [{ a: 1 }, { b: 2 }]],
  ['$not', { $not: { a: 1, b: 2 } }, [{ a: 1 }, {}, { a: 1, b: 3 }], [{ a: 1, b: 2 }]],
  ['$or beside fields', { c: 3, $or: [{ a: 1 }, { b: 2 }] }, [{ c: 3, a: 1 }], [{ a: 1 }, { c: 3 }]],
  ['empty $and', { $and: [] }, [{}, { a: 1 }], []],
  ['empty $or', { $or: [] }, [], [{}, { a: 1 }]],
  ['empty $nor', { $nor: [] }, [{}, { a: 1 }], []],
  [
    'nested paths',
    { 'author.name': 'x' },
    [{ author: { name: 'x' } }],
    [{ author: 'x' }, { author: {} }, {}, { author: null }],
  ],
  ['a dot always separates', { 'a.b': 1 }, [{ a: { b: 1 } }], [{ 'a.b': 1 }]],
  ['a path does not enter arrays', { 'a.b': 1 }, [], [{ a: [{ b: 1 }] }]],
  [
    'but with a number it does',
    { 'a.0.b': 1 },
    [{ a: [{ b: 1 }, { b: 2 }] }],
    [{ a: [{ b: 2 }, { b: 1 }] }, { a: [] }],
  ],
  ['a.0 is an array position', { 'a.0': 5 }, [{ a: [5, 6] }, { a: [5n] }], [{ a: [6, 5] }, { a: [] }, { a: 5 }]],
  ['or a name in an object', { 'a.0': 5 }, [{ a: { 0: 5 } }], [{ a: { 1: 5 } }]],
  ['01 is no position', { 'a.01': 5 }, [{ a: { '01': 5 } }], [{ a: [0, 5] }]],
  ['positions beyond the end', { 'a.7': { $exists: false } }, [{ a: [1] }, {}], [{ a: [0, 1, 2, 3, 4, 5, 6, 7] }]],
  ['empty names', { 'a.': 1, '': 2 }, [{ a: { '': 1 }, '': 2 }], [{ a: 1, '': 2 }]],
  ['__proto__', JSON.parse('{ "a.__proto__": 1 }'), [JSON.parse('{ "a": { "__proto__": 1 } }')], [{ a: {} }, {}]],
  ['names of Object.prototype', { toString: { $exists: true } }, [{ toString: 1 }], [{}]],
  [
    'strings have no fields',
    { 'a.length': { $exists: true } },
    [{ a: { length: 1 } }],
    [{ a: 'xy' }, { a: [1] }, { a: bytes(1) }],
  ],
  ['names that are not ASCII', { 'caf\u00e9.\u65e5': 1 }, [{ 'caf\u00e9': { '\u65e5': 1 } }], [{ cafe: 1 }]],
]

describe('whole filters', () => {
  it.each(FILTERS)('%s', async (_, filter, matching, other) => {
    await check(filter, matching, other)
  })

  it('find documents by their key, packed or not', async () => {
    const id = '0123abcd-0000-4000-8000-00000000000a'
    const store = await filterStore([{ id }, { id: id.toUpperCase() }, { id: 'plain' }])
    expect(store.find({ id })).toEqual([0])
    expect(store.find({ id: { $in: [id, 'plain'] } })).toEqual([0, 2])
    expect(store.find({ id: { $startsWith: '0123abcd' } })).toEqual([0])
    expect(store.find({ id: { $contains: '-4000-' } })).toEqual([0, 1])
    expect(store.find({ id: { $like: '%_000000a' } })).toEqual([0])
    expect(store.find({ id: { $gt: id.toUpperCase() } })).toEqual([0, 2])
    expect(store.find({ id: { $type: 'string' } })).toEqual([0, 1, 2])
  })

  it('find fields of objects with more names than a shape takes', async () => {
    const wide = (extra: object) => ({
      ...Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`f${i}`, i])),
      ...extra,
    })
    const store = await filterStore([
      wide({ x: { y: 1 } }),
      { x: wide({ y: 1 }) },
      wide({ x: wide({ y: 2 }) }),
      wide({}),
    ])
    expect(store.find({ 'x.y': 1 })).toEqual([0, 1])
    expect(store.find({ f299: 299 })).toEqual([0, 2, 3])
    expect(store.find({ x: { $eq: wide({ y: 2 }) } })).toEqual([2])
    expect(store.find({ x: { $in: [wide({ y: 1 })] } })).toEqual([1])
  })
})
