// Promise: the public door has exactly these names. A new one is added here, and to the documents.

import { expect, it } from 'vitest'
import * as door from '../../src/index.ts'

it('exports these values', () => {
  expect(Object.keys(door).sort()).toEqual([
    'ClosedError',
    'Collection',
    'ConflictError',
    'CorruptError',
    'Cursor',
    'DataError',
    'Database',
    'DuplicateKeyError',
    'FormatVersionError',
    'HostError',
    'LimitError',
    'LockedError',
    'NotFoundError',
    'PoisonedError',
    'QuiverError',
    'ShapeError',
    'StateError',
    'TimeoutError',
    'TypeMismatchError',
    'UnknownOptionError',
    'UnsupportedError',
    'UsageError',
    'open',
  ])
})

it('every error is a QuiverError with a code of its own, a message, details and a cause', () => {
  const codes = new Set<string>()
  for (const [name, type] of Object.entries(door)) {
    if (!name.endsWith('Error') || name === 'QuiverError') continue
    const cause = new Error('below')
    const Type = type as new (message: string, options: object) => door.QuiverError
    const error = new Type('what went wrong', { cause, details: { field: 'x' } })
    expect(error).toBeInstanceOf(door.QuiverError)
    expect(error).toMatchObject({ name, message: 'what went wrong', details: { field: 'x' }, cause })
    expect(error.code).toMatch(/^QUIVER_[A-Z_]+$/)
    codes.add(error.code)
  }
  expect(codes.size).toBe(18)
})
