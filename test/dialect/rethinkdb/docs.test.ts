// Promise: docs/dialects/rethinkdb.md lists every term, and calls refused what is refused.

import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { type Any, r } from './cases.ts'

const page = readFileSync(new URL('../../../docs/dialects/rethinkdb.md', import.meta.url), 'utf8')
const rows = [...page.matchAll(/^\| (`[^|]*`) \| (supported|differs|refused) \|/gm)].map(([, terms, state]) => ({
  terms: [...(terms as string).matchAll(/`(?:r\.)?(\w+)/g)].map(([, name]) => name as string),
  isMethod: /`\w+\(\)`/.test(terms as string),
  isFree: /`r\./.test(terms as string),
  state: state as string,
}))

it('lists every term there is, where it is', () => {
  const aliases = ['toJSON', 'run', 'build', 'toString']
  const prototype = Object.getPrototypeOf(r.expr(1))
  const methods = Object.keys(prototype).filter((name) => !aliases.includes(name))
  const listed = (at: 'isMethod' | 'isFree') => new Set(rows.filter((row) => row[at]).flatMap(({ terms }) => terms))
  expect(methods.filter((name) => !listed('isMethod').has(name))).toEqual([])
  const free = Object.keys(r).filter((name) => !['expr', 'row', 'connect', 'Error', 'default', 'r'].includes(name))
  expect(free.filter((name) => !listed('isFree').has(name))).toEqual([])
  expect([...listed('isMethod')].filter((name) => !methods.includes(name))).toEqual([])
})

it('calls refused what is refused', async () => {
  const connection = await r.connect()
  const refused = rows.filter(({ state }) => state === 'refused').flatMap(({ terms }) => [...new Set(terms)])
  expect(refused.sort()).toEqual(['grant', 'http'])
  for (const term of [r.http('x'), r.grant('x', {})]) {
    const caught: Any = await term.run(connection).catch((error: Any) => error)
    expect(caught).toBeInstanceOf(r.Error.ReqlError)
  }
  await connection.close()
})
