// Promise: what the platform ran out of is known by its error on every engine of the language.

import { describe, expect, it } from 'vitest'
import { ReqlError, told } from '../../../src/dialect/rethinkdb/errors.ts'
import { isExhausted } from '../../../src/error/index.ts'

/** As SpiderMonkey throws it; it is no RangeError, and has no class that a program could name. */
function internalError(message: string): Error {
  return Object.assign(new Error(message), { name: 'InternalError' })
}

describe('isExhausted', () => {
  it.each([
    ['V8, JavaScriptCore', new RangeError('Maximum call stack size exceeded')],
    ['SpiderMonkey', internalError('too much recursion')],
    ['SpiderMonkey', internalError('allocation size overflow')],
  ])('%s: %s', (_, error) => {
    expect(isExhausted(error)).toBe(true)
  })

  it('nothing else is', () => {
    expect([new Error('too much recursion'), new TypeError('x'), 'InternalError', undefined].some(isExhausted)).toBe(
      false,
    )
  })

  it.each([
    new RangeError('Invalid string length'),
    internalError('allocation size overflow'),
    new RangeError('Out of memory'),
  ])('a query whose string is too long is refused: %s', (error) => {
    expect(told(error, { print: () => 'r' } as never)).toMatchObject({ name: 'ReqlResourceLimitError', msg: /string/ })
  })

  it.each([new RangeError('x'), internalError('x')])(
    'a query that cannot be printed, either, is told without: %s',
    (error) => {
      const print = () => {
        throw error
      }
      expect(new ReqlError('Too much.', { print })).toMatchObject({ message: 'Too much.' })
    },
  )

  // In Firefox a query that nests too deeply ended with the bare InternalError, and in a write counted as a fault of the row.
  it.each([new RangeError('Maximum call stack size exceeded'), internalError('too much recursion')])(
    'a query without stack is refused: %s',
    (error) => {
      expect(told(error, { print: () => 'r' } as never)).toMatchObject({
        name: 'ReqlResourceLimitError',
        msg: /nests too deeply/,
      })
    },
  )
})
