// How the tests of this folder are written: a term, and what it answers or ends with.

import { expect } from 'vitest'
import driver from '../../../src/dialect/rethinkdb/index.ts'

// biome-ignore lint/suspicious/noExplicitAny: terms are called with whatever the case needs
export type Any = any
export const r: Any = driver

/** An error by class and text; a text may be a pattern. */
export interface Fails {
  readonly fails: string
  readonly text: string | RegExp
}

export function err(fails: string, text: string | RegExp): Fails {
  return { fails: `Reql${fails}Error`, text }
}

/** The bag of these rows, in any order. */
export class Bag {
  readonly rows: readonly unknown[]
  constructor(rows: readonly unknown[]) {
    this.rows = rows
  }
}
export const bag = (...rows: unknown[]) => new Bag(rows)

/** An object with at least these fields. */
export const partial = (fields: object) => expect.objectContaining(fields)

export type Case = readonly [term: () => Any, expected: unknown, options?: object]

/** Everything a query answers, as plain values. */
export async function answer(connection: Any, term: Any, options?: object): Promise<unknown> {
  const value = await term.run(connection, options)
  if (value !== null && typeof value === 'object' && !Array.isArray(value) && typeof value.toArray === 'function') {
    return await value.toArray()
  }
  return Array.isArray(value) ? [...value] : value
}

export async function check(connection: Any, [make, expected, options]: Case): Promise<void> {
  if (typeof expected === 'object' && expected !== null && 'fails' in expected) {
    const { fails, text } = expected as Fails
    const error = await Promise.resolve()
      .then(() => answer(connection, make(), options))
      .then(
        (value) => ({ name: 'no error', msg: JSON.stringify(value) }),
        (caught: Any) => ({ name: caught.name, msg: caught.msg ?? caught.stack }),
      )
    if (typeof text === 'string') expect(`${error.name}: ${error.msg}`).toBe(`${fails}: ${text}`)
    else {
      expect(error.name).toBe(fails)
      expect(error.msg).toMatch(text)
    }
    return
  }
  const value = await answer(connection, make(), options)
  if (expected instanceof Bag) {
    const sorted = (rows: readonly unknown[]) => rows.map((row) => JSON.stringify(row)).sort()
    expect(sorted(value as unknown[])).toEqual(sorted(expected.rows))
  } else expect(value).toEqual(expected)
}

/** A case's name: its query as it is written. */
export function named(cases: readonly Case[]): (readonly [string, Case])[] {
  return cases.map((one) => [
    one[0]
      .toString()
      .replace(/^\(\) =>\s*/, '')
      .replace(/__vite_\w+__\./g, '')
      .replace(/\s+/g, ' ')
      .slice(0, 110),
    one,
  ])
}
