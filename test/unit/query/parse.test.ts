// Promise: a filter that is wrong is refused, with the path to what is wrong and what would be right; one that is right is copied, so
// that later changes of the caller's objects change nothing; and no filter can touch a prototype, exhaust the stack or run for ever.

import { describe, expect, it } from 'vitest'
import { LimitError, QuiverError, TypeMismatchError, UnknownOptionError, UsageError } from '../../../src/error/index.ts'
import { compileFilter, evaluate, parseFilter } from '../../../src/query/filters.ts'
import fc from '../../property.ts'

function errorOf(filter: unknown): QuiverError {
  try {
    parseFilter(filter)
  } catch (error) {
    if (error instanceof QuiverError) return error
    throw error
  }
  throw new Error('it was accepted')
}

class Point {
  x = 1
}

const deep = (depth: number) => {
  let filter: object = { a: 1 }
  for (let i = 0; i < depth; i++) filter = { $not: filter }
  return filter
}

const WRONG: readonly (readonly [string, unknown, new (...args: never[]) => Error, string | RegExp])[] = [
  ['no object', 5, TypeMismatchError, /^filter is 5; it takes a plain object/],
  ['null', null, TypeMismatchError, /^filter is null/],
  ['nothing', undefined, TypeMismatchError, /^filter is undefined/],
  ['a string', 'a = 1', TypeMismatchError, /^filter is "a = 1"/],
  ['an array', [{ a: 1 }], TypeMismatchError, /^filter is an array/],
  ['a Date', new Date(), TypeMismatchError, /^filter is a Date/],
  ['a Map', new Map(), TypeMismatchError, /^filter is a Map/],
  ['a function', () => true, TypeMismatchError, /^filter is a function/],
  ['a promise', Promise.resolve({}), TypeMismatchError, /^filter is a Promise/],
  ['an unknown operator', { $where: 'x' }, UnknownOptionError, /unknown operator "\$where" in filter/],
  [
    'a misspelt operator',
    { likes: { $gtt: 5 } },
    UnknownOptionError,
    /unknown operator "\$gtt" in filter\.likes: did you mean "\$gt"\?/,
  ],
  ['a misspelt logic', { $orr: [] }, UnknownOptionError, /unknown operator "\$orr" in filter: did you mean "\$or"\?/],
  [
    'an operator of another system',
    { a: { $elemMatch: {} } },
    UnknownOptionError,
    /"\$elemMatch" in filter\.a: there are \$eq, /,
  ],
  ['$options', { a: { $regex: 'x', $options: 'i' } }, UnknownOptionError, /"\$options" in filter\.a/],
  [
    'one deep inside',
    { $or: [{ a: 1 }, { 'b.c': { $not: { $inn: [] } } }] },
    UnknownOptionError,
    'filter.$or[1].b.c.$not',
  ],
  ['an operator beside fields', { $gt: 5 }, UsageError, /^filter\.\$gt: \$gt stands inside a field's condition/],
  ['logic inside a field', { a: { $or: [{ $gt: 1 }] } }, UsageError, /^filter\.a\.\$or: \$or takes whole filters/],
  [
    'operators and fields mixed',
    { a: { $gt: 1, b: 2 } },
    UsageError,
    /^filter\.a mixes the operator \$gt with the field "b"/,
  ],
  [
    '$and without an array',
    { $and: { a: 1 } },
    TypeMismatchError,
    /^filter\.\$and is a plain object; it takes an array of filters/,
  ],
  ['$and with a value in it', { $and: [{ a: 1 }, 5] }, TypeMismatchError, /^filter\.\$and\[1\] is 5/],
  // biome-ignore lint/suspicious/noSparseArray: that is what is tested
  ['$or with a hole', { $or: [, { a: 1 }] }, TypeMismatchError, /^filter\.\$or\[0\] is undefined/],
  ['$not with a value', { $not: 5 }, TypeMismatchError, /^filter\.\$not is 5/],
  ['$not of a field with a value', { a: { $not: 5 } }, TypeMismatchError, /^filter\.a\.\$not is 5; it takes operators/],
  [
    '$not of a field with an object',
    { a: { $not: { b: 1 } } },
    TypeMismatchError,
    /^filter\.a\.\$not is a plain object; it takes operators/,
  ],
  ['undefined for a value', { a: undefined }, TypeMismatchError, /^filter\.a is undefined; .*\$exists: false/],
  ['undefined for an operand', { a: { $gt: undefined } }, TypeMismatchError, /^filter\.a\.\$gt is undefined/],
  [
    'NaN',
    { $or: [{ a: 1 }, { likes: { $gt: NaN } }] },
    TypeMismatchError,
    /^filter\.\$or\[1\]\.likes\.\$gt is NaN: numbers must be finite/,
  ],
  ['Infinity', { a: { $lt: Infinity } }, TypeMismatchError, /^filter\.a\.\$lt is Infinity/],
  ['a bigint beyond 64 bits', { a: 2n ** 63n }, TypeMismatchError, /^filter\.a is 9223372036854775808n: .*64 bits/],
  ['a function for a value', { a: { $eq: () => 1 } }, TypeMismatchError, /^filter\.a\.\$eq is a function/],
  ['a symbol', { a: Symbol('x') }, TypeMismatchError, /^filter\.a is Symbol\(x\)/],
  ['a RegExp as value', { a: /x/ }, TypeMismatchError, /^filter\.a is a RegExp: .*\$regex/],
  ['a Map as value', { a: new Map() }, TypeMismatchError, /^filter\.a is a Map/],
  ['an invalid Date', { a: new Date(NaN) }, TypeMismatchError, /^filter\.a is an invalid Date/],
  ['a DataView', { a: new DataView(new ArrayBuffer(1)) }, TypeMismatchError, /^filter\.a is a DataView/],
  [
    'something inside a value',
    { a: { $eq: { b: [1, { c: NaN }] } } },
    TypeMismatchError,
    /^filter\.a\.\$eq\.b\[1\]\.c is NaN/,
  ],
  ['undefined in an array', { a: [1, undefined] }, TypeMismatchError, /^filter\.a\[1\] is undefined/],
  ['a lone surrogate', { a: 'x\ud800' }, TypeMismatchError, /^filter\.a has a lone surrogate/],
  ['one in a name', { 'x\udc00': 1 }, TypeMismatchError, /lone surrogate/],
  [
    '$in without an array',
    { a: { $in: 'xyz' } },
    TypeMismatchError,
    /^filter\.a\.\$in is "xyz"; it takes an array of values/,
  ],
  ['$nin without an array', { a: { $nin: 5 } }, TypeMismatchError, /^filter\.a\.\$nin is 5/],
  ['$in with NaN', { a: { $in: [1, NaN] } }, TypeMismatchError, /^filter\.a\.\$in\[1\] is NaN/],
  [
    '$containsAll without an array',
    { a: { $containsAll: 'x' } },
    TypeMismatchError,
    /^filter\.a\.\$containsAll is "x"/,
  ],
  [
    '$containsAny without an array',
    { a: { $containsAny: null } },
    TypeMismatchError,
    /^filter\.a\.\$containsAny is null/,
  ],
  [
    '$exists with a number',
    { a: { $exists: 1 } },
    TypeMismatchError,
    /^filter\.a\.\$exists is 1; it takes true or false/,
  ],
  [
    '$type with a number',
    { a: { $type: 2 } },
    TypeMismatchError,
    /^filter\.a\.\$type is 2; it takes the name of a type/,
  ],
  [
    '$type misspelt',
    { a: { $type: 'strng' } },
    UnknownOptionError,
    /unknown type "strng" in filter\.a\.\$type: did you mean "string"\?/,
  ],
  [
    '$startsWith with a number',
    { a: { $startsWith: 1 } },
    TypeMismatchError,
    /^filter\.a\.\$startsWith is 1; it takes a string/,
  ],
  ['$endsWith with an array', { a: { $endsWith: ['a'] } }, TypeMismatchError, /^filter\.a\.\$endsWith is an array/],
  ['$like with a RegExp', { a: { $like: /x/ } }, TypeMismatchError, /^filter\.a\.\$like is a RegExp/],
  [
    '$regex with a number',
    { a: { $regex: 5 } },
    TypeMismatchError,
    /^filter\.a\.\$regex is 5; it takes a string or a RegExp/,
  ],
  ['$regex that is none', { a: { $regex: '(' } }, UsageError, /^filter\.a\.\$regex: .*Unterminated group/],
  ['$regex, sticky', { a: { $regex: /x/y } }, UsageError, /^filter\.a\.\$regex: a sticky pattern/],
  [
    '$size negative',
    { a: { $size: -1 } },
    TypeMismatchError,
    /^filter\.a\.\$size is -1; it takes a number of elements/,
  ],
  ['$size with a fraction', { a: { $size: 1.5 } }, TypeMismatchError, /^filter\.a\.\$size is 1\.5/],
  ['$size with a string', { a: { $size: '1' } }, TypeMismatchError, /^filter\.a\.\$size is "1"/],
  ['filters too deep', deep(101), LimitError, /nested deeper than 100 levels/],
  [
    'a value too deep',
    { a: { $eq: JSON.parse('['.repeat(201) + ']'.repeat(201)) } },
    LimitError,
    /nested deeper than 200 levels/,
  ],
  ['a path too long', { ['a.'.repeat(200)]: 1 }, LimitError, /has 201 steps; 200 is the most/],
  [
    'a pattern too long',
    { a: { $like: `%a_${'x'.repeat(1000)}%` } },
    LimitError,
    /^filter\.a\.\$like: the pattern has 1004 characters/,
  ],
]

describe('what is wrong', () => {
  it.each(WRONG)('%s', (_, filter, type, message) => {
    const error = errorOf(filter)
    expect(error).toBeInstanceOf(type)
    expect(error.message).toMatch(message)
    if (!(error instanceof LimitError) && !error.message.includes('lone'))
      expect(error.message).toContain(error.details.path)
  })

  it('names the nearest operator in the details', () => {
    expect(errorOf({ a: { $strtsWith: 'x' } }).details).toMatchObject({
      option: '$strtsWith',
      nearest: '$startsWith',
      path: 'filter.a',
    })
  })

  it('refuses a value that holds itself', () => {
    const loop: Record<string, unknown> = {}
    loop.self = loop
    expect(errorOf({ a: { $eq: loop } })).toBeInstanceOf(LimitError)
    const filter: { $and: unknown[] } = { $and: [] }
    filter.$and.push(filter)
    expect(errorOf(filter)).toBeInstanceOf(LimitError)
  })

  it('refuses in bounded time what holds itself many times over', () => {
    let value: unknown = 1
    for (let i = 0; i < 60; i++) value = [value, value]
    expect(errorOf({ a: { $eq: value } })).toBeInstanceOf(LimitError)
    let filter: object = { a: 1 }
    for (let i = 0; i < 60; i++) filter = { $or: [filter, filter] }
    expect(errorOf(filter)).toBeInstanceOf(LimitError)
  })
})

describe('what is right', () => {
  it('accepts filters of every depth up to 100', () => {
    expect(evaluate(parseFilter(deep(98)), { a: 1 })).toBe(true)
    expect(evaluate(parseFilter(deep(97)), { a: 1 })).toBe(false)
  })

  it('accepts objects without a prototype and instances', () => {
    expect(evaluate(parseFilter(Object.assign(Object.create(null), { a: 1 })), { a: 1 })).toBe(true)
    expect(evaluate(parseFilter({ a: new Point() }), { a: { x: 1 } })).toBe(true)
  })

  it('takes names of Object.prototype as plain data', () => {
    const filter = JSON.parse('{ "__proto__": { "polluted": 1 }, "constructor": "x", "a.__proto__.b": 2 }')
    const compiled = compileFilter(parseFilter(filter))
    expect(
      compiled.matches(
        JSON.parse('{ "__proto__": { "polluted": 1 }, "constructor": "x", "a": { "__proto__": { "b": 2 } } }'),
      ),
    ).toBe(true)
    expect(compiled.matches({ a: {} })).toBe(false)
    expect(evaluate(parseFilter({ toString: { $exists: true } }), {})).toBe(false)
    expect(evaluate(parseFilter({ 'a.length': { $exists: true } }), { a: [1] })).toBe(false)
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
  })

  it('keeps no part of what it was given', () => {
    const bytes = Buffer.from([1, 2])
    const date = new Date(5)
    const list = [1, { x: 1 }]
    const given = { a: { $eq: { bytes, date, list } } }
    const tree = parseFilter(given)
    const document = { a: { bytes: Uint8Array.of(1, 2), date: new Date(5), list: [1, { x: 1 }] } }
    expect(evaluate(tree, document)).toBe(true)
    bytes[0] = 9
    date.setTime(9)
    list.push(2)
    given.a = { $eq: { bytes, date, list: [] } }
    expect(evaluate(tree, document)).toBe(true)
  })

  it('never throws anything but its own errors, whatever it is given', () => {
    const names = [
      '$eq',
      '$gt',
      '$in',
      '$and',
      '$or',
      '$not',
      '$nor',
      '$regex',
      '$like',
      '$type',
      '$size',
      '$exists',
      '$contains',
      'a',
      'a.0',
      '',
      '__proto__',
    ]
    const anything = fc.letrec<{ any: unknown }>((tie) => ({
      any: fc.oneof(
        { maxDepth: 6, depthSize: 'medium' },
        fc.anything({
          withBigInt: true,
          withDate: true,
          withMap: true,
          withSparseArray: true,
          withTypedArray: true,
          withNullPrototype: true,
        }),
        fc.constantFrom(null, true, 0, 5n, 'string', '(a+)+', '%', /x/, undefined),
        fc.array(tie('any'), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom(...names), tie('any'), { maxKeys: 3 }),
      ),
    })).any
    fc.assert(
      fc.property(anything, (filter) => {
        try {
          compileFilter(parseFilter(filter)).matches({ a: [1, { b: 'x' }] })
        } catch (error) {
          expect(error).toBeInstanceOf(QuiverError)
        }
      }),
      { numRuns: 2000 },
    )
  })
})
