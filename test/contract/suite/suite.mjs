// The contract of every entry as plain JavaScript, for whatever runs JavaScript: no test framework, no Node, no globals but those of
// the language. `runSuite` answers one line for each case; test/contract/*.test.ts runs it everywhere.

import { epsilla } from './epsilla.mjs'
import { langchain } from './langchain.mjs'
import { milvus } from './milvus.mjs'
import { native } from './native.mjs'
import { rethinkdb } from './rethinkdb.mjs'
import { seekdb } from './seekdb.mjs'

const ENTRIES = { native, rethinkdb, milvus, epsilla, seekdb, langchain }

/** All cases there are, as `entry: case`. */
export const CASES = Object.entries(ENTRIES).flatMap(([entry, cases]) =>
  Object.keys(cases).map((name) => `${entry}: ${name}`),
)

/**
 * Runs the cases of the entries that are given.
 *
 * @param {Record<string, object>} modules what `import` of each entry gives, by its name; `native` is the package itself.
 * @param {(name: string) => string | undefined} placeOf a directory of that name; undefined where nothing is kept.
 * @returns {Promise<{ name: string, error?: string, skipped?: true }[]>}
 */
export async function runSuite(modules, placeOf) {
  const outcomes = []
  for (const [entry, cases] of Object.entries(ENTRIES)) {
    if (modules[entry] === undefined) continue
    for (const [title, run] of Object.entries(cases)) {
      const name = `${entry}: ${title}`
      const isKept = title.endsWith('on disk')
      const place = isKept ? placeOf(`contract-${entry}-${title.replace(/\W+/g, '-')}`) : ':memory:'
      if (place === undefined) {
        outcomes.push({ name, skipped: true })
        continue
      }
      try {
        await run(modules[entry], place, modules)
        outcomes.push({ name })
      } catch (error) {
        outcomes.push({ name, error: String(error?.stack ?? error) })
      }
    }
  }
  return outcomes
}
