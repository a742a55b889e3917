// Promise: a write that changes nothing counts as unchanged, and one that changes anything does not. The order of keys is no part of a
// document's value; types, the order of arrays and the element types of typed arrays are. Decided in the core, over records.

import { beforeEach, describe, expect, it } from 'vitest'
import fc from '../property.ts'
import { differenceOf, storedFormOf } from './exact.ts'
import { inMemory, Outcome, type Partition, PutMode, upsert } from './partitions.ts'
import { anyDocument, anyValue, objectOf, settings } from './values.ts'

let partition: Partition

beforeEach(async () => {
  partition = await inMemory()
})

/** Whether writing `second` over `first` counts as unchanged. */
function isUnchanged(first: object, second: object): boolean {
  const batch = partition.begin()
  batch.remove('k')
  batch.put({ id: 'k', ...first }, PutMode.Upsert)
  const number = batch.put({ id: 'k', ...second }, PutMode.Upsert)
  batch.settle()
  const outcome = batch.outcome(number)
  expect([Outcome.Replaced, Outcome.Unchanged]).toContain(outcome)
  expect(batch.newAddress(number) === batch.oldAddress(number)).toBe(outcome === Outcome.Unchanged)
  batch.commit({ hard: false })
  return outcome === Outcome.Unchanged
}

const wide = (count: number, from = 0) =>
  objectOf(Array.from({ length: count }, (_, i) => [`f${(i + from) % count}`, (i + from) % count]))

const SAME: readonly (readonly [string, object, object])[] = [
  ['nothing but the key', {}, {}],
  ['keys in another order', { a: 1, b: 'x', c: null }, { c: null, a: 1, b: 'x' }],
  ['keys in another order inside', { o: { a: [1], b: { x: 1, y: 2 } } }, { o: { b: { y: 2, x: 1 }, a: [1] } }],
  ['keys in another order inside arrays', { l: [{ a: 'p', b: 'q' }] }, { l: [{ b: 'q', a: 'p' }] }],
  ['strings in another order', { a: 'first', b: 'second', c: 'third' }, { c: 'third', b: 'second', a: 'first' }],
  ['-0 and 0', { n: -0 }, { n: 0 }],
  ['undefined and missing', { a: 1, b: undefined }, { a: 1 }],
  ['equal dates', { d: new Date(5) }, { d: new Date(5) }],
  ['equal bytes from different buffers', { b: Uint8Array.of(1, 2) }, { b: new Uint8Array([0, 1, 2]).subarray(1) }],
  ['Buffer and Uint8Array', { b: Buffer.from('ab') }, { b: Uint8Array.of(97, 98) }],
  ['NaN inside a Float32Array', { v: Float32Array.of(NaN) }, { v: Float32Array.of(NaN) }],
  ['an object without a prototype', { o: { a: 1 } }, { o: objectOf([['a', 1]], true) }],
  ['too many keys for a shape, in another order', wide(400), wide(400, 123)],
  ['such an object inside', { o: wide(400) }, { o: wide(400, 7) }],
  [
    'fields called __proto__',
    objectOf([
      ['__proto__', 1],
      ['a', 2],
    ]),
    objectOf([
      ['a', 2],
      ['__proto__', 1],
    ]),
  ],
  ['long texts', { t: 'x'.repeat(70_000), u: 1 }, { u: 1, t: 'x'.repeat(70_000) }],
]

const DIFFERENT: readonly (readonly [string, object, object])[] = [
  ['5 and 5n', { n: 5 }, { n: 5n }],
  ['2^60 as number and as bigint', { n: 2 ** 60 }, { n: 2n ** 60n }],
  ['1 and true', { n: 1 }, { n: true }],
  ['1 and "1"', { n: 1 }, { n: '1' }],
  ['null and missing', { a: null }, {}],
  ['null and false', { a: null }, { a: false }],
  ['arrays in another order', { l: [1, 2, 3] }, { l: [1, 3, 2] }],
  ['arrays of another length', { l: [1, 2] }, { l: [1, 2, null] }],
  ['empty array and empty object', { l: [] }, { l: {} }],
  ['a value and an array of it', { l: 1 }, { l: [1] }],
  ['array and object with indexes', { l: ['a'] }, { l: { 0: 'a' } }],
  ['dates a millisecond apart', { d: new Date(5) }, { d: new Date(6) }],
  ['date and its number', { d: new Date(5) }, { d: 5 }],
  ['date and its text', { d: new Date(5) }, { d: new Date(5).toISOString() }],
  ['element types', { b: Uint8Array.of(1, 2) }, { b: Int8Array.of(1, 2) }],
  ['clamped or not', { b: Uint8Array.of(1) }, { b: Uint8ClampedArray.of(1) }],
  ['empty arrays of other types', { b: new Uint16Array(0) }, { b: new Float64Array(0) }],
  ['typed array and array', { b: Uint8Array.of(1) }, { b: [1] }],
  ['0 and -0 in a Float64Array', { v: Float64Array.of(0) }, { v: Float64Array.of(-0) }],
  ['values of two names swapped', { a: 1, b: 2 }, { a: 2, b: 1 }],
  ['texts split elsewhere', { a: 'xy', b: 'z' }, { a: 'x', b: 'yz' }],
  ['another name', { a: 1 }, { b: 1 }],
  ['one name more', { a: 1 }, { a: 1, b: 1 }],
  ['composed and decomposed letters', { t: '\u00e9' }, { t: 'e\u0301' }],
  ['numbers a last place apart', { n: 0.1 + 0.2 }, { n: 0.3 }],
  ['one of very many values', wide(400), { ...wide(400), f77: -1 }],
  [
    'one of very many names',
    wide(400),
    objectOf(Object.entries(wide(400)).map(([name, value]) => [name === 'f77' ? 'g77' : name, value])),
  ],
  ['the key of a nested object', { o: { id: 'x' } }, { o: { id: 'y' } }],
]

describe('counts as unchanged', () => {
  for (const [name, first, second] of SAME) {
    it(name, () => {
      expect(isUnchanged(first, second)).toBe(true)
      expect(isUnchanged(second, first)).toBe(true)
    })
  }
})

describe('counts as a change', () => {
  for (const [name, first, second] of DIFFERENT) {
    it(name, () => {
      expect(isUnchanged(first, second)).toBe(false)
      expect(isUnchanged(second, first)).toBe(false)
    })
  }
})

it('compares documents whose names are in a shape with documents whose names are inline', () => {
  // After this many shapes a document that is new carries its names itself, and one of an old shape does not.
  const first = { a: 1, b: 'text', o: { x: [1], y: 'z' } }
  upsert(partition, [{ id: 'k', ...first }])
  const others = Array.from({ length: 16_400 }, (_, i) => ({ id: i, [`n${i}`]: 1 }))
  upsert(partition, others)
  expect(isUnchanged(first, { o: { y: 'z', x: [1] }, b: 'text', a: 1 })).toBe(true)
  expect(isUnchanged({ b: 'text', o: { y: 'z', x: [1] }, a: 1 }, first)).toBe(true)
  expect(isUnchanged(first, { o: { y: 'z', x: [1] }, b: 'text', a: 2 })).toBe(false)
  expect(isUnchanged(first, { o: { y: 'z', x: [1n] }, b: 'text', a: 1 })).toBe(false)
  expect(isUnchanged(first, { o: { y: 'z', x: [1] }, b: 'text', c: 1 })).toBe(false)
  expect(isUnchanged(first, { o: { y: 'z' }, b: 'text', a: 1 })).toBe(false)
})

/** The same value with the keys of every object turned round. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed)
  if (typeof value !== 'object' || value === null || Object.prototype.toString.call(value) !== '[object Object]')
    return value
  return objectOf(
    Object.entries(value)
      .reverse()
      .map(([name, field]) => [name, reversed(field)]),
  )
}

it('finds random documents equal to themselves with their keys turned round', () => {
  fc.assert(
    fc.property(anyDocument, (document) => {
      const { id: _, ...fields } = document
      expect(isUnchanged(fields, fields)).toBe(true)
      expect(isUnchanged(fields, reversed(fields) as object)).toBe(true)
    }),
    settings(300),
  )
})

it('tells random values apart exactly when they differ', () => {
  fc.assert(
    fc.property(anyValue, anyValue, (first, second) => {
      const isSame = differenceOf(sorted(storedFormOf(first)), sorted(storedFormOf(second))) === undefined
      expect(isUnchanged({ v: first }, { v: second })).toBe(isSame)
    }),
    settings(300),
  )
})

/** A stored value with the keys of every object in one order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null || Object.prototype.toString.call(value) !== '[object Object]')
    return value
  const names = Object.keys(value).sort()
  return objectOf(names.map((name) => [name, sorted((value as Record<string, unknown>)[name])]))
}
