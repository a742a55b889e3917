// Promise: merging goes field by field at every depth and never reaches a prototype; copies share nothing.

import { describe, expect, it } from 'vitest'
import { copyDocument, isObject, mergeInto } from '../../../src/engine/merge.ts'

function merged(target: object, patch: object): object {
  mergeInto(target as Record<string, unknown>, patch)
  return target
}

describe('merging', () => {
  it.each<[object, object, object]>([
    [{ a: 1 }, { b: 2 }, { a: 1, b: 2 }],
    [{ a: { b: 1, c: 2 } }, { a: { c: 3 } }, { a: { b: 1, c: 3 } }],
    [{ a: { b: { c: { d: 1 } } } }, { a: { b: { c: { e: 2 } } } }, { a: { b: { c: { d: 1, e: 2 } } } }],
    [{ a: [1, 2] }, { a: [3] }, { a: [3] }],
    [{ a: [{ b: 1 }] }, { a: [{ c: 1 }] }, { a: [{ c: 1 }] }],
    [{ a: { b: 1 } }, { a: [1] }, { a: [1] }],
    [{ a: [1] }, { a: { b: 1 } }, { a: { b: 1 } }],
    [{ a: { b: 1 } }, { a: null }, { a: null }],
    [{ a: null }, { a: { b: 1 } }, { a: { b: 1 } }],
    [{ a: 1 }, { a: undefined }, { a: 1 }],
    [{ a: { b: 1 } }, { a: { b: undefined } }, { a: { b: 1 } }],
    [{ a: new Date(1) }, { a: new Date(2) }, { a: new Date(2) }],
    [{ a: new Uint8Array([1, 2]) }, { a: new Uint8Array([3]) }, { a: new Uint8Array([3]) }],
    [{ a: { b: 1 } }, { a: new Date(2) }, { a: new Date(2) }],
    [{ a: { b: 1 } }, { a: {} }, { a: { b: 1 } }],
    [{}, { a: Object.assign(Object.create(null), { b: 1 }) }, { a: { b: 1 } }],
  ])('case %#', (target, patch, expected) => {
    expect(merged(target, patch)).toEqual(expected)
  })

  it('takes names like __proto__, constructor and toString as data', () => {
    const target = JSON.parse('{"__proto__":{"a":1},"x":{}}')
    mergeInto(
      target,
      JSON.parse(
        '{"__proto__":{"b":2},"constructor":{"prototype":{"c":3}},"x":{"__proto__":{"d":4}},"toString":{"e":5}}',
      ),
    )
    expect(JSON.stringify(target)).toBe(
      '{"__proto__":{"a":1,"b":2},"x":{"__proto__":{"d":4}},"constructor":{"prototype":{"c":3}},"toString":{"e":5}}',
    )
    expect(Object.getPrototypeOf(target)).toBe(Object.prototype)
    for (const name of ['a', 'b', 'c', 'd', 'e']) expect(({} as Record<string, unknown>)[name]).toBeUndefined()
  })

  it('does not take up what a patch inherits', () => {
    const patch = Object.create({ inherited: 1 })
    patch.own = 2
    expect(merged({}, patch)).toEqual({ own: 2 })
  })
})

describe('copying', () => {
  it('shares nothing with what can be stored', () => {
    const document = JSON.parse('{"a":{"b":[1,{"c":2}]},"__proto__":{"d":3}}')
    Object.assign(document, {
      at: new Date(1),
      bytes: new Uint8Array([1]),
      lanes: new Float32Array([2]),
      buffer: Buffer.from([3]),
      big: 5n,
      none: null,
    })
    const copy = copyDocument(document)
    expect(Object.keys(copy)).toEqual(Object.keys(document))
    expect(copy).toEqual(document)
    copy.a.b[1].c = 9
    copy.at.setTime(9)
    copy.bytes[0] = 9
    copy.lanes[0] = 9
    copy.buffer[0] = 9
    expect(document.a.b[1].c).toBe(2)
    expect(document.at.getTime()).toBe(1)
    expect([document.bytes[0], document.lanes[0], document.buffer[0]]).toEqual([1, 2, 3])
  })

  it('ends where a document refers to itself', () => {
    const document: Record<string, unknown> = { list: [] }
    document.self = document
    expect(copyDocument(document).list).not.toBe(document.list)
  })

  it('leaves what cannot be stored as it is, to be refused by name', () => {
    const map = new Map()
    const promise = Promise.resolve()
    const run = () => 1
    expect(copyDocument({ map, promise, run, bad: NaN })).toEqual({ map, promise, run, bad: NaN })
    expect(copyDocument({ map }).map).toBe(map)
  })
})

it('objects of fields are told from everything else', () => {
  class Point {
    x = 1
  }
  for (const value of [{}, Object.create(null), new Point()]) expect(isObject(value)).toBe(true)
  const others = [
    null,
    undefined,
    1,
    'x',
    [],
    new Date(),
    new Map(),
    new Set(),
    new Uint8Array(),
    /x/,
    () => 1,
    Promise.resolve(),
    new Error('x'),
  ]
  for (const value of others) expect(isObject(value)).toBe(false)
})
