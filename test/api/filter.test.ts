// Promise: every sentence of API.md about filters holds through the public interface: each operator, paths and positions, null and
// missing, values of all types against each other.

import { expect, it } from 'vitest'
import {
  type Collection,
  type Filter,
  LimitError,
  TypeMismatchError,
  UnknownOptionError,
  UsageError,
} from '../../src/index.ts'
import { closeAfterEach, describeEach } from './configurations.ts'

closeAfterEach()

const DOCUMENTS: Readonly<Record<string, object>> = {
  none: {},
  null: { v: null },
  true: { v: true },
  false: { v: false },
  0: { v: 0 },
  5: { v: 5 },
  '5n': { v: 5n },
  5.5: { v: 5.5 },
  big: { v: 2n ** 53n + 1n },
  empty: { v: '' },
  text: { v: 'text' },
  Text: { v: 'Text' },
  five: { v: '5' },
  accent: { v: '\u00e9t\u00e9' },
  percent: { v: '100%_\\' },
  lines: { v: 'a\nb' },
  date: { v: new Date(5) },
  later: { v: new Date(6) },
  bytes: { v: Uint8Array.of(1, 2) },
  signed: { v: Int8Array.of(1, 2) },
  list: { v: [1, 'a', null] },
  lists: { v: [[1], { a: 1 }] },
  nothing: { v: [] },
  object: { v: { a: 1, b: { c: 'deep' }, 0: 'zero' } },
  turned: { v: { 0: 'zero', b: { c: 'deep' }, a: 1 } },
  blank: { v: {} },
}
const ALL = Object.keys(DOCUMENTS)
const except = (...names: string[]) => ALL.filter((name) => !names.includes(name))

describeEach('filter', ({ openNew, collection: options }) => {
  const make = async (documents = DOCUMENTS) => {
    const posts = await (await openNew()).createCollection('posts', options)
    await posts.insert(Object.entries(documents).map(([id, document]) => ({ id, ...document })))
    return posts
  }
  const ids = async (posts: Collection, filter: Filter) =>
    (await posts.find({ filter, select: ['id'] }).toArray()).map(({ id }) => id as string).sort()
  /** Each filter with the ids that it selects, and its negation with all others. */
  const check = async (cases: readonly (readonly [Filter, readonly string[]])[], documents = DOCUMENTS) => {
    const posts = await make(documents)
    for (const [filter, expected] of cases) {
      const sorted = [...expected].sort()
      expect(await ids(posts, filter), JSON.stringify(filter, shown)).toEqual(sorted)
      expect(await posts.count(filter)).toBe(sorted.length)
      const others = Object.keys(documents).filter((id) => !expected.includes(id))
      expect(await ids(posts, { $not: filter }), `not ${JSON.stringify(filter, shown)}`).toEqual(others.sort())
    }
  }

  it('compares for equality', () =>
    check([
      [{}, ALL],
      [{ v: 5 }, ['5', '5n']],
      [{ v: 5n }, ['5', '5n']],
      [{ v: { $eq: 5.5 } }, ['5.5']],
      [{ v: -0 }, ['0']],
      [{ v: 2 ** 53 }, []],
      [{ v: 2n ** 53n + 1n }, ['big']],
      [{ v: '5' }, ['five']],
      [{ v: 'text' }, ['text']],
      [{ v: '' }, ['empty']],
      [{ v: true }, ['true']],
      [{ v: new Date(5) }, ['date']],
      [{ v: Uint8Array.of(1, 2) }, ['bytes']],
      [{ v: Int8Array.of(1, 2) }, ['signed']],
      [{ v: { $ne: 5 } }, except('5', '5n')],
      [{ v: { $ne: 'text' } }, except('text')],
      [{ v: 5, id: '5n' }, ['5n']],
      [{ v: { $gt: 4, $lt: 5.5 } }, ['5', '5n']],
    ]))

  it('orders numbers, strings, booleans, dates and bytes among themselves only', () =>
    check([
      [{ v: { $gt: 5 } }, ['5.5', 'big']],
      [{ v: { $gte: 5 } }, ['5', '5n', '5.5', 'big']],
      [{ v: { $lt: 5.5 } }, ['0', '5', '5n']],
      [{ v: { $lte: 0 } }, ['0']],
      [{ v: { $gt: 2 ** 53 } }, ['big']],
      [{ v: { $gt: '5' } }, ['text', 'Text', 'accent', 'lines']],
      [{ v: { $lt: 'T' } }, ['empty', 'five', 'percent']],
      [{ v: { $gte: 'text' } }, ['text', 'accent']],
      [{ v: { $gt: false } }, ['true']],
      [{ v: { $lte: false } }, ['false']],
      [{ v: { $gt: new Date(5) } }, ['later']],
      [{ v: { $lte: new Date(5) } }, ['date']],
      [{ v: { $gt: Uint8Array.of(1) } }, ['bytes', 'signed']],
      [{ v: { $gte: null } }, ['null']],
      [{ v: { $gt: null } }, []],
      [{ v: { $gt: [0] } }, []],
      [{ v: { $gte: [] } }, []],
      [{ v: { $lt: { z: 1 } } }, []],
    ]))

  it('takes a missing field for nothing, null for a value', () =>
    check([
      [{ v: null }, ['null']],
      [{ v: { $eq: null } }, ['null']],
      [{ v: { $ne: null } }, except('null')],
      [{ v: { $exists: true } }, except('none')],
      [{ v: { $exists: false } }, ['none']],
      [{ v: { $in: [null, 0] } }, ['null', '0']],
      [{ v: { $nin: [null, 0] } }, except('null', '0')],
      [{ v: { $not: { $gt: 4 } } }, except('5', '5n', '5.5', 'big')],
      [{ w: { $ne: 1 } }, ALL],
      [{ w: { $nin: [1] } }, ALL],
      [{ w: { $not: { $eq: 1 } } }, ALL],
      [{ w: 1 }, []],
      [{ w: { $lt: 1 } }, []],
      [{ w: { $lte: null } }, []],
    ]))

  it('compares arrays and objects as wholes, whatever the order of fields', () =>
    check([
      [{ v: [1, 'a', null] }, ['list']],
      [{ v: [1n, 'a', null] }, ['list']],
      [{ v: ['a', 1, null] }, []],
      [{ v: 1 }, []],
      [{ v: [] }, ['nothing']],
      [{ v: {} }, ['blank']],
      [{ v: { a: 1, b: { c: 'deep' }, 0: 'zero' } }, ['object', 'turned']],
      [{ v: { $eq: { b: { c: 'deep' }, a: 1n, 0: 'zero' } } }, ['object', 'turned']],
      [{ v: { a: 1 } }, []],
      [{ v: { $ne: [] } }, except('nothing')],
    ]))

  it('follows dotted paths; numbers are positions in arrays', () =>
    check([
      [{ 'v.a': 1 }, ['object', 'turned']],
      [{ 'v.b.c': 'deep' }, ['object', 'turned']],
      [{ 'v.b.c': { $startsWith: 'de' } }, ['object', 'turned']],
      [{ 'v.0': 1 }, ['list']],
      [{ 'v.0': 'zero' }, ['object', 'turned']],
      [{ 'v.1': 'a' }, ['list']],
      [{ 'v.2': null }, ['list']],
      [{ 'v.2': { $exists: true } }, ['list']],
      [{ 'v.3': { $exists: true } }, []],
      [{ 'v.0.0': 1 }, ['lists']],
      [{ 'v.1.a': 1 }, ['lists']],
      // A path without a number does not enter arrays.
      [{ 'v.a.b': { $exists: true } }, []],
      [{ 'v.length': { $exists: true } }, []],
      [{ 'v.0': { $ne: 1 } }, except('list')],
    ]))

  it('looks into sets of values', () =>
    check([
      [{ v: { $in: [5, 'text', true] } }, ['5', '5n', 'text', 'true']],
      [{ v: { $in: [] } }, []],
      [{ v: { $nin: [] } }, ALL],
      [{ v: { $in: [[], {}, new Date(5)] } }, ['nothing', 'blank', 'date']],
      [{ v: { $in: Array.from({ length: 1_000 }, (_, i) => i) } }, ['0', '5', '5n']],
      [{ v: { $in: Array.from({ length: 1_000 }, (_, i) => `${i}`) } }, ['five']],
      [{ v: { $nin: [5, 'text'] } }, except('5', '5n', 'text')],
    ]))

  it('asks for types and sizes', () =>
    check([
      [{ v: { $type: 'number' } }, ['0', '5', '5.5']],
      [{ v: { $type: 'bigint' } }, ['5n', 'big']],
      [{ v: { $type: 'string' } }, ['empty', 'text', 'Text', 'five', 'accent', 'percent', 'lines']],
      [{ v: { $type: 'boolean' } }, ['true', 'false']],
      [{ v: { $type: 'null' } }, ['null']],
      [{ v: { $type: 'date' } }, ['date', 'later']],
      [{ v: { $type: 'binary' } }, ['bytes', 'signed']],
      [{ v: { $type: 'array' } }, ['list', 'lists', 'nothing']],
      [{ v: { $type: 'object' } }, ['object', 'turned', 'blank']],
      [{ v: { $type: ['null', 'date'] } }, ['null', 'date', 'later']],
      [{ v: { $size: 3 } }, ['list']],
      [{ v: { $size: 0 } }, ['nothing']],
      [{ v: { $not: { $size: 0 } } }, except('nothing')],
    ]))

  it('asks arrays for elements and strings for parts', () =>
    check([
      [{ v: { $contains: 1 } }, ['list']],
      [{ v: { $contains: null } }, ['list']],
      [{ v: { $contains: 'a' } }, ['list', 'lines']],
      [{ v: { $contains: [1] } }, ['lists']],
      [{ v: { $contains: { a: 1n } } }, ['lists']],
      [{ v: { $contains: 'ext' } }, ['text', 'Text']],
      [{ v: { $containsAll: [1, 'a'] } }, ['list']],
      [{ v: { $containsAll: ['t', 'x'] } }, ['text', 'Text']],
      [{ v: { $containsAny: [{ a: 1 }, 'a'] } }, ['list', 'lists', 'lines']],
      [{ v: { $containsAny: [] } }, []],
    ]))

  it('asks for patterns in strings', () =>
    check([
      [{ v: { $startsWith: 'te' } }, ['text']],
      [{ v: { $endsWith: 'ext' } }, ['text', 'Text']],
      [{ v: { $startsWith: '' } }, ['empty', 'text', 'Text', 'five', 'accent', 'percent', 'lines']],
      [{ v: { $like: 't%' } }, ['text']],
      [{ v: { $like: '_ext' } }, ['text', 'Text']],
      [{ v: { $like: '___' } }, ['accent', 'lines']],
      [{ v: { $like: '%\u00e9' } }, ['accent']],
      [{ v: { $like: '100\\%\\_\\\\' } }, ['percent']],
      [{ v: { $like: '%b' } }, ['lines']],
      [{ v: { $like: '' } }, ['empty']],
      [{ v: { $regex: '^t' } }, ['text']],
      [{ v: { $regex: /^t/i } }, ['text', 'Text']],
      [{ v: { $regex: /\d/g } }, ['five', 'percent']],
      [{ v: { $regex: '^b', $type: 'string' } }, []],
      [{ v: { $regex: /^b/m } }, ['lines']],
    ]))

  it('joins conditions', () =>
    check([
      [{ $and: [{ v: { $gt: 0 } }, { v: { $lt: 5.5 } }] }, ['5', '5n']],
      [{ $or: [{ v: 0 }, { v: 'text' }] }, ['0', 'text']],
      [{ $nor: [{ v: { $exists: true } }] }, ['none']],
      [{ $nor: [{ v: 0 }, { v: 'text' }] }, except('0', 'text')],
      [{ $not: { v: 0, id: '0' } }, except('0')],
      [{ $or: [{ v: 0 }, { v: { $regex: '^t' } }], id: { $ne: '0' } }, ['text']],
      [{ $and: [] }, ALL],
      [{ $or: [] }, []],
      [{ $or: [{}] }, ALL],
      [{ v: { $not: { $not: { $eq: 5 } } } }, ['5', '5n']],
    ]))

  it('treats any field name as plain data', () =>
    check(
      [
        [{ __proto__x: 1 }, []],
        [JSON.parse('{"__proto__": 1}') as Filter, ['proto']],
        [JSON.parse('{"__proto__.a": 1}') as Filter, ['nested']],
        [{ constructor: 1 }, ['constructor']],
        [{ constructor: { $exists: true } }, ['constructor']],
        [{ toString: { $exists: true } }, []],
        [{ '': 1 }, ['unnamed']],
        [{ 'a.': 1 }, ['unnamed inside']],
        [{ '\u00e9': { $gt: 0 } }, ['accent']],
      ],
      {
        proto: JSON.parse('{"__proto__": 1}') as object,
        nested: JSON.parse('{"__proto__": {"a": 1}}') as object,
        constructor: { constructor: 1 },
        unnamed: { '': 1 },
        'unnamed inside': { a: { '': 1 } },
        accent: { '\u00e9': 1 },
      },
    ))

  it('is what it was when the call was made', async () => {
    const posts = await make()
    const values = [5]
    const cursor = posts.find({ filter: { v: { $in: values } } })
    const counted = posts.count({ v: { $in: values } })
    values.push(0)
    expect(await cursor.count()).toBe(2)
    expect(await counted).toBe(2)
  })

  it.each<[Filter, new (...args: never[]) => Error, RegExp]>([
    [{ v: { $gtt: 5 } }, UnknownOptionError, /"\$gtt" in filter\.v: did you mean "\$gt"/],
    [{ a: { $and: [{ v: 1 }] } }, UsageError, /filter\.a/],
    [{ $and: [{}, { b: { c: 1, $in: [] } }] }, UsageError, /filter\.\$and\[1\]\.b/],
    [{ v: { $in: 5 } }, TypeMismatchError, /filter\.v\.\$in/],
    [{ v: { $regex: '(' } }, UsageError, /filter\.v\.\$regex/],
    [{ v: { $regex: 5 } }, TypeMismatchError, /filter\.v\.\$regex/],
    [{ v: { $size: -1 } }, TypeMismatchError, /filter\.v\.\$size/],
    [{ v: { $type: 'strin' } }, UnknownOptionError, /"strin".*string/],
    [{ v: { $exists: 1 } }, TypeMismatchError, /filter\.v\.\$exists/],
    [{ v: { $gt: NaN } }, TypeMismatchError, /filter\.v\.\$gt/],
    [{ v: { $startsWith: 5 } }, TypeMismatchError, /filter\.v\.\$startsWith/],
    [deep(200), LimitError, /deep/],
  ])('%# is refused with the path to what is wrong', async (filter, type, message) => {
    const posts = await make({})
    await expect(posts.find({ filter }).toArray()).rejects.toThrow(type)
    await expect(posts.find({ filter }).toArray()).rejects.toThrow(message)
  })
})

function shown(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `${value}n` : value
}

function deep(levels: number): Filter {
  let filter: Filter = {}
  for (let i = 0; i < levels; i++) filter = { $not: filter }
  return filter
}

/** One value of each kind: `is` names what equals it, `order` what it is ordered among, `at` where. */
const KINDS: readonly {
  readonly value: unknown
  readonly order?: string
  readonly at?: number
  readonly is?: string
}[] = [
  { value: null, order: 'null', at: 0 },
  { value: false, order: 'boolean', at: 0 },
  { value: true, order: 'boolean', at: 1 },
  ...[-(2n ** 63n), -1.5, -1, -1n, 0, 0.5, 1, 1n, 2 ** 31, 2n ** 31n, 2 ** 53, 2n ** 53n, 1e300].map((value) => ({
    value,
    order: 'number',
    at: Number(value),
  })),
  { value: 2n ** 62n + 1n, order: 'number', at: 2 ** 62 + 1024 },
  ...['', 'a', 'a\0', 'ab', 'b', '\u00e9', '\uffff', '\ud83d\ude00'].map((value, at) => ({
    value,
    order: 'string',
    at,
  })),
  { value: new Date(-5), order: 'date', at: -5 },
  { value: new Date(5), order: 'date', at: 5 },
  { value: Uint8Array.of(), order: 'binary', at: 0 },
  { value: Uint8Array.of(1), order: 'binary', at: 1 },
  { value: Uint8Array.of(1, 1), order: 'binary', at: 2 },
  { value: Uint8Array.of(2), order: 'binary', at: 3 },
  { value: [], is: '[]' },
  { value: [1], is: '[1]' },
  { value: [1n], is: '[1]' },
  { value: ['1'], is: "['1']" },
  { value: {}, is: '{}' },
  { value: { a: 1, b: 2 }, is: '{a,b}' },
  { value: { b: 2n, a: 1 }, is: '{a,b}' },
]

describeEach('every pair of types', ({ openNew, collection: options }) => {
  it('is equal, ordered or neither, as it should be', async () => {
    const posts = await (await openNew()).createCollection('posts', options)
    await posts.insert([{ id: -1 }, ...KINDS.map(({ value }, id) => ({ id, v: value, w: [value] }))])
    const all = KINDS.map((_, id) => id)
    const ids = async (filter: Filter) =>
      (await posts.find({ filter, select: ['id'], sort: 'id' }).toArray()).map(({ id }) => id)
    for (const kind of KINDS) {
      const orders = (id: number, test: (a: number, b: number) => boolean) => {
        const other = KINDS[id]!
        return kind.order !== undefined && other.order === kind.order && test(other.at!, kind.at!)
      }
      const equals = (id: number) => (kind.is === undefined ? orders(id, (a, b) => a === b) : KINDS[id]!.is === kind.is)
      const expected: Record<string, number[]> = {
        $eq: all.filter(equals),
        $in: all.filter(equals),
        $ne: [-1, ...all.filter((id) => !equals(id))],
        $nin: [-1, ...all.filter((id) => !equals(id))],
        $gt: all.filter((id) => orders(id, (a, b) => a > b)),
        $gte: all.filter((id) => orders(id, (a, b) => a >= b)),
        $lt: all.filter((id) => orders(id, (a, b) => a < b)),
        $lte: all.filter((id) => orders(id, (a, b) => a <= b)),
      }
      for (const [operator, matching] of Object.entries(expected)) {
        const operand = operator.endsWith('in') ? [kind.value] : kind.value
        for (const path of ['v', 'w.0']) {
          const filter = { [path]: { [operator]: operand } }
          expect(await ids(filter), `${path} ${operator} ${JSON.stringify(operand, shown)}`).toEqual(matching)
        }
      }
      expect(await ids({ w: { $contains: kind.value } })).toEqual(all.filter(equals))
    }
  })
})
