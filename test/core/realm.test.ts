// Promise: a Date, a RegExp and an error are what they are in whatever realm they were made, and nothing else passes for them.

import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { isDate, isError, isRegExp } from '../../src/core/record/realm.ts'

const KINDS = [
  ['a Date', isDate, 'new Date(5)', 'Date'],
  ['a RegExp', isRegExp, '/a/g', 'RegExp'],
  ['an error', isError, 'new TypeError("x")', 'Error'],
] as const

describe('the kind of an object', () => {
  for (const [name, is, made, tag] of KINDS) {
    it(`is ${name}, here and elsewhere`, () => {
      expect(is(runInNewContext(made))).toBe(true)
      expect(is(new Function(`return ${made}`)())).toBe(true)
      // Not even a subclass of another realm needs to be ours.
      expect(is(runInNewContext(`new (class extends ${tag} {})()`))).toBe(true)
    })

    it(`is not ${name} for any other value`, () => {
      const others = [undefined, null, 5, 'a', true, 1n, Symbol('s'), () => 1, {}, [], new Map(), new Uint8Array(1)]
      for (const other of others) expect(is(other)).toBe(false)
      for (const other of ['{}', '[]', 'new Map()', 'Object.create(null)', 'new Proxy({}, {})']) {
        expect(is(runInNewContext(`(${other})`))).toBe(false)
      }
    })
  }

  it('cannot be forged', () => {
    const methods = { getTime: () => 5, toISOString: () => '', source: 'a', flags: '' }
    for (const realm of ['({})', 'Object.create(null)']) {
      expect(isDate(Object.assign(runInNewContext(realm), methods, { [Symbol.toStringTag]: 'Date' }))).toBe(false)
      expect(isRegExp(Object.assign(runInNewContext(realm), methods, { [Symbol.toStringTag]: 'RegExp' }))).toBe(false)
    }
    expect(isDate(runInNewContext('Object.create(Date.prototype)'))).toBe(false)
  })

  it('is a Date where a test has mocked the class', () => {
    const real = Date
    const before = new Date(5)
    try {
      globalThis.Date = class Mock {} as never
      expect(isDate(before)).toBe(true)
    } finally {
      globalThis.Date = real
    }
  })
})
