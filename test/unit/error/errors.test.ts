// Promise: a user can tell errors apart by class, by name and by code, also when the ESM and the CJS copy of the package
// live in one process. Checked over all classes, with the module loaded twice.

import { afterAll, describe, expect, it, vi } from 'vitest'
import * as errors from '../../../src/error/index.ts'

vi.resetModules()
const copy: typeof errors = await import('../../../src/error/index.ts')
afterAll(() => vi.resetModules())

type ErrorClass = new (message: string, options?: errors.ErrorOptions) => errors.QuiverError
type Copy = Readonly<Record<string, ErrorClass>>

const PARENTS: Readonly<Record<string, string>> = {
  UsageError: 'QuiverError',
  ShapeError: 'UsageError',
  TypeMismatchError: 'UsageError',
  UnknownOptionError: 'UsageError',
  NotFoundError: 'QuiverError',
  ConflictError: 'QuiverError',
  DuplicateKeyError: 'ConflictError',
  StateError: 'QuiverError',
  ClosedError: 'StateError',
  LockedError: 'StateError',
  PoisonedError: 'StateError',
  DataError: 'QuiverError',
  CorruptError: 'DataError',
  FormatVersionError: 'DataError',
  LimitError: 'QuiverError',
  TimeoutError: 'QuiverError',
  UnsupportedError: 'QuiverError',
  HostError: 'QuiverError',
}
const NAMES = Object.keys(PARENTS)
const here = errors as unknown as Copy
const there = copy as unknown as Copy

function ancestry(name: string): string[] {
  const parent = PARENTS[name]
  return parent === undefined ? [name] : [name, ...ancestry(parent)]
}

describe('the taxonomy', () => {
  it('is this list', () => {
    const classes = Object.keys(errors).filter((name) => /^[A-Z].*Error$/.test(name))
    expect(classes.sort()).toEqual(['QuiverError', ...NAMES].sort())
  })

  it('has one code a class', () => {
    const codes = NAMES.map((name) => new here[name]!('m').code)
    expect(new Set(codes).size).toBe(NAMES.length)
    for (const code of codes) expect(code).toMatch(/^QUIVER_[A-Z]+(_[A-Z]+)*$/)
  })

  it.each(NAMES)('%s carries name, message, details and cause', (name) => {
    const cause = new Error('disk')
    const error = new here[name]!('what was refused', { details: { limit: 3 }, cause })
    expect([error.name, error.message, error.details, error.cause]).toEqual([
      name,
      'what was refused',
      { limit: 3 },
      cause,
    ])
    expect(String(error)).toBe(`${name}: what was refused`)
    expect(error.stack).toContain(`${name}: what was refused`)
    expect(Object.prototype.toString.call(error)).toBe('[object Error]')
  })

  it('has empty details and no cause unless given', () => {
    const error = new errors.NotFoundError('m')
    expect(error.details).toEqual({})
    expect('cause' in error).toBe(false)
  })

  it('keeps the code of the class, whatever the options hold', () => {
    const options = { code: 'QUIVER_OTHER' } as errors.ErrorOptions
    expect(new errors.ShapeError('m', options).code).toBe('QUIVER_SHAPE')
    expect(new errors.ClosedError('m', options).code).toBe('QUIVER_CLOSED')
  })
})

describe('instanceof', () => {
  it('is loaded twice', () => {
    expect(copy.QuiverError).not.toBe(errors.QuiverError)
  })

  it.each(NAMES)('%s of either copy is of its ancestors in both, and of nothing else', (name) => {
    for (const error of [new here[name]!('m'), new there[name]!('m')]) {
      for (const classes of [here, there]) {
        const matches = ['QuiverError', ...NAMES].filter((other) => error instanceof classes[other]!)
        expect(matches.sort()).toEqual(ancestry(name).sort())
      }
      expect(error instanceof Error).toBe(true)
    }
  })

  it('refuses what is no error of ours', () => {
    const forged = Object.assign(new Error('m'), { name: 'ShapeError', code: 'QUIVER_SHAPE' })
    for (const value of [forged, null, undefined, 'ShapeError', 7, {}, Object.create(null), errors.ShapeError]) {
      expect((value as unknown) instanceof errors.QuiverError).toBe(false)
      expect((value as unknown) instanceof errors.ShapeError).toBe(false)
    }
  })

  it('keeps the ordinary rule for a class derived elsewhere', () => {
    class DriverError extends errors.NotFoundError {}
    class OtherError extends errors.NotFoundError {}
    const error = new DriverError('m')
    expect(error instanceof DriverError).toBe(true)
    expect(error instanceof errors.NotFoundError).toBe(true)
    expect(error instanceof copy.NotFoundError).toBe(true)
    expect(error instanceof OtherError).toBe(false)
    expect(new errors.NotFoundError('m') instanceof DriverError).toBe(false)
  })
})
